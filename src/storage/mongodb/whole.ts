// MongoDB as a whole: one state read while others write, and an empty database filled. A snapshot session reads at
// one cluster time for as long as the server keeps its history (five minutes unless minSnapshotHistoryWindowInSeconds
// says otherwise); a server that has none is read in a transaction, which ends by itself after a minute.
import {
  type ClientSession,
  type Db,
  type Document,
  type FindOptions,
  Long,
  type MongoClient,
  ReadConcern,
  Timestamp,
  type TransactionOptions,
} from 'mongodb'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import type { Model } from '../../schema/model.ts'
import type { Commit, Load, Snapshot } from '../storage.ts'
import { commitOf, headName, linesName } from './commit-log.ts'
import type { Compiler } from './compile.ts'
import { encodeRecord } from './document-codec.ts'
import { createReader } from './reader.ts'
import { metaName } from './schema.ts'

export type WholeParts = {
  readonly client: MongoClient
  readonly db: Db
  readonly model: Model
  readonly compiler: Compiler
  readonly source: Snapshot['source']
  readonly promises: TransactionOptions
  readonly timeMs: number
  readonly translate: (error: unknown) => unknown
}

/** @throws storage_unavailable */
export async function openSnapshot(parts: WholeParts): Promise<Snapshot> {
  const { db, model, compiler, source, timeMs, translate } = parts
  const session = await beginReading(parts)
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await question()
    } catch (error) {
      throw isTooOld(error) ? tooOld() : translate(error)
    }
  }
  const options = { session, maxTimeMS: timeMs }
  const lines = db.collection(linesName)
  const last = await ask(async () => Number((await db.collection(headName).findOne({}, options))?.['position'] ?? 0))
  const open = await ask(() => lines.find({ isOpen: true }, { ...options, sort: { time: 1, _id: 1 } }).toArray())
  const waiting = open.map((line, index): Commit => ({ ...commitOf(line), position: last + 1 + index }))
  const end = async (direction: 1 | -1) => {
    const one = { ...options, sort: { position: direction }, projection: { position: 1 } }
    const found = await ask(() => lines.findOne({ position: { $gte: Long.ZERO } }, one))
    return found === null ? 0 : Number(found['position'])
  }
  return {
    source,
    reader: createReader({ db, model, compiler, session, timeMs, ask }),
    async commitsAfter(position, limit) {
      const after = { position: { $gt: Long.fromNumber(position) } }
      const sorted = { ...options, sort: { position: 1 }, limit, batchSize: limit + 1 } as const
      const given = (await ask(() => lines.find(after, sorted).toArray())).map(commitOf)
      return given.length === limit ? given : [...given, ...waiting.filter((line) => line.position > position)].slice(0, limit)
    },
    async commitRange() {
      const [oldest, newest] = [await end(1), await end(-1)]
      return waiting.length === 0 ? { oldest, newest } : { oldest: oldest || last + 1, newest: last + waiting.length }
    },
    lastPosition: async () => last + waiting.length,
    readMark: (name) => ask(() => readMark(db, name, options)),
    async close() {
      if (session.inTransaction()) await session.abortTransaction().catch(() => {})
      await session.endSession()
    },
  }
}

async function beginReading({ client, db, translate }: WholeParts): Promise<ClientSession> {
  const session = client.startSession({ snapshot: true })
  try {
    if (await isHeld(db, session)) return session
  } catch (error) {
    // SnapshotUnavailable, InvalidOptions: this server reads the past in transactions alone.
    if (![246, 72].includes(Number((error as { code?: number }).code))) throw translate(error)
  }
  await session.endSession()
  const other = client.startSession()
  other.startTransaction({ readConcern: new ReadConcern('snapshot') })
  return other
}

/** Tried, not believed: SecantusDB 0.5.3 names the time of its snapshot, and then reads what is there now. */
async function isHeld(db: Db, session: ClientSession): Promise<boolean> {
  const meta = db.collection<Document>(metaName)
  const probe = { _id: 'snapshotProbe' as never }
  const next = () => meta.findOneAndUpdate(probe, { $inc: { value: 1 } }, { upsert: true, returnDocument: 'after' })
  await next()
  const seen = (await meta.findOne(probe, { session }))?.['value']
  await next()
  return (await meta.findOne(probe, { session }))?.['value'] === seen
}

/** SnapshotTooOld, SnapshotUnavailable, NoSuchTransaction, TransactionTooOld */
function isTooOld(error: unknown): boolean {
  return [239, 246, 251, 225].includes(Number((error as { code?: number }).code))
}

function tooOld(): Error {
  return new Error(
    'MongoDB no longer keeps the state that was being read. Raise its window (setParameter minSnapshotHistoryWindowInSeconds), or stop all servers, and try again.',
  )
}

export async function readMark(db: Db, name: string, options: FindOptions = {}): Promise<string | null> {
  const mark = await db.collection<Document>(metaName).findOne({ _id: name as never }, options)
  return mark === null ? null : String(mark['value'])
}

export async function listMarks(db: Db, prefix: string): Promise<Readonly<Record<string, string>>> {
  const named = { _id: { $gte: prefix, $lt: `${prefix}\uffff` } as never }
  const found = await db.collection<Document>(metaName).find(named).toArray()
  return Object.fromEntries(found.map((mark) => [String(mark['_id']), String(mark['value'])]))
}

/** One transaction. Rows are sent in several commands: each may hold 48 MB, and a document 16. */
export async function load({ client, db, model, promises, translate }: WholeParts, load: Load): Promise<void> {
  const session = client.startSession()
  try {
    session.startTransaction(promises)
    await store({ db, model }, session, load)
    await session.commitTransaction()
  } catch (error) {
    if (session.inTransaction()) await session.abortTransaction().catch(() => {})
    const known = translate(error)
    throw isEngineError(known, 'conflict') ? new EngineError('storage_unavailable', { cause: error }) : known
  } finally {
    await session.endSession()
  }
}

async function store(
  { db, model }: Pick<WholeParts, 'db' | 'model'>,
  session: ClientSession,
  { records, commits, lastPosition, marks }: Load,
): Promise<void> {
  if (records && records.records.length > 0) {
    const collection = model.get(records.collection)
    const documents = records.records.map((record) => encodeRecord(collection, record))
    await db.collection(collection.name).insertMany(documents, { session })
  }
  if (commits && commits.length > 0) await db.collection<Document>(linesName).insertMany(commits.map(lineOf), { session })
  if (lastPosition !== undefined)
    await db.collection(headName).updateOne({}, { $set: { position: Long.fromNumber(lastPosition) } }, { session })
  for (const [name, value] of Object.entries(marks ?? {})) {
    const mark = { _id: name as never }
    if (value === null) await db.collection(metaName).deleteOne(mark, { session })
    else await db.collection(metaName).updateOne(mark, { $set: { value } }, { session, upsert: true })
  }
}

function lineOf({ position, at, operation, actor, requestId, changes }: Commit): Document {
  return {
    _id: `loaded ${position}`,
    time: new Timestamp({ t: 0, i: 0 }),
    position: Long.fromNumber(position),
    at: Long.fromNumber(at),
    operation,
    actor,
    requestId,
    changes: JSON.stringify(changes),
  }
}
