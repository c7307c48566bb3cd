// The commit log in MongoDB. A line is inserted with its transaction, without a position; the sequencer gives
// positions to committed lines. Their order before that is `time`: an empty timestamp, which the server replaces on
// insertion by the next tick of its cluster's clock. That tick comes after the transaction's snapshot, and before
// its commit takes a later one; so when B saw what A wrote, A's commit was in B's snapshot, and A's tick is the lower.
// The head of the log is written by every run of the sequencer: of two at once MongoDB lets one through.
import {
  type AnyClientBulkWriteModel,
  type ClientSession,
  type Db,
  type Document,
  Long,
  type MongoClient,
  Timestamp,
  type TransactionOptions,
} from 'mongodb'
import { assert } from '../../base/assert.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import { isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { lostCommit } from '../log-tail.ts'
import type { Commit, CommitLine } from '../storage.ts'
import type { Stored } from './document-codec.ts'
import { isDuplicate } from './errors.ts'
import type { Write } from './send.ts'

export const linesName = '_commits'
export const headName = '_log'
const head = 'commits'

export function newToken(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('base64url')
}

/** `_id` is the token: random, and found again when nobody knows whether its transaction committed. */
export function lineWrite(line: CommitLine, token: string): Write {
  return { collection: linesName, operation: { name: 'insertOne', document: documentOf(line, token) } }
}

function documentOf({ at, operation, actor, requestId, changes }: CommitLine, token: string): Stored {
  return {
    _id: token,
    time: new Timestamp({ t: 0, i: 0 }),
    isOpen: true,
    at: Long.fromNumber(at),
    operation,
    actor,
    requestId,
    changes: JSON.stringify(changes),
  }
}

export async function prepareLog(db: Db): Promise<void> {
  const lines = db.collection(linesName)
  await lines.createIndexes([
    { name: 'position', key: { position: 1 }, unique: true, partialFilterExpression: { position: { $gte: Long.ZERO } } },
    { name: 'open', key: { time: 1 }, partialFilterExpression: { isOpen: true } },
  ])
  const first = { position: Long.ZERO }
  await db.collection<Stored>(headName).updateOne({ _id: head }, { $setOnInsert: first }, { upsert: true })
}

/** Whether a line waits for its position. Asked outside a transaction, it spares most runs their write of the head. */
export async function hasOpenLines(db: Db, timeMs: number): Promise<boolean> {
  return (await db.collection(linesName).findOne({ isOpen: true }, { projection: { _id: 1 }, maxTimeMS: timeMs })) !== null
}

type SequencerParts = {
  readonly client: MongoClient
  readonly db: Db
  readonly clock: Clock
  readonly random: Random
  readonly promises: TransactionOptions
  readonly translate: (error: unknown) => unknown
}

/** Gives the next positions to at most `limit` lines; answers how many. */
export async function runSequencer(parts: SequencerParts, limit: number): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sequenceOnce(parts, limit)
    } catch (error) {
      // Another process gives positions out at this moment, perhaps without having seen the line that we were asked for.
      if (!isEngineError(parts.translate(error), 'conflict') || attempt > limits.conflictRetriesMax) throw error
      await sleep(parts.clock, parts.random.fraction() * limits.conflictBackoffMs * 2 ** attempt)
    }
  }
}

async function sequenceOnce({ client, db, promises }: SequencerParts, limit: number): Promise<number> {
  const session = client.startSession()
  try {
    session.startTransaction(promises)
    const count = await sequence({ client, db }, session, limit)
    await session.commitTransaction()
    return count
  } catch (error) {
    await session.abortTransaction().catch(() => {})
    throw error
  } finally {
    await session.endSession()
  }
}

/** Gives the next positions to at most `limit` lines, in a transaction that is already begun. Answers how many. */
async function sequence({ client, db }: Pick<SequencerParts, 'client' | 'db'>, session: ClientSession, limit: number): Promise<number> {
  const locked = await db
    .collection<Stored>(headName)
    .findOneAndUpdate({ _id: head }, { $inc: { runs: 1 } }, { session, returnDocument: 'after' })
  const last = Number(locked!['position'])
  const open = await db
    .collection<Stored>(linesName)
    .find({ isOpen: true }, { session, sort: { time: 1, _id: 1 }, limit, batchSize: limit + 1, projection: { _id: 1 } })
    .toArray()
  if (open.length === 0) return 0
  const namespace = (name: string) => `${db.databaseName}.${name}`
  const positioned: AnyClientBulkWriteModel<Stored>[] = open.map(({ _id }, index) => {
    const update = { $set: { position: Long.fromNumber(last + index + 1) }, $unset: { isOpen: '' } }
    return { namespace: namespace(linesName), name: 'updateOne', filter: { _id }, update }
  })
  const update = { $set: { position: Long.fromNumber(last + open.length) } }
  const moved: AnyClientBulkWriteModel<Stored> = {
    namespace: namespace(headName),
    name: 'updateOne',
    filter: { _id: head },
    update,
  }
  const { matchedCount } = await client.bulkWrite<Record<string, Stored>>([...positioned, moved], { session, ordered: true })
  assert(matchedCount === open.length + 1, `the log gave ${open.length} positions, but ${matchedCount - 1} lines took one`)
  return open.length
}

type Page = { readonly position: number; readonly limit: number }

export async function commitsAfter(db: Db, { position, limit }: Page, session?: ClientSession): Promise<Commit[]> {
  const after = { position: { $gt: Long.fromNumber(position) } }
  const documents = await db
    .collection(linesName)
    .find(after, { sort: { position: 1 }, limit, batchSize: limit + 1, ...(session && { session }) })
    .toArray()
  return documents.map((document) => ({ ...lineOf(document), position: Number(document['position']) }))
}

/** Lines without a position, in the order in which they will get one. */
export async function openLines(db: Db, session: ClientSession): Promise<CommitLine[]> {
  const documents = await db
    .collection(linesName)
    .find({ isOpen: true }, { sort: { time: 1, _id: 1 }, session })
    .toArray()
  return documents.map(lineOf)
}

function lineOf(document: Document): CommitLine {
  const { at, operation, actor, requestId, changes } = document
  return { at: Number(at), operation, actor, requestId, changes: JSON.parse(changes) }
}

export async function commitRange(db: Db, session?: ClientSession): Promise<{ oldest: number; newest: number }> {
  const end = async (direction: 1 | -1) => {
    const one = { sort: { position: direction }, projection: { position: 1 }, ...(session && { session }) }
    const found = await db.collection(linesName).findOne({ position: { $gte: Long.ZERO } }, one)
    return found === null ? 0 : Number(found['position'])
  }
  const oldest = await end(1)
  return { oldest, newest: oldest === 0 ? 0 : await end(-1) }
}

/** The position given last, also when its line was forgotten since. */
export async function lastPosition(db: Db, session: ClientSession): Promise<number> {
  return Number((await db.collection<Stored>(headName).findOne({ _id: head }, { session }))?.['position'] ?? 0)
}

export async function setLastPosition(db: Db, session: ClientSession, position: number): Promise<void> {
  const set = { position: Long.fromNumber(position) }
  await db.collection<Stored>(headName).updateOne({ _id: head }, { $set: set }, { session })
}

/** Stores lines with the positions they have; the next one comes after them. */
export async function loadLines(db: Db, session: ClientSession, commits: readonly (Commit & { readonly token: string })[]): Promise<void> {
  const documents = commits.map(({ position, token, ...line }) => {
    const { isOpen: _, ...document } = documentOf(line, token)
    return { ...document, position: Long.fromNumber(position) }
  })
  await db.collection<Stored>(linesName).insertMany(documents, { session, ordered: true })
  const highest = { position: Long.fromNumber(Math.max(...commits.map(({ position }) => position))) }
  await db.collection<Stored>(headName).updateOne({ _id: head }, { $max: highest }, { session })
}

/** Stores other changes in lines that are there. */
export async function rewriteCommits(db: Db, commits: readonly Pick<Commit, 'position' | 'requestId' | 'changes'>[]): Promise<void> {
  for (const { position, requestId, changes } of commits)
    await db
      .collection(linesName)
      .updateOne(
        { position: Long.fromNumber(position) },
        { $set: { requestId, changes: JSON.stringify(changes) } },
        { writeConcern: { w: 'majority' } },
      )
}

/** Positions ascend with time, so what is kept begins at the first line that is young enough. */
export async function forgetCommits(db: Db, before: number): Promise<number> {
  const lines = db.collection(linesName)
  const young = { position: { $gte: Long.ZERO }, at: { $gte: before } }
  const kept = await lines.findOne(young, { sort: { position: 1 }, projection: { position: 1 } })
  const end = kept === null ? {} : { $lt: Long.fromNumber(Number(kept['position'])) }
  const { deletedCount } = await lines.deleteMany({ position: { $gte: Long.ZERO, ...end } })
  return deletedCount
}

/**
 * Whether the line of this token was committed, when the answer to its commit was lost. Another line of that token is
 * stored: held back, the first one was; stored, it never will be, and what stands there instead says so.
 */
export async function wasCommitted(
  db: Db,
  line: CommitLine,
  { token, timeMs }: { readonly token: string; readonly timeMs: number },
): Promise<boolean> {
  const lines = db.collection<Stored>(linesName)
  const instead = documentOf({ ...line, operation: lostCommit, changes: [] }, token)
  try {
    await lines.insertOne(instead, { timeoutMS: timeMs })
    return false
  } catch (error) {
    if (!isDuplicate(error)) throw error
  }
  // What holds it back can be an earlier look whose own answer was lost.
  const there = await lines.findOne({ _id: token }, { projection: { operation: 1 }, timeoutMS: timeMs })
  return there?.['operation'] !== lostCommit
}
