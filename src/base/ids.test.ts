import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock } from './clock.ts'
import { createIdSource } from './ids.ts'
import { systemRandom } from './random.ts'

const clockAt = (read: () => number): Clock => ({ now: read }) as Clock
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** The 128 bits that the 26 characters stand for. */
function bitsOf(id: string): bigint {
  return [...id.slice(id.indexOf('_') + 1)].reduce((bits, character) => bits * 32n + BigInt(alphabet.indexOf(character)), 0n)
}

test('an id is a UUIDv7: 48 bits of time, version 7, variant 2', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 48 - 1 }), (time) => {
      const bits = bitsOf(
        createIdSource(
          clockAt(() => time),
          systemRandom,
        )('ord'),
      )
      assert.equal(bits >> 80n, BigInt(time))
      assert.equal((bits >> 76n) & 15n, 7n)
      assert.equal((bits >> 62n) & 3n, 2n)
    }),
  )
})

test('the vector of TypeID: zero random bits', () => {
  const zeros = { bytes: (count: number) => new Uint8Array(count), fraction: () => 0 }
  const id = createIdSource(
    clockAt(() => 0x0188_bac7_4afa),
    zeros,
  )('user')
  assert.equal(bitsOf(id).toString(16), '188bac74afa70008000000000000000')
  assert.match(id, /^user_[0-9a-hjkmnp-tv-z]{26}$/)
})

test('ids ascend, within a millisecond, past 4,096 of them and when the clock goes back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 50 }), (steps) => {
      let now = 1_700_000_000_000
      const newId = createIdSource(
        clockAt(() => now),
        systemRandom,
      )
      const ids = steps.flatMap((step) => {
        now += step
        return Array.from({ length: 100 }, () => newId('x'))
      })
      assert.deepEqual(ids.toSorted(), ids)
      assert.equal(new Set(ids).size, ids.length)
    }),
    { numRuns: 20 },
  )
  const newId = createIdSource(
    clockAt(() => 5),
    systemRandom,
  )
  const many = Array.from({ length: 10_000 }, () => newId('x'))
  assert.deepEqual(many.toSorted(), many)
})
