import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from './clock.ts'
import { createEgress, type EgressRequest, systemEgress } from './egress.ts'
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

async function told(request: EgressRequest) {
  const { status, body, headers } = await systemEgress.request(request)
  return { status, body, server: headers?.['server'] }
}

test('a call carries its method, headers and body, and its connection is kept', async () => {
  let connections = 0
  await withServer(
    async (request, response) => {
      let body = ''
      for await (const part of request) body += String(part)
      response.writeHead(201, { Server: 'here' })
      response.end(`${request.method} ${request.headers['x-key']} ${request.headers['content-length']} ${body}`)
    },
    async (url, server) => {
      server.on('connection', () => connections++)
      const given = { method: 'POST', url, headers: { 'x-key': 'k' }, body: 'für' } as const
      for (let time = 0; time < 3; time++) assert.deepEqual(await told(given), { status: 201, body: 'POST k 4 für', server: 'here' })
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
      assert.deepEqual(await told({ method: 'GET', url }), { status: 302, body: 'there', server: undefined })
      const { body } = await systemEgress.request({ method: 'GET', url: `${url}/long` })
      assert.equal(body.length, limits.outsideAnswerCharactersMax)
      const asked = { method: 'GET', url: `${url}/long`, charactersMax: limits.paymentAnswerCharactersMax } as const
      assert.equal((await told(asked)).body.length, limits.outsideAnswerCharactersMax + 100_000)
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
        assert.deepEqual(await told({ method: 'POST', url, body: 'b' }), { status: 200, body, server: undefined })
    },
  )
})

test('one that never ends its headers or its answer is given up, however much it sends meanwhile', async () => {
  for (const path of ['/headers', '/body']) {
    let giveUp = () => {}
    const clock = { after: (_ms: number, task: () => void) => ((giveUp = task), () => {}) }
    const egress = createEgress({ clock, lookUp: () => assert.fail('an address needs no look') })
    let closed: Promise<unknown> = Promise.resolve()
    await withServer(
      (request, response) => {
        request.socket.on('error', () => {})
        closed = new Promise((resolve) => request.socket.once('close', resolve))
        if (request.url === '/body') response.write('some')
        else request.socket.write('HTTP/1.1 200 OK\r\nx-one: 1\r\n')
        // What is sent now has been read when the call is given up; it sends more, and that changes nothing.
        request.socket.write(request.url === '/body' ? '' : 'x-two: 2\r\n', () => giveUp())
      },
      async (url) => {
        await assert.rejects(egress.request({ method: 'POST', url: url + path, body: '{}' }), /no answer within|aborted/)
        await closed
      },
    )
  }
})

test('headers without an end are cut', async () => {
  await withServer(
    (request) => {
      request.socket.on('error', () => {})
      request.socket.write(`HTTP/1.1 200 OK\r\n${`x-long: ${'y'.repeat(1_000)}\r\n`.repeat(40)}`)
    },
    async (url) => {
      await assert.rejects(systemEgress.request({ method: 'POST', url, body: '{}' }), /Header overflow/i)
    },
  )
})

/** For localhost, from 2026 for a hundred years, signed by itself. */
const certificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgN3q7oAKiqp2Pua8t
FnvnukhtXO7wfUPbfJPY+Pz+bzmhRANCAAT0Od57/cCCJZ1iwFbbcUVdEftVR4nh
oeaEw2wqjjUxZekUqo43UamKKcRi4cRRaNnteSPiEBZ3ozj4ce/ewqX0
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBljCCATugAwIBAgIUEn90yHgtOlku2/LFkS0tkesPzu0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyOTE3NDA0MFoYDzIxMjYxMTA1
MTc0MDQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT0Od57/cCCJZ1iwFbbcUVdEftVR4nhoeaEw2wqjjUxZekUqo43UamK
KcRi4cRRaNnteSPiEBZ3ozj4ce/ewqX0o2kwZzAdBgNVHQ4EFgQUqkhAQYZjTfng
D9U4COghnLnp/qMwHwYDVR0jBBgwFoAUqkhAQYZjTfngD9U4COghnLnp/qMwDwYD
VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAOCFn2pl2bsv2yMthPlmyvareJIVXplt4Swaalj1/USnAiEA9AAZHllT
C+pkuRLymAJXJrlkg09E1b5MmZfq5i6o4T4=
-----END CERTIFICATE-----`,
}

test('a certificate that nobody vouches for, or of another name, is refused, and the reason says that it is that', async () => {
  let reached = 0
  const server = createTlsServer(certificate, (_, response) => void response.end(String(++reached))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  for (const host of ['localhost', '127.0.0.1'])
    await assert.rejects(systemEgress.request({ method: 'POST', url: `https://${host}:${port}/`, body: '{}' }), {
      message: `The certificate of ${host}:${port} is refused: self-signed certificate.`,
    })
  assert.equal(reached, 0)
  server.closeAllConnections()
  server.close()
})

test('a name is looked up for each connection, and no other answer is used: one that turns private in between is not reached', async () => {
  let reached = 0
  const looks: string[] = []
  const egress = createEgress({
    clock: systemClock,
    lookUp(hostname, _, done) {
      looks.push(hostname)
      done(null, [{ address: '127.0.0.1', family: 4 }])
    },
  })
  await withServer(
    (_, response) => void response.end(String(++reached)),
    async (url) => {
      const named = url.replace('127.0.0.1', 'turning.example')
      for (let time = 0; time < 2; time++)
        await assert.rejects(egress.request({ method: 'POST', url: named, body: '{}', isPublicOnly: true }), /no address of the public/)
      assert.deepEqual([looks, reached], [['turning.example', 'turning.example'], 0])
    },
  )
})
