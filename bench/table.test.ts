import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCount, formatDecimal, renderTable } from './table.ts'

test('renderTable aligns words left and numbers right, as Markdown', () => {
  const table = renderTable(
    ['work', 'rate'],
    [
      ['get', '39,000'],
      ['list 30', '900'],
    ],
  )
  assert.equal(table, ['| work    |   rate |', '|---------|-------:|', '| get     | 39,000 |', '| list 30 |    900 |'].join('\n'))
})

test('renderTable fills up a short row', () => {
  assert.equal(renderTable(['a', 'b'], [['x']]).split('\n')[2], '| x   |     |')
})

test('what was not measured is a dash, a measured zero is a zero', () => {
  assert.equal(formatCount(undefined), '–')
  assert.equal(formatCount(Number.NaN), '–')
  assert.equal(formatCount(0), '0')
  assert.equal(formatCount(32_100.4), '32,100')
  assert.equal(formatDecimal(undefined, 2), '–')
  assert.equal(formatDecimal(0.605, 1), '0.6')
})
