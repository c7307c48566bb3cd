// Reading from MongoDB: the Reader of the port, inside a transaction or outside. A query whose filter follows
// references is an aggregation, any other a plain find, which is what indexes and the planner serve best.
import { type AggregateOptions, type ClientSession, type Db, type Document, type FindOptions, Long } from 'mongodb'
import type { Scalar } from '../../contract/filter.ts'
import { recordOf } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { bigSum, exactSum } from '../exact-sum.ts'
import type { FindQuery, Reader } from '../storage.ts'
import { all, type Compiler, type Condition, rest } from './compile.ts'
import { decodeRecord, exact } from './document-codec.ts'

export type ReaderParts = {
  readonly db: Db
  readonly model: Model
  readonly compiler: Compiler
  readonly session?: ClientSession
  /** Milliseconds after which the server gives a read up. */
  readonly timeMs: number
  /** Carries out every question: in a transaction in its turn. */
  readonly ask: <T>(question: () => Promise<T>) => Promise<T>
}

export type MongoReader = Reader & {
  /** The ids of what fits: for writes, which know no look-ups. */
  ids(collection: CollectionModel, condition: Condition): Promise<string[]>
}

export function createReader({ db, model, compiler, session, timeMs, ask }: ReaderParts): MongoReader {
  const options = { ...(session && { session }), maxTimeMS: timeMs }

  async function find(collection: CollectionModel, filter: Document, more: FindOptions = {}): Promise<Document[]> {
    const one = db.collection(collection.table)
    return await ask(() => one.find(filter, { ...options, ...more }).toArray())
  }

  async function aggregate(collection: CollectionModel, stages: Document[], more: AggregateOptions = {}): Promise<Document[]> {
    const one = db.collection(collection.table)
    return await ask(() => one.aggregate(stages, { ...options, ...more }).toArray())
  }

  /** One document more than asked for would need a second round trip to say that there is none. */
  async function select(collection: CollectionModel, of: Condition, limit: number, sort: Document | null): Promise<Document[]> {
    if (limit === 0) return []
    const batchSize = limit + 1
    if (of.last === null) return await find(collection, of.first, { limit, batchSize, ...(sort && { sort }) })
    // Sorted before it looks up: where an index gives the order, the look-ups end with the page.
    return await aggregate(collection, [{ $match: of.first }, ...(sort ? [{ $sort: sort }] : []), ...rest(of), { $limit: limit }], {
      batchSize,
    })
  }

  return {
    async get(ref, id, where) {
      const collection = model.get(ref)
      const of = compiler.condition(collection, where)
      const [document] = await select(collection, { ...of, first: all([{ _id: id }, of.first]) }, 1, null)
      return document === undefined ? null : recordOf(ref, decodeRecord(collection, document))
    },
    async getMany(ref, ids) {
      if (ids.length === 0) return []
      const collection = model.get(ref)
      const unique = [...new Set(ids)]
      const found = await find(collection, { _id: { $in: unique } }, { batchSize: unique.length + 1 })
      return found.map((document) => recordOf(ref, decodeRecord(collection, document)))
    },
    async find(ref, query: FindQuery) {
      const collection = model.get(ref)
      const found = await documentsOf(compiler, select, { collection, query })
      return found.map((document) => recordOf(ref, decodeRecord(collection, document)))
    },
    async count(ref, where, atMost) {
      const collection = model.get(ref)
      const of = compiler.condition(collection, where)
      const some = [{ $match: of.first }, ...rest(of), ...(atMost === undefined ? [] : [{ $limit: atMost }])]
      const [answer] = await aggregate(collection, [...some, { $count: 'count' }])
      return (answer?.['count'] as number | undefined) ?? 0
    },
    async group(ref, query) {
      const collection = model.get(ref)
      const rows = await aggregate(collection, compiler.group(collection, query))
      if (rows.length === 0 && query.by.length === 0) return [{ key: [], count: 0, values: query.measures.map(({ of }) => noneOf[of]) }]
      return rows.map((row) => ({
        key: query.by.map((_, index) => plain(row['_id'][`k${index}`])),
        count: exact(row['count']),
        values: query.measures.map(({ of }, index) => (ways[of] ?? plain)(row[`m${index}`])),
      }))
    },
    async ids(collection, of) {
      const stages = [{ $match: of.first }, ...rest(of), { $project: { _id: 1 } }]
      return (await aggregate(collection, stages)).map((document) => document['_id'] as string)
    },
  }
}

const ways = { sum: exactSum, bigSum, count: null, min: null, max: null } as const
const noneOf = { sum: 0, bigSum: '0', count: 0, min: null, max: null } as const

type Select = (collection: CollectionModel, of: Condition, limit: number, sort: Document | null) => Promise<Document[]>
type Asked = { readonly collection: CollectionModel; readonly query: FindQuery }

/** Of a ranked query tier by tier, until the page is full: what is not needed is not looked for. */
async function documentsOf(compiler: Compiler, select: Select, { collection, query }: Asked): Promise<Document[]> {
  const { ranked, limit, after } = query
  if (ranked === undefined) {
    const { sort, ...of } = compiler.find(collection, query)
    return await select(collection, of, limit, sort)
  }
  const found: Document[] = []
  for (let at = Number(after?.[0] ?? 0); at < ranked.length && found.length < limit; at++)
    found.push(...(await select(collection, compiler.tier(collection, query, at), limit - found.length, { _id: -1 })))
  return found
}

/** A value of a group, which may be a number that is stored exactly. */
function plain(value: unknown): Scalar | null {
  return value instanceof Long ? exact(value) : ((value ?? null) as Scalar | null)
}

/** What finds a record that one of these fences would keep from being stored; a null takes part in none. */
export function holdersOf(collection: CollectionModel, document: Document): Document {
  const fences = collection.indexes
    .filter(({ isUnique }) => isUnique)
    .map(({ columns }) => columns.map(({ name }) => [name, document[name]] as const))
    .filter((values) => values.every(([, value]) => value !== null && value !== undefined))
  return { $or: [{ _id: document['_id'] }, ...fences.map((values) => Object.fromEntries(values))] }
}
