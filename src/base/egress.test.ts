import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemEgress } from './egress.ts'
import { limits } from './limits.ts'

async function withServer(listener: RequestListener, work: (url: string, server: Server) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, server)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('a call carries its method, headers and body, and its connection is kept', async () => {
  let connections = 0
  await withServer(
    async (request, response) => {
      let body = ''
      for await (const part of request) body += String(part)
      response.statusCode = 201
      response.end(`${request.method} ${request.headers['x-key']} ${request.headers['content-length']} ${body}`)
    },
    async (url, server) => {
      server.on('connection', () => connections++)
      const given = { method: 'POST', url, headers: { 'x-key': 'k' }, body: 'für' } as const
      for (let time = 0; time < 3; time++) assert.deepEqual(await systemEgress.request(given), { status: 201, body: 'POST k 4 für' })
      assert.equal(connections, 1)
    },
  )
})

test('a redirect is an answer, and a long one is cut', async () => {
  await withServer(
    (request, response) => {
      if (request.url === '/long') response.end('x'.repeat(limits.outsideAnswerCharactersMax + 100_000))
      else response.writeHead(302, { location: '/long' }).end('there')
    },
    async (url) => {
      assert.deepEqual(await systemEgress.request({ method: 'GET', url }), { status: 302, body: 'there' })
      const { body } = await systemEgress.request({ method: 'GET', url: `${url}/long` })
      assert.equal(body.length, limits.outsideAnswerCharactersMax)
    },
  )
})

test('without a whole answer it throws', async () => {
  await withServer(
    (_request, response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write('half')
      response.socket!.end()
    },
    async (url) => {
      await assert.rejects(systemEgress.request({ method: 'POST', url, body: '{}' }))
    },
  )
  await assert.rejects(systemEgress.request({ method: 'GET', url: 'http://127.0.0.1:1' }))
  await assert.rejects(systemEgress.request({ method: 'GET', url: 'file:///etc/passwd' }), /no way out/)
})

test('a kept connection that the other side closes as it is used again costs one try', async () => {
  let answered = 0
  await withServer(
    (request, response) => {
      // The second request on a connection finds it closed.
      if (Object.hasOwn(request.socket, 'used')) return void request.socket.destroy()
      Object.assign(request.socket, { used: true })
      response.end(String(++answered))
    },
    async (url) => {
      for (const body of ['1', '2', '3'])
        assert.deepEqual(await systemEgress.request({ method: 'POST', url, body: 'b' }), { status: 200, body })
    },
  )
})
