// The collections of the model in MongoDB: made when missing, with their checks and indexes. Nothing here is in a
// transaction, so every step may be repeated and may meet another process that does the same at this moment.
// MongoDB knows no columns: which there are, and of what type, stands in `_meta`, so that a field that changed its
// meaning is refused and a new one gets its default in the documents that lack it.
import { type Collection, type Db, type Document, type IndexDescription, Long, MongoError } from 'mongodb'
import type { CollectionModel, Column, IndexModel, Model } from '../../schema/model.ts'
import { linesName, prepareLog } from './commit-log.ts'
import { encodeScalar, nameOf } from './document-codec.ts'
import { isDuplicate } from './errors.ts'

/** Raised when the meaning of a stored document changes in a way older code would misread. */
const schemaVersion = 1
export const metaName = '_meta'

/** @throws Error with one sentence for people */
export async function prepareSchema(db: Db, model: Model): Promise<void> {
  await checkVersion(db)
  const existing = new Map((await db.listCollections().toArray()).map((one) => [one.name, 'options' in one ? one.options : undefined]))
  if (!existing.has(linesName)) await createCollection(db, linesName, {})
  await prepareLog(db)
  for (const collection of model.collections.values()) await prepareCollection(db, collection, existing)
}

async function checkVersion(db: Db): Promise<void> {
  const meta = db.collection<Document>(metaName)
  const first = { value: schemaVersion }
  await orDuplicate(meta.updateOne({ _id: 'schemaVersion' as never }, { $setOnInsert: first }, { upsert: true }))
  const found = Number((await meta.findOne({ _id: 'schemaVersion' as never }))?.['value'])
  if (found > schemaVersion)
    throw new Error(
      `The database was written by a newer Kingpost (schema ${found}, this one knows ${schemaVersion}). Nothing was changed. Start it with the newer version.`,
    )
}

async function prepareCollection(db: Db, collection: CollectionModel, existing: ReadonlyMap<string, Document | undefined>): Promise<void> {
  const validator = validatorOf(collection)
  const options = existing.get(collection.table)
  if (!existing.has(collection.table)) await createCollection(db, collection.table, { validator })
  else if (JSON.stringify(options?.['validator'] ?? {}) !== JSON.stringify(validator))
    await db.command({ collMod: collection.table, validator })
  await widen(db, collection)
  const indexes = collection.indexes.map((index) => indexOf(collection, index))
  if (indexes.length > 0) await createIndexes(db.collection(collection.table), indexes)
}

async function createCollection(db: Db, name: string, options: Document): Promise<void> {
  try {
    await db.createCollection(name, options)
  } catch (error) {
    // NamespaceExists: another process was a moment faster.
    if (!(error instanceof MongoError) || error.code !== 48) throw error
  }
}

async function createIndexes(collection: Collection, indexes: readonly IndexDescription[]): Promise<void> {
  try {
    await collection.createIndexes([...indexes])
  } catch (error) {
    const name = collection.collectionName
    if (isDuplicate(error))
      throw new Error(
        `${name} holds records with the same value where it must be unique: ${(error as Error).message}. Nothing was changed.`,
      )
    // IndexOptionsConflict, IndexKeySpecsConflict
    if (error instanceof MongoError && (error.code === 85 || error.code === 86))
      throw new Error(`An index of ${name} is there already, but made otherwise: ${error.message}. Drop it, and start again.`)
    throw error
  }
}

/** A second wall behind the guards. Null passes, as in SQL: `$lt` looks at numbers alone. */
function validatorOf({ source, columns }: CollectionModel): Document {
  const checks = (source.checks ?? []).map(({ path, value }) => ({ [nameOf(columns.get(path)!)]: { $lt: value } }))
  return checks.length === 0 ? {} : { $nor: checks }
}

/**
 * A unique index leaves out documents with a null, which is no value. It says so by `>=` the least value of the type,
 * not by `$type`: the planner sees that `code = 'x'` implies the former, and uses the index for look-ups.
 */
function indexOf(collection: CollectionModel, { name, columns, isUnique }: IndexModel): IndexDescription {
  const byName = new Map([...collection.columns.values()].map((column) => [column.name, column]))
  const key = Object.fromEntries(columns.map((part) => [nameOf(byName.get(part.name)!), part.descending ? -1 : 1]))
  if (!isUnique) return { name, key: key as IndexDescription['key'] }
  const nullable = columns.map((part) => byName.get(part.name)!).filter(({ isNullable }) => isNullable)
  const partial = Object.fromEntries(nullable.map((column) => [nameOf(column), { $gte: leastOf(column) }]))
  return { name, key: key as IndexDescription['key'], unique: true, ...(nullable.length > 0 && { partialFilterExpression: partial }) }
}

function leastOf({ type }: Column): unknown {
  return type === 'integer' || type === 'dateTime' ? Long.MIN_VALUE : type === 'boolean' ? false : ''
}

/** Fields that documents of an older model lack: null where that may be, else their default, else refused. */
async function widen(db: Db, collection: CollectionModel): Promise<void> {
  const meta = db.collection<Document>(metaName)
  const id = `collection ${collection.table}` as never
  const declared = Object.fromEntries([...collection.columns.values()].map(({ name, type }) => [name, type]))
  const known = (await meta.findOne({ _id: id }))?.['columns'] as Record<string, string> | undefined
  for (const column of collection.columns.values()) {
    const type = known?.[column.name]
    if (type !== undefined && type !== column.type)
      throw new Error(
        `The field ${collection.name}.${column.path} is ${type} in the database and would be ${column.type} now. Changing a type needs a migration: take a new field name instead.`,
      )
    if (known !== undefined && type === undefined) await addColumn(db, collection, column)
  }
  await orDuplicate(meta.updateOne({ _id: id }, { $set: { columns: { ...known, ...declared } } }, { upsert: true }))
}

async function addColumn(db: Db, collection: CollectionModel, column: Column): Promise<void> {
  const lacking = { [nameOf(column)]: { $exists: false } }
  const documents = db.collection(collection.table)
  const fallback = collection.fields.get(column.path)?.field.default
  const hasDefault = fallback !== undefined && fallback !== null && !(typeof fallback === 'object' && 'set' in fallback)
  if (!hasDefault && !column.isNullable && (await documents.findOne(lacking, { projection: { _id: 1 } })) !== null)
    throw new Error(
      `The field ${collection.name}.${column.path} is new and required, but records exist that have no value for it. Give it a default, or make it optional.`,
    )
  if (hasDefault) await documents.updateMany(lacking, { $set: { [nameOf(column)]: encodeScalar(column, fallback) } })
}

/** Two upserts of one document at once: the slower one may be told that it is there. That is as good. */
async function orDuplicate(upsert: Promise<unknown>): Promise<void> {
  try {
    await upsert
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
}
