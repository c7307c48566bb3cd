// When a file is written anew: not beside another time, not for most of the time, and not where writes would wait too long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { createVacuums } from './vacuum.ts'

/** Each time that the file is written takes so long. */
function vacuumsOf(tookMs: number, bytes = 1) {
  const times = { now: 0, written: 0 }
  let end = () => {}
  const write = async () => {
    times.written++
    await new Promise<void>((resolve) => (end = resolve))
    times.now += tookMs
  }
  const vacuums = createVacuums({ path: 'kingpost.db', bytes: () => bytes, clock: { ...systemClock, monotonic: () => times.now }, write })
  return { times, vacuums, end: () => end() }
}

test('a short one may follow another at once; one that is under way is waited for', async () => {
  const { times, vacuums, end } = vacuumsOf(10)
  const first = vacuums.run()
  assert.equal(await vacuums.run(), limits.vacuumShortMs)
  end()
  assert.equal(await first, 0)
  const second = vacuums.run()
  end()
  assert.deepEqual([await second, times.written], [0, 2])
  await vacuums.settled()
})

test('one that took long is followed by a rest of many times as long', async () => {
  const { times, vacuums, end } = vacuumsOf(4_000)
  const first = vacuums.run()
  end()
  assert.equal(await first, 0)
  assert.equal(await vacuums.run(), 4_000 * limits.vacuumRestTimes)
  times.now += 4_000 * limits.vacuumRestTimes
  const second = vacuums.run()
  end()
  assert.deepEqual([await second, times.written], [0, 2])
})

test('one that fails says so, and may be tried again', async () => {
  let tries = 0
  const vacuums = createVacuums({
    path: 'kingpost.db',
    bytes: () => 1,
    clock: systemClock,
    async write() {
      if (++tries === 1) throw new Error('no room')
    },
  })
  await assert.rejects(vacuums.run(), /no room/)
  assert.deepEqual([await vacuums.run(), tries], [0, 2])
})

test('a large file is left as it is', async () => {
  const { times, vacuums } = vacuumsOf(10, limits.vacuumBytesMax + 1)
  assert.deepEqual([await vacuums.run(), times.written], [0, 0])
})
