import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spanOfDay, spanOfTime, spans } from './spans.ts'

const at = Date.parse

test('a time lies in the spans of the calendar', () => {
  const time = at('2026-11-29T14:05:06.007Z')
  assert.deepEqual(
    spans.map((span) => spanOfTime(time, span, 'UTC')),
    ['2026-11-29T14', '2026-11-29', '2026-W48', '2026-11', '2026-Q4', '2026'],
  )
  assert.equal(spanOfTime(0, 'day', 'UTC'), '1970-01-01')
})

test('a week begins on Monday and belongs to the year of its Thursday', () => {
  const weekOf = (day: string) => spanOfDay(day, 'week')
  assert.deepEqual(['2026-12-28', '2027-01-03', '2027-01-04'].map(weekOf), ['2026-W53', '2026-W53', '2027-W01'])
  assert.deepEqual(['2024-12-29', '2024-12-30', '2021-01-03', '1969-12-31'].map(weekOf), ['2024-W52', '2025-W01', '2020-W53', '1970-W01'])
})

test('a day of a time zone is that of its clock, also where summer begins and ends', () => {
  const dayIn = (zone: string, time: string) => spanOfTime(at(time), 'day', zone)
  assert.equal(dayIn('Europe/Berlin', '2026-11-29T22:59:00Z'), '2026-11-29')
  assert.equal(dayIn('Europe/Berlin', '2026-11-29T23:00:00Z'), '2026-11-30')
  assert.equal(dayIn('Europe/Berlin', '2026-07-01T22:00:00Z'), '2026-07-02')
  assert.equal(dayIn('Asia/Kathmandu', '2026-11-29T18:15:00Z'), '2026-11-30')
  const hours = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z', '2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z']
  assert.deepEqual(
    hours.map((time) => spanOfTime(at(time), 'hour', 'Europe/Berlin')),
    ['2026-10-25T02', '2026-10-25T02', '2026-03-29T01', '2026-03-29T03'],
  )
})

test('the beginning of a day is enough for what is longer', () => {
  assert.equal(spanOfDay('2026-11', 'quarter'), '2026-Q4')
  assert.equal(spanOfDay('2026', 'year'), '2026')
  assert.equal(spanOfDay('2026-02-03', 'month'), '2026-02')
})
