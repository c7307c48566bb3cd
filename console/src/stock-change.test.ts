/** What came or went is counted from what is there; only a count replaces it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readStockChange } from './stock-change.ts'

test('each way makes its own change', () => {
  assert.deepEqual(readStockChange('add', ' 12 ', 'delivery'), { onHand: { $increment: 12 }, reason: 'delivery' })
  assert.deepEqual(readStockChange('take', '2', ''), { onHand: { $increment: -2 } })
  assert.deepEqual(readStockChange('set', '0', ' '), { onHand: 0 })
})

test('what is no change is said, and not sent', () => {
  for (const units of ['', '-1', '1.5', 'many', '9'.repeat(20)]) assert.ok('problem' in readStockChange('set', units, ''), units)
  assert.ok('problem' in readStockChange('add', '0', ''))
})
