// MongoDB behind the storage port. A transaction is a session's transaction with a snapshot and a majority's commit
// (attempts.ts); whatever needs no answer waits and is sent in one round trip with what does (send.ts). Reads outside see
// what a majority has. Invariant: whoever reads after an answer sees what was answered, on any process.
import { type Db, type Document, ReadConcern } from 'mongodb'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { LogTail } from '../log-tail.ts'
import type { SchemaDialect } from '../migrations/dialect.ts'
import type { ServerOptions } from '../server-options.ts'
import type { CommitLine, Load, Snapshot, WholeStorage } from '../storage.ts'
import { createAttempts, promises, type Work } from './attempts.ts'
import { commitRange, commitsAfter, forgetCommits, hasOpenLines, rewriteCommits, runSequencer } from './commit-log.ts'
import { createCompiler } from './compile.ts'
import { type Connection, connect, explainConnectError } from './connect.ts'
import { translate as translateWith } from './errors.ts'
import { HeadWatch } from './head-watch.ts'
import { createReader } from './reader.ts'
import { checkVersion, prepareSchema, storedModelOf } from './schema.ts'
import { createMongodbSchema, listMarks } from './schema-dialect.ts'
import { lastLoaded, loadWhole, openSnapshot, readMark } from './whole.ts'

export type MongodbOptions = ServerOptions & {
  /** Called for every round trip to the server. */
  readonly onRoundTrip?: () => void
}

/**
 * Opens the database, makes missing collections, fields and indexes.
 * @throws Error with one sentence for people when it cannot be used.
 */
export async function openMongodb(options: MongodbOptions): Promise<WholeStorage> {
  const connection = await connect(options.url, { allowWeakDurability: options.allowWeakDurability ?? false })
  try {
    const { client, databaseName } = connection
    const { model: declared, clock, schema: policy = 'additive' } = options
    const model = await prepareSchema(client.db(databaseName), { client, model: declared, policy, clock })
    return await createStorage({ ...options, model }, connection)
  } catch (error) {
    await connection.client.close()
    throw explainConnectError(error, options.url)
  }
}

/** The database as it is now, without changing anything in it. @throws Error with one sentence for people */
export async function openMongodbSnapshot(options: MongodbOptions): Promise<Snapshot> {
  const connection = await connect(options.url, { allowWeakDurability: true })
  try {
    const { client, databaseName } = connection
    const model = await storedModelOf(client.db(databaseName), { client, model: options.model, clock: options.clock })
    const snapshot = await openSnapshot(partsOf({ ...options, model }, connection), connection)
    const close = async () => {
      await snapshot.close()
      await connection.client.close()
    }
    return { ...snapshot, close }
  } catch (error) {
    await connection.client.close()
    throw explainConnectError(error, options.url)
  }
}

/** For migrations. @throws Error with one sentence for people */
export async function openMongodbSchema({ url, clock }: Pick<MongodbOptions, 'url' | 'clock'>): Promise<SchemaDialect> {
  const { client, databaseName, product, version } = await connect(url, { allowWeakDurability: true, isPatient: true })
  try {
    const db = client.db(databaseName)
    await checkVersion(db)
    return createMongodbSchema({ client, db, product: `${product} ${version}`, clock, close: () => client.close() })
  } catch (error) {
    await client.close()
    throw explainConnectError(error, url)
  }
}

function partsOf({ model, clock, random, onRoundTrip = () => {} }: MongodbOptions, { client, databaseName }: Connection) {
  const translate = (error: unknown) => translateWith(error, model)
  return { client, db: client.db(databaseName), model, compiler: createCompiler(model), clock, random, translate, onRoundTrip }
}

async function createStorage(options: MongodbOptions, connection: Connection): Promise<WholeStorage> {
  const { client, databaseName, product, version } = connection
  const parts = partsOf(options, connection)
  const { db, model, compiler, clock, translate, onRoundTrip } = parts
  const committed = client.db(databaseName, { readConcern: new ReadConcern('majority') })
  const attempt = createAttempts(parts)
  const commitListeners: ((line: CommitLine) => void)[] = []
  const active = new Set<Promise<unknown>>()
  let isClosed = false
  const ask = createAsk({ translate, onRoundTrip, isClosed: () => isClosed })

  async function run<T>(work: Work<T>): Promise<T> {
    const { value, lines } = await attempt(work)
    for (const line of lines) for (const listener of commitListeners) listener(line)
    if (lines.length > 0) tail.committed()
    return value
  }

  const tail = new LogTail(
    {
      hasWaiting: () => hasOpenLines(committed, limits.statementMs),
      sequence: async (limit) => ({ given: await runSequencer({ ...parts, promises }, limit) }),
      commitsAfter: (position, limit) => commitsAfter(committed, { position, limit }),
      listen: (wake) => new HeadWatch(db, clock, wake),
      failed: (error) => options.failed?.(translate(error)),
    },
    clock,
    (await commitRange(committed)).newest,
  )

  return {
    capabilities: { product, version, isShared: true, hasTransactionalSchema: false, hasGroupCommit: false, hasNotifications: true },
    reader: createReader({ db: committed, model, compiler, timeMs: limits.statementMs, ask }),

    transaction<T>(work: Work<T>): Promise<T> {
      if (isClosed) return Promise.reject(new EngineError('storage_unavailable'))
      if (active.size >= limits.connectionQueueMax) return Promise.reject(new EngineError('overloaded'))
      const running = run(work)
      const entry: Promise<unknown> = running.catch(() => {}).then(() => active.delete(entry))
      active.add(entry)
      return running
    },

    commitsAfter: (position, limit) => ask(() => commitsAfter(committed, { position, limit })),
    commitRange: () => ask(() => commitRange(committed)),
    forgetCommits: (before) => ask(() => forgetCommits(db, before)),
    rewriteCommits: (commits) => ask(() => rewriteCommits(db, commits)),
    // The server writes over what is gone by itself, in its own time.
    forgetRemains: async () => 0,
    now: () => ask(async () => ((await db.command({ hello: 1 })) as Document)['localTime'].getTime()),
    onCommit: (listener) => void commitListeners.push(listener),
    onFeed: (listener) => tail.onFeed(listener),
    caughtUp: () => ask(() => tail.caughtUp()),
    ...marksOf(committed, ask),
    snapshot: () => ask(() => openSnapshot(parts, connection)),
    async load(load: Load) {
      tail.skipTo(lastLoaded(load))
      await ask(() => loadWhole(parts, load))
    },

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

function marksOf(committed: Db, ask: <T>(question: () => Promise<T>) => Promise<T>): Pick<WholeStorage, 'readMark' | 'listMarks'> {
  return {
    readMark: (name) => ask(() => readMark(committed, name)),
    listMarks: (prefix) => ask(() => listMarks(committed, prefix)),
  }
}

/** Carries out steps outside a transaction. */
function createAsk(parts: { translate(error: unknown): unknown; onRoundTrip(): void; isClosed(): boolean }) {
  return async <T>(question: () => Promise<T>): Promise<T> => {
    if (parts.isClosed()) throw new EngineError('storage_unavailable')
    parts.onRoundTrip()
    try {
      return await question()
    } catch (error) {
      throw parts.translate(error)
    }
  }
}
