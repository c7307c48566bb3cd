// Runs transactions on sessions of MongoDB: begins, commits, finds out what became of a commit without an answer, and
// runs again what MongoDB itself, or the crowd before a document, sends back. Invariant: work is answered after a
// majority has its commit in the journal, or the caller is told that nobody knows.
import type { ClientSession, Db, MongoClient, TransactionOptions } from 'mongodb'
import { type Clock, sleep } from '../../base/clock.ts'
import { EngineError, LostRace } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import type { Model } from '../../schema/model.ts'
import type { AdapterTransaction, CommitLine } from '../storage.ts'
import { lineWrite, newToken, wasCommitted } from './commit-log.ts'
import type { Compiler } from './compile.ts'
import { hasLabel, isTransient } from './errors.ts'
import { createReader } from './reader.ts'
import { createSender } from './send.ts'
import { createMongoTransaction } from './transaction.ts'
import { createTurns, type Turn } from './turns.ts'

export const promises: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  maxCommitTimeMS: limits.statementMs,
}

export type AttemptParts = {
  readonly client: MongoClient
  readonly db: Db
  readonly model: Model
  readonly compiler: Compiler
  readonly clock: Clock
  readonly random: Random
  readonly translate: (error: unknown) => unknown
  /** Called for every round trip to the server. */
  readonly onRoundTrip: () => void
}

export type Work<T> = (transaction: AdapterTransaction) => Promise<T>
export type Outcome<T> = { readonly value: T; readonly lines: readonly CommitLine[] }

/** Answers a function that runs work until it is committed, or fails. */
export function createAttempts(parts: AttemptParts): <T>(work: Work<T>) => Promise<Outcome<T>> {
  const turns = createTurns()
  return async (work) => {
    let wanted: ReadonlySet<string> = new Set()
    for (let failures = 0; ; ) {
      const turn = await turns.begin(wanted)
      try {
        return await attempt(parts, work, turn)
      } catch (error) {
        // Another process was faster: it is tried again after a while that differs for each. In the queue here nothing is lost.
        if (!turn.mustRunAgain() && (!isTransient(error) || ++failures > limits.conflictRetriesMax)) throw error
        wanted = new Set([...wanted, ...turn.wanted])
        if (!turn.mustRunAgain()) await sleep(parts.clock, parts.random.fraction() * limits.conflictBackoffMs * 2 ** failures)
      } finally {
        turn.end()
      }
    }
  }
}

async function attempt<T>(parts: AttemptParts, work: Work<T>, turn: Turn): Promise<Outcome<T>> {
  const { client, db, model, compiler, onRoundTrip, translate, random } = parts
  const session = client.startSession()
  const lines: SentLine[] = []
  const timeMs = limits.statementMs
  const sender = createSender({ client, db, session, translate, count: onRoundTrip, timeMs })
  const reading = { db, model, compiler, session, timeMs }
  const append = (line: CommitLine) => {
    const token = newToken(random)
    lines.push({ ...line, token })
    return lineWrite(line, token)
  }
  const counted = <A>(question: () => Promise<A>): Promise<A> => {
    onRoundTrip()
    return question()
  }
  const reader = createReader({ ...reading, ask: (question) => sender.ask(() => counted(question)) })
  const direct = createReader({ ...reading, ask: counted })
  try {
    session.startTransaction(promises)
    const options = { session, maxTimeMS: timeMs }
    const value = await work(createMongoTransaction({ db, model, compiler, reader, direct, counted, sender, turn, options, append }))
    await sender.finish()
    if (turn.mustRunAgain()) throw new LostRace()
    await commit(parts, session, lines[0])
    return { value, lines: lines.map(({ token: _, ...line }) => line) }
  } catch (error) {
    await sender.end()
    // The server forgets an open transaction by itself; telling it frees what it holds now.
    await session.abortTransaction().catch(() => {})
    throw translate(error)
  } finally {
    await session.endSession()
  }
}

type SentLine = CommitLine & { readonly token: string }

/** By the driver's rules: a commit whose outcome is unknown is sent again, and the server knows. */
async function commit(parts: AttemptParts, session: ClientSession, line: SentLine | undefined): Promise<void> {
  const { clock, onRoundTrip } = parts
  const end = clock.monotonic() + limits.outcomeSearchMs
  for (let pauseMs = limits.conflictBackoffMs; ; pauseMs *= 2) {
    try {
      onRoundTrip()
      return await session.commitTransaction()
    } catch (error) {
      if (!hasLabel(error, 'UnknownTransactionCommitResult')) throw error
      if (clock.monotonic() + pauseMs > end) return await findOut(parts, { session, line, lost: error })
      await sleep(clock, pauseMs)
    }
  }
}

type Lost = { readonly session: ClientSession; readonly line: SentLine | undefined; readonly lost: unknown }

/** The cause is wrapped: whoever waited this long is not made to wait again here. */
async function findOut({ client, db }: AttemptParts, { session, line, lost }: Lost): Promise<void> {
  const cause = new Error('The answer to a commit was lost.', { cause: lost })
  if (line === undefined) throw new EngineError('outcome_unknown', { cause })
  const { token, ...rest } = line
  // A transaction that is still open would hold its line, and whoever asks for it, until the server ends it by itself.
  await client
    .db('admin')
    .command({ killSessions: [session.id] }, { timeoutMS: limits.outcomeSearchMs })
    .catch(() => {})
  const isThere = await wasCommitted(db, rest, { token, timeMs: limits.outcomeSearchMs }).catch(() => null)
  if (isThere === null) throw new EngineError('outcome_unknown', { cause })
  if (!isThere) throw new LostRace(cause)
}
