// Records as MongoDB documents and back. A document has one field per column of the model, null ones included,
// so every rule about null and every index means what it means in SQL. `_id` is the id; integers are 64-bit
// (a double would lose its exactness with the first `$inc`); json is text, since only text keeps the order of
// keys and keys such as `a.b`, `$set` and `__proto__`. What begins with `_` is ours and in no record.
import { type Document, Long } from 'mongodb'
import { assert } from '../../base/assert.ts'
import { wordsIn } from '../../contract/words.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import { type ColumnType, plainType } from '../../schema/kinds/kind.ts'
import { type CollectionModel, type Column, type CompiledField, resolve } from '../../schema/model.ts'
import type { Change } from '../storage.ts'

/** Counts the locks that were taken on a document: a lock is a write, since MongoDB has no other that lasts. */
export const lockField = '_lock'

/** What we store: ids are texts, and no ObjectId is made. */
export type Stored = Document & { readonly _id: string }

/** The name of a column's field. */
export function nameOf(column: Column): string {
  return column.path === 'id' ? '_id' : column.name
}

/** The field of a path: `id` -> `_id`, `price.amount` -> `price_amount`. */
export function fieldOf(collection: CollectionModel, path: string): string {
  return nameOf(resolve(collection.columns, path))
}

export function encodeRecord(collection: CollectionModel, record: AnyRecord): Document {
  const document: Document = {}
  for (const field of collection.fields.values()) if (!field.isComputed) encodeField(document, field, record[field.name])
  for (const [name, field] of collection.words) encodeWords(document, field, record[name])
  return document
}

export function decodeRecord(collection: CollectionModel, document: Document): AnyRecord {
  const record: Record<string, unknown> = {}
  for (const field of collection.fields.values()) if (!field.isComputed) record[field.name] = decodeField(field, document)
  return record as AnyRecord
}

/** What an update does, in MongoDB's words. */
export function encodeChange(collection: CollectionModel, change: Change): Document | Document[] {
  const set: Document = {}
  for (const [path, value] of Object.entries(change.set ?? {})) {
    const field = collection.fields.get(path)
    encodeWords(set, collection.words.get(path), value)
    if (field) encodeField(set, field, value)
    else set[fieldOf(collection, path)] = encodeScalar(resolve(collection.columns, path), value)
  }
  const added = Object.entries(change.add ?? {}).map(([path, amount]) => ({ column: resolve(collection.columns, path), amount }))
  assert(Object.keys(set).length + added.length > 0, 'an update changes something')
  if (added.some(({ column }) => column.isNullable)) return asPipeline(set, added)
  const increments = Object.fromEntries(added.map(({ column, amount }) => [nameOf(column), encodeScalar(column, amount)]))
  return { ...(Object.keys(set).length > 0 && { $set: set }), ...(added.length > 0 && { $inc: increments }) }
}

/** `$inc` refuses a null; `$add` leaves it one, as SQL does. */
function asPipeline(set: Document, added: readonly { readonly column: Column; readonly amount: number }[]): Document[] {
  const sets = Object.entries(set).map(([name, value]) => [name, { $literal: value }])
  const sums = added.map(({ column, amount }) => [nameOf(column), { $add: [`$${nameOf(column)}`, encodeScalar(column, amount)] }])
  return [{ $set: Object.fromEntries([...sets, ...sums]) }]
}

/** What a document is after a change, known without asking: the change is exact. */
export function applyChange(collection: CollectionModel, before: Document, change: Change): Document {
  const after: Document = { ...before }
  for (const [path, value] of Object.entries(change.set ?? {})) {
    const field = collection.fields.get(path)
    encodeWords(after, collection.words.get(path), value)
    if (field) encodeField(after, field, value)
    else after[fieldOf(collection, path)] = encodeScalar(resolve(collection.columns, path), value)
  }
  for (const [path, amount] of Object.entries(change.add ?? {})) {
    const name = fieldOf(collection, path)
    const value = after[name] ?? null
    after[name] = value === null ? null : exact(value) + amount
  }
  return after
}

function encodeField(document: Document, { columns }: CompiledField, value: unknown): void {
  for (const column of columns) {
    const part = column.part === null || value === null || typeof value !== 'object' ? value : (value as Document)[column.part]
    document[nameOf(column)] = isJsonText(column) ? encodeJson(part) : encodeScalar(column, part)
  }
}

/** A list, so that each word is an entry of the index. */
function encodeWords(document: Document, field: CompiledField | undefined, value: unknown): void {
  if (field) document[nameOf(field.columns[0]!)] = wordsIn(value)
}

/** A list lies there as one, so that what it has can be indexed. */
function isJsonText({ type, isList }: Column): boolean {
  return type === 'json' && !isList
}

function encodeJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** One value of a column as MongoDB holds it, and as a filter compares with it. */
export function encodeScalar(column: Pick<Column, 'path' | 'type'>, value: unknown): unknown {
  if (value === null || value === undefined) return null
  switch (plainType(column.type)) {
    case 'integer':
    case 'dateTime':
      // A number that is no whole one comes from a filter alone, and compares well as a double.
      return Number.isSafeInteger(value) ? Long.fromNumber(value as number) : value
    case 'json':
      assert(Array.isArray(value) || typeof value === 'string', `cannot store ${typeof value} in ${column.path}`)
      return value
    default:
      assert(typeof value === 'string' || typeof value === 'boolean', `cannot store ${typeof value} in ${column.path}`)
      return value
  }
}

function decodeField({ columns }: CompiledField, document: Document): unknown {
  const first = columns[0]!
  const value = document[nameOf(first)] ?? null
  if (value === null) return null
  if (first.part === null) return decodeColumn(first, value)
  const parts: Document = {}
  for (const column of columns) parts[column.part!] = decodeColumn(column, document[nameOf(column)])
  return parts
}

function decodeColumn(column: Column, value: unknown): unknown {
  if (isJsonText(column)) return JSON.parse(value as string)
  return isWhole(column.type) ? exact(value) : value
}

/** Whether the values of a column are whole numbers. */
export function isWhole(type: ColumnType): boolean {
  return ['integer', 'dateTime'].includes(plainType(type))
}

/** The driver answers a 64-bit integer as a number when it is one exactly; what is to be stored is still a Long. */
export function exact(value: unknown): number {
  const number = value instanceof Long ? value.toNumber() : value
  assert(Number.isSafeInteger(number), `the database holds ${String(value)}, which is beyond what a number holds exactly`)
  return number as number
}
