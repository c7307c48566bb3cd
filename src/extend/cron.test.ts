import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextDue, parseCron, parseEvery } from './cron.ts'

/** The next times after one, in ISO. */
function times(cron: string, timeZone: string, after: string, count: number): string[] {
  let at = Date.parse(after)
  return Array.from({ length: count }, () => {
    at = nextDue(parseCron(cron), timeZone, at)!
    return new Date(at).toISOString().slice(0, 16)
  })
}

for (const [what, cron, zone, after, expected] of [
  ['working days', '0 7 * * 1-5', 'UTC', '2026-11-27T07:00:00Z', ['2026-11-30T07:00', '2026-12-01T07:00']],
  ['by the wall', '0 7 * * mon', 'Europe/Berlin', '2026-03-20T00:00:00Z', ['2026-03-23T06:00', '2026-03-30T05:00']],
  ['half an hour off', '15 9 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', ['2026-01-01T03:45', '2026-01-02T03:45']],
  ['either day', '0 0 13 * 5', 'UTC', '2026-11-12T00:00:00Z', ['2026-11-13T00:00', '2026-11-20T00:00']],
  ['a leap day', '0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
  [
    'steps and lists',
    '*/20,5 8-9 * * *',
    'UTC',
    '2026-01-01T08:04:59Z',
    ['2026-01-01T08:05', '2026-01-01T08:20', '2026-01-01T08:40', '2026-01-01T09:00'],
  ],
  // Berlin leaps from 02:00 to 03:00 on 29 March 2026, and back from 03:00 to 02:00 on 25 October.
  ['left out, once', '30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']],
  ['left out, several, once', '*/10 2 * * *', 'Europe/Berlin', '2026-03-29T00:59:00Z', ['2026-03-29T01:00', '2026-03-30T00:00']],
  ['left out and shown', '0,30 * * * *', 'Europe/Berlin', '2026-03-29T00:30:00Z', ['2026-03-29T01:00', '2026-03-29T01:30']],
  ['twice, once', '30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  ['twice, started in between', '30 2 * * *', 'Europe/Berlin', '2026-10-25T01:10:00Z', ['2026-10-26T01:30']],
  ['a leap of half an hour', '15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z', ['2026-10-03T15:30', '2026-10-04T15:15']],
  ['west of it', '0 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z', ['2026-03-08T07:00', '2026-03-09T06:00']],
] as const)
  test(`${what}: ${cron} in ${zone}`, () => assert.deepEqual(times(cron, zone, after, expected.length), expected))

test('each minute that the wall shows is due once, and no other: against a walk over all of them', () => {
  // The days around both leaps, by the minute.
  for (const [from, zone] of [
    ['2026-03-28T22:00:00Z', 'Europe/Berlin'],
    ['2026-10-24T22:00:00Z', 'Europe/Berlin'],
    ['2026-04-04T12:00:00Z', 'Australia/Lord_Howe'],
  ] as const) {
    const start = Date.parse(from)
    const wall = new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', day: '2-digit', hour: '2-digit', minute: '2-digit' })
    const seen = new Set<string>()
    const walked: number[] = []
    for (let at = start + 60_000; at <= start + 8 * 3_600_000; at += 60_000) {
      const text = wall.format(at)
      if (!seen.has(text)) walked.push(at)
      seen.add(text)
    }
    let at = start
    const due = walked.map(() => {
      at = nextDue(parseCron('* * * * *'), zone, at)!
      return at
    })
    assert.deepEqual(due, walked, `${zone} ${from}`)
  }
})

test('what is no plan is refused, and what never comes is told', () => {
  for (const wrong of [
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '5-1 * * * *',
    '*/0 * * * *',
    'x * * * *',
    '* * * 13 *',
    '*-3 * * * *',
  ])
    assert.throws(() => parseCron(wrong), wrong)
  assert.equal(nextDue(parseCron('0 0 30 2 *'), 'UTC', 0), null)
  assert.deepEqual(['5m', '30s', '2h', '1d', '0m', '5', 'm', '1.5h'].map(parseEvery), [
    300_000,
    30_000,
    7_200_000,
    86_400_000,
    null,
    null,
    null,
    null,
  ])
})
