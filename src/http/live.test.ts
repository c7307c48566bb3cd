// Streams on a clock of the test's own: what a heartbeat does, without waiting for one.
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import type { FastifyReply } from 'fastify'
import { type Clock, systemClock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { silentLog } from '../base/log.ts'
import type { EventSink } from '../operation/define.ts'
import { sendStream } from './live.ts'

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

function open(mayStay: () => Promise<boolean>, place: () => string | null = () => null) {
  const { socket, reply } = fakeReply()
  const time = fakeClock()
  const live = { clock: time.clock, log: silentLog, open: new Set<() => void>() }
  const given: { sink: EventSink | null; closes: number } = { sink: null, closes: 0 }
  const stream = (sink: EventSink) => {
    given.sink = sink
    sink.onHeartbeat(place)
    return () => {
      given.closes++
    }
  }
  sendStream(live, reply, stream, mayStay)
  return { socket, time, live, given }
}

// proves P-006
test('a revoked session ends its stream at the next heartbeat, and nothing is sent to it any more', async () => {
  let isValid = true
  const { socket, time, live, given } = open(async () => isValid)
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.isEnded, false)
  isValid = false
  await time.pass(limits.liveHeartbeatMs - 1)
  assert.equal(socket.isEnded, false)
  await time.pass(1)
  assert.equal(socket.isEnded, true)
  assert.equal(given.closes, 1)
  assert.equal(live.open.size, 0)
  const before = socket.written
  given.sink!.send({ id: '1.0', event: 'change', data: {} })
  assert.equal(socket.written, before)
  assert.equal(time.waiting(), 0)
})

test('a heartbeat carries the place reached, so that a quiet reader does not fall behind', async () => {
  let place: string | null = '12'
  const { socket, time } = open(
    async () => true,
    () => place,
  )
  await time.pass(limits.liveHeartbeatMs)
  place = null
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.written, 'id: 12\n\n: still here\n\n')
})

test('the head goes out at once, before there is anything to tell', () => {
  const { socket } = open(async () => true)
  assert.equal(socket.hasHead, true)
})

test('a reader that went away while it was looked at leaves no timer behind', async () => {
  let answer: (isValid: boolean) => void = () => {}
  const { socket, time } = open(() => new Promise((resolve) => (answer = resolve)))
  await time.pass(limits.liveHeartbeatMs)
  socket.emit('close')
  answer(true)
  await time.pass(0)
  assert.equal(time.waiting(), 0)
  assert.equal(socket.written, '')
})

test('when the session cannot be looked at, the stream stays: the database being away ends nobody', async () => {
  const { socket, time } = open(() => Promise.reject(new Error('away')))
  await time.pass(limits.liveHeartbeatMs)
  assert.equal(socket.isEnded, false)
})

test('a reader that does not read is cut off instead of being kept for', () => {
  const { socket, given } = open(async () => true)
  socket.writableLength = limits.liveBacklogBytesMax + 1
  given.sink!.send({ id: '1.0', event: 'change', data: {} })
  assert.equal(socket.isDestroyed, true)
  assert.equal(given.closes, 1)
})
