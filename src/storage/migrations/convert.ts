// One value of one type of column as a value of another, the same on every database. Only what can be told without
// guessing converts; what does not stops the migration before it has changed anything.
import { isDay, parseIso, toIso } from '../../base/clock.ts'
import { parseDecimal, renderDecimal } from '../../base/decimal.ts'
import { type ColumnType, type Field, type PlainType, scaleOf } from '../../schema/kinds/kind.ts'

/** `undefined`: there is no such value of that kind. */
type Convert = (value: unknown) => unknown

const conversions: Readonly<Partial<Record<`${PlainType}>${PlainType}`, Convert>>> = {
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
  return from === to || conversionOf(from, to) !== undefined
}

/** Null stays null. `undefined` when this value has no counterpart. */
export function convert(from: ColumnType, to: ColumnType, value: unknown): unknown {
  if (value === null || from === to) return value
  return conversionOf(from, to)!(value)
}

function conversionOf(from: ColumnType, to: ColumnType): Convert | undefined {
  const [before, after] = [decimalsOf(from), decimalsOf(to)]
  if (scaleOf(from) === null && scaleOf(to) === null) return conversions[`${from as PlainType}>${to as PlainType}`]
  if (before !== null && after !== null) return (value) => scaled(value as number, before, after)
  if (after !== null) return from === 'text' ? (value) => parseDecimal((value as string).trim(), after) ?? undefined : undefined
  return to === 'text' ? (value) => renderDecimal(value as number, before!) : undefined
}

/** A stored value as people know it. */
export function told(type: ColumnType, value: unknown): unknown {
  const scale = scaleOf(type)
  return scale === null || typeof value !== 'number' ? value : renderDecimal(value, scale)
}

/** A whole number is one without decimals. */
function decimalsOf(type: ColumnType): number | null {
  return type === 'integer' ? 0 : scaleOf(type)
}

/** The same number with more or fewer decimals; none that would have to be rounded. */
function scaled(units: number, before: number, after: number): number | undefined {
  const value = after >= before ? units * 10 ** (after - before) : units / 10 ** (before - after)
  return Number.isSafeInteger(value) ? value : undefined
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
