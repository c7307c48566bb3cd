// A MongoDB database as a whole: one committed state read while others write, and an empty one filled with what
// another held. The state is a transaction's snapshot, which the server keeps for `transactionLifetimeLimitSeconds`
// (a minute unless set otherwise): reading a large database takes a longer one. Marks are documents of `_meta`.
import type { ClientSession, Db, MongoClient } from 'mongodb'
import { assert } from '../../base/assert.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import type { Model } from '../../schema/model.ts'
import type { Capabilities } from '../capabilities.ts'
import type { Commit, Load, Snapshot } from '../storage.ts'
import { promises } from './attempts.ts'
import { commitRange, commitsAfter, lastPosition, loadLines, newToken, openLines, setLastPosition } from './commit-log.ts'
import type { Compiler } from './compile.ts'
import { encodeRecord, type Stored } from './document-codec.ts'
import { createReader } from './reader.ts'
import { markOf, metaName } from './schema-dialect.ts'

export type WholeParts = {
  readonly client: MongoClient
  readonly db: Db
  readonly model: Model
  readonly compiler: Compiler
  readonly random: Random
  readonly translate: (error: unknown) => unknown
  readonly onRoundTrip: () => void
}

export async function readMark(db: Db, name: string, session?: ClientSession): Promise<string | null> {
  const found = await db.collection<Stored>(metaName).findOne({ _id: markOf(name) }, session ? { session } : {})
  return (found?.['value'] as string | undefined) ?? null
}

/** @throws storage_unavailable */
export async function openSnapshot(parts: WholeParts, source: Pick<Capabilities, 'product' | 'version'>): Promise<Snapshot> {
  const { client, db, model, compiler, onRoundTrip } = parts
  const session = client.startSession()
  let last: Promise<unknown> = Promise.resolve()
  /** A session answers one question at a time. */
  const ask = <T>(question: () => Promise<T>): Promise<T> => {
    const answer = last.then(async () => {
      onRoundTrip()
      try {
        return await question()
      } catch (error) {
        throw ended(parts.translate(error))
      }
    })
    last = answer.catch(() => {})
    return answer
  }
  session.startTransaction(promises)
  // The first question takes the snapshot. What had no position then gets none in it: it is counted on from the last.
  const [given, open] = await ask(async () => [await lastPosition(db, session), await openLines(db, session)] as const)
  const positioned = (position: number): Commit[] =>
    open.map((line, index) => ({ ...line, position: given + index + 1 })).filter((commit) => commit.position > position)
  return {
    source: { product: source.product, version: source.version },
    reader: createReader({ db, model, compiler, session, timeMs: limits.statementMs, ask }),
    async commitsAfter(position, limit) {
      const found = await ask(() => commitsAfter(db, { position, limit }, session))
      return [...found, ...positioned(position)].slice(0, limit)
    },
    async commitRange() {
      const { oldest, newest } = await ask(() => commitRange(db, session))
      if (open.length === 0) return { oldest, newest }
      return { oldest: oldest === 0 ? given + 1 : oldest, newest: given + open.length }
    },
    lastPosition: async () => given + open.length,
    readMark: (name) => ask(() => readMark(db, name, session)),
    async close() {
      await last
      await session.abortTransaction().catch(() => {})
      await session.endSession()
    },
  }
}

/** A transaction that only reads meets no other: the server ended it, or a new primary does not know it. */
function ended(error: unknown): unknown {
  if (!isEngineError(error, 'conflict')) return error
  return new EngineError('storage_unavailable', {
    detail:
      'MongoDB ended the snapshot before all of it was read. Raise transactionLifetimeLimitSeconds above the time it takes, and try again.',
    cause: error,
  })
}

/** One durable transaction. @throws already_exists */
export async function loadWhole(parts: WholeParts, { records, commits, lastPosition: last, marks }: Load): Promise<void> {
  const { client, db, model, random, onRoundTrip } = parts
  const session = client.startSession()
  try {
    session.startTransaction(promises)
    if (records !== undefined && records.records.length > 0) {
      const collection = model.get(records.collection)
      const documents = records.records.map((record) => encodeRecord(collection, record))
      onRoundTrip()
      const { insertedCount } = await db.collection(collection.table).insertMany(documents, { session, ordered: true })
      assert(insertedCount === documents.length, 'all of a load is stored, or nothing')
    }
    if (commits !== undefined && commits.length > 0)
      await loadLines(
        db,
        session,
        commits.map((commit) => ({ ...commit, token: newToken(random) })),
      )
    if (last !== undefined) await setLastPosition(db, session, last)
    const meta = db.collection<Stored>(metaName)
    for (const [name, value] of Object.entries(marks ?? {}))
      if (value === null) await meta.deleteOne({ _id: markOf(name) }, { session })
      else await meta.updateOne({ _id: markOf(name) }, { $set: { value } }, { session, upsert: true })
    await session.commitTransaction()
  } catch (error) {
    await session.abortTransaction().catch(() => {})
    throw parts.translate(error)
  } finally {
    await session.endSession()
  }
}

/** Of the commits of a load: the feed does not speak of what is at or before it. */
export function lastLoaded({ commits, lastPosition: last }: Load): number {
  return Math.max(0, last ?? 0, ...(commits ?? []).map(({ position }) => position))
}
