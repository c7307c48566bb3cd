// One value of one type of column as a value of another, the same on every database. Only what can be told without
// guessing converts; what does not stops the migration before it has changed anything.
import { isDay, parseIso, toIso } from '../../base/clock.ts'
import type { ColumnType, Field } from '../../schema/kinds/kind.ts'

/** `undefined`: there is no such value of that kind. */
type Convert = (value: unknown) => unknown

const conversions: Readonly<Partial<Record<`${ColumnType}>${ColumnType}`, Convert>>> = {
  'text>integer': (value) => wholeNumber(value),
  'text>boolean': (value) => (value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined),
  'text>dateTime': (value) => {
    const time = isDay(value as string) ? parseIso(`${value}T00:00:00Z`) : parseIso(value as string)
    return time >= 0 ? time : undefined
  },
  'text>json': (value) => value,
  'integer>text': (value) => String(value),
  'integer>boolean': (value) => (value === 0 ? false : value === 1 ? true : undefined),
  'integer>dateTime': (value) => ((value as number) >= 0 ? value : undefined),
  'integer>json': (value) => value,
  'boolean>text': (value) => String(value),
  'boolean>integer': (value) => (value ? 1 : 0),
  'boolean>json': (value) => value,
  'dateTime>text': (value) => toIso(value as number),
  'dateTime>integer': (value) => value,
  'json>text': (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
  'json>integer': (value) => (Number.isSafeInteger(value) ? value : undefined),
  'json>boolean': (value) => (typeof value === 'boolean' ? value : undefined),
}

export function canConvert(from: ColumnType, to: ColumnType): boolean {
  return from === to || conversions[`${from}>${to}`] !== undefined
}

/** Null stays null. `undefined` when this value has no counterpart. */
export function convert(from: ColumnType, to: ColumnType, value: unknown): unknown {
  if (value === null || from === to) return value
  return conversions[`${from}>${to}`]!(value)
}

function wholeNumber(value: unknown): number | undefined {
  const text = (value as string).trim()
  const number = Number(text)
  return /^[+-]?\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : undefined
}

/** What keeps a value made by a backfill out of its field, or null when nothing does. */
export function misfitOf(field: Field, value: unknown): string | null {
  if (value === null || value === undefined) return field.required ? 'is missing' : null
  return field.kind.misfit(field, value)
}
