import assert from 'node:assert/strict'
import { test } from 'node:test'
import { importLines, listStateOf, priceRowsMax, readPriceRows } from './price-rows.ts'

const eur = (amount: number) => ({ amount, currency: 'EUR' })

test('prices are read as a spreadsheet copies them, and as CSV', () => {
  const wanted = [
    { line: 2, sku: 'EMMA-P', price: eur(990), fromQuantity: 1 },
    { line: 3, sku: 'EMMA-P', price: eur(850), fromQuantity: 10 },
  ]
  assert.deepEqual(readPriceRows('SKU\tPrice\tFrom\nEMMA-P\t9,90\t\nEMMA-P\t8.5\t10\n', 'EUR'), { rows: wanted, faults: [] })
  assert.deepEqual(readPriceRows('sku;price;from\r\n"EMMA-P";9,90;1\r\nEMMA-P;8,50;10', 'EUR'), { rows: wanted, faults: [] })
  assert.deepEqual(readPriceRows('EMMA-P,9.90', 'EUR').rows, [{ ...wanted[0], line: 1 }])
  assert.deepEqual(readPriceRows('\n \n', 'EUR'), { rows: [], faults: [] })
})

test('what is no price is told with its line', () => {
  const { rows, faults } = readPriceRows('A;1\n;2\nB;cheap\nC;1.234\nD;1;none\nE;-1\nA;3\nF;1;0\n', 'EUR')
  assert.deepEqual(
    rows.map(({ sku }) => sku),
    ['A'],
  )
  assert.deepEqual(faults, [
    { line: 2, what: 'It names no SKU.' },
    { line: 3, what: '“cheap” is not an amount with at most 2 decimals.' },
    { line: 4, what: '“1.234” is not an amount with at most 2 decimals.' },
    { line: 5, what: '“none” is no number of units.' },
    { line: 6, what: '“-1” is not an amount with at most 2 decimals.' },
    { line: 7, what: 'A from 1 stands above already.' },
    { line: 8, what: '“0” is no number of units.' },
  ])
  assert.deepEqual(readPriceRows('A;1;;2026-12-01\nB;1;2;;\nC;1;;', 'EUR').faults, [
    { line: 1, what: '“2026-12-01” stands in a fourth column: a line has a SKU, a price and a number of units.' },
  ])
  assert.match(readPriceRows('X;1.5', 'JPY').faults[0]!.what, /at most 0 decimals/)
  const many = Array.from({ length: priceRowsMax + 1 }, (_, index) => `S${index};1`).join('\n')
  assert.equal(readPriceRows(many, 'EUR').faults.length, 1)
})

test('a price of 0 is asked about first', () => {
  const text = 'A;0\nB;1\nC;0,00;10'
  assert.deepEqual(readPriceRows(text, 'EUR').faults, [
    { line: 1, what: 'A would cost nothing.', isFree: true },
    { line: 3, what: 'C would cost nothing.', isFree: true },
  ])
  const { rows, faults } = readPriceRows(text, 'EUR', true)
  assert.deepEqual(
    [rows.map(({ sku, price }) => [sku, price.amount]), faults],
    [
      [
        ['A', 0],
        ['B', 100],
        ['C', 0],
      ],
      [],
    ],
  )
})

test('a price that is there is changed, another one is made', () => {
  const { rows } = readPriceRows('A;1\nA;0.9;10\nB;2', 'EUR')
  const variants = new Map([
    ['A', 'var_a'],
    ['B', 'var_b'],
  ])
  const lines = importLines(rows, { list: 'plst_1', variants, known: [{ id: 'lprc_1', variant: 'var_a', fromQuantity: 10 }] })
  assert.deepEqual(
    lines.split('\n').map((line) => JSON.parse(line)),
    [
      { list: 'plst_1', variant: 'var_a', fromQuantity: 1, price: eur(100) },
      { id: 'lprc_1', list: 'plst_1', variant: 'var_a', fromQuantity: 10, price: eur(90) },
      { list: 'plst_1', variant: 'var_b', fromQuantity: 1, price: eur(200) },
    ],
  )
})

test('a list is on from its beginning to its end, unless it is paused', () => {
  const day = (at: number) => new Date(at).toISOString()
  const list = { active: true, startsAt: null, endsAt: null }
  assert.equal(listStateOf(list, 5_000), 'on')
  assert.equal(listStateOf({ ...list, active: false, endsAt: day(1_000) }, 5_000), 'paused')
  assert.equal(listStateOf({ ...list, startsAt: day(6_000) }, 5_000), 'coming')
  assert.equal(listStateOf({ ...list, startsAt: day(5_000), endsAt: day(6_000) }, 5_000), 'on')
  assert.equal(listStateOf({ ...list, endsAt: day(5_000) }, 5_000), 'over')
})
