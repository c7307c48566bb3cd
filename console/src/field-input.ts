/**
 * Between a record's values and what stands in a form. A draft holds one string per field (money is
 * two: amount and currency; files are a list as JSON, and whether one is being sent); a change holds only what differs from the record, as JSON Merge Patch wants it.
 * Invariant: a draft taken from a record and read back unchanged yields no change.
 */
import type { InputName } from '../../src/contract/field-forms.ts'
import { currencyDigits, humanize, isMoney, moneyDecimal, parseMoney } from './format.ts'
import { mergePatchOf } from './merge-patch.ts'
import type { FieldInfo, FileValue } from './shapes.ts'

export type Draft = { [field: string]: string }
export type Values = { [field: string]: unknown }
export interface Reading {
  values: Values
  errors: { [field: string]: string }
}

// The server's own; forms never show them.
const serverFields = new Set(['id', 'createdAt', 'updatedAt'])

/** Empty, they are a list of none. */
const listInputs: ReadonlySet<InputName> = new Set(['references', 'lines', 'files'])

export function editableFields(fields: readonly FieldInfo[]): FieldInfo[] {
  return fields.filter((field) => field.input !== 'none' && !serverFields.has(field.name) && field.writable !== false)
}

export const currencyKey = (field: string): string => `${field}\u0000currency`

export const sendingKey = (field: string): string => `${field}\u0000sending`

export const filesOf = (text: string): FileValue[] => (text === '' ? [] : JSON.parse(text))
export const filesText = (files: readonly FileValue[]): string => (files.length === 0 ? '' : JSON.stringify(files))

export function draftOf(fields: readonly FieldInfo[], record: Values): Draft {
  const draft: Draft = {}
  for (const field of fields) {
    const value = record[field.name]
    if (field.input === 'money') {
      draft[field.name] = isMoney(value) ? moneyDecimal(value) : ''
      draft[currencyKey(field.name)] = isMoney(value) ? value.currency : (field.currency ?? '')
    } else {
      draft[field.name] = textOf(field, value)
    }
  }
  return draft
}

function textOf(field: FieldInfo, value: unknown): string {
  if (value === undefined || value === null) return ''
  switch (field.input) {
    case 'json':
      return JSON.stringify(value, null, 2)
    case 'point':
      return isPoint(value) ? `${value.lat}, ${value.lng}` : ''
    case 'dateTime':
      return localInput(String(value))
    case 'reference':
      return refId(value)
    case 'references':
      return Array.isArray(value) ? value.map(refId).join('\n') : ''
    case 'lines':
      return Array.isArray(value) ? value.join('\n') : ''
    case 'file':
      return filesText([value as FileValue])
    case 'files':
      return filesText(value as FileValue[])
    default:
      return String(value)
  }
}

/** A place on earth. */
export function isPoint(value: unknown): value is { lat: number; lng: number } {
  return typeof value === 'object' && value !== null && 'lat' in value && 'lng' in value
}

/** A reference may come expanded: the record in place of its id. */
export function refId(value: unknown): string {
  if (typeof value === 'object' && value !== null) return String((value as { id?: unknown }).id ?? '')
  return value === undefined || value === null ? '' : String(value)
}

/** The value for `<input type="datetime-local" step="1">`: local, to the second. */
export function localInput(iso: string): string {
  const date = new Date(iso)
  if (Number.isNaN(date.getTime())) return ''
  const two = (part: number) => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/**
 * What the form says, against the record it began with (`{}` for a new one). Only fields whose text
 * changed are in `values`; a cleared one is null.
 */
export function readDraft(fields: readonly FieldInfo[], draft: Draft, record: Values): Reading {
  const before = draftOf(fields, record)
  const reading: Reading = { values: {}, errors: {} }
  for (const field of fields) {
    const text = draft[field.name] ?? ''
    if (draft[sendingKey(field.name)]) {
      reading.errors[field.name] = 'This is still being sent.'
      continue
    }
    const currency = currencyKey(field.name)
    // A currency alone is not money: choosing one beside an empty amount changes nothing.
    const sameCurrency = text.trim() === '' || draft[currency] === before[currency]
    if (text === before[field.name] && (field.input !== 'money' || sameCurrency)) continue
    if (text.trim() === '') {
      reading.values[field.name] = listInputs.has(field.input) ? [] : null
      continue
    }
    const value = parseField(field, text, draft[currency] ?? '', record[field.name])
    if (typeof value === 'object' && value !== null && 'problem' in value) {
      reading.errors[field.name] = String(value.problem)
    } else {
      reading.values[field.name] = (value as { value: unknown }).value
    }
  }
  return reading
}

function parseField(field: FieldInfo, text: string, currency: string, previous: unknown): { value: unknown } | { problem: string } {
  switch (field.input) {
    case 'integer': {
      const value = Number(text)
      return Number.isSafeInteger(value) ? { value } : { problem: 'This is not a whole number.' }
    }
    case 'decimal': {
      const [, whole, fraction = ''] = /^(-?\d+)(?:[.,](\d+))?$/.exec(text.trim()) ?? []
      const { scale = fraction.length } = field
      if (whole === undefined || fraction.length > scale) return { problem: `This is not a number with at most ${scale} decimals.` }
      return { value: fraction === '' ? whole : `${whole}.${fraction}` }
    }
    case 'money': {
      if (!/^[A-Z]{3}$/.test(currency)) return { problem: 'Add a currency, as in EUR.' }
      const money = parseMoney(text, currency)
      const digits = currencyDigits(currency)
      return money === undefined ? { problem: `This is not an amount with at most ${digits} decimals.` } : { value: money }
    }
    case 'point': {
      const [, lat, lng] = /^\s*(-?[\d.]+)\s*[,;\s]\s*(-?[\d.]+)\s*$/.exec(text) ?? []
      const point = { lat: Number(lat), lng: Number(lng) }
      const isOnEarth = Math.abs(point.lat) <= 90 && Math.abs(point.lng) <= 180
      return isOnEarth ? { value: point } : { problem: 'This is not a latitude and a longitude, as in 52.52, 13.405.' }
    }
    case 'boolean':
      return { value: text === 'true' }
    case 'dateTime': {
      const date = new Date(text)
      return Number.isNaN(date.getTime()) ? { problem: 'This is not a date and time.' } : { value: date.toISOString() }
    }
    case 'json':
      return parseJson(text, previous)
    case 'references':
      return { value: text.split(/[\s,]+/).filter(Boolean) }
    case 'lines':
      return { value: [...new Set(text.split('\n').map((one) => one.trim()))].filter(Boolean) }
    case 'file':
    case 'files': {
      const ids = filesOf(text).map(({ id }) => ({ id }))
      return { value: field.input === 'files' ? ids : ids[0] }
    }
    default:
      return { value: text }
  }
}

/** A new value whole; of a changed one, the patch that makes it. */
function parseJson(text: string, previous: unknown): { value: unknown } | { problem: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (previous === undefined) return { value }
    return mergePatchOf(previous, value) ?? { problem: 'A change cannot store a null inside an object: leave the name out.' }
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}` }
  }
}

/** The server's input errors by field: the first part of the pointer names it. One of several files is called by its name in the draft. */
export function fieldErrors(errors: readonly { path: string; message: string }[], draft: Draft = {}, fields: readonly FieldInfo[] = []) {
  const byField: { [field: string]: string } = {}
  for (const { path, message } of errors) {
    const [name = '', index] = pathParts(path)
    const isFiles = fields.some((field) => field.name === name && field.input === 'files')
    const file = isFiles && index !== undefined ? filesOf(draft[name] ?? '')[Number(index)] : undefined
    byField[name] ??= file ? `${file.name}: ${messageOf(message)}` : messageOf(message)
  }
  return byField
}

/** Where a fault is, as people read it: `Title in row 2 of lines` for `/lines/1/title`. */
export function placeWords(path: string): string {
  const parts = pathParts(path)
  // Of what costs something, people see one amount.
  if (parts.length > 1 && parts.at(-1) === 'amount') parts.pop()
  let words = ''
  for (const [index, part] of parts.entries()) {
    const isRow = /^\d+$/.test(part)
    const name = isRow ? `row ${Number(part) + 1} of ${words}` : humanize(part).toLowerCase()
    const isAfterRow = index > 0 && /^\d+$/.test(parts[index - 1]!)
    words = isRow || words === '' ? name : isAfterRow ? `${name} in ${words}` : `${words}, ${name}`
  }
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function pathParts(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** At its own field a missing value needs no subject. */
function messageOf(message: string): string {
  return message === 'is missing' ? 'Please fill this in.' : sentence(message)
}

/** Messages are written to follow a field's name (`must be at most 5`); alone they begin with a capital. */
export function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1)
  return /[.!?]$/.test(text) ? text : `${text}.`
}
