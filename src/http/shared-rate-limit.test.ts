import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFakeClock } from '../../test/support/fake-clock.ts'
import { EngineError } from '../base/engine-error.ts'
import { systemRandom } from '../base/random.ts'
import { rateLimits } from '../operation/rate-limits.ts'
import { compileModel } from '../schema/model.ts'
import { openSqlite } from '../storage/sqlite/sqlite-storage.ts'
import { createRateLimiter, type LimitedClass, type RateLimiter, ratePolicies } from './rate-limit.ts'
import { createSharedRateLimiter } from './shared-rate-limit.ts'

/** Limiters of several processes over one database, and how often they wrote to it. */
function openWorld(processes: number) {
  const time = createFakeClock()
  const model = compileModel([rateLimits])
  const storage = openSqlite({ path: ':memory:', model, clock: time.clock })
  const asked = { count: 0, isAway: false }
  const parts = {
    model,
    clock: time.clock,
    random: systemRandom,
    storage: {
      ...storage,
      transaction: ((work) => {
        asked.count++
        return asked.isAway ? Promise.reject(new EngineError('storage_unavailable')) : storage.transaction(work)
      }) as typeof storage.transaction,
    },
  }
  const limiters = Array.from({ length: processes }, () => createSharedRateLimiter(parts, createRateLimiter(time.clock)))
  return { time, storage, asked, limiters }
}

/** How many of `count` requests pass, sent to all limiters in turn. */
async function passing(limiters: readonly RateLimiter[], rateClass: LimitedClass, count: number, caller = 'a'): Promise<number> {
  let passed = 0
  for (let index = 0; index < count; index++) if ((await limiters[index % limiters.length]!.take(rateClass, caller)).isAllowed) passed++
  return passed
}

for (const rateClass of ['read', 'write', 'account', 'webhook'] as const)
  test(`${rateClass}: three processes together let through one quota, and ask seldom while there is room`, async () => {
    const { limiters, asked, storage } = openWorld(3)
    const { quota } = ratePolicies[rateClass]
    if (quota > 100) {
      assert.equal(await passing(limiters, rateClass, quota / 10), quota / 10)
      assert.ok(asked.count <= 6, `${asked.count} of ${quota / 10} requests asked the database`)
    }
    const rest = await passing(limiters, rateClass, 2 * quota)
    assert.equal(rest + (quota > 100 ? quota / 10 : 0), quota)
    const before = asked.count
    assert.equal(await passing(limiters, rateClass, 100), 0)
    assert.ok(asked.count <= before + 3, 'a caller that is over its limit costs no more than one look a process')
    assert.equal(await passing(limiters, rateClass, 3, 'b'), 3)
    await storage.close()
  })

test('requests that stand for several are counted over all processes, beside single ones', async () => {
  const { limiters, asked: looks, storage } = openWorld(3)
  const { quota } = ratePolicies.write
  const asked = Array.from({ length: quota }, (_, index) => (index % 3 === 0 ? 50 : 1))
  let taken = 0
  for (const [index, count] of asked.entries()) if ((await limiters[index % 2]!.take('write', 'a', count)).isAllowed) taken += count
  const rest = await passing(limiters, 'write', quota)
  assert.equal(taken + rest, quota)
  const before = looks.count
  for (let index = 0; index < 30; index++) assert.equal((await limiters[index % 3]!.take('write', 'a', 2)).isAllowed, false)
  assert.ok(looks.count <= before + 3, 'one that is refused costs no more than one look a process')
  // Also where single ones of the caller pass.
  await limiters[0]!.take('write', 'c')
  for (let index = 0; index < 3; index++) await limiters[0]!.take('write', 'c', 100)
  const looked = looks.count
  for (let index = 0; index < 10; index++) assert.equal((await limiters[0]!.take('write', 'c', 100)).isAllowed, false)
  assert.equal(looks.count, looked)
  const at = await Promise.all(Array.from({ length: 30 }, (_, index) => limiters[index % 3]!.take('write', 'b', 1 + (index % 30))))
  assert.ok(at.reduce((sum, { isAllowed }, index) => sum + (isAllowed ? 1 + (index % 30) : 0), 0) <= quota)
  await storage.close()
})

test('what a process holds runs out as the row does, so a late use is no extra', async () => {
  const { limiters, time, storage } = openWorld(2)
  const [one, two] = limiters as [RateLimiter, RateLimiter]
  const { quota, windowSeconds } = ratePolicies.write
  // The first takes a slice and uses one of it; the second everything else.
  await one.take('write', 'a')
  await passing([two], 'write', quota)
  await time.pass(windowSeconds * 1_000)
  const both = (await passing([two], 'write', 2 * quota)) + (await passing([one], 'write', 2 * quota))
  assert.equal(both, quota)
  await storage.close()
})

test('a refused caller passes again when the row has room, and is told when that is', async () => {
  const { limiters, time, storage } = openWorld(2)
  const { quota, windowSeconds } = ratePolicies.account
  assert.equal(await passing(limiters, 'account', quota + 5), quota)
  const refused = await limiters[0]!.take('account', 'a')
  const waitSeconds = Number(refused.headers['retry-after'])
  assert.ok(waitSeconds >= 1 && waitSeconds <= windowSeconds / quota, String(waitSeconds))
  await time.pass(waitSeconds * 1_000)
  assert.equal(await passing(limiters, 'account', 6), 1)
  await storage.close()
})

test('requests at the same moment share a slice, and none gets more than there is', async () => {
  const { limiters, storage } = openWorld(3)
  const { quota } = ratePolicies.account
  const all = await Promise.all(Array.from({ length: 3 * quota }, (_, index) => limiters[index % 3]!.take('account', 'a')))
  assert.equal(all.filter(({ isAllowed }) => isAllowed).length, quota)
  await storage.close()
})

test('a database that is away leaves each process its own limit', async () => {
  const { limiters, asked, storage } = openWorld(2)
  asked.isAway = true
  const { quota } = ratePolicies.account
  assert.equal(await passing([limiters[0]!], 'account', 2 * quota), quota)
  assert.equal(await passing([limiters[1]!], 'account', 2 * quota), quota)
  asked.isAway = false
  assert.ok((await limiters[0]!.take('account', 'a')).isAllowed)
  await storage.close()
})
