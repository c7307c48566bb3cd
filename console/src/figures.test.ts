import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barsOf, presetOf, presets, rangeOf, scaleOf, todayIn } from './figures.ts'
import type { SalesRow } from './shapes.ts'

const euro = (amount: number) => ({ amount, currency: 'EUR' })
const row = (key: string, gross: number, refunds = 0, currency = 'EUR') =>
  ({ key, currency, orders: 1, gross: euro(gross), refunds: euro(refunds), canceled: euro(0) }) as SalesRow

test('each preset is a range that is known again', () => {
  const today = '2026-03-01'
  assert.deepEqual(
    presets.map((preset) => rangeOf(preset, today)),
    [
      { from: '2026-02-23', to: '2026-03-01' },
      { from: '2026-01-31', to: '2026-03-01' },
      { from: '2026-03-01', to: '2026-03-01' },
      { from: '2026-02-01', to: '2026-02-28' },
      { from: '2026-01-01', to: '2026-03-01' },
    ],
  )
  for (const preset of presets) assert.equal(presetOf(rangeOf(preset, '2026-08-17'), '2026-08-17'), preset)
  assert.equal(presetOf({ from: '2026-01-03', to: '2026-01-04' }, today), '')
})

test('today is the day of the shop, not of whoever looks', () => {
  const night = new Date('2026-11-30T23:15:00Z')
  assert.deepEqual(
    ['Europe/Berlin', 'UTC', 'America/New_York', 'Pacific/Kiritimati'].map((zone) => todayIn(zone, night)),
    ['2026-12-01', '2026-11-30', '2026-11-30', '2026-12-01'],
  )
})

test('days without sales have a bar, other currencies none, and many days share one', () => {
  const rows = [row('2026-11-02', 500, 20), row('2026-11-02', 900, 0, 'USD'), row('2026-11-04', 100)]
  const bars = barsOf({ from: '2026-11-01', to: '2026-11-04' }, rows, 'EUR')
  assert.deepEqual(
    bars.map(({ gross, back }) => [gross, back]),
    [
      [0, 0],
      [500, 20],
      [0, 0],
      [100, 0],
    ],
  )
  const year = barsOf({ from: '2026-01-01', to: '2026-12-31' }, rows, 'EUR')
  assert.ok(year.length <= 62)
  assert.equal(
    year.reduce((sum, { gross }) => sum + gross, 0),
    600,
  )
  assert.deepEqual([year[0]!.from, year.at(-1)!.to], ['2026-01-01', '2026-12-31'])
})

test('a scale ends at a round amount', () => {
  assert.deepEqual([scaleOf(0, 'EUR'), scaleOf(101, 'EUR'), scaleOf(1_700, 'EUR'), scaleOf(7, 'JPY')], [100, 200, 2_000, 10])
})
