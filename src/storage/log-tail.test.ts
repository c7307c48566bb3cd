import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { limits } from '../base/limits.ts'
import { LogTail, type LogTailPort } from './log-tail.ts'
import type { Commit } from './storage.ts'

/** A log that several processes write: lines without a position wait to be sequenced. */
function fakeLog({ readsBehind = false } = {}) {
  const lines: Commit[] = []
  let waiting = 0
  const calls: string[] = []
  const failures: unknown[] = []
  const wakers = new Set<(position?: number) => void>()
  let failure: unknown = null
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
  const called = async (name: string): Promise<void> => {
    calls.push(name)
    await turn()
    if (failure) throw failure
  }
  const port = (hasNotifications: boolean): LogTailPort => ({
    async hasWaiting() {
      await called('look')
      return waiting > 0
    },
    async sequence(limit, after) {
      await called('sequence')
      const given = Math.min(waiting, limit)
      waiting -= given
      for (let count = 0; count < given; count++) lines.push({ position: lines.length + 1 } as Commit)
      if (given > 0) for (const wake of wakers) wake(lines.length)
      return readsBehind && after !== null ? { given, commits: lines.slice(after, after + limit) } : { given }
    },
    async commitsAfter(position, limit) {
      await called('read')
      return lines.slice(position, position + limit)
    },
    ...(hasNotifications
      ? {
          listen(wake: (position?: number) => void) {
            wakers.add(wake)
            return { close: async () => void wakers.delete(wake) }
          },
        }
      : {}),
    failed: (error) => void failures.push(error),
  })
  return {
    port,
    calls,
    failures,
    commit: (count = 1) => void (waiting += count),
    failWith: (error: unknown) => void (failure = error),
    wake: (position?: number) => wakers.forEach((wake) => void wake(position)),
  }
}

const rest = async () => {
  for (let turns = 0; turns < 40; turns++) await new Promise<void>((resolve) => setImmediate(resolve))
}
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

function follow(tail: LogTail): number[] {
  const told: number[] = []
  tail.onFeed(({ position }) => void told.push(position))
  return told
}

test('own commits get their positions and are told, once and in order, however many come at once', async () => {
  const log = fakeLog()
  const tail = new LogTail(log.port(false), createFakeClock().clock, 0)
  const told = follow(tail)
  await rest()
  for (let count = 0; count < 200; count++) {
    log.commit()
    tail.committed()
    if (count % 9 === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  await tail.settled()
  await rest()
  assert.deepEqual(told, upTo(200))
  assert.ok(log.calls.filter((call) => call === 'sequence').length < 60, 'what was asked for meanwhile shares a round')
  await tail.close()
})

test('more lines than one round takes are told all the same', async () => {
  const log = fakeLog()
  const tail = new LogTail(log.port(false), createFakeClock().clock, 0)
  const told = follow(tail)
  log.commit(limits.sequenceLinesMax * 2 + 7)
  tail.committed()
  await rest()
  assert.deepEqual(told, upTo(limits.sequenceLinesMax * 2 + 7))
  await tail.close()
})

test("a database that reads behind the sequencing is not asked a second time, and other processes' lines come along", async () => {
  const log = fakeLog({ readsBehind: true })
  const [mine, other] = [new LogTail(log.port(false), createFakeClock().clock, 0), new LogTail(log.port(false), createFakeClock().clock, 0)]
  const told = follow(mine)
  await rest()
  log.calls.length = 0
  log.commit(3)
  other.committed()
  await rest()
  log.commit(2)
  mine.committed()
  await rest()
  assert.deepEqual(told, upTo(5))
  assert.deepEqual(log.calls, ['sequence', 'sequence'])
  log.commit(limits.sequenceLinesMax + 7)
  mine.committed()
  await rest()
  assert.deepEqual(told, upTo(limits.sequenceLinesMax + 12))
  await mine.close()
})

test('it begins behind the newest there was, and what was loaded is not told', async () => {
  const log = fakeLog()
  log.commit(5)
  const other = new LogTail(log.port(false), createFakeClock().clock, 0)
  other.committed()
  await other.settled()
  const tail = new LogTail(log.port(false), createFakeClock().clock, 5)
  const told = follow(tail)
  log.commit(3)
  tail.skipTo(7)
  tail.committed()
  await rest()
  assert.deepEqual(told, [8])
  await tail.close()
})

test('without a listener nothing is read, and nothing is looked for by and by', async () => {
  const log = fakeLog()
  const time = createFakeClock()
  const tail = new LogTail(log.port(true), time.clock, 0)
  log.commit()
  tail.committed()
  await tail.settled()
  assert.deepEqual(log.calls, ['sequence'])
  assert.equal(time.waits().length, 0)
  await tail.close()
})

test('notifications bring what other processes committed, without giving positions again', async () => {
  const log = fakeLog()
  const [mine, other] = [new LogTail(log.port(true), createFakeClock().clock, 0), new LogTail(log.port(true), createFakeClock().clock, 0)]
  const told = follow(mine)
  await rest()
  log.calls.length = 0
  log.commit(2)
  other.committed()
  await rest()
  assert.deepEqual(told, [1, 2])
  assert.deepEqual(log.calls, ['sequence', 'read'])
  log.calls.length = 0
  log.wake(2)
  await rest()
  assert.deepEqual(log.calls, [], 'what is known already needs no look')
  log.wake()
  await rest()
  assert.deepEqual(log.calls, ['read'], 'something may have been missed')
  await mine.close()
  await other.close()
})

test('without notifications it looks by itself, ever more seldom, and soon again once something happened', async () => {
  const log = fakeLog()
  const time = createFakeClock()
  const tail = new LogTail(log.port(false), time.clock, 0)
  const told = follow(tail)
  await rest()
  const pauses: number[] = []
  const pause = async () => {
    pauses.push(time.waits()[0]!)
    await time.pass(pauses.at(-1)!)
    await rest()
  }
  for (let count = 0; count < 12; count++) await pause()
  assert.ok(pauses.every((ms, index) => ms >= (pauses[index - 1] ?? 0)))
  assert.equal(pauses.at(-1), limits.feedPollMaxMs)
  // A line of a process that died before it could ask for a position.
  log.commit()
  await pause()
  assert.deepEqual(told, [1])
  await pause()
  assert.ok(pauses.at(-1)! < limits.feedPollMaxMs)
  await tail.close()
  assert.equal(time.waits().length, 0)
})

test('a database that fails is asked again, and nothing is lost', async () => {
  const log = fakeLog()
  const time = createFakeClock()
  const tail = new LogTail(log.port(true), time.clock, 0)
  const told = follow(tail)
  await rest()
  log.failWith(new Error('gone'))
  log.commit(2)
  tail.committed()
  await tail.settled()
  await rest()
  assert.deepEqual(told, [])
  assert.equal(log.failures.length > 0, true)
  log.failWith(null)
  await time.pass(limits.feedPollMaxMs)
  await rest()
  assert.deepEqual(told, [1, 2])
  await tail.close()
})

test('after its end nothing is asked or told', async () => {
  const log = fakeLog()
  const tail = new LogTail(log.port(true), createFakeClock().clock, 0)
  const told = follow(tail)
  await rest()
  await tail.close()
  log.calls.length = 0
  log.commit()
  tail.committed()
  log.wake()
  await rest()
  assert.deepEqual([told, log.calls], [[], []])
})

test('who waits to be caught up has been told everything that was committed before, by whomever, also by a round behind one under way', async () => {
  const log = fakeLog()
  const tail = new LogTail(log.port(true), createFakeClock().clock, 0)
  const told = follow(tail)
  await rest()
  for (let total = 0; total < limits.sequenceLinesMax + 30; ) {
    // Another process: this one hears nothing of it. Some rounds are under way when the next is asked for.
    const count = total === 0 ? limits.sequenceLinesMax + 3 : 3
    log.commit(count)
    total += count
    const both = [tail.caughtUp()]
    log.commit(1)
    total += 1
    both.push(tail.caughtUp())
    await Promise.all(both)
    assert.deepEqual(told, upTo(total))
  }
  log.failWith(new Error('away'))
  await assert.rejects(tail.caughtUp(), /away/)
  await tail.close()
  await assert.rejects(tail.caughtUp())
})
