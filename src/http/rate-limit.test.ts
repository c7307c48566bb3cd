import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../base/clock.ts'
import { createRateLimiter, networkOf, ratePolicies } from './rate-limit.ts'

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

test('an IPv6 caller is its /64, however it is written; an IPv4 one is itself', () => {
  for (const address of ['2001:db8:1:2::1', '2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:0db8:0001:0002::', '2001:db8:1:2::1%eth0'])
    assert.equal(networkOf(address), '2001:db8:1:2::/64')
  assert.notEqual(networkOf('2001:db8:1:3::1'), networkOf('2001:db8:1:2::1'))
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('::FFFF:192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7')
})
