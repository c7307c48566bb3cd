import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../base/limits.ts'
import { parseAddress } from './address.ts'

test('a URL names server, user and database; what is left out is as everywhere', () => {
  assert.deepEqual(parseAddress('mysql://shop:p%40ss%2F@db.example.com/books'), {
    name: 'db.example.com:3306/books',
    connection: { host: 'db.example.com', port: 3306, user: 'shop', password: 'p@ss/', database: 'books' },
    connectionsMax: limits.connectionsMax,
  })
  assert.equal(parseAddress('mysql://u@h/d?connections=3').connectionsMax, 3)
  assert.equal(parseAddress('mariadb://root@127.0.0.1:3307/x').connection.port, 3307)
  assert.equal(parseAddress('mysql://root@[::1]/x').connection.host, '::1')
  assert.equal(parseAddress('mysql://root@localhost/x?socket=/run/mysqld.sock').connection.socketPath, '/run/mysqld.sock')
})

test('encryption is asked for by ssl-mode', () => {
  const ssl = (mode: string) => parseAddress(`mysql://u@h/d?ssl-mode=${mode}`).connection.ssl
  assert.equal(ssl('DISABLED'), undefined)
  assert.deepEqual(ssl('required'), { rejectUnauthorized: false, verifyIdentity: false })
  assert.deepEqual(ssl('VERIFY_IDENTITY'), { rejectUnauthorized: true, verifyIdentity: true })
})

test('what is missing or unknown is said, without the password', () => {
  for (const [url, words] of [
    ['mysql://u:secret@h', /name one database/],
    ['mysql://h/d', /name a user/],
    ['postgres://u:secret@h/d', /cannot be read/],
    ['mysql://u:secret@h/d?sslmode=require', /"sslmode".*ssl-mode/],
    ['mysql://u:secret@h/d?ssl-mode=maybe', /ssl-mode=maybe/],
    ['mysql://u:secret@h/d?connections=0', /connections=0/],
    ['mysql://u:secret@10.0.0.7/d?ssl-mode=verify_identity', /needs the name/],
    ['mysql://u:secret@[::1]/d?ssl-mode=verify_identity', /needs the name/],
    ['nonsense', /mysql:\/\//],
  ] as const)
    assert.throws(
      () => parseAddress(url),
      (error: Error) => words.test(error.message) && !error.message.includes('secret'),
    )
})
