import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import { followDatabaseClock } from './database-clock.ts'

/** A machine and a database whose clocks a test sets. */
function openWorld(skewMs: number) {
  const clocks = { database: 1_000_000_000, wall: 1_000_000_000 + skewMs, monotonic: 5_000, askMs: 0, asked: 0 }
  let timer: (() => void) | null = null
  const local: Clock = {
    now: () => clocks.wall,
    monotonic: () => clocks.monotonic,
    after(_delayMs, task) {
      timer = task
      return () => {
        timer = null
      }
    },
    soon: (task) => task(),
  }
  const pass = (ms: number) => {
    clocks.database += ms
    clocks.wall += ms
    clocks.monotonic += ms
  }
  return {
    clocks,
    local,
    pass,
    /** Each asking takes `askMs`, and the database looks at its clock at the end of it. */
    storage: {
      async now() {
        clocks.asked++
        pass(clocks.askMs)
        return clocks.database
      },
    },
    hasTimer: () => timer !== null,
    async sample() {
      timer!()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

for (const [name, skewMs] of [
  ['ahead', 7 * 3_600_000],
  ['behind', -7 * 3_600_000],
] as const)
  test(`hours ${name}, and yet the time is the database's`, async () => {
    const { clocks, local, pass, storage } = openWorld(skewMs)
    const clock = await followDatabaseClock(storage, local)
    assert.equal(clock.now(), clocks.database)
    pass(limits.clockSampleMs)
    assert.equal(clock.now(), clocks.database)
    // Somebody sets the local clock: it is not what counts.
    clocks.wall -= skewMs
    assert.equal(clock.now(), clocks.database)
  })

test('a slow answer does not spoil a good sample, and a clock that was set is followed', async () => {
  const { clocks, local, pass, storage, sample, hasTimer } = openWorld(0)
  const clock = await followDatabaseClock(storage, local)
  pass(limits.clockSampleMs)
  clocks.askMs = 800
  await sample()
  assert.equal(clock.now(), clocks.database, 'the answer of 800 ms is off by up to 400')
  clocks.askMs = 0
  clocks.database += 90_000
  pass(limits.clockSampleMs)
  await sample()
  assert.equal(clock.now(), clocks.database)
  clock.stop()
  assert.equal(hasTimer(), false)
})

test('after a sleep it asks before anything is measured, and otherwise it does not', async () => {
  const { clocks, local, pass, storage } = openWorld(0)
  const clock = await followDatabaseClock(storage, local)
  pass(1_000)
  await clock.refresh()
  assert.equal(clocks.asked, 1)
  // A machine that sleeps stops one of its clocks and not the other.
  clocks.database += 3_600_000
  clocks.wall += 3_600_000
  await clock.refresh()
  assert.equal(clocks.asked, 2)
  assert.equal(clock.now(), clocks.database)
})

test('a database that is away leaves the last known time running', async () => {
  const { clocks, local, pass, storage, sample } = openWorld(0)
  const clock = await followDatabaseClock(storage, local)
  storage.now = () => Promise.reject(new Error('away'))
  pass(limits.clockSampleMs)
  await sample()
  assert.equal(clock.now(), clocks.database)
  pass(3 * limits.clockSampleMs)
  await assert.rejects(clock.refresh(), /away/)
})
