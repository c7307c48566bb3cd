// Moments: whole milliseconds since 1970 UTC in a record, RFC 3339 on the wire.
import { isDay, parseIso, toIso } from '../../base/clock.ts'
import { invalid } from '../../base/engine-error.ts'
import { flag, wholeNumber } from '../shape.ts'
import { integerComparing, integerMisfit, mustBe } from './comparing.ts'
import { type Comparing, defineKind, makeField, type With } from './kind.ts'

/** The end of the year 9999: RFC 3339 has four digits for a year. */
export const lastTime = 253_402_300_799_999

/** Of a moment, or of a day: its beginning in UTC. */
const timeOf = (text: string) => parseIso(isDay(text) ? `${text}T00:00:00Z` : text)

const comparing: Comparing = {
  ...integerComparing,
  offered: ['gte', 'lte', 'gt', 'lt', 'eq', 'null'],
  querySchema: () => ({ type: 'string', format: 'date-time' }),
  fromQuery(text) {
    const value = timeOf(text)
    return Number.isNaN(value) ? { problem: 'must be a time such as 2026-11-24T12:00:00Z' } : { value }
  },
  fromRule(value) {
    const time = typeof value === 'string' ? timeOf(value) : value
    return Number.isSafeInteger(time) ? { value: time as number } : mustBe(value, 'a time such as 2026-11-24T12:00:00Z or a Date')
  },
}

export const dateTimeKind = defineKind({
  name: 'dateTime',
  otherNames: ['timestamp'],
  columns: [{ type: 'dateTime', comparing }],
  options: { unique: flag },
  sets: (set) => set === 'now',
  // A record holds milliseconds; a text would be taken for one of a request.
  defaultFault: (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= lastTime
      ? null
      : "must be milliseconds since 1970, such as Date.parse('2026-11-24T12:00:00Z'), or { set: 'now' }",
  schema: () => ({ type: 'string', format: 'date-time' }),
  fromWire(value, path) {
    const time = Date.parse(value as string)
    if (time < 0 || time > lastTime) throw invalid(path, 'range', 'must be a time between 1970 and 9999')
    return time
  },
  toWire: (value) => toIso(value as number),
  stored: wholeNumber,
  misfit: integerMisfit,
  spans: 'times',
  input: 'dateTime',
  display: 'dateTime',
})

/** A moment: milliseconds since 1970 UTC in a record, RFC 3339 on the wire. */
export const dateTime = <const O extends With>(options?: O) =>
  makeField<{ value: number; wire: string; compared: { '': string } }, O>(dateTimeKind, options)
