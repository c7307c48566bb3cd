// MongoDB behind the storage port. A transaction is a session's transaction with a snapshot and a majority's commit
// (attempts.ts); whatever needs no answer waits and is sent in one journey with what does (send.ts). Reads outside see
// what a majority has. Invariant: whoever reads after an answer sees what was answered, on any process.
import { type Document, ReadConcern } from 'mongodb'
import type { Clock } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import type { Model } from '../../schema/model.ts'
import { LogTail } from '../log-tail.ts'
import type { CommitLine, WholeStorage } from '../storage.ts'
import { createAttempts, promises, type Work } from './attempts.ts'
import { commitRange, commitsAfter, forgetCommits, hasOpenLines, runSequencer } from './commit-log.ts'
import { createCompiler } from './compile.ts'
import { type Connection, connect } from './connect.ts'
import { translate as translateWith } from './errors.ts'
import { createReader } from './reader.ts'
import { prepareSchema } from './schema.ts'
import { listMarks, load, openSnapshot, readMark, type WholeParts } from './whole.ts'

export type MongodbOptions = {
  /** `mongodb://…/NAME` */
  readonly url: string
  readonly model: Model
  readonly clock: Clock
  readonly random: Random
  /** Told what weakens the promises, and what fails in the background. */
  readonly warn?: (text: string) => void
  /** Called for every journey to the server. */
  readonly onJourney?: () => void
}

/**
 * Opens the database, makes missing collections, fields and indexes.
 * @throws Error with one sentence for people when it cannot be used.
 */
export async function openMongodb(options: MongodbOptions): Promise<WholeStorage> {
  const connection = await connect(options.url)
  const db = connection.client.db(connection.databaseName)
  try {
    await prepareSchema(db, options.model)
    for (const text of connection.warnings) options.warn?.(text)
    return await createStorage(options, connection)
  } catch (error) {
    await connection.client.close()
    throw error
  }
}

async function createStorage(options: MongodbOptions, connection: Connection): Promise<WholeStorage> {
  const { model, clock, random, warn = () => {}, onJourney = () => {} } = options
  const { client, databaseName, product, version } = connection
  const db = client.db(databaseName)
  const committed = client.db(databaseName, { readConcern: new ReadConcern('majority') })
  const compiler = createCompiler(model)
  const translate = (error: unknown) => translateWith(error, model)
  const attempt = createAttempts({ client, db, model, compiler, clock, random, translate, onJourney })
  const commitListeners: ((line: CommitLine) => void)[] = []
  const active = new Set<Promise<unknown>>()
  let isClosed = false
  const ask = createAsk({ translate, onJourney, isClosed: () => isClosed })

  const whole: WholeParts = { client, db, model, compiler, source: { product, version }, promises, timeMs: limits.statementMs, translate }

  async function run<T>(work: Work<T>): Promise<T> {
    const { value, lines } = await attempt(work)
    for (const line of lines) for (const listener of commitListeners) listener(line)
    if (lines.length > 0) tail.committed()
    return value
  }

  const tail = new LogTail(
    {
      hasWaiting: () => hasOpenLines(committed, limits.statementMs),
      sequence: (limit) => runSequencer({ client, db, clock, random, promises, translate }, limit),
      commitsAfter: (position, limit) => commitsAfter(committed, position, limit),
      failed: (error) => warn(`The commit log: ${(translate(error) as Error).message}`),
    },
    clock,
    (await commitRange(committed)).newest,
  )

  return {
    capabilities: { product, version, isShared: true, hasTransactionalSchema: false, hasGroupCommit: false, hasNotifications: false },
    reader: createReader({ db: committed, model, compiler, timeMs: limits.statementMs, ask }),

    transaction<T>(work: Work<T>): Promise<T> {
      if (isClosed) return Promise.reject(new EngineError('storage_unavailable'))
      if (active.size >= limits.connectionQueueMax) return Promise.reject(new EngineError('overloaded'))
      const running = run(work)
      const entry: Promise<unknown> = running.catch(() => {}).then(() => active.delete(entry))
      active.add(entry)
      return running
    },

    commitsAfter: (position, limit) => ask(() => commitsAfter(committed, position, limit)),
    commitRange: () => ask(() => commitRange(committed)),
    forgetCommits: (before) => ask(() => forgetCommits(db, before)),
    now: () => ask(async () => ((await db.command({ hello: 1 })) as Document)['localTime'].getTime()),
    readMark: (name) => ask(() => readMark(committed, name)),
    listMarks: (prefix) => ask(() => listMarks(committed, prefix)),
    snapshot: () => ask(() => openSnapshot(whole)),
    load: (rows) => ask(() => load(whole, rows)),
    onCommit: (listener) => void commitListeners.push(listener),
    onFeed: (listener) => tail.onFeed(listener),

    async close() {
      if (isClosed) return
      isClosed = true
      await Promise.all(active)
      await tail.settled()
      await tail.close()
      await client.close()
    },
  }
}

/** Carries out steps outside a transaction. */
function createAsk(parts: { translate(error: unknown): unknown; onJourney(): void; isClosed(): boolean }) {
  return async <T>(question: () => Promise<T>): Promise<T> => {
    if (parts.isClosed()) throw new EngineError('storage_unavailable')
    parts.onJourney()
    try {
      return await question()
    } catch (error) {
      throw parts.translate(error)
    }
  }
}
