import assert from 'node:assert/strict'
import { test } from 'node:test'
import { copyOf, nameOf } from './database.ts'

test('an address to copy keeps all but its passwords, one to read has neither user nor options', () => {
  const shown = (databaseUrl: string | null) => {
    const place = { dataFolder: '/data', databaseUrl, allowWeakDurability: false, isDevelopment: true }
    const { url, hidesPassword } = copyOf(place)
    return [nameOf(place), url, hidesPassword]
  }
  assert.deepEqual(shown('postgres://shop:p@ss:w%2Frd@db:5432/shop?sslmode=require'), [
    'postgres://db:5432/shop',
    'postgres://shop:PASSWORD@db:5432/shop?sslmode=require',
    true,
  ])
  assert.deepEqual(shown('postgres://shop@db/shop'), ['postgres://db/shop', 'postgres://shop@db/shop', false])
  assert.deepEqual(shown('mysql://db/shop?user=a&password=b&ssl=1'), [
    'mysql://db/shop',
    'mysql://db/shop?user=a&password=PASSWORD&ssl=1',
    true,
  ])
  assert.deepEqual(shown('mongodb://u:p@a:1,b:2/shop?replicaSet=rs0'), [
    'mongodb://a:1,b:2/shop',
    'mongodb://u:PASSWORD@a:1,b:2/shop?replicaSet=rs0',
    true,
  ])
  assert.deepEqual(shown(null), ['sqlite:/data/kingpost.db', 'sqlite:/data/kingpost.db', false])
})
