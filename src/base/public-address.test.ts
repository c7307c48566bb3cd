import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemEgress } from './egress.ts'
import { addressIn, isPrivateHost, isPublicAddress, lookingUpPublic } from './public-address.ts'

test('only what the public Internet reaches is public, however it is written', () => {
  for (const url of [
    'http://127.0.0.1',
    'http://127.1',
    'http://0x7f.1',
    'http://2130706433',
    'http://0',
    'http://10.1.2.3',
    'http://172.31.0.1',
    'http://192.168.1.1',
    'http://169.254.169.254',
    'http://100.100.100.200',
    'http://255.255.255.255',
    'http://[::1]',
    'http://[::]',
    'http://[::ffff:127.0.0.1]',
    'http://[::ffff:7f00:1]',
    'http://[::127.0.0.1]',
    'http://[64:ff9b::7f00:1]',
    'http://[2002:7f00:1::]',
    'http://[::ffff:0:127.0.0.1]',
    'http://[1::1]',
    'http://[4000::1]',
    'http://[fe80::1]',
    'http://[fd00::1]',
  ]) {
    const address = addressIn(new URL(url))
    assert.ok(address !== null && !isPublicAddress(address), url)
  }
  for (const address of ['1.1.1.1', '172.32.0.1', '192.167.255.255', '2606:4700:4700::1111', '2a00:1450:4001:80b::200e'])
    assert.ok(isPublicAddress(address), address)
  assert.equal(addressIn(new URL('http://example.com')), null)
})

test('the letters of a host say that it is private: addresses in every spelling, and names that no public name server has', () => {
  const hosts = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'api.localhost',
    'db',
    'printer.local',
    'x.internal.',
    'nas.home.arpa',
    '127.0.0.1.',
  ]
  for (const host of [...hosts, '0177.0.0.1', '127.1', '%6cocalhost', '\uFF4Cocalhost', '[::1]', '[::ffff:169.254.169.254]'])
    assert.ok(isPrivateHost(new URL(`https://${host}/`)), host)
  for (const host of ['example.com', 'example.com.', 'local.example', 'localhost.example', '1.1.1.1', '[2606:4700:4700::1111]'])
    assert.ok(!isPrivateHost(new URL(`https://${host}/`)), host)
})

test('of what a name stands for only public addresses are answered, each time by what it stands for then', async () => {
  const answers = [['1.1.1.1', '127.0.0.1'], ['127.0.0.1'], ['::1', '2606:4700:4700::1111']]
  const look = lookingUpPublic((_, __, done) => {
    const found = answers.shift()!
    done(
      null,
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  })
  const said = (all: boolean) =>
    new Promise((resolve) => look('turning.example', { all }, (error, found) => resolve(error?.message ?? found)))
  assert.deepEqual(await said(true), [{ address: '1.1.1.1', family: 4 }])
  assert.equal(await said(true), 'turning.example is no address of the public Internet.')
  assert.equal(await said(false), '2606:4700:4700::1111')
})

test('a call that may only go to the public Internet does not reach this machine, by whatever name', async () => {
  let reached = 0
  const server = createServer((_, response) => {
    reached++
    response.end('ours')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '[::ffff:127.0.0.1]']) {
    const request = { method: 'POST', url: `http://${host}:${port}/`, body: '{}' } as const
    await assert.rejects(systemEgress.request({ ...request, isPublicOnly: true }), /is no address of the public Internet/)
  }
  assert.equal(reached, 0)
  // A connection that another call keeps open is no way in either.
  assert.equal((await systemEgress.request({ method: 'GET', url: `http://localhost:${port}/` })).body, 'ours')
  await assert.rejects(systemEgress.request({ method: 'GET', url: `http://localhost:${port}/`, isPublicOnly: true }))
  assert.equal(reached, 1)
  server.closeAllConnections()
  server.close()
})
