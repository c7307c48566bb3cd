// What one transaction sends, one round trip after another: MongoDB takes a session's operations one at a time.
// Writes are kept and travel with the next step that waits for an answer, in one `bulkWrite`, which answers for each.
// Invariant: once anything failed, the server has given the transaction up, so every later step fails the same way.
import type {
  AnyClientBulkWriteModel,
  ClientBulkWriteResult,
  ClientSession,
  Db,
  Document,
  MongoClient,
  MongoClientBulkWriteError,
} from 'mongodb'
import { assert } from '../../base/assert.ts'
import { isEngineError, LostRace } from '../../base/engine-error.ts'
import type { Fence } from '../storage.ts'
import { failedWrite } from './errors.ts'

export type Write = {
  readonly collection: string
  readonly operation:
    | { readonly name: 'insertOne'; readonly document: Document }
    | { readonly name: 'updateOne' | 'updateMany'; readonly filter: Document; readonly update: Document | Document[] }
    | { readonly name: 'deleteOne' | 'deleteMany'; readonly filter: Document }
  /** Another count of documents is a conflict. */
  readonly count?: number
  /** What a duplicate key means, when it is not `already_exists`. */
  readonly fence?: Fence
}

export type SenderParts = {
  readonly client: MongoClient
  readonly db: Db
  readonly session: ClientSession
  readonly translate: (error: unknown) => unknown
  /** Called once for every round trip to the server. */
  readonly count: () => void
  readonly timeMs: number
}

export type Sender = {
  /** Sent with the next step, or at the end. @throws what failed before */
  later(writes: readonly Write[]): void
  /** Sends what waits and these, and answers how many documents each of these met. */
  writes(writes: readonly Write[]): Promise<number[]>
  /** Sends what waits and these, then asks. A question may leave writes to the step after it. */
  ask<T>(question: (next: (writes: readonly Write[]) => void) => Promise<T>, writes?: readonly Write[]): Promise<T>
  /** Within a question: one write now, which answers how many documents it met. */
  writeNow(write: Write): Promise<number>
  /** Sends what still waits. */
  finish(): Promise<void>
  /** Nothing is sent any more; resolves when nothing is under way. */
  end(): Promise<void>
}

export function createSender(parts: SenderParts): Sender {
  let waiting: Write[] = []
  /** Of each step that was asked for and is not over, the writes it sends first. */
  const batches: Write[][] = []
  let last: Promise<unknown> = Promise.resolve()
  let failure: unknown
  let isOpened = false
  /** Its work has ended: what is asked for late is refused. */
  let isOver = false

  function step<T>(writes: readonly Write[], after: (counts: number[]) => Promise<T>): Promise<T> {
    if (isOver) return Promise.reject(late())
    const batch = [...waiting, ...writes]
    waiting = []
    batches.push(batch)
    const result = last.then(async () => {
      try {
        if (failure !== undefined) throw failure
        const counts = batch.length > 0 ? await send(batch) : []
        return await after(counts.slice(batch.length - writes.length))
      } catch (error) {
        failure = parts.translate(error)
        throw failure
      } finally {
        batches.shift()
      }
    })
    last = result.catch(() => {})
    return result
  }

  async function send(batch: readonly Write[]): Promise<number[]> {
    const counts: number[] = []
    // A server may refuse a `bulkWrite` that opens a transaction; the older commands may open one everywhere.
    const opener = isOpened ? 0 : openerLength(batch)
    isOpened = true
    if (opener > 0) counts.push(...fitting(batch, await sendOpening(parts, batch.slice(0, opener))))
    if (batch.length > opener) counts.push(...(await sendBulk(parts, batch.slice(opener))))
    return counts
  }

  return {
    later(writes) {
      if (isOver) throw late()
      if (failure !== undefined) throw failure
      waiting.push(...writes)
    },
    writes: (writes) => step(writes, async (counts) => counts),
    ask: (question, writes = []) =>
      step(writes, async () => {
        isOpened = true
        return await question((more) => void (batches[1] ?? waiting).unshift(...more))
      }),
    writeNow: async (write) => (await sendOpening(parts, [write]))[0]!,
    finish() {
      const done = step([], async () => {})
      isOver = true
      return done
    },
    async end() {
      isOver = true
      failure ??= new LostRace()
      await last
    },
  }
}

function late(): Error {
  return new Error('A transaction is used only while its work runs.')
}

/** How many writes from the start one older command carries: inserts of one collection and one fence. */
function openerLength(batch: readonly Write[]): number {
  const [first] = batch
  if (first === undefined || first.operation.name !== 'insertOne') return Math.min(1, batch.length)
  const end = batch.findIndex(({ collection, operation, fence }) => {
    return operation.name !== 'insertOne' || collection !== first.collection || fence !== first.fence
  })
  return end < 0 ? batch.length : end
}

/** By the older commands: all of these in one. */
async function sendOpening(parts: SenderParts, writes: readonly Write[]): Promise<number[]> {
  parts.count()
  const [{ collection: name, operation, fence }] = writes as [Write]
  const collection = parts.db.collection(name)
  const options = { session: parts.session, maxTimeMS: parts.timeMs }
  try {
    switch (operation.name) {
      case 'insertOne':
        await collection.insertMany(
          writes.map((write) => (write.operation as { document: Document }).document),
          options,
        )
        return writes.map(() => 1)
      case 'updateOne':
      case 'updateMany':
        return [(await collection[operation.name](operation.filter, operation.update, options)).matchedCount]
      case 'deleteOne':
      case 'deleteMany':
        return [(await collection[operation.name](operation.filter, options)).deletedCount]
    }
  } catch (error) {
    throw asFence(parts, error, fence)
  }
}

async function sendBulk(parts: SenderParts, writes: readonly Write[]): Promise<readonly number[]> {
  parts.count()
  const models = writes.map(
    ({ collection, operation }) =>
      ({ namespace: `${parts.db.databaseName}.${collection}`, ...operation }) as AnyClientBulkWriteModel<Document>,
  )
  try {
    const result = await parts.client.bulkWrite(models, { session: parts.session, ordered: true, verboseResults: true })
    return fitting(writes, countsOf(writes, result))
  } catch (error) {
    const failed = failedWrite(error)
    // A guard that did not fit before it is what happened first.
    if (failed !== null) fitting(writes, countsOf(writes.slice(0, failed), (error as MongoClientBulkWriteError).partialResult ?? {}))
    throw asFence(parts, error, writes[failed ?? -1]?.fence)
  }
}

/** The counts as they are. @throws conflict when one is not what its write asks for */
function fitting(writes: readonly Write[], counts: readonly number[]): readonly number[] {
  const isMet = counts.every((count, index) => writes[index]!.count === undefined || writes[index]!.count === count)
  if (!isMet) throw new LostRace()
  return counts
}

function countsOf(writes: readonly Write[], result: Partial<ClientBulkWriteResult>): number[] {
  return writes.map(({ operation }, index) => {
    if (operation.name === 'insertOne') return 1
    const count = result.updateResults?.get(index)?.matchedCount ?? result.deleteResults?.get(index)?.deletedCount
    assert(count !== undefined, 'the server did not answer for every write')
    return count
  })
}

function asFence(parts: SenderParts, error: unknown, fence: Fence | undefined): unknown {
  const known = parts.translate(error)
  return fence === 'conflict' && isEngineError(known, 'already_exists') ? new LostRace(error) : known
}
