// One field of a declaration: which options its kind has, and whether they go together. A default is
// validated as a value of a request would be, by the field's own schema.

import { isCurrency } from '../../base/currencies.ts'
import { isEngineError } from '../../base/engine-error.ts'
import { nearest } from '../../base/nearest.ts'
import { isStorableText } from '../../base/text.ts'
import { validatorOf } from '../../operation/validate.ts'
import { checkCallerRule } from '../../schema/compile-rule.ts'
import type { Field, FieldKind } from '../../schema/field.ts'
import { createInputSchema } from '../../schema/wire.ts'
import {
  type Add,
  type Check,
  callable,
  countFrom,
  flag,
  isObject,
  isSchema,
  type Keys,
  line,
  list,
  object,
  passes,
  plainObject,
  shown,
  wholeNumber,
} from './shape.ts'

export const namePattern = /^[a-z][a-zA-Z0-9]{0,39}$/

const anything: Check = () => {}
export const formerNames: Check = (value, path, add) => {
  for (const name of [value].flat())
    if (typeof name !== 'string' || !namePattern.test(name)) add(path, 'must be a former name, or several of them, the latest first')
}

const common: Keys = {
  kind: anything,
  required: flag,
  default: anything,
  read: checkCallerRule,
  write: checkCallerRule,
  feed: flag,
  renamedFrom: formerNames,
  backfill: callable,
}
const unique: Keys = { unique: flag }
const text: Keys = { ...unique, min: countFrom(0), max: countFrom(1), search: flag }
const address: Keys = { ...unique, max: countFrom(1), search: flag }
const number: Keys = { min: wholeNumber, max: wholeNumber }
const currency: Check = (value, path, add) => {
  if (typeof value !== 'string' || !isCurrency(value)) add(path, `${shown(value)} is no ISO 4217 currency, such as EUR`)
}

/** Money is two values, and JSON and lists have no equality that every database shares: none of them is unique. */
const optionsOf: Readonly<Record<FieldKind, Keys>> = {
  text,
  longText: text,
  integer: { ...unique, ...number },
  money: { ...number, currency },
  boolean: unique,
  date: unique,
  dateTime: unique,
  email: address,
  url: address,
  enum: { ...unique, options: list(line, 1), search: flag },
  json: { schema: plainObject },
  ref: { ...unique, to: line },
  refs: { to: line },
}
const kinds = Object.keys(optionsOf)
const shapes = new Map(
  Object.entries(optionsOf).map(([kind, keys]) => [kind, object({ ...common, ...keys }, { required: kind === 'enum' ? ['options'] : [] })]),
)

type FieldNames = {
  /** What a reference may point at. */
  readonly collections: ReadonlySet<string>
  readonly add: Add
}

export function checkField(field: unknown, path: string, { collections, add }: FieldNames): void {
  const kind = isObject(field) ? field['kind'] : undefined
  const shape = typeof kind === 'string' ? shapes.get(kind) : undefined
  if (shape === undefined)
    return add(path, `must be made by field.text(), field.integer() and so on${typeof kind === 'string' ? nearest(kind, kinds) : ''}`)
  if (!passes(shape, field, path, add)) return
  const checked = field as Field
  const { min, max, to } = checked
  if ((kind === 'ref' || kind === 'refs') && (to === undefined || !collections.has(to)))
    return add(path, `refers to "${to}", and there is no such collection${nearest(String(to), collections)}`)
  if (min !== undefined && max !== undefined && min > max) return add(`${path}.min`, `is ${min} and max is ${max}: nothing is between them`)
  if (kind === 'enum' && new Set(checked.options).size < (checked.options ?? []).length) add(`${path}.options`, 'names a value twice')
  if (kind === 'enum' && checked.options?.some((option) => option.includes(',')))
    add(`${path}.options`, 'names a value with a comma, which parts the values of a filter')
  if (checked.schema !== undefined && !isSchema(checked.schema, `${path}.schema`, add)) return
  if (checked.default !== undefined) checkDefault(checked, `${path}.default`, add)
}

function checkDefault(field: Field, path: string, add: Add): void {
  const { kind, default: value, required } = field
  if (value === null) return required ? add(path, 'is null, and a required field has a value') : undefined
  const fault = storageFault(value)
  if (fault !== null) return add(path, fault)
  if (isObject(value) && 'set' in value && kind !== 'json') return checkSet(field, path, add)
  if (field.unique) return add(path, 'is the same for every record, and the field is unique')
  // No config can know whether the record is there when another one is made.
  if (kind === 'ref' || (kind === 'refs' && Array.isArray(value) && value.length > 0))
    return add(path, "names a record: only { set: 'actor' } can be the default of a reference")
  if (kind === 'dateTime') {
    // A record holds milliseconds; a text would be taken for one of a request.
    if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > 253_402_300_799_999)
      add(path, "must be milliseconds since 1970, such as Date.parse('2026-11-24T12:00:00Z'), or { set: 'now' }")
    return
  }
  try {
    validatorOf(createInputSchema([{ name: 'default', field, columns: [], isComputed: false }]))({ default: value })
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    for (const issue of error.errors ?? [])
      add(path + issue.path.slice('/default'.length).replaceAll('/', '.'), `does not fit the field: ${issue.message}`)
    return
  }
  if (kind === 'email' && value !== String(value).toLowerCase()) add(path, 'must be in lower case, as addresses are kept')
}

/** Why no database keeps this value as it is; null when all do. */
function storageFault(value: unknown): string | null {
  let isStorable = true
  try {
    JSON.stringify(value, (name, inner: unknown) => {
      isStorable &&= isStorableText(name) && (typeof inner !== 'string' || isStorableText(inner))
      return inner
    })
  } catch {
    return 'cannot be written as JSON'
  }
  return isStorable ? null : 'holds a null character or half of a surrogate pair'
}

function checkSet({ kind, to, default: value }: Field, path: string, add: Add): void {
  const { set } = value as { readonly set: unknown }
  if (Object.keys(value as object).length > 1 || (set !== 'now' && set !== 'actor'))
    return add(path, `must be { set: 'now' } or { set: 'actor' }${typeof set === 'string' ? nearest(set, ['now', 'actor']) : ''}`)
  if (set === 'now' && kind !== 'dateTime') add(path, `is a time, and the field is of kind ${kind}`)
  if (set === 'actor' && !(kind === 'ref' && to === 'users') && kind !== 'text')
    add(path, "is the id of a user: the field must be field.ref('users')")
}
