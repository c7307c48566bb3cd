import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, endOf } from './key-expiry.ts'

const now = new Date(2027, 1, 28, 15, 30)

test('a key ends so many days from now, at the end of a day, or never', () => {
  assert.equal(endOf('never', '', now), null)
  assert.equal(Date.parse(endOf('30', '', now)!) - now.getTime(), 30 * 86_400_000)
  assert.equal(endOf('day', '2027-03-31', now), new Date(2027, 3, 1).toISOString())
  assert.equal(endOf('day', dayOf(now), now), new Date(2027, 2, 1).toISOString(), 'what is left of today')
})

test('a day that is over, or none, is no end', () => {
  for (const day of ['2027-02-27', '', '2027', 'tomorrow']) assert.equal(endOf('day', day, now), undefined, day)
})
