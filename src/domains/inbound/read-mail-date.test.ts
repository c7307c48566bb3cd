import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMailDate } from './read-mail-date.ts'

test('the forms in which mail programs write a date', () => {
  const time = Date.parse('2026-12-01T02:00:00Z')
  for (const text of [
    'Tue, 01 Dec 2026 03:00:00 +0100',
    'Tue, 1 Dec 2026 03:00 +0100',
    'tuesday, 1 december 2026 03:00:00 +0100',
    'Tue, 01 Dec 2026 03:00:00 (Berlin (winter)) +0100 (CET)',
    '1-Dec-26 02:00:00 GMT',
    '1 Dec 126 02:00:00 Z',
    'Mon, 30 Nov 2026 21:00:00 EST',
    'Tue,  1 Dec 2026\t02:00:00 -0000',
    'Tue, 01 Dec 2026 01:59:60 +0000',
  ])
    assert.equal(readMailDate(text), time, text)
})

test('what is no time is none, however near to one it looks', () => {
  for (const text of [
    '',
    '1',
    '2001',
    '01/02/03',
    '2026-12-01',
    'the day after',
    'Fri, 31 Feb 2026 10:00:00 +0000',
    'Tue, 01 Dec 2026 25:00:00 +0100',
    'Tue, 01 Dec 2026 03:60:00 +0100',
    'Tue, 01 Dec 2026 03:00:00 +9999',
    'Tue, 01 Zzz 2026 03:00:00 +0100',
    'Sat, 1 Jan 0001 00:00:00 +0000',
    `${'('.repeat(100_000)}`,
  ])
    assert.equal(readMailDate(text), null, text.slice(0, 50))
})
