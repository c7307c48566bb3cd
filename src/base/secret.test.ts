import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemRandom } from './random.ts'
import { hashSecret, newSecret, timedSecret } from './secret.ts'

test('hashes of secrets with a time lie in the order of their times, and are found by the secret alone', () => {
  const times = [1_795_985_756_294, 1_795_985_756_295, 1_795_985_900_000]
  const secrets = times.map((now) => timedSecret(newSecret(systemRandom, 'cart'), now))
  for (const secret of secrets) assert.match(secret, /^cart_[0-9a-hjkmnp-tv-z]{10}[\w-]{43}$/)
  const hashes = secrets.map(hashSecret)
  assert.deepEqual(hashes.toSorted(), hashes)
  assert.deepEqual(secrets.map(hashSecret), hashes)
})

test('the time is no part of the secret: another secret of the same time has another hash', () => {
  const [one, two] = [1, 2].map(() => hashSecret(timedSecret(newSecret(systemRandom, 'cart'), 1_795_985_756_294)))
  assert.equal(one!.slice(0, 10), two!.slice(0, 10))
  assert.notEqual(one!.slice(10), two!.slice(10))
})

test('a secret without a time is its plain hash, as are those that were stored before', () => {
  assert.match(hashSecret(newSecret(systemRandom, 'order')), /^[\w-]{43}$/)
})
