// Records by type, for code of a project: `records(comments).create({ … })`. It sees and writes everything, as operations of
// our own do: access rules are for callers. What is written is checked as a request would be, and hooks of its collection
// take part. Collections of the system are read; they change through operations of their own.
import { systemActor } from '../access/actor.ts'
import { limits } from '../base/limits.ts'
import { declarationOf } from '../base/place.ts'
import { unstorableIn, unstorableText } from '../base/text.ts'
import type { Filter, Scalar } from '../contract/filter.ts'
import type { ChangesOf, NewRecordOf, RecordOf } from '../contract/record-types.ts'
import type { Work } from '../operation/work.ts'
import { defaults } from '../records/create-record.ts'
import type { HooksOf, RecordAction, RecordWrite } from '../records/record-hooks.ts'
import { removeRecord } from '../records/remove-record.ts'
import { checkReferences } from '../records/write-record.ts'
import type { AnyRecord, CollectionRef, Fields } from '../schema/collection.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import { storedMisfit } from '../schema/stored-misfit.ts'
import { isWritable, writableFields } from '../schema/wire.ts'
import { pagesById } from '../storage/find-all.ts'
import type { Reader } from '../storage/storage.ts'
import { type During, notListed, OwnMistake } from './own-code.ts'
import { askedOf } from './own-filter.ts'
import { checkId } from './own-key.ts'
import { countWrite } from './scope.ts'

type Equal<V> = V | null
type Compared<V extends Scalar> = {
  readonly eq?: V
  readonly ne?: V
  readonly in?: readonly V[]
  readonly nin?: readonly V[]
  readonly null?: boolean
} & (V extends boolean ? object : { readonly lt?: V; readonly lte?: V; readonly gt?: V; readonly gte?: V }) &
  (V extends string ? { readonly contains?: string; readonly startsWith?: string } : object)
type Condition<V> = [V] extends [readonly (infer TOne)[]] ? { readonly has: TOne } : [V] extends [Scalar] ? Equal<V> | Compared<V> : null

/** Each condition must hold. A bare value is compared by equality, `null` asks for what has none. Times are milliseconds. */
export type Where<TRecord> = { readonly [K in keyof TRecord]?: Condition<NonNullable<TRecord[K]>> }

export type RecordQuery<TRecord> = {
  readonly where?: Where<TRecord>
  /** What `where` cannot say, made with eq, and, or and the others. */
  readonly filter?: Filter
  /** A field, with `-` before it for descending. By id, which is by age, when left out. */
  readonly sort?: SortOf<TRecord> | readonly SortOf<TRecord>[]
  /** Cuts. Without it all are answered, and more than 10,000 are an error. */
  readonly limit?: number
}
type SortOf<TRecord> = `${'' | '-'}${keyof TRecord & string}`

export type RecordReader<TRecord> = {
  get(id: string): Promise<TRecord | null>
  list(query?: RecordQuery<TRecord>): Promise<TRecord[]>
  first(query?: RecordQuery<TRecord>): Promise<TRecord | null>
  count(query?: Pick<RecordQuery<TRecord>, 'where' | 'filter'>): Promise<number>
}

export type RecordWriter<TRecord, TNew, TChanges> = RecordReader<TRecord> & {
  /** As it is now, and kept so until the transaction ends: decide over what belongs to it under this lock. */
  lock(id: string): Promise<TRecord | null>
  create(values: TNew): Promise<TRecord>
  /** Of a record that was read here: should somebody else change it meanwhile, the whole transaction runs again. */
  update(record: string | TRecord, changes: TChanges): Promise<TRecord>
  delete(record: string | TRecord): Promise<void>
}

/** A collection as a config or `kingpost` names it. */
export type AnyCollection = CollectionRef<AnyRecord>
type IsOwn<C> = C extends { readonly fields: Fields } ? true : false

/** Records of a collection. Those of the system can be read alone. */
export type Records = <C extends AnyCollection>(
  collection: C,
) => IsOwn<C> extends true ? RecordWriter<RecordOf<C>, NewRecordOf<C>, ChangesOf<C>> : RecordReader<RecordOf<C>>
export type RecordsToRead = <C extends AnyCollection>(collection: C) => RecordReader<RecordOf<C>>

type AnyWriter = RecordWriter<AnyRecord, Values, Values>
type Values = Readonly<Record<string, unknown>>

/** Outside of a transaction: what is committed. */
export function recordsToRead(read: Reader, model: Model, during: During): RecordsToRead {
  return ((ref: AnyCollection) => readerOf({ read, model, during }, openCollection(model, ref))) as unknown as RecordsToRead
}

export type RecordsParts = {
  readonly work: Work
  readonly model: Model
  readonly hooksOf: HooksOf
  readonly during: During
  /** Hooks that led here, each by a write of the one before it. */
  readonly causedBy: readonly string[]
  readonly caller?: string | null
}

export function recordsIn(parts: RecordsParts): Records {
  return ((ref: AnyCollection) => writerOf(parts, openCollection(parts.model, ref))) as unknown as Records
}

function openCollection(model: Model, ref: AnyCollection): CollectionModel {
  const { name } = ref
  const found = model.find(name)
  if (found === undefined && declarationOf(ref)?.place) throw notListed(`The collection ${name}`, ref, 'collections')
  if (found === undefined) throw new OwnMistake(`records(${name}): the config has no such collection`)
  if (found.source.internal) throw new OwnMistake(`records(${name}): it holds secrets and is Kingpost's alone`)
  return found
}

type ReaderParts = { readonly read: Reader; readonly model: Model; readonly during: During }

function readerOf({ read, model, during }: ReaderParts, collection: CollectionModel): RecordReader<AnyRecord> {
  const told = tellerOf(collection)
  const asked = (query: object, by: string) => askedOf(model, collection, { query, by })
  const list = async ({ where, sort, limit }: ReturnType<typeof asked>): Promise<AnyRecord[]> => {
    // Beyond the limit: what the caller asked to be cut.
    if (limit !== undefined) return (await read.find<AnyRecord>(collection, { where, sort, limit })).map(told)
    if (sort.length > 0) {
      // Beyond the limit: one more than is answered, which is an error below.
      const found = await read.find<AnyRecord>(collection, { where, sort, limit: limits.ownListMax + 1 })
      return bounded(collection, found).map(told)
    }
    const all: AnyRecord[] = []
    for await (const page of pagesById<AnyRecord>(read, collection, where)) {
      all.push(...page)
      bounded(collection, all)
    }
    return all.map(told)
  }
  return {
    get: (id) =>
      during(async () => {
        checkId(id, `records(${collection.name}).get: the id`)
        const found = await read.get<AnyRecord>(collection, id)
        return found && told(found)
      }),
    list: (query = {}) => during(async () => await list(asked(query, 'list'))),
    first: (query = {}) => during(async () => (await list({ ...asked(query, 'first'), limit: 1 }))[0] ?? null),
    count: (query = {}) => during(async () => await read.count(collection, asked(query, 'count').where)),
  }
}

function bounded(collection: CollectionModel, found: AnyRecord[]): AnyRecord[] {
  if (found.length <= limits.ownListMax) return found
  throw new OwnMistake(`records(${collection.name}).list: more than ${limits.ownListMax} fit. Give a limit, or read them in parts.`)
}

/** Of collections of the system, what nobody may read is for the engine alone. */
function tellerOf({ source, fields }: CollectionModel): (record: AnyRecord) => AnyRecord {
  const secrets = source.system ? [...fields.values()].filter(({ name, field }) => name !== 'version' && field.read?.rule === 'nobody') : []
  if (secrets.length === 0) return (record) => record
  return (record) => {
    const told: Record<string, unknown> = { ...record }
    for (const { name } of secrets) delete told[name]
    return told as AnyRecord
  }
}

function writerOf(parts: RecordsParts, collection: CollectionModel): AnyWriter {
  const { during, model } = parts
  const { tx } = parts.work
  const { create, update, remove } = stepsOf(parts, collection)
  return {
    ...readerOf({ read: tx, model, during }, collection),
    lock: (id) =>
      during(async () => {
        checkId(id, `records(${collection.name}).lock: the id`)
        return await tx.lock<AnyRecord>(collection, id, 'exclusive')
      }),
    create: (values) => during(() => create(values)),
    update: (record, changes) => during(() => update(record, changes)),
    delete: (record) => during(() => remove(record)),
  }
}

/** One write each, in the order of a request's: checked, hooks before it, written, hooks after it. */
function stepsOf({ work, model, hooksOf, causedBy, caller = null }: RecordsParts, collection: CollectionModel) {
  const { tx, now, newId } = work
  const { name } = collection
  const hooks = hooksOf(name)
  const maker = { ...systemActor, id: caller }
  const kept = (action: RecordAction) => {
    if (collection.source.system) throw new OwnMistake(`records(${name}).${action}: it changes through operations of its own alone`)
    countWrite(tx)
  }
  const writing = (action: RecordAction, before: AnyRecord | null, record: AnyRecord): RecordWrite => ({
    work,
    model,
    actor: systemActor,
    action,
    before,
    record,
    causedBy,
  })
  const found = async (action: RecordAction, record: string | AnyRecord): Promise<AnyRecord> => {
    if (typeof record === 'object' && record !== null && typeof record.id === 'string') return record
    checkId(record, `records(${name}).${action}: the id`)
    const one = await tx.get<AnyRecord>(collection, record)
    if (one === null) throw new OwnMistake(`records(${name}).${action}: there is no ${record}`)
    return one
  }

  async function create(values: Values): Promise<AnyRecord> {
    kept('create')
    const given = checkedValues(collection, values, 'create')
    const fields: Values & { readonly id: string } = { ...defaults(collection, maker, now), ...given, id: newId(collection.prefix) }
    const missing = writableFields(collection).find(({ name: one, field }) => field.required && (fields[one] ?? null) === null)
    if (missing)
      throw new OwnMistake(
        `records(${name}).create: ${missing.name} is missing${isCaller(missing.field.default) ? ', for nobody has called: give it' : ''}`,
      )
    await checkReferences(tx, model, collection, systemActor, given)
    const more = await hooks?.create?.before(writing('create', null, { ...fields, version: 1, createdAt: now, updatedAt: now }))
    const followed = await collection.source.beforeChange?.({ tx, now, newId, before: null, after: { createdAt: now, ...fields, ...more } })
    const record = await tx.insert<AnyRecord>(collection, { ...fields, ...more, ...followed })
    await collection.source.afterChange?.({ tx, now, newId, before: null, after: record })
    await hooks?.create?.after(writing('create', null, record))
    return record
  }

  async function update(one: string | AnyRecord, changes: Values): Promise<AnyRecord> {
    kept('update')
    const before = await found('update', one)
    const given = checkedValues(collection, changes, 'update')
    await checkReferences(tx, model, collection, systemActor, given)
    const more = await hooks?.update?.before(writing('update', before, { ...before, ...given, updatedAt: now }))
    const followed = await collection.source.beforeChange?.({ tx, now, newId, before, after: { ...before, ...given, ...more } })
    const record = await tx.update(collection, before, { set: { ...given, ...more, ...followed } })
    await collection.source.afterChange?.({ tx, now, newId, before, after: record })
    await hooks?.update?.after(writing('update', before, record))
    return record
  }

  async function remove(one: string | AnyRecord): Promise<void> {
    kept('delete')
    const before = await found('delete', one)
    await removeRecord({ work, model, actor: systemActor, hooksOf, causedBy }, collection, before)
  }

  return { create, update, remove }
}

function isCaller(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'set' in given && given.set === 'actor'
}

/** What code of the project writes, checked: a mistake in it is one of the code, not of whoever called. @throws OwnMistake */
export function checkedValues(collection: CollectionModel, values: Values, action: string): Values {
  const checked: Record<string, unknown> = {}
  for (const [name, given = null] of Object.entries(values)) {
    const field = collection.fields.get(name)
    const value = asJson(given, `records(${collection.name}).${action}: ${name}`)
    const unstorable = unstorableIn(value)
    if (unstorable !== null) throw new OwnMistake(`records(${collection.name}).${action}: ${name}${unstorable} ${unstorableText}`)
    const found = field === undefined || !isWritable(field) ? 'is no field that can be written' : storedMisfit(field)(value)
    if (found !== null) throw new OwnMistake(`records(${collection.name}).${action}: ${name} ${found}`)
    checked[name] = value
  }
  return checked
}

/** As it is stored: a copy, which nothing that the code does later can change. @throws OwnMistake for a circle, a BigInt or a function */
function asJson(value: unknown, at: string): unknown {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  try {
    return JSON.parse(JSON.stringify(value))
  } catch (error) {
    throw new OwnMistake(`${at} is no JSON: ${String(error).split('\n')[0]}`)
  }
}
