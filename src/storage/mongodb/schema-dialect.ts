// Changing what is declared of a MongoDB database. Documents have no columns: which there are, and which of them may be
// empty, stands in `_meta` beside each collection, and a change is one of documents, of indexes, or of that alone.
// Invariant: nothing here is in a transaction but a batch with its note in the journal, so all else may be done twice.
import { type Db, type Document, Long, type MongoClient, MongoError } from 'mongodb'
import { type Clock, sleep } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Column, IndexModel, Model } from '../../schema/model.ts'
import type { Batch, Duplicate, Kinds, RowQuery, SchemaDialect, Statement, StoredRow } from '../migrations/dialect.ts'
import type { ColumnSpec, Step } from '../migrations/steps.ts'
import {
  type IndexSpec,
  type JournalRow,
  type StoredColumn,
  type StoredIndex,
  type StoredTable,
  storedModel,
  type TypeNames,
} from '../migrations/stored-schema.ts'
import { agesOf, presencePrefix } from '../presence.ts'
import { encodeScalar, exact, isWhole, nameOf, type Stored } from './document-codec.ts'
import { isDuplicate } from './errors.ts'

export const metaName = '_meta'
const journalName = '_migrations'
const kindsId = 'kinds'

/** A step of a migration, by its number. */
type JournalDocument = Omit<JournalRow, 'id'> & { readonly _id: number }

export const mongodbTypes: TypeNames = {
  typeOf: ({ type }: Column) => type,
  compare: (stored, declared) => (stored === declared ? 'same' : 'other'),
  meaningOf: (type) => type as ColumnType,
  indexesLists: true,
  formOf: (index, collection) => formOf(indexOf(index, collection)),
  indexName: (name) => name,
  searchesByColumn: true,
  convertsInPlace: true,
}

type Index = { readonly key: Record<string, number>; readonly partial: Record<string, unknown> | null }

/**
 * A unique index leaves out documents with a null, which is no value. It says so by `>=` the least value of the type,
 * not by `$type`: the planner sees that `code = 'x'` implies the former, and uses the index for look-ups.
 */
function indexOf({ columns, isUnique }: IndexModel, collection: CollectionModel): Index {
  const byName = new Map(collection.stored.map((column) => [column.name, column]))
  const key = Object.fromEntries(columns.map((part) => [nameOf(byName.get(part.name)!), part.descending ? -1 : 1]))
  const nullable = isUnique ? columns.map((part) => byName.get(part.name)!).filter(({ isNullable }) => isNullable) : []
  return {
    key,
    partial: nullable.length === 0 ? null : Object.fromEntries(nullable.map((column) => [nameOf(column), leastOf(column.type)])),
  }
}

function leastOf(type: ColumnType): unknown {
  return isWhole(type) ? Long.MIN_VALUE : type === 'boolean' ? false : ''
}

/** What the server tells of the least value may be another spelling of it: its type is told. */
function formOf({ key, partial }: Index): string {
  const kinds = Object.entries(partial ?? {}).map(([name, least]) => [
    name,
    typeof least === 'string' || typeof least === 'boolean' ? typeof least : 'number',
  ])
  return JSON.stringify([key, kinds])
}

function partialOf(form: string): Document {
  const [, kinds] = JSON.parse(form) as [unknown, [string, string][]]
  const least: Readonly<Record<string, unknown>> = { string: '', boolean: false, number: Long.MIN_VALUE }
  return kinds.length === 0
    ? {}
    : { partialFilterExpression: Object.fromEntries(kinds.map(([name, kind]) => [name, { $gte: least[kind] }])) }
}

export const markOf = (name: string) => `mark ${name}`

export async function listMarks(db: Db, prefix: string): Promise<Readonly<Record<string, string>>> {
  const found = await db
    .collection<Stored>(metaName)
    .find({ _id: { $gte: markOf(prefix), $lt: markOf(`${prefix}\uffff`) } })
    .toArray()
  const nameOf = (mark: Document) => String(mark['_id']).slice(String(markOf('')).length)
  return Object.fromEntries(found.map((mark) => [nameOf(mark), String(mark['value'])]))
}

export type MongodbSchemaParts = {
  readonly client: MongoClient
  readonly db: Db
  readonly product: string
  readonly clock: Clock
  close(): Promise<void>
}

export function createMongodbSchema(parts: MongodbSchemaParts): SchemaDialect {
  const { client, db, product, clock } = parts
  const meta = db.collection<Stored>(metaName)
  const journal = db.collection<JournalDocument>(journalName)
  let held: Lease | null = null
  const mustHold = () => {
    if (held?.isLost()) throw new Error('Another migration has begun meanwhile. Wait until it has ended, then type the command again.')
  }
  return {
    ...mongodbTypes,
    product,
    introspect: (model) => introspect(db, model),
    statementsOf,
    async run(step) {
      mustHold()
      await runStep(db, step)
    },
    async prepare() {
      if ((await db.listCollections({ name: journalName }, { nameOnly: true }).toArray()).length === 0)
        await createCollection(db, journalName, {})
    },
    async readKinds() {
      return ((await meta.findOne({ _id: kindsId }))?.['kinds'] ?? {}) as Kinds
    },
    async writeKinds(kinds) {
      await upsert(db, kindsId, { $set: { kinds } })
    },
    async readJournal() {
      const found = await journal.find({}).sort({ _id: 1 }).toArray()
      return found.map(({ _id, ...row }) => ({ ...row, id: Number(_id), rows: Number(row.rows) }))
    },
    async beginStep(key, by, now) {
      // One migrator at a time: nobody else takes this number.
      const [last] = await journal.find({}).sort({ _id: -1 }).limit(1).toArray()
      const id = Number(last?._id ?? 0) + 1
      await journal.insertOne({ _id: id, key, state: 'running', cursor: null, rows: 0, startedAt: now, endedAt: null, by })
      return id
    },
    async endStep(id, state, now) {
      await journal.updateOne({ _id: id }, { $set: { state, endedAt: now } })
    },
    readRows: (query) => readRows(db, query),
    async writeRows(batch) {
      mustHold()
      await writeRows(client, db, batch)
    },
    async presences() {
      const now = ((await db.command({ hello: 1 })) as Document)['localTime'].getTime() as number
      return agesOf(Object.values(await listMarks(db, presencePrefix)), now)
    },
    duplicates: (table, columns, limit) => duplicates(db, { table, columns, limit }),
    async below(table, column, least, limit) {
      const found = await db
        .collection(table)
        .find({ [column]: { $lt: least } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray()
      return found.map(({ _id }) => String(_id))
    },
    async lock() {
      held = await lease(db, clock)
      return held?.release ?? null
    },
    close: parts.close,
  }
}

/** What is declared of a collection, as `_meta` has it. `nullable` was not written down by the first version. */
type Declared = { readonly columns?: Readonly<Record<string, ColumnType>>; readonly nullable?: readonly string[] }

const declaredId = (table: string) => `collection ${table}`

async function introspect(db: Db, model: Model) {
  const tables = new Map<string, StoredTable>()
  const found = await db.listCollections().toArray()
  for (const { name, ...rest } of found) {
    if (name.startsWith('_') || name.startsWith('system.')) continue
    const options = 'options' in rest ? rest.options : undefined
    tables.set(name, await lookAt(db, name, options?.['validator'] as Document | undefined))
  }
  // Of what was written down before the list of those that may be empty was kept, the model tells.
  for (const collection of storedModel(model, { tables }, mongodbTypes).collections.values()) {
    const table = tables.get(collection.table)
    if (!table) continue
    const declared = (await db.collection<Stored>(metaName).findOne({ _id: declaredId(table.name) })) as Declared | null
    const columns = new Map(table.columns)
    for (const { name, isNullable } of collection.stored) {
      const column = columns.get(name)
      if (!column) continue
      const mayBeEmpty = declared?.nullable === undefined ? isNullable : declared.nullable.includes(name)
      const hasNulls =
        !isNullable && mayBeEmpty && (await db.collection(table.name).findOne({ [name]: null }, { projection: { _id: 1 } })) !== null
      columns.set(name, { ...column, isNullable: mayBeEmpty, hasNulls })
    }
    tables.set(table.name, { ...table, columns })
  }
  return { tables }
}

async function lookAt(db: Db, name: string, validator: Document | undefined): Promise<StoredTable> {
  const collection = db.collection(name)
  const declared = (await db.collection<Stored>(metaName).findOne({ _id: declaredId(name) })) as Declared | null
  const columns = Object.entries(declared?.columns ?? {}).map(([column, type]): [string, StoredColumn] => [
    column,
    { name: column, type, kind: null, isNullable: true, hasDefault: false, hasNulls: false },
  ])
  const indexes = (await collection.indexes()).filter(({ name: own }) => own !== '_id_').map(storedIndexOf)
  const rows = await collection.estimatedDocumentCount()
  const isEmpty = rows === 0 && (await collection.findOne({}, { projection: { _id: 1 } })) === null
  return { name, columns: new Map(columns), indexes, checks: checksIn(validator), rows, isEmpty, isOurs: false }
}

function storedIndexOf({ name, key, unique, partialFilterExpression }: Document): StoredIndex {
  const parts = Object.entries(key as Record<string, unknown>).map(([column, order]) => [column, Number(order)] as const)
  const partial = Object.fromEntries(
    Object.entries((partialFilterExpression ?? {}) as Document).map(([column, rule]) => [column, rule['$gte']]),
  )
  return {
    name: String(name),
    columns: parts.map(([column, order]) => ({ name: column === '_id' ? 'id' : column, descending: order < 0 })),
    form: formOf({ key: Object.fromEntries(parts), partial }),
    isUnique: unique === true,
    isValid: true,
  }
}

function checksIn(validator: Document | undefined) {
  const checks = (validator?.['$nor'] ?? []) as Document[]
  return checks.flatMap((check) =>
    Object.entries(check).map(([column, rule]) => ({ name: column, column, least: Number((rule as Document)['$lt']) })),
  )
}

const statement = (sql: string, lock = 'none'): Statement[] => [{ sql, lock }]
const perBatch = 'who writes one of its documents waits, per batch'

function statementsOf(step: Step): Statement[] {
  const { table } = step
  switch (step.kind) {
    case 'createTable':
      return [...statement(`db.createCollection("${table}")`), ...step.indexes.flatMap((index) => statement(indexText(table, index)))]
    case 'addColumn': {
      const { name, default: value } = step.column
      return value === null
        ? statement(`noted in ${metaName}`)
        : statement(`db.${table}.updateMany({${name}: {$exists: false}}, {$set: {${name}: ${JSON.stringify(value)}}})`)
    }
    case 'widenColumn':
    case 'setNotNull':
    case 'dropNotNull':
      return statement(`noted in ${metaName}`)
    case 'checkValues':
      return []
    case 'createIndex':
      return statement(indexText(table, step.index), 'reads and writes continue')
    case 'dropIndex':
      return statement(`db.${table}.dropIndex("${step.index.name}")`)
    case 'addCheck':
    case 'dropCheck':
      return statement(`db.runCommand({collMod: "${table}", validator: …})`)
    case 'renameColumn':
      return statement(`db.${table}.updateMany({}, [{$set: {${step.to}: "$${step.from}"}}]), then $unset ${step.from}`)
    case 'renameTable':
      return statement(`db.${table}.renameCollection("${step.to}")`)
    case 'dropColumn':
      return statement(`db.${table}.updateMany({}, {$unset: {${step.column}: ""}})`)
    case 'dropTable':
      return statement(`db.${table}.drop()`)
    default:
      return statement(
        `db.${table}.bulkWrite([{updateOne: {filter: {_id: …}, update: {$set: {${step.fill.columns.map(({ name }) => name).join(', ')}}}}}, …])`,
        perBatch,
      )
  }
}

function indexText(table: string, { form, isUnique }: IndexSpec): string {
  const [key] = JSON.parse(form) as [object]
  return `db.${table}.createIndex(${JSON.stringify(key)}${isUnique ? ', {unique: true, …}' : ''})`
}

/** Each of them may be done twice. What is declared is written last: until then it is not done. */
export async function runStep(db: Db, step: Step): Promise<void> {
  const documents = db.collection(step.table)
  const declare = (change: Document) => upsert(db, declaredId(step.table), change)
  switch (step.kind) {
    case 'createTable':
      return await createTable(db, step)
    case 'addColumn':
      return await addColumn(db, step.table, step.column)
    case 'setNotNull':
      return void (await declare({ $pull: { nullable: step.column.name } }))
    case 'dropNotNull':
      return void (await declare({ $addToSet: { nullable: step.column.name } }))
    case 'createIndex':
      return await createIndex(db, step.table, step.index)
    case 'dropIndex':
      return void (await documents.dropIndex(step.index.name))
    case 'addCheck':
    case 'dropCheck':
      return await changeChecks(db, step)
    case 'renameColumn': {
      const { from, to, type } = step
      // The old value is the true one for as long as it is declared: a migration that begins again copies it again.
      await documents.updateMany({}, [{ $set: { [to]: `$${from}` } }])
      await declare({ $set: { [`columns.${to}`]: type }, $unset: { [`columns.${from}`]: '' } })
      return void (await documents.updateMany({}, { $unset: { [from]: '' } }))
    }
    case 'renameTable':
      return await renameTable(db, step.table, step.to)
    case 'convertColumn': {
      const [column] = step.fill.columns
      return void (await declare({ $set: { [`columns.${column!.name}`]: column!.type } }))
    }
    case 'dropColumn':
      await documents.updateMany({}, { $unset: { [step.column]: '' } })
      return void (await declare({ $unset: { [`columns.${step.column}`]: '' }, $pull: { nullable: step.column } }))
    case 'dropTable':
      await documents.drop()
      return void (await db.collection<Stored>(metaName).deleteOne({ _id: declaredId(step.table) }))
    default:
  }
}

/** Processes that start side by side may all find it missing, and all but one are told that it is there. */
async function upsert(db: Db, id: string, change: Document): Promise<void> {
  const write = () => db.collection<Stored>(metaName).updateOne({ _id: id }, change, { upsert: true })
  try {
    await write()
  } catch (error) {
    if (!isDuplicate(error)) throw error
    await write()
  }
}

async function createTable(db: Db, step: Extract<Step, { kind: 'createTable' }>): Promise<void> {
  const checks = step.checks.map(({ column, least }) => ({ [column]: { $lt: least } }))
  await createCollection(db, step.table, checks.length === 0 ? {} : { validator: { $nor: checks } })
  for (const index of step.indexes) await createIndex(db, step.table, index)
  const columns = Object.fromEntries(step.columns.map(({ name, type }) => [name, type]))
  const nullable = step.columns.filter(({ isNullable }) => isNullable).map(({ name }) => name)
  await upsert(db, declaredId(step.table), { $set: { columns, nullable } })
}

/** There is no default of the database's own: documents of the version before lack the field, and it may be empty until the end. */
async function addColumn(db: Db, table: string, column: ColumnSpec): Promise<void> {
  const { name, type, kind, default: value } = column
  if (value !== null) await db.collection(table).updateMany({ [name]: { $exists: false } }, { $set: { [name]: encoded(kind, value) } })
  const isLoose = column.isNullable || value !== null
  const change = { $set: { [`columns.${name}`]: type }, ...(isLoose && { $addToSet: { nullable: name } }) }
  await upsert(db, declaredId(table), change)
}

async function createIndex(db: Db, table: string, { name, form, isUnique }: IndexSpec): Promise<void> {
  const [key] = JSON.parse(form) as [Record<string, 1 | -1>]
  await db.collection(table).createIndexes([{ name, key, ...(isUnique && { unique: true, ...partialOf(form) }) }])
}

async function changeChecks(db: Db, step: Extract<Step, { kind: 'addCheck' | 'dropCheck' }>): Promise<void> {
  const [found] = await db.listCollections({ name: step.table }).toArray()
  const before = checksIn((found as Document | undefined)?.['options']?.['validator'])
  const rest = before.filter(({ column, least }) => column !== step.check.column || least !== step.check.least)
  const wanted = step.kind === 'addCheck' ? [...rest, step.check] : rest
  const checks = wanted.map(({ column, least }) => ({ [column]: { $lt: least } }))
  await db.command({ collMod: step.table, validator: checks.length === 0 ? {} : { $nor: checks } })
}

async function renameTable(db: Db, from: string, to: string): Promise<void> {
  const meta = db.collection<Stored>(metaName)
  const declared = await meta.findOne({ _id: declaredId(from) })
  if (declared) await upsert(db, declaredId(to), { $set: { columns: declared['columns'], nullable: declared['nullable'] ?? [] } })
  await db.collection(from).rename(to)
  await meta.deleteOne({ _id: declaredId(from) })
}

export async function createCollection(db: Db, name: string, options: Document): Promise<void> {
  try {
    await db.createCollection(name, options)
  } catch (error) {
    // NamespaceExists: another process was a moment faster, or this one was cut short.
    if (!(error instanceof MongoError) || error.code !== 48) throw error
  }
}

function encoded(kind: ColumnType, value: unknown): unknown {
  if (kind === 'words')
    return String(value)
      .split(' ')
      .filter((word) => word !== '')
  if (kind === 'json') return Array.isArray(value) ? value : value === null ? null : JSON.stringify(value)
  return encodeScalar({ path: 'x', type: kind }, value)
}

function decoded(kind: ColumnType | null, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (value instanceof Long || typeof value === 'number') return exact(value)
  return kind === 'json' && typeof value === 'string' ? JSON.parse(value) : value
}

async function readRows(db: Db, { table, columns, after, limit, since, empty, given }: RowQuery): Promise<StoredRow[]> {
  const written = columns.some(({ name }) => name === 'updatedAt') ? 'updatedAt' : 'createdAt'
  const wanted: Document[] = [
    ...(since === undefined ? [] : [{ [written]: { $gte: Long.fromNumber(since) } }]),
    ...(empty ?? []).map((name) => ({ [name]: null, ...(given !== undefined && { [given]: { $ne: null } }) })),
  ]
  const filter = { ...(after !== null && { _id: { $gt: after } }), ...(wanted.length > 0 && { $or: wanted }) }
  const found = await db.collection<Stored>(table).find(filter).sort({ _id: 1 }).limit(limit).toArray()
  return found.map((document) => {
    const values = columns.map(({ name, kind, type }) => [
      name,
      decoded(kind ?? (type as ColumnType), document[name === 'id' ? '_id' : name]),
    ])
    return { ...Object.fromEntries(values), id: String(document._id) } as StoredRow
  })
}

/** With its note: a value that is converted where it lies must be converted once. */
async function writeRows(client: MongoClient, db: Db, { table, columns, rows, note }: Batch): Promise<void> {
  await client.withSession(async (session) => {
    await session.withTransaction(async () => {
      const writes = rows.map(({ id, values }) => {
        const set = Object.fromEntries(columns.map(({ name, kind }, at) => [name, encoded(kind, values[at])]))
        return { updateOne: { filter: { _id: id }, update: { $set: set } } }
      })
      await db.collection<Stored>(table).bulkWrite(writes, { session, ordered: true })
      const { ids, cursor, rows: count } = note
      await db
        .collection<JournalDocument>(journalName)
        .updateMany({ _id: { $in: [...ids] } }, { $set: { cursor, rows: count } }, { session })
    })
  })
}

async function duplicates(
  db: Db,
  { table, columns, limit }: { readonly table: string; readonly columns: readonly string[]; readonly limit: number },
): Promise<Duplicate[]> {
  const found = await db
    .collection(table)
    .aggregate([
      { $match: { $and: columns.map((name) => ({ [name]: { $ne: null } })) } },
      { $group: { _id: columns.map((name) => `$${name}`), count: { $sum: 1 }, first: { $min: '$_id' }, last: { $max: '$_id' } } },
      { $match: { count: { $gt: 1 } } },
      { $limit: limit },
    ])
    .toArray()
  return found.map(({ _id, count, first, last }) => ({
    values: (_id as unknown[]).map((value) => decoded(null, value)),
    first: String(first),
    last: String(last),
    count: Number(count),
  }))
}

/** Lost when the server was busy for so long that somebody took its holder for dead. */
type Lease = { isLost(): boolean; release(): Promise<void> }

/** A document that is renewed while its holder lives. A process that finds one waits until it should have been renewed. */
async function lease(db: Db, clock: Clock): Promise<Lease | null> {
  const meta = db.collection<Stored>(metaName)
  const mine = `${clock.now()} ${clock.monotonic()}`
  const _id = 'migrator'
  const until = clock.monotonic() + limits.migrationLeaseMs * 2
  while (true) {
    const held = await meta.findOne({ _id })
    if (held === null) {
      const taken = await meta.insertOne({ _id, by: mine, beat: 0 }).then(
        () => true,
        () => false,
      )
      if (taken) break
      continue
    }
    await sleep(clock, limits.migrationLeaseMs)
    // Nobody renewed it: its holder is dead.
    const { deletedCount } = await meta.deleteOne({ _id, by: held['by'], beat: held['beat'] })
    if (deletedCount === 0 && clock.monotonic() > until) return null
  }
  let isHeld = true
  let isLost = false
  let renewal: Promise<void> = Promise.resolve()
  // One at a time: a server that is busy for long would else have every connection of the pool wait for it.
  const renew = () => {
    if (!isHeld) return
    renewal = meta.updateOne({ _id, by: mine }, { $inc: { beat: 1 } }).then(
      ({ matchedCount }) => {
        isLost ||= isHeld && matchedCount === 0
        clock.after(limits.migrationLeaseMs / 4, renew)
      },
      () => void clock.after(limits.migrationLeaseMs / 4, renew),
    )
  }
  renew()
  return {
    isLost: () => isLost,
    async release() {
      isHeld = false
      await renewal
      await meta.deleteOne({ _id, by: mine })
    },
  }
}
