import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, pairedRatio, percentile } from './stats.ts'

test('median takes the middle, or the mean of the two middles, and ignores what was not measured', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([Number.NaN, 7]), 7)
  assert.ok(Number.isNaN(median([])))
})

test('median leaves its input as it was', () => {
  const values = [3, 1, 2]
  median(values)
  assert.deepEqual(values, [3, 1, 2])
})

test('percentile is the nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.equal(percentile(hundred, 50), 50)
  assert.equal(percentile(hundred, 99), 99)
  assert.equal(percentile(hundred, 100), 100)
  assert.equal(percentile(hundred, 0), 1)
  assert.equal(percentile([8], 99), 8)
  assert.ok(Number.isNaN(percentile([], 50)))
})

test('pairedRatio compares neighbours, so drift that hits both leaves it alone', () => {
  assert.equal(pairedRatio([50, 25, 100], [100, 50, 200]), 0.5)
  assert.ok(Number.isNaN(pairedRatio([], [100])))
})
