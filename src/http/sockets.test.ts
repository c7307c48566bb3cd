import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { createPageServer } from '../../test/support/page-server.ts'
import { limits } from '../base/limits.ts'
import type { HttpServer } from './server.ts'

const times = { requestMs: 20_000, sweepMs: 5, keepAliveMs: 5_000, unreadMs: 1_000 }
/** A thousandth of the real limit, of a server of its own: what is told is that it holds, for the head and for the body. */
const hastyMs = 30

const live = { path: '/livez', summary: '', type: 'application/json', answer: async () => ({ status: 200, body: '{}' }) }
/** More than the system's buffers of both ends take. */
const largeBytes = 20_000_000
let underWay = 0
let mostAtOnce = 0
/** Connections that it has taken and not ended. */
let open = 0
/** Takes a turn, and looks whether another one of these is under way. */
async function alone() {
  mostAtOnce = Math.max(mostAtOnce, ++underWay)
  await new Promise((resolve) => setImmediate(resolve))
  underWay--
  return { status: 200, body: 'one' }
}

let server: HttpServer
let port: number
let hasty: HttpServer
let hastyPort: number
before(async () => {
  server = createPageServer({
    pages: [
      live,
      { path: '/large', summary: '', type: 'text/plain', answer: async () => ({ status: 200, body: 'x'.repeat(largeBytes) }) },
      { path: '/one', summary: '', type: 'text/plain', answer: alone },
    ],
    times,
  })
  server.app.server.on('connection', (socket: Socket) => {
    open++
    socket.on('close', () => void open--)
  })
  port = await server.listen(0, '127.0.0.1')
  hasty = createPageServer({ pages: [live], times: { ...times, requestMs: hastyMs } })
  hastyPort = await hasty.listen(0, '127.0.0.1')
})
after(() => Promise.all([server.close(), hasty.close()]))

/** Sends `text`, and answers all that comes until the server closes. */
function conversation(text: string, andThen: (socket: Socket) => void = () => {}, to = port): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(to, '127.0.0.1', () => {
      socket.write(text)
      // Not before: what is written while it connects would come first.
      andThen(socket)
    })
    socket.on('data', (bytes) => {
      answer += String(bytes)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

function problemIn(answer: string): { status: number; code: string; type: string } {
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  const problem = JSON.parse(body)
  assert.equal(Number(/content-length: (\d+)/.exec(head)?.[1]), Buffer.byteLength(body))
  assert.equal(Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), problem.status)
  return { status: problem.status, code: problem.code, type: /content-type: ([^;]+)/.exec(head)![1]! }
}

const problem = (status: number, code: string) => ({ status, code, type: 'application/problem+json' })

test('a head that does not end is ended with 408', async () => {
  const answer = await conversation('GET /livez HTTP/1.1\r\nHost: a\r\nX-Slow: ', undefined, hastyPort)
  assert.deepEqual(problemIn(answer), problem(408, 'request_timeout'))
})

test('and so is a body, though bytes of it keep coming', async () => {
  const dribble = (socket: Socket) => {
    const timer = setInterval(() => socket.writable && socket.write('a'), 5)
    socket.on('close', () => clearInterval(timer))
  }
  const head = 'POST /livez HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{'
  const answer = await conversation(head, dribble, hastyPort)
  assert.deepEqual(problemIn(answer), problem(408, 'request_timeout'))
})

test('what is no HTTP, or has a head too large, is told as a problem', async () => {
  assert.deepEqual(problemIn(await conversation('HELLO\r\n\r\n')), problem(400, 'malformed_request'))
  assert.deepEqual(problemIn(await conversation('GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n')), problem(400, 'malformed_request'))
  const head = `GET / HTTP/1.1\r\nHost: a\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`
  assert.deepEqual(problemIn(await conversation(head)), problem(431, 'headers_too_large'))
})

test('requests that are sent ahead are answered in their order, one at a time', async () => {
  const request = (rest = '') => `GET /one HTTP/1.1\r\nHost: a\r\n${rest}\r\n`
  mostAtOnce = 0
  const answer = await conversation(request().repeat(limits.pipelinedMax) + request('Connection: close\r\n'))
  assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, limits.pipelinedMax + 1)
  assert.equal(mostAtOnce, 1)
})

test('whoever sends more of them ahead is cut off, and nobody else', async () => {
  underWay = 0
  const answer = await conversation('GET /one HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000)).catch((error) => String(error))
  assert.doesNotMatch(answer, /HTTP\/1\.1 200.*HTTP\/1\.1 200/s)
  assert.match(await conversation('GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 200/)
})

test('an answer that nobody takes is given up; one that is taken slowly is not', async () => {
  const head = 'GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  const taken = (pace: (socket: Socket) => void) =>
    new Promise<number>((resolve) => {
      let bytes = 0
      const socket = connect(port, '127.0.0.1', () => socket.write(head))
      socket.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      // The system may say that it was reset.
      socket.on('error', () => {})
      socket.on('close', () => resolve(bytes))
      pace(socket)
    })
  const slowly = (socket: Socket) =>
    socket.on('data', () => {
      socket.pause()
      setTimeout(() => socket.resume(), 1)
    })
  assert.ok((await taken(slowly)) > largeBytes)
  // It reads again once the server has given it up.
  const not = async (socket: Socket) => {
    socket.pause()
    for (const count of [1, 0]) await eventually('it comes, and is given up', async () => (open === count ? true : null))
    socket.resume()
  }
  assert.ok((await taken(not)) < largeBytes)
})
