// Two workers on one database: what a silent one has begun is taken over when its lease ends, and what
// it says afterwards is refused.
// databases: all
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createIdSource } from '../../src/base/ids.ts'
import { limits } from '../../src/base/limits.ts'
import type { Log } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { Type } from '../../src/contract/type.ts'
import { type Effect, effectHandler, effectKind, effects, enqueue, type Outcome } from '../../src/effects/effect.ts'
import { createEffectRunner } from '../../src/effects/runner.ts'
import { createBackend } from '../../src/engine/backend.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { cleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { openEmpty } from '../support/reused-storage.ts'
import { backend as config } from '../support/shop.config.ts'

const probe = effectKind('probe', Type.Object({}))
const ownKind = effectKind('own.probe', Type.Object({}))
const fewKind = effectKind('few.probe', Type.Object({}))

type Attempt = {
  readonly worker: string
  readonly kind: string
  readonly id: string
  readonly attempt: number
  end(outcome: Outcome): void
}

/** One database, and workers whose attempts wait for the test to end them. */
async function openWorld(t: TestContext) {
  const { model, project } = createBackend(config, { publicUrl: 'http://shop.example', isDevelopment: true, paymentProviders: [] })
  const time = createFakeClock()
  const inner = await openEmpty(model, time.clock)
  // As if it were a database of many processes: nobody may take over what another one holds.
  const storage = inner.capabilities.isShared ? inner : { ...inner, capabilities: { ...inner.capabilities, isShared: true } }
  const newId = createIdSource(time.clock, systemRandom)
  const parts = { storage, model, clock: time.clock, random: systemRandom }
  const attempts: Attempt[] = []
  const settled: string[] = []
  const logged: string[] = []
  const log: Log = { write: (_level, message) => void logged.push(message) }
  cleanUp(t, () => inner.close())

  return {
    time,
    attempts,
    settled,
    logged,
    /** `begun` is told of each attempt; without it the test ends them itself. */
    startWorker(workerId: string, begun: (attempt: Attempt) => void = () => {}, settles: (outcome: Outcome) => void = () => {}) {
      const steps = {
        perform: ({ effect }: { effect: Effect }) =>
          new Promise<Outcome>((end) => {
            const attempt = { worker: workerId, kind: effect.kind, id: effect.id, attempt: effect.attempts, end }
            attempts.push(attempt)
            begun(attempt)
          }),
        async settle({ outcome }: { outcome: Outcome }) {
          settled.push(`${workerId} ${outcome.end}${outcome.end === 'retry' && outcome.isUncertain ? ' uncertain' : ''}`)
          settles(outcome)
        },
      }
      const runner = createEffectRunner({
        ...parts,
        log,
        newId,
        newSecret: (prefix) => prefix,
        project,
        handlers: [
          effectHandler(probe, steps),
          effectHandler(fewKind, { ...steps, atOnce: 2 }),
          effectHandler(ownKind, { ...steps, ownCode: 'The effect own.probe (shop.ts:1:1)' }),
        ],
        react: async () => {},
        workerId,
      })
      return { ...runner, started: runner.start() }
    },
    owe: async (kind = probe) =>
      await inTransaction(parts, { operation: 'test', actor: 'test', requestId: '' }, async (tx, now) => {
        const effect = await enqueue({ tx, now, newId }, kind, { key: newId('key'), payload: {} })
        return effect!.id
      }),
    get: async (id: string) => (await storage.reader.get(effects, id))!,
    attempt: async (count: number) => await eventually(`attempt ${count}`, async () => attempts[count - 1]),
  }
}

// proves P-005
test('a silent worker loses its effect when the lease ends, and its late word is refused', async (t) => {
  const world = await openWorld(t)
  const slow = world.startWorker('slow')
  await slow.started
  const id = await world.owe()
  const first = await world.attempt(1)
  assert.deepEqual([first.worker, first.attempt], ['slow', 1])

  const quick = world.startWorker('quick')
  await quick.started
  // Another effect is taken: so they have looked, and left the first one's alone.
  await world.time.pass(limits.effectLeaseMs - 1_000)
  await world.owe()
  await world.time.pass(500)
  const other = await world.attempt(2)
  assert.equal(other.attempt, 1, 'a lease is not taken before its end')
  other.end({ end: 'done', result: null })
  await eventually('the other effect is done', async () => (world.settled.length === 1 ? true : null))
  await world.time.pass(2_500)
  const second = await world.attempt(3)
  assert.equal(second.attempt, 2)

  // The late one speaks first: while the second attempt is under way, and with another outcome.
  first.end({ end: 'dead', error: 'too late' })
  await eventually('the late word is refused', async () => {
    // Its transaction has lost a race, and runs again after a pause.
    await world.time.pass(limits.conflictBackoffMs)
    return world.logged.includes('A late attempt was refused.') ? true : null
  })
  assert.equal((await world.get(id)).state, 'running')
  second.end({ end: 'done', result: null })
  const ended = await eventually('the effect is done', async () => {
    const effect = await world.get(id)
    return effect.state === 'done' ? effect : null
  })
  assert.deepEqual([ended.attempts, ended.lastError], [2, null])
  // What the late one's transaction did before it was refused is undone.
  const kept = world.settled.filter((word) => word !== 'slow dead')
  assert.deepEqual(kept, [`${other.worker} done`, `${second.worker} done`])
  await Promise.all([slow.stop(), quick.stop()])
})

test('an attempt whose end cannot be written has failed, whatever its end was', async (t) => {
  const world = await openWorld(t)
  const ends: Outcome[] = [
    { end: 'done', result: null },
    { end: 'dead', error: 'a\0b' },
    { end: 'unknown', error: 'no answer' },
  ]
  const settles = () => {
    throw new Error('cannot be written')
  }
  const worker = world.startWorker('broken', ({ end }) => end(ends.shift()!), settles)
  await worker.started
  const id = await world.owe()
  for (const failures of [1, 2, 3]) {
    const failed = await eventually(`failure ${failures}`, async () => {
      const effect = await world.get(id)
      return effect.failures === failures ? effect : null
    })
    assert.deepEqual([failed.state, failed.lastError], ['ready', 'cannot be written'])
    // Whoever could not be told that it may have happened is told by the count: the next attempt may be the second.
    assert.equal(failed.attempts - failed.failures!, [1, 1, 2][failures - 1])
    if (failures < 3) await world.time.pass(limits.effectBackoffMs * 2 ** failures + limits.effectPollMs)
  }
  // What it is about hears that it may have happened, where it may.
  assert.deepEqual(world.settled, ['broken done', 'broken retry uncertain', 'broken dead', 'broken unknown', 'broken retry uncertain'])
  await worker.stop()
})

// proves P-005
test('a worker that is told to stop leaves no lease behind, not even one it is just taking', async (t) => {
  const world = await openWorld(t)
  const id = await world.owe()
  const worker = world.startWorker('stopping', ({ end }) => end({ end: 'done', result: null }))
  await worker.started
  // The claim that `start` began is under way.
  await worker.stop()
  assert.equal((await world.get(id)).state, world.attempts.length === 0 ? 'ready' : 'done')
  // Time stands still: the next one could not have it if a lease were left on it.
  const next = world.startWorker('next', ({ end }) => end({ end: 'done', result: null }))
  await next.started
  await eventually('the effect is done', async () => ((await world.get(id)).state === 'done' ? true : null))
  assert.equal(world.attempts.length, 1)
  await next.stop()
})

// proves P-004
test('a backlog is worked off without waiting for the next look, and by two at once each effect once', async (t) => {
  const world = await openWorld(t)
  const count = limits.effectSlots * 4 + 1
  for (let index = 0; index < count; index++) await world.owe()
  const workers = ['one', 'two'].map((id) => world.startWorker(id, ({ end }) => end({ end: 'done', result: null })))
  await Promise.all(workers.map(({ started }) => started))
  // Time stands still: nobody polls.
  await eventually('all are done', async () => (world.settled.length === count ? true : null))
  assert.equal(world.attempts.length, count)
  await Promise.all(workers.map((worker) => worker.stop()))
})

// proves P-004
test('an effect that keeps failing ends as dead, visibly, with the last reason', async (t) => {
  const world = await openWorld(t)
  const worker = world.startWorker('trying')
  await worker.started
  const id = await world.owe()
  for (let count = 1; count <= limits.effectAttemptsMax; count++) {
    const attempt = await world.attempt(count)
    assert.equal(attempt.attempt, count)
    attempt.end({ end: 'retry', error: `reason ${count}` })
    await eventually(`attempt ${count} has ended`, async () => ((await world.get(id)).state === 'running' ? null : true))
    // One step over the longest pause: the poll that is due with it takes the next attempt.
    await world.time.pass(limits.effectBackoffMaxMs + 1_000, limits.effectBackoffMaxMs + 1_000)
  }
  const effect = await world.get(id)
  assert.equal(effect.state, 'dead')
  assert.equal(effect.lastError, `reason ${limits.effectAttemptsMax} (gave up after ${limits.effectAttemptsMax} failures)`)
  await worker.stop()
})

// proves P-004
test('attempts whose end nobody wrote take none of those that may fail', async (t) => {
  const world = await openWorld(t)
  const worker = world.startWorker('cut off')
  await worker.started
  const id = await world.owe()
  for (let count = 1; count <= limits.effectAttemptsMax; count++) {
    await world.attempt(count)
    await world.time.pass(limits.effectLeaseMs + 1_000, limits.effectLeaseMs + 1_000)
  }
  const last = await world.attempt(limits.effectAttemptsMax + 1)
  last.end({ end: 'retry', error: 'deferred' })
  const effect = await eventually('the failure is written', async () => {
    const seen = await world.get(id)
    return seen.lastError === null ? null : seen
  })
  assert.deepEqual([effect.state, effect.attempts, effect.failures], ['ready', limits.effectAttemptsMax + 1, 1])
  for (const { end } of world.attempts) end({ end: 'done', result: null })
  await worker.stop()
})

test('what hangs of a project holds half of the places, and what lies behind it is carried out', async (t) => {
  const world = await openWorld(t)
  for (let count = 0; count < 100; count++) await world.owe(ownKind)
  const waiting = await world.owe()
  const worker = world.startWorker('one', ({ kind, end }) => kind === probe.name && end({ end: 'done', result: null }))
  await worker.started
  await eventually('what waited is done', async () => ((await world.get(waiting)).state === 'done' ? true : null))
  await world.owe(ownKind)
  const born = await world.owe()
  await eventually('what came later is done', async () => ((await world.get(born)).state === 'done' ? true : null))
  const hanging = world.attempts.filter(({ kind }) => kind === ownKind.name)
  assert.equal(hanging.length, limits.ownEffectPlaces)
  for (const { end } of hanging) end({ end: 'done', result: null })
  await eventually('the others have their turn', async () => world.attempts[limits.ownEffectPlaces + 2])
  const stopped = worker.stop()
  for (const { end } of world.attempts) end({ end: 'done', result: null })
  await stopped
})

test('what was cut off of a project is made again alone; what is cut off each time is dead, and its kind rests', async (t) => {
  const world = await openWorld(t)
  const ids = [await world.owe(ownKind), await world.owe(ownKind), await world.owe(ownKind)]
  const isDead = new Set<string>()
  let killer = ''
  /** A process that dies as soon as it carries out what kills it. */
  const live = async (name: string) => {
    const from = world.attempts.length
    const worker = world.startWorker(name, (attempt) => {
      if (attempt.worker !== name || isDead.has(name)) return
      if (attempt.id === killer) isDead.add(name)
      else attempt.end({ end: 'done', result: null })
    })
    await worker.started
    return { worker, from }
  }
  // All three are under way when the first process dies.
  const first = world.startWorker('first')
  await first.started
  await world.attempt(3)
  killer = ids[1]!
  const workers = [first]
  for (let death = 2; death <= limits.ownEffectCutOffsMax; death++) {
    await world.time.pass(limits.effectLeaseMs + 1_000, limits.effectLeaseMs + 1_000)
    const { worker } = await live(`process ${death}`)
    workers.push(worker)
    await eventually(`death ${death}`, async () => isDead.has(`process ${death}`) || null)
  }
  await world.time.pass(limits.effectLeaseMs + 1_000, limits.effectLeaseMs + 1_000)
  const { worker } = await live('last')
  workers.push(worker)
  const dead = await eventually('it is dead', async () => {
    const effect = await world.get(killer)
    return effect.state === 'dead' ? effect : null
  })
  assert.deepEqual([dead.attempts, dead.owner], [limits.ownEffectCutOffsMax, null])
  assert.match(dead.lastError!, /^The effect own\.probe \(shop\.ts:1:1\): its process died during the attempt, 3 times/)
  const later = await world.owe(ownKind)
  const rests = await eventually('another one waits', async () => {
    const effect = await world.get(later)
    return effect.lastError === null ? null : effect
  })
  assert.deepEqual([rests.state, rests.attempts], ['ready', 0])
  assert.match(rests.lastError!, new RegExp(killer))
  await world.time.pass(limits.ownEffectRestMs + 60_000, limits.ownEffectRestMs + 60_000)
  for (const id of [...ids.filter((one) => one !== killer), later]) {
    const done = await eventually('the rest is over', async () => {
      const effect = await world.get(id)
      return effect.state === 'done' ? effect : null
    })
    assert.equal(done.attempts, id === later ? 1 : 2, 'what was beside it is made once more, and blamed for nothing')
  }
})

test('of a kind with a bound so many are carried out, in turn, and what stands behind them waits for none of them', async (t) => {
  const world = await openWorld(t)
  for (let count = 0; count < 3 * limits.effectSlots; count++) await world.owe(fewKind)
  const last = await world.owe()
  const worker = world.startWorker('one')
  await worker.started
  await eventually('the last one has begun', async () => (world.attempts.some(({ id }) => id === last) ? true : null))
  assert.deepEqual(world.attempts.map(({ kind }) => kind).toSorted(), ['few.probe', 'few.probe', 'probe'])
  // Each that ends gives its place to the next, without a pause and without an attempt lost.
  for (let ended = 0; ended < 3 * limits.effectSlots + 1; ended++) {
    const running = await eventually(`attempt ${ended + 1}`, async () => world.attempts[ended])
    assert.equal(running.attempt, 1)
    running.end({ end: 'done', result: null })
  }
  await eventually('all have ended', async () => (world.settled.length === 3 * limits.effectSlots + 1 ? true : null))
  await worker.stop()
})
