import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, isLate, momentOf, promiseWords, readUnits, soldAhead } from './incoming-stock.ts'

const level = { onHand: 2, held: 1, committed: 4, available: 7, incoming: 10, sellsIncoming: true }

test('what was sold beyond the house waits for the delivery', () => {
  assert.equal(soldAhead(level), 3)
  assert.equal(soldAhead({ ...level, onHand: 9 }), 0)
  assert.equal(promiseWords(level), 'Sold before they come. 3 of them are sold already. 7 left to sell, with what is in the house.')
  assert.equal(
    promiseWords({ ...level, onHand: 5 }),
    'Sold before they come. None of them is sold yet. 7 left to sell, with what is in the house.',
  )
  // Promised by a backorder limit: more may be sold than are coming.
  assert.match(promiseWords({ ...level, incoming: 2, sellsIncoming: false }), /^Not sold before they come\. 2 of them are sold already\./)
})

test('units are whole and more than none', () => {
  assert.deepEqual(['12', ' 3 ', '0', '-1', '1.5', '', 'ten', '99999999999999999999'].map(readUnits), [12, 3, ...Array(6).fill(undefined)])
})

test('a day is kept to its end, and is late after it', () => {
  const at = momentOf('2027-01-10')!
  assert.equal(dayOf(at), '2027-01-10')
  assert.equal(momentOf(''), null)
  assert.equal(dayOf(null), '')
  assert.deepEqual(
    [isLate({ expectedAt: at }, Date.parse(at) + 1), isLate({ expectedAt: at }, Date.parse(at)), isLate({}, 0)],
    [true, false, false],
  )
})
