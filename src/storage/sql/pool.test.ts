import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../../test/support/fake-clock.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { SqlConnection, SqlDriver } from './driver.ts'
import { ConnectionPool } from './pool.ts'

type Made = SqlConnection & { isBroken: boolean; isClosed: boolean }

/** A driver that counts its connections, and a clock that is moved by hand. */
function fakeDriver(connectionsMax: number) {
  const made: Made[] = []
  let failure: unknown = null
  const { clock, pass } = createFakeClock()
  const driver = {
    async connect() {
      if (failure) throw failure
      const connection: Made = {
        isBroken: false,
        isClosed: false,
        run: async () => [],
        isUsable: () => !connection.isBroken,
        close: async () => void (connection.isClosed = true),
      }
      made.push(connection)
      return connection
    },
  } as unknown as SqlDriver
  return {
    pool: new ConnectionPool({ driver, clock, connectionsMax }),
    made,
    open: () => made.filter(({ isClosed }) => !isClosed).length,
    failWith: (error: unknown) => void (failure = error),
    pass: (ms: number) => pass(ms, ms),
  }
}
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
const isOverloaded = (error: unknown) => isEngineError(error, 'overloaded')

test('connections are made when needed, used again, and never more than allowed', async () => {
  const { pool, made } = fakeDriver(2)
  const one = await pool.acquire()
  pool.release(one)
  assert.equal(await pool.acquire(), one)
  const two = await pool.acquire()
  const third = pool.acquire()
  await settle()
  assert.equal(made.length, 2)
  pool.release(two)
  assert.equal(await third, two)
})

test('who waits gets the next one in turn, and is refused when it takes too long', async () => {
  const { pool, pass } = fakeDriver(1)
  const one = await pool.acquire()
  const order: string[] = []
  const first = pool.acquire().then((connection) => {
    order.push('first')
    pool.release(connection)
  })
  const second = pool.acquire().then((connection) => {
    order.push('second')
    return connection
  })
  pool.release(one)
  await first
  const held = await second
  assert.deepEqual(order, ['first', 'second'])
  const late = assert.rejects(pool.acquire(), isOverloaded)
  await pass(limits.connectionWaitMs)
  await late
  // Who gave up is not given anything any more.
  pool.release(held)
  assert.equal(await pool.acquire(), held)
})

test('the queue has an end', async () => {
  const { pool } = fakeDriver(1)
  await pool.acquire()
  const waiting = Array.from({ length: limits.connectionQueueMax }, () => pool.acquire())
  await assert.rejects(pool.acquire(), isOverloaded)
  const all = Promise.allSettled(waiting)
  void pool.close()
  assert.ok((await all).every(({ status }) => status === 'rejected'))
})

test('a broken or old connection is thrown away, and who waits gets a new one', async () => {
  const { pool, made, open, pass } = fakeDriver(1)
  const one = (await pool.acquire()) as Made
  const waiting = pool.acquire()
  one.isBroken = true
  pool.release(one)
  const two = await waiting
  assert.notEqual(two, one)
  assert.equal(open(), 1)
  pool.release(two)
  ;(two as Made).isBroken = true
  const three = await pool.acquire()
  assert.equal(made.length, 3)
  await pass(limits.connectionAgeMs + 1)
  pool.release(three)
  assert.notEqual(await pool.acquire(), three)
  assert.equal(open(), 1)
})

test('those that are idle for long go, all but one', async () => {
  const { pool, open, pass } = fakeDriver(4)
  for (const connection of await Promise.all([1, 2, 3].map(() => pool.acquire()))) pool.release(connection)
  await pass(limits.connectionIdleMs)
  await pass(limits.connectionIdleMs)
  await settle()
  assert.equal(open(), 1)
})

test('that none can be made is told to everybody who waits, and tried anew for the next', async () => {
  const { pool, failWith } = fakeDriver(1)
  failWith(new EngineError('storage_unavailable'))
  const all = await Promise.allSettled([pool.acquire(), pool.acquire(), pool.acquire()])
  assert.ok(all.every((one) => one.status === 'rejected' && isEngineError(one.reason, 'storage_unavailable')))
  failWith(null)
  pool.release(await pool.acquire())
})

test('its end waits for those in use, and refuses everybody else', async () => {
  const { pool, open } = fakeDriver(2)
  const one = await pool.acquire()
  let isClosed = false
  const closing = pool.close().then(() => void (isClosed = true))
  await assert.rejects(pool.acquire(), (error) => isEngineError(error, 'storage_unavailable'))
  await settle()
  assert.equal(isClosed, false)
  pool.release(one)
  await closing
  assert.equal(open(), 0)
})
