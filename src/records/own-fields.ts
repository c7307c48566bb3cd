// Fields that a project adds to a collection of the engine whose writes are operations of their own (carts, orders): what of an input is
// theirs, who may say it, and what stands in them otherwise. Invariant: a value goes through the same gates as in a record of the
// project's own: its field's schema, who may set it, and whether what it refers to is there.
import type { Actor } from '../access/actor.ts'
import { type TSchema, Type } from '../contract/type.ts'
import type { CallContext, Operation } from '../operation/define.ts'
import type { AnyRecord, CollectionRef } from '../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import { validatorOf } from '../schema/validate.ts'
import { fieldSchema } from '../schema/wire.ts'
import type { Transaction } from '../storage/transaction.ts'
import { defaultOf } from './create-record.ts'
import { changeInput, createInput } from './input-schemas.ts'
import { jsonMerger } from './merge-json.ts'
import { isReadable, present, visibleFields } from './present.ts'
import { acceptFields, checkReferences } from './write-record.ts'

type Values = Readonly<Record<string, unknown>>
const none: Values = {}
const noFields: readonly CompiledField[] = []
const known = new WeakMap<CollectionModel, readonly CompiledField[]>()

export function ownFieldsOf(collection: CollectionModel): readonly CompiledField[] {
  const { own = [] } = collection.source
  if (own.length === 0) return noFields
  const fields = known.get(collection) ?? own.map((name) => collection.fields.get(name)!)
  known.set(collection, fields)
  return fields
}

type Giving = Pick<CallContext<unknown>, 'actor' | 'model'> & { readonly tx: Pick<Transaction, 'get' | 'lock'> }

/**
 * What of an input is of own fields, as it is stored, and the rest of it. With `before`, what is given for a JSON field is merged into that.
 * @throws forbidden for a field that the caller may not set; reference_not_found; validation_failed
 */
export async function takeOwn<T extends object>(
  { tx, actor, model }: Giving,
  core: CollectionRef<unknown>,
  { input, before }: { readonly input: T; readonly before?: AnyRecord },
): Promise<{ readonly own: Values; readonly rest: T }> {
  const collection = model.get(core)
  if (ownFieldsOf(collection).length === 0) return { own: none, rest: input }
  const { given, rest } = splitOwn(collection, input)
  const accepted = acceptFields(collection, actor, given)
  const own = before === undefined ? accepted : jsonMerger(collection)({ actor, before }, accepted)
  await checkReferences(tx, model, collection, actor, own)
  return { own, rest }
}

/** The rest alone. */
export function withoutOwn<T extends object>(collection: CollectionModel, input: T): T {
  return ownFieldsOf(collection).length === 0 ? input : splitOwn(collection, input).rest
}

/** Of a row that nobody has looked at yet. @throws validation_failed, forbidden */
export function readOwn(collection: CollectionModel, actor: Actor, row: unknown): { readonly own: Values; readonly rest: unknown } {
  const fields = ownFieldsOf(collection)
  if (fields.length === 0 || typeof row !== 'object' || row === null || Array.isArray(row)) return { own: none, rest: row }
  const { given, rest } = splitOwn(collection, row)
  const input = rowInputs.get(collection) ?? createInput(collection, fields)
  rowInputs.set(collection, input)
  validatorOf(input.of(actor))(given)
  return { own: acceptFields(collection, actor, given), rest }
}
const rowInputs = new WeakMap<CollectionModel, ReturnType<typeof createInput>>()

/** Without a look at either. */
function splitOwn<T extends object>(collection: CollectionModel, input: T): { readonly given: Values; readonly rest: T } {
  const names = new Set(collection.source.own ?? [])
  const entries = Object.entries(input)
  return {
    given: Object.fromEntries(entries.filter(([name]) => names.has(name))),
    rest: Object.fromEntries(entries.filter(([name]) => !names.has(name))) as T,
  }
}

/** What a record has in them whose maker says nothing of them. */
export function ownDefaults(collection: CollectionModel, { actor, now }: Pick<CallContext<unknown>, 'actor' | 'now'>): Values {
  const fields = ownFieldsOf(collection)
  return fields.length === 0 ? none : Object.fromEntries(fields.map(({ name, field }) => [name, defaultOf(field, actor, now)]))
}

/** Those that two collections have under one name. `misfits`: of what the second has a narrower field for. */
export function carriedOwn(
  { from, to, record }: { readonly from: CollectionModel; readonly to: CollectionModel; readonly record: object },
  defaults: Values,
): { readonly values: Values; readonly misfits: readonly { readonly name: string; readonly reason: string }[] } {
  const fields = ownFieldsOf(to)
  if (fields.length === 0) return { values: none, misfits: [] }
  const values: Record<string, unknown> = { ...defaults }
  const misfits: { name: string; reason: string }[] = []
  const shared = new Set(from.source.own ?? [])
  for (const { name, field } of fields) {
    const value = shared.has(name) ? (record as Values)[name] : undefined
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) continue
    const reason = field.kind.misfit(field, value)
    if (reason === null) values[name] = value
    else misfits.push({ name, reason })
  }
  return { values, misfits }
}

/** As the caller may see them. `object`: of names that no type knows. */
export function ownView(collection: CollectionModel, actor: Actor, record: object): object {
  const { own = [] } = collection.source
  return own.length === 0 ? none : present(visibleOwn(collection, actor), record as Values)
}

/** Callers who may see the same get the same array: what is made of it is made once. */
const views = new WeakMap<readonly CompiledField[], readonly CompiledField[]>()

function visibleOwn(collection: CollectionModel, actor: Actor): readonly CompiledField[] {
  const visible = visibleFields(collection, actor)
  const names = new Set(collection.source.own ?? [])
  const own = views.get(visible) ?? visible.filter(({ name }) => names.has(name))
  views.set(visible, own)
  return own
}

/** What a record that is held as `core` has in own fields, whose model is not at hand. */
export function ownValuesIn(core: { readonly fields: object }, record: object): Values {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !(name in core.fields) && !systemFields.has(name)))
}
const systemFields = new Set(['id', 'version', 'createdAt', 'updatedAt'])

/** An operation that also takes them. One of a shop without any is left as it is. */
export function takingOwn<T extends Operation>(operation: T, collection: CollectionModel): T {
  const fields = ownFieldsOf(collection)
  if (fields.length === 0) return operation
  const own = operation.route.startsWith('PATCH ') ? changeInput(fields) : createInput(collection, fields)
  const made = new WeakMap<object, TSchema>()
  const schemaOf = (more: object): TSchema => {
    const found = made.get(more)
    if (found) return found
    const { properties } = operation.input as unknown as { readonly properties: object }
    const whole = { ...operation.input, properties: { ...properties, ...(more as { readonly properties: object }).properties } }
    const schema = Type.Unsafe(whole) as unknown as TSchema
    made.set(more, schema)
    return schema
  }
  return { ...operation, input: schemaOf(own.whole), inputFor: (actor: Actor) => schemaOf(own.of(actor)) }
}

/** An operation whose answer, an object, also tells of them. */
export function tellingOwn<T extends Operation>(operation: T, collection: CollectionModel): T {
  const fields = ownFieldsOf(collection)
  if (fields.length === 0) return operation
  const { properties, required = [] } = operation.output as unknown as {
    readonly properties: object
    readonly required?: readonly string[]
  }
  const withOwn = (own: object, isTold: (name: string) => boolean) =>
    Type.Unsafe({ ...operation.output, properties: { ...properties, ...own }, required: required.filter(isTold) }) as unknown as TSchema
  const isMoment = (name: string) => name === 'updatedAt'
  // What is told of them was made by `ownView`: it is written as it is.
  const anything = Object.fromEntries(fields.map(({ name }) => [name, {}]))
  return {
    ...operation,
    output: withOwn(anything, (name) => !isMoment(name)),
    outputFor: (actor: Actor) =>
      withOwn(
        Object.fromEntries(visibleOwn(collection, actor).map(({ name, field }) => [name, fieldSchema(field)])),
        (name) => !isMoment(name) || tellsMoment(collection, actor),
      ),
  }
}

/** When it was written last moves with fields that not everybody may see. */
export function tellsMoment(collection: CollectionModel, actor: Actor): boolean {
  const field = collection.fields.get('updatedAt')?.field
  return field === undefined || isReadable(field, actor)
}
