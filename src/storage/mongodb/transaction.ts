// The port's transaction on one session of MongoDB: a snapshot, so what it reads stays as it was, and a document that
// somebody changed since cannot be written: the transaction runs again. A lock is a write of its own field.
// An error of the server ends its transaction, so `insertOnce` looks before it inserts: what it could not see
// (stored meanwhile) makes the transaction run again, and is seen then.
import type { Db, Document, WithId } from 'mongodb'
import { LostRace } from '../../base/engine-error.ts'
import type { Filter } from '../../contract/filter.ts'
import { type AnyRecord, type CollectionRef, recordOf } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { addOneByOne, applied } from '../change.ts'
import { findAll } from '../find-all.ts'
import type { AdapterTransaction, Change, CommitLine, Reader } from '../storage.ts'
import { all, type Compiler, type Condition } from './compile.ts'
import { applyChange, decodeRecord, encodeChange, encodeRecord, lockField } from './document-codec.ts'
import { holdersOf, type MongoReader } from './reader.ts'
import type { Sender, Write } from './send.ts'
import type { Turn } from './turns.ts'

export type TransactionParts = {
  readonly db: Db
  readonly model: Model
  readonly compiler: Compiler
  readonly reader: Reader
  /** Reads at once, for use within a step of the sender. */
  readonly direct: MongoReader
  readonly sender: Sender
  /** Carries out one round trip within a step of the sender. */
  readonly counted: <A>(question: () => Promise<A>) => Promise<A>
  readonly turn: Turn
  /** Session, time limit: what every command of the transaction carries. */
  readonly options: Document
  readonly append: (line: CommitLine) => Write
}

/** Ids in one write: a command has 16 MiB. */
const idsMax = 50_000

export function createMongoTransaction(parts: TransactionParts): AdapterTransaction {
  const { db, model, compiler, reader, sender, options } = parts
  const { countOf, orFail, updateOrFail, guarded, take, change } = createGuardedWrites(parts)
  return {
    ...reader,
    async insert(ref, records, fence) {
      const collection = model.get(ref)
      const writes = records.map((record): Write => {
        const operation = { name: 'insertOne' as const, document: encodeRecord(collection, record) }
        return { collection: collection.table, operation, ...(fence && { fence }) }
      })
      sender.later(writes)
    },

    async insertOnce(ref, record) {
      const collection = model.get(ref)
      const document = encodeRecord(collection, record)
      return await sender.ask(async (next) => {
        const filter = holdersOf(collection, document)
        const wanted = { ...options, projection: { _id: 1 } }
        const holder = await parts.counted(() => db.collection(collection.table).findOne(filter, wanted))
        if (holder !== null) return false
        next([{ collection: collection.table, operation: { name: 'insertOne', document }, fence: 'conflict' }])
        return true
      })
    },

    updateOrFail,
    removeOrFail: async (ref, where) => await orFail(guarded(ref, where, null)),
    updateAll: (ref, where, wanted) => updateAll(parts, ref, { where, change: wanted }),
    addOrFail: addOneByOne(updateOrFail),
    update: async (ref, where, change) => await countOf(guarded(ref, where, encodeChange(model.get(ref), change))),
    remove: async (ref, where) => await countOf(guarded(ref, where, null)),

    async adjust(ref, id, guard, wanted, wantsBefore) {
      const collection = model.get(ref)
      take(collection, id)
      const of = compiler.condition(collection, guard)
      const filter = all([{ _id: id }, of.first])
      const before = await sender.ask(async () => {
        if (of.last !== null && (await parts.direct.ids(collection, { ...of, first: filter })).length === 0) return null
        return await change(collection, filter, encodeChange(collection, wanted))
      })
      if (before === null) return null
      const after = decodeRecord(collection, applyChange(collection, before, wanted))
      return { before: wantsBefore ? decodeRecord(collection, before) : null, after }
    },

    async lock(ref, ids) {
      const collection = model.get(ref)
      const sorted = [...new Set(ids)].sort()
      for (const id of sorted) take(collection, id)
      const update = { $inc: { [lockField]: 1 } }
      if (sorted.length === 1) {
        const found = await sender.ask(() => change(collection, { _id: sorted[0]! }, update))
        return found === null ? [] : [recordOf(ref, decodeRecord(collection, found))]
      }
      const locks = sorted.map(
        (id): Write => ({ collection: collection.table, operation: { name: 'updateOne', filter: { _id: id }, update } }),
      )
      return await sender.ask(() => parts.direct.getMany(ref, sorted), locks)
    },

    async appendCommit(line) {
      sender.later([parts.append(line)])
    },
  }
}

/** A snapshot: what somebody else changes after the look makes the write of it fail. */
async function updateAll<T>(
  { model, direct, sender }: TransactionParts,
  ref: CollectionRef<T>,
  { where, change }: { readonly where: Filter; readonly change: Change },
): Promise<T[]> {
  const collection = model.get(ref)
  const before = await sender.ask(() => findAll<AnyRecord>(direct, { name: ref.name }, where))
  for (let start = 0; start < before.length; start += idsMax) {
    const ids = before.slice(start, start + idsMax).map(({ id }) => id)
    const operation = { name: 'updateMany' as const, filter: { _id: { $in: ids } }, update: encodeChange(collection, change) }
    sender.later([{ collection: collection.table, operation, count: ids.length }])
  }
  return before.map((record) => recordOf(ref, applied(record, change)))
}

type Operation = Exclude<Write['operation'], { name: 'insertOne' }>
type Guarded = { readonly collection: CollectionModel; readonly condition: Condition; readonly operation: (filter: Document) => Operation }

/** Writes of what a filter fits, whether or not it follows references. */
function createGuardedWrites({ db, model, compiler, sender, counted, turn, options, direct }: TransactionParts) {
  function guarded(ref: CollectionRef<unknown>, where: Filter, update: Document | Document[] | null): Guarded {
    const collection = model.get(ref)
    const id = idOf(where)
    if (id !== null) take(collection, id)
    const condition = compiler.condition(collection, where)
    const many = condition.last !== null || id === null
    const operation = (filter: Document): Operation =>
      update === null ? { name: many ? 'deleteMany' : 'deleteOne', filter } : { name: many ? 'updateMany' : 'updateOne', filter, update }
    return { collection, condition, operation }
  }

  /** Writes know no look-ups: where references must be followed, the ids come first. One step, so nothing comes between. */
  async function writeFound({ collection, condition, operation }: Guarded): Promise<number> {
    const ids = await direct.ids(collection, condition)
    let count = 0
    for (let start = 0; start < ids.length; start += idsMax) {
      const filter = all([{ _id: { $in: ids.slice(start, start + idsMax) } }, condition.first])
      count += await sender.writeNow({ collection: collection.table, operation: operation(filter) })
    }
    return count
  }

  async function countOf(write: Guarded): Promise<number> {
    const { collection, condition, operation } = write
    if (condition.last !== null) return await sender.ask(() => writeFound(write))
    const [count] = await sender.writes([{ collection: collection.table, operation: operation(condition.first) }])
    return count!
  }

  async function orFail(write: Guarded): Promise<void> {
    const { collection, condition, operation } = write
    if (condition.last === null) return sender.later([{ collection: collection.table, operation: operation(condition.first), count: 1 }])
    await sender.ask(async () => {
      if ((await writeFound(write)) !== 1) throw new LostRace()
    })
  }

  function take(collection: CollectionModel, id: string): void {
    if (!turn.take(`${collection.table} ${id}`)) throw new TakenError()
  }

  /** One guarded write of one document, which answers what it was. */
  async function change(collection: CollectionModel, filter: Document, update: Document | Document[]): Promise<WithId<Document> | null> {
    const wanted = { ...options, returnDocument: 'before' as const }
    return await counted(() => db.collection(collection.table).findOneAndUpdate(filter, update, wanted))
  }

  const updateOrFail: AdapterTransaction['updateOrFail'] = async (ref, where, wanted) =>
    await orFail(guarded(ref, where, encodeChange(model.get(ref), wanted)))

  return { countOf, orFail, updateOrFail, guarded, take, change }
}

/** Another transaction of this process is writing the document: run again, behind it. */
export class TakenError extends Error {
  override readonly name = 'TakenError'
}

/** The id that a filter asks for, if it asks for one. */
function idOf(where: Filter): string | null {
  const parts = where.op === 'and' ? where.of : [where]
  const found = parts.find((part) => part.op === 'eq' && part.path === 'id')
  return found?.op === 'eq' ? (found.value as string) : null
}
