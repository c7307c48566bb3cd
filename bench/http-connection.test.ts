import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { HttpConnection, renderRequest } from './http-connection.ts'

test('renderRequest measures a body in bytes, not in characters', () => {
  const request = renderRequest({
    method: 'POST',
    path: '/a',
    headers: { 'cart-token': 't' },
    body: { name: 'é' },
  })
  assert.equal(
    request,
    'POST /a HTTP/1.1\r\nhost: 127.0.0.1\r\ncart-token: t\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{"name":"é"}',
  )
})

test('a connection takes answers in pieces, without a body, and one after another', async (context) => {
  const server = createServer((request, response) => {
    if (request.url === '/none') return response.writeHead(204).end()
    response.writeHead(201, { 'content-length': '200000' })
    response.write('x'.repeat(100_000))
    setImmediate(() => response.end('x'.repeat(100_000)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  const connection = await HttpConnection.open((server.address() as AddressInfo).port)
  for (let turn = 0; turn < 2; turn++) {
    const whole = await connection.send(renderRequest({ method: 'GET', path: '/' }))
    assert.deepEqual([whole.status, whole.body.length], [201, 200_000])
    const none = await connection.send(renderRequest({ method: 'GET', path: '/none' }))
    assert.deepEqual([none.status, none.body.length], [204, 0])
  }
  connection.close()
})
