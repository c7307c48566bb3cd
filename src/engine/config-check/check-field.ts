// One field of a declaration: which options its kind has, and whether they go together. A default is
// validated as a value of a request would be, by the field's own schema.

import { isEngineError } from '../../base/engine-error.ts'
import { nearest } from '../../base/nearest.ts'
import { isStorableText, unstorableText } from '../../base/text.ts'
import { checkCallerRule } from '../../schema/compile-rule.ts'
import { field as builders } from '../../schema/field.ts'
import { type Field, isKind, type Kind } from '../../schema/kinds/kind.ts'
import { emptyMistake } from '../../schema/personal.ts'
import { type Add, type Check, callable, flag, isObject, type Keys, object, passes, plainObject } from '../../schema/shape.ts'
import { validatorOf } from '../../schema/validate.ts'
import { createInputSchema } from '../../schema/wire.ts'
import { isSchema } from './is-schema.ts'

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
  veil: callable,
  write: checkCallerRule,
  feed: flag,
  personal: flag,
  renamedFrom: formerNames,
  backfill: callable,
  computed: object({ from: plainObject, of: callable, stored: flag }, { required: ['from', 'of'] }),
}
/** The options of a kind, checked: one check for all fields of it. */
const shapes = new WeakMap<Kind, Check>()

function shapeOf(kind: Kind): Check {
  const shape = shapes.get(kind) ?? object({ ...common, ...kind.options }, { required: kind.needs ?? [] })
  shapes.set(kind, shape)
  return shape
}

type FieldNames = {
  /** What a reference may point at. */
  readonly collections: ReadonlySet<string>
  readonly add: Add
}

export function checkField(field: unknown, path: string, { collections, add }: FieldNames): void {
  const kind = isObject(field) ? field['kind'] : undefined
  if (!isKind(kind)) {
    const near = typeof kind === 'string' ? nearest(kind, Object.keys(builders)) : ''
    return add(path, `must be made by field.text(), field.integer() and so on${near}`)
  }
  if (!passes(shapeOf(kind), field, path, add)) return
  const checked = field as Field
  const { min, max, to } = checked
  if (kind.refers !== undefined && (to === undefined || !collections.has(to)))
    return add(path, `refers to "${to}", and there is no such collection${nearest(String(to), collections)}`)
  if (min !== undefined && max !== undefined && min > max) {
    const told = (bound: number) => kind.toWire?.(bound) ?? bound
    return add(`${path}.min`, `is ${told(min)} and max is ${told(max)}: nothing is between them`)
  }
  kind.check?.(checked, path, add)
  const empty = emptyMistake(checked)
  if (empty !== null) add(`${path}.personal`, empty)
  if (checked.schema !== undefined && !isSchema(checked.schema, `${path}.schema`, add)) return
  if (checked.default !== undefined) checkDefault(checked, `${path}.default`, add)
}

function checkDefault(field: Field, path: string, add: Add): void {
  const { kind, default: value, required } = field
  if (value === null) return required ? add(path, 'is null, and a required field has a value') : undefined
  const fault = storageFault(value)
  if (fault !== null) return add(path, fault)
  if (isObject(value) && 'set' in value && !kind.isJson) return checkSet(field, path, add)
  if (field.unique) return add(path, 'is the same for every record, and the field is unique')
  // No config can know whether the record is there when another one is made.
  if (kind.refers === 'one' || (kind.refers === 'many' && Array.isArray(value) && value.length > 0))
    return add(path, "names a record: only { set: 'actor' } can be the default of a reference")
  if (!kind.stored && !fitsSchema(field, path, add)) return
  const own = kind.defaultFault ? kind.defaultFault(value) : kind.stored ? kind.misfit(field, value) : null
  if (own !== null) add(path, own)
}

/** As a value of a request would. */
function fitsSchema(field: Field, path: string, add: Add): boolean {
  try {
    validatorOf(createInputSchema([{ name: 'default', field, columns: [], isComputed: false, compute: null }]))({ default: field.default })
    return true
  } catch (error) {
    if (!isEngineError(error, 'validation_failed')) throw error
    for (const issue of error.errors ?? [])
      add(path + issue.path.slice('/default'.length).replaceAll('/', '.'), `does not fit the field: ${issue.message}`)
    return false
  }
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
  return isStorable ? null : unstorableText
}

function checkSet(field: Field, path: string, add: Add): void {
  const { set } = field.default as { readonly set: unknown }
  if (Object.keys(field.default as object).length > 1 || (set !== 'now' && set !== 'actor'))
    return add(path, `must be { set: 'now' } or { set: 'actor' }${typeof set === 'string' ? nearest(set, ['now', 'actor']) : ''}`)
  if (field.kind.sets?.(set, field)) return
  if (set === 'now') add(path, `is a time, and the field is of kind ${field.kind.name}`)
  else add(path, "is the id of a user: the field must be field.ref('users')")
}
