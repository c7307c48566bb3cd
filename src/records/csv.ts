// Records as rows of CSV (RFC 4180) and back: columns for the parts of a field, nothing for null, `""` for an empty text. Pure.
// Invariant: what is exported is imported as it was. A text that a spreadsheet would take for a formula has an apostrophe before it,
// which the way back takes off again. A cell of a `json` field is JSON whatever it holds: a text stands in quotes.
import { parseJsonBody } from '../base/json-text.ts'
import { isStorableText } from '../base/text.ts'
import type { CompiledField } from '../schema/model.ts'
import { fieldSchema } from '../schema/wire.ts'

export type Cell = { readonly text: string; readonly isQuoted: boolean }

/** A column of a file: a field, or a part of one. */
export type CsvColumn = { readonly name: string; readonly field: CompiledField; readonly part: string | null }

export function columnsOf(fields: readonly CompiledField[]): CsvColumn[] {
  // Of the kind: what is made when it is read has no column, and is exported as well.
  return fields.flatMap((field) =>
    field.field.kind.columns.map(({ part = null }) => ({ name: part === null ? field.name : `${field.name}.${part}`, field, part })),
  )
}

export function headerOf(columns: readonly CsvColumn[]): string {
  return lineOf(columns.map(({ name }) => cellOf(name)))
}

/** A record in its wire form. */
export function rowOf(columns: readonly CsvColumn[], record: Readonly<Record<string, unknown>>): string {
  return lineOf(
    columns.map(({ field, part }) => {
      const value = record[field.name] ?? null
      if (value === null) return ''
      // Begins like no formula, but for a number below zero, and needs no apostrophe.
      if (field.field.kind.isJson) return quoted(JSON.stringify(value))
      return cellOf(part === null ? value : (value as Record<string, unknown>)[part])
    }),
  )
}

/** A row of a file that nobody reads in again. */
export function lineOfCells(cells: readonly (string | number | null)[]): string {
  return lineOf(cells.map(cellOf))
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`
}

function cellOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return plain(value)
  if (typeof value !== 'string') return quoted(typeof value === 'object' ? JSON.stringify(value) : String(value))
  return value === '' ? '""' : quoted(formula.test(value) && !negative.test(value) ? `'${value}` : value)
}

/** Without an exponent, which a millionth and less would have: the smallest degrees of a place. */
function plain(value: number): string {
  const text = String(value)
  return text.includes('e') ? decimals.format(value) : text
}
const decimals = new Intl.NumberFormat('en', { useGrouping: false, maximumFractionDigits: 20 })

function quoted(text: string): string {
  return /[",\r\n\t;]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** What a spreadsheet runs, and what looks like one that was guarded. */
const formula = /^'*[=+\-@\t\r]/
const negative = /^-\d+(\.\d+)?$/
const guarded = /^'+[=+\-@\t\r]/

/** What a cell says of its field, or what is wrong with it. An empty one says null. */
export function valueOfCell(
  { field, part }: CsvColumn,
  { text, isQuoted }: Cell,
): { readonly value: unknown } | { readonly problem: string } {
  if (text === '' && !isQuoted) return { value: null }
  if (!isStorableText(text)) return { problem: 'holds a null character' }
  if (field.field.kind.isJson) return jsonOf(text, ': a text stands in quotes, such as "red"')
  const column = field.columns.find((one) => one.part === part)!
  const types = part === null ? [fieldSchema(field.field)['type']].flat() : [column.type === 'integer' ? 'integer' : 'string']
  if (types.includes('string')) return { value: guarded.test(text) ? text.slice(1) : text }
  const trimmed = text.trim()
  if (types.includes('boolean')) return booleanOf(trimmed)
  // By its name: a place has parts that are numbers as well, and no minor units.
  if (field.field.kind.name === 'money' && /^-?\d+[.,]\d+$/.test(trimmed))
    return { problem: 'must be an integer: minor units, such as 990' }
  if (types.includes('integer') || types.includes('number'))
    return /^-?\d+(\.\d+)?$/.test(trimmed) ? { value: Number(trimmed) } : { problem: `"${shortened(text)}" is no number` }
  return jsonOf(text)
}

function jsonOf(text: string, hint = ''): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: parseJsonBody(Buffer.from(text.trim())) }
  } catch {
    return { problem: `"${shortened(text)}" is not JSON${hint}` }
  }
}

function booleanOf(text: string): { readonly value: boolean } | { readonly problem: string } {
  if (/^(true|1|yes)$/i.test(text)) return { value: true }
  if (/^(false|0|no)$/i.test(text)) return { value: false }
  return { problem: `"${shortened(text)}" is neither true nor false` }
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
