// Streams on a clock of the test's own: what a heartbeat does, without waiting for one.
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { FastifyReply } from 'fastify'
import { guestActor } from '../access/actor.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { isEngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import type { EventSink } from '../operation/define.ts'
import { createLiveStreams } from './live.ts'

/** A reply whose socket only remembers. `backlog` is what a reader that does not read leaves lying. */
function fakeReply() {
  const socket = Object.assign(new EventEmitter(), {
    written: '',
    isEnded: false,
    isDestroyed: false,
    hasHead: false,
    writableLength: 0,
    writeHead() {},
    flushHeaders() {
      socket.hasHead = true
    },
    write(text: string) {
      socket.written += text
    },
    end() {
      socket.isEnded = true
    },
    destroy() {
      socket.isDestroyed = true
      socket.emit('close')
    },
  })
  return { socket, reply: { raw: socket, hijack() {}, getHeaders: () => ({}) } as unknown as FastifyReply }
}

/** Time passes when `pass` says so, and what was due has been done when it resolves. */
function fakeClock() {
  let now = 0
  const due = new Map<object, { at: number; task: () => void }>()
  const clock: Clock = {
    ...systemClock,
    now: () => now,
    after(delayMs, task) {
      const timer = { at: now + delayMs, task }
      due.set(timer, timer)
      return () => void due.delete(timer)
    },
  }
  return {
    clock,
    waiting: () => due.size,
    async pass(ms: number) {
      now += ms
      for (const timer of [...due.values()].filter(({ at }) => at <= now)) {
        due.delete(timer)
        timer.task()
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const guest = guestActor('192.0.2.1')
const signedIn = { ...guest, kind: 'user' as const, id: 'usr_1', session: 'ses_1' }

function openParts() {
  const time = fakeClock()
  let revoke: (id: string) => void = () => {}
  const onRevoked = (tell: (id: string) => void) => void (revoke = tell)
  const streams = createLiveStreams({ clock: time.clock, log: silentLog, isRateLimited: true, onRevoked })
  return { time, streams, revoke }
}

type Given = { sink: EventSink | null; closes: number }

async function openStream(
  { streams }: ReturnType<typeof openParts>,
  { mayStay = async () => true, place = () => null, actor = guest, caller = '192.0.2.1', since = streams.revocations() }: Partial<Reader>,
) {
  const { socket, reply } = fakeReply()
  const given: Given = { sink: null, closes: 0 }
  const stream = (sink: EventSink) => {
    given.sink = sink
    sink.onHeartbeat(place)
    return () => {
      given.closes++
    }
  }
  await streams.open({ reply, actor, caller, since, mayStay }, stream)
  return { socket, given }
}
type Reader = Omit<Parameters<ReturnType<typeof createLiveStreams>['open']>[0], 'reply'> & { readonly place: () => string | null }

async function open(reader: Partial<Reader> = {}) {
  const parts = openParts()
  return { ...parts, ...(await openStream(parts, reader)) }
}

test('what is sent arrives as it is, in chunks of HTTP/1.1 and, to a reader of HTTP/1.0, without them', async () => {
  const { streams } = openParts()
  const server = createServer((_, raw) => {
    const reply = { raw, hijack() {}, getHeaders: () => ({}) } as unknown as FastifyReply
    const end = (sink: EventSink) => {
      const bytes = Buffer.from('id: 1\ndata: "ä"\n\n')
      sink.send(bytes)
      sink.send(bytes)
      sink.send(Buffer.alloc(0))
      sink.send(Buffer.from('id: 2\n\n'))
      setImmediate(() => streams.endAll())
      return () => {}
    }
    void streams.open({ reply, actor: guest, caller: '192.0.2.1', since: 0, mayStay: async () => true }, end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const told = 'id: 1\ndata: "ä"\n\nid: 1\ndata: "ä"\n\nid: 2\n\n'
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), told)
  const old = connect(port, '127.0.0.1')
  old.write('GET / HTTP/1.0\r\n\r\n')
  assert.equal((await text(old)).split('\r\n\r\n')[1], told)
  server.closeAllConnections()
  server.close()
})

// proves P-006
test('credentials that are refused end their stream at the next heartbeat at the latest, and nothing is sent to it any more', async () => {
  let isValid = true
  const { socket, time, given } = await open({ mayStay: async () => isValid })
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.isEnded, false)
  isValid = false
  await time.pass(limits.liveHeartbeatMs - 1)
  assert.equal(socket.isEnded, false)
  await time.pass(1)
  assert.equal(socket.isEnded, true)
  assert.equal(given.closes, 1)
  const before = socket.written
  given.sink!.send(Buffer.from('id: 1\n\n'))
  assert.equal(socket.written, before)
  assert.equal(time.waiting(), 0)
})

test('a heartbeat carries the place reached, so that a quiet reader does not fall behind', async () => {
  let place: string | null = '12'
  const { socket, time } = await open({ place: () => place })
  await time.pass(limits.liveHeartbeatMs)
  place = null
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.written, 'id: 12\n\n: still here\n\n')
})

test('the head goes out at once, before there is anything to tell', async () => {
  const { socket } = await open()
  assert.equal(socket.hasHead, true)
})

test('a reader that went away while it was looked at leaves no timer behind', async () => {
  let answer: (isValid: boolean) => void = () => {}
  const { socket, time } = await open({ mayStay: () => new Promise((resolve) => (answer = resolve)) })
  await time.pass(limits.liveHeartbeatMs)
  socket.emit('close')
  answer(true)
  await time.pass(0)
  assert.equal(time.waiting(), 0)
  assert.equal(socket.written, '')
})

test('when the session cannot be looked at, the stream stays: the database being away ends nobody', async () => {
  const { socket, time } = await open({ mayStay: () => Promise.reject(new Error('away')) })
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.isEnded, false)
})

test('a reader that does not read is cut off instead of being kept for', async () => {
  const { socket, given } = await open()
  socket.writableLength = limits.liveBacklogBytesMax + 1
  given.sink!.send(Buffer.from('id: 1\n\n'))
  assert.equal(socket.isDestroyed, true)
  assert.equal(given.closes, 1)
})

test('a reader that is waited for is let go when it takes nothing from one heartbeat to the next', async () => {
  const { socket, given, time } = await open()
  socket.writableLength = limits.liveBacklogBytesMax
  const waits: boolean[] = []
  void given.sink!.drained().then((isWaited) => waits.push(isWaited))
  await time.pass(limits.liveHeartbeatMs)
  socket.emit('drain')
  await time.pass(0)
  assert.deepEqual(waits, [true])
  void given.sink!.drained()
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.isDestroyed, false)
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.isDestroyed, true)
  assert.equal(given.closes, 1)
})

// proves P-006
test('what is taken from a session or an account ends its streams at once, and no others', async () => {
  const parts = openParts()
  const mine = await openStream(parts, { actor: signedIn })
  const other = await openStream(parts, { actor: { ...signedIn, session: 'ses_2' } })
  const nobody = await openStream(parts, {})
  parts.revoke('ses_1')
  assert.deepEqual([mine.socket.isEnded, other.socket.isEnded, nobody.socket.isEnded], [true, false, false])
  parts.revoke('usr_1')
  assert.deepEqual([other.socket.isEnded, nobody.socket.isEnded], [true, false])
})

// proves P-006
test('a right that was taken while the stream was opened is looked up, and a session ends when its time is over', async () => {
  const parts = openParts()
  const since = parts.streams.revocations()
  parts.revoke('ses_1')
  const refused = await openStream(parts, { actor: signedIn, since, mayStay: async () => false })
  const stays = await openStream(parts, { actor: signedIn, since })
  assert.deepEqual([refused.socket.isEnded, stays.socket.isEnded], [true, false])
  const short = await openStream(parts, { actor: { ...signedIn, sessionEndsAt: 500 } })
  await parts.time.pass(499)
  assert.equal(short.socket.isEnded, false)
  await parts.time.pass(1)
  assert.equal(short.socket.isEnded, true)
})

test('a caller has so many streams and no more, until one of them ends', async () => {
  const parts = openParts()
  const first = await openStream(parts, {})
  for (let count = 1; count < limits.liveStreamsPerCallerMax; count++) await openStream(parts, {})
  const isRefused = (error: unknown) => isEngineError(error, 'rate_limited') && Number(error.headers?.['retry-after']) > 0
  await assert.rejects(openStream(parts, {}), isRefused)
  await openStream(parts, { caller: '192.0.2.2' })
  first.socket.emit('close')
  await openStream(parts, {})
  await assert.rejects(openStream(parts, {}), isRefused)
})
