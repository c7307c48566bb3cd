import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../base/clock.ts'
import { createRateLimiter, ratePolicies } from './rate-limit.ts'

test('a whole quota may come at once, then one each step', () => {
  let now = 1_000_000
  const limiter = createRateLimiter({ now: () => now } as Clock)
  const { quota, windowSeconds } = ratePolicies.account
  const take = (caller = 'a') => limiter.take('account', caller)
  for (let index = 0; index < quota; index++) assert.equal(take().isAllowed, true)
  const refused = take()
  assert.equal(refused.isAllowed, false)
  const waitSeconds = Number(refused.headers['retry-after'])
  assert.ok(waitSeconds >= 1 && waitSeconds <= windowSeconds / quota)
  assert.equal(take('b').isAllowed, true)
  now += waitSeconds * 1_000
  assert.equal(take().isAllowed, true)
  assert.equal(take().isAllowed, false)
  now += windowSeconds * 1_000
  for (let index = 0; index < quota; index++) assert.equal(take().isAllowed, true)
})

test('what stands for several requests counts as so many, all or none', () => {
  let now = 1_000_000
  const limiter = createRateLimiter({ now: () => now } as Clock)
  const { quota, windowSeconds } = ratePolicies.write
  assert.ok(limiter.take('write', 'a', quota - 1).isAllowed)
  const refused = limiter.take('write', 'a', 2)
  assert.deepEqual([refused.isAllowed, refused.headers['ratelimit']?.includes('r=1;')], [false, true])
  now += Number(refused.headers['retry-after']) * 1_000
  assert.ok(limiter.take('write', 'a', 2).isAllowed)
  now += windowSeconds * 1_000
  assert.equal(limiter.take('write', 'a', quota + 1).isAllowed, false)
})
