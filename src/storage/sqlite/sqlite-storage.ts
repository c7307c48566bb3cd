// SQLite behind the storage port. One writer connection, one reader connection, both in this thread.
// Group commit: transactions that wait together run one after another and share one durable commit; a caller is answered only after it. Invariants: synchronous=FULL on the writer,
// asserted; work inside a transaction awaits nothing but the transaction, so a group never stalls: between two of them it lets others have a turn.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { assert } from '../../base/assert.ts'
import { type Clock, sleep } from '../../base/clock.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import type { SchemaPolicy } from '../migrations/at-start.ts'
import { createCompiler, type Statement } from '../sql/compile.ts'
import { createEncoder } from '../sql/row-codec.ts'
import type { AdapterTransaction, Commit, CommitLine, Reader, WholeStorage } from '../storage.ts'
import { type Checkpoints, createCheckpoints } from './checkpoints.ts'
import { appendCommits, commitRange, commitsAfter, forgetCommits, rewriteCommits } from './commit-log.ts'
import { sqliteDialect } from './dialect.ts'
import { translate } from './errors.ts'
import { createFileCheck } from './file-check.ts'
import { loadRows } from './load.ts'
import { createReader, createStatementCache, listMarks, readMark, run, versionOf } from './reader.ts'
import { prepareSchema } from './schema.ts'
import { openSqliteSnapshot } from './snapshot.ts'
import { createTransactionMaker, type Turn } from './transaction.ts'
import { createTurnSnapshot } from './turn-snapshot.ts'
import { createVacuums } from './vacuum.ts'

export type SqliteOptions = {
  /** A file path, or `:memory:` (one connection, gone when closed). */
  readonly path: string
  readonly model: Model
  readonly clock: Clock
  /** What may be changed in the schema without being asked. */
  readonly schema?: SchemaPolicy
  /** An open in-memory database to work on: the simulator looks into it and puts it back between runs. */
  readonly memory?: DatabaseSync
  /** What the process may use, by which the reader's page cache is measured. */
  readonly memoryBytes?: number
  /** Told once, in a sentence, when the file is no longer what this process opened. */
  readonly onLost?: (sentence: string) => void
  /** How long the write-ahead log may become before it is copied into the file. */
  readonly logPages?: number
}

// WAL mode with several connections can corrupt a database before this version
// (https://sqlite.org/wal.html#walresetbug); distributions link their own SQLite, so Node's version says nothing.
const walSafeVersion = [3, 51, 3]

/** Turns of the event loop in which a group gathers: some tenths of a millisecond each. */
const gatherTurnsMax = 4

type Waiting = {
  /** It writes past its transaction, so nobody can tell whether it has. */
  readonly writesItself: boolean
  /** By the monotonic clock. */
  readonly since: number
  readonly work: (transaction: AdapterTransaction) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}
type Outcome = { readonly waiting: Waiting; readonly value?: unknown; readonly error?: unknown }

/**
 * Opens the database, makes missing tables, columns and indexes.
 * @throws Error with one sentence for people when the file cannot be used.
 */
export function openSqlite(options: SqliteOptions): WholeStorage {
  const { clock } = options
  const isMemory = options.path === ':memory:'
  const writer = connect(options)
  const model = prepareSchema(writer, options.model, options.schema)
  const reader = isMemory ? writer : connect({ ...options }, true)
  const checkpoints: Checkpoints | null = isMemory ? null : createCheckpoints(writer, options.path, options.logPages)
  const checkFile = isMemory ? () => {} : createFileCheck(options.path, options.onLost)
  const compiler = createCompiler(model, sqliteDialect)
  const writeCache = createStatementCache(writer)
  const writeRows = createStatementCache(writer, true)
  const readCache = isMemory ? writeCache : createStatementCache(reader)
  const readRows = isMemory ? writeRows : createStatementCache(reader, true)
  const commitListeners: ((line: CommitLine) => void)[] = []
  const feedListeners: ((commit: Commit) => void)[] = []
  let queue: Waiting[] = []
  let isScheduled = false
  let running: Promise<void> = Promise.resolve()
  let isClosed = false
  const vacuums = createVacuums({ path: options.path, bytes: () => sizeOf(writer), clock })

  const snapshot = createTurnSnapshot(reader, readCache, clock)

  const encoders = new Map([...model.collections].map(([name, collection]) => [name, createEncoder(collection)]))
  const transactionReader = createReader({ model, compiler, prepared: writeCache, rows: writeRows })

  function execute(statement: Statement): number {
    return Number(run(() => writeCache(statement.sql).run(...(statement.values as SQLInputValue[]))).changes)
  }

  const transactionOf = createTransactionMaker({ model, compiler, encoders, reader: transactionReader, rows: writeRows, execute })

  /** A migration or a backup may write to the same file: it is waited for, without holding up the reads of this process. */
  async function begin(): Promise<void> {
    checkFile()
    const deadline = clock.monotonic() + limits.sqliteBusyMs
    while (true) {
      try {
        return void run(() => writeCache('begin immediate').run())
      } catch (error) {
        if (!isEngineError(error, 'conflict') || clock.monotonic() > deadline) throw error
        await sleep(clock, 2)
      }
    }
  }

  /**
   * Without savepoints, which cost each work a copy of every page it touches, what one work wrote cannot be undone alone: a group
   * in which one fails after it wrote is begun again, with savepoints. So failing costs others their work once, never oftener.
   */
  async function runGroup(group: readonly Waiting[], hasSavepoints = false): Promise<void> {
    const outcomes: Outcome[] = []
    const lines: CommitLine[] = []
    try {
      await begin()
    } catch (error) {
      for (const waiting of group) waiting.reject(error)
      return
    }
    let from = clock.monotonic()
    for (const waiting of group) {
      if (!isMemory && clock.monotonic() - from >= limits.groupTurnMs) {
        await turnOf(clock)
        from = clock.monotonic()
      }
      const turn: Turn = { lines: [], isOpen: true, hasWritten: false }
      try {
        if (hasSavepoints) writeCache('savepoint one').run()
        const value = await waiting.work(transactionOf(turn))
        turn.isOpen = false
        lines.push(...turn.lines)
        if (hasSavepoints) writeCache('release one').run()
        outcomes.push({ waiting, value })
      } catch (error) {
        turn.isOpen = false
        outcomes.push({ waiting, error: translate(error) })
        if (!writer.isTransaction) break // SQLite rolled the whole group back (disk full, I/O error).
        if (hasSavepoints) {
          writeCache('rollback to one').run()
          writeCache('release one').run()
        } else if (turn.hasWritten || waiting.writesItself) {
          writeCache('rollback').run()
          if (group.length > 1) return await runGroup(group, true)
        }
      }
    }
    settle(group, outcomes, lines)
  }

  function settle(group: readonly Waiting[], outcomes: readonly Outcome[], lines: readonly CommitLine[]): void {
    let failure: unknown
    let commits: readonly Commit[] = []
    try {
      if (writer.isTransaction) {
        commits = appendCommits(writeCache, lines, isMemory ? Number.POSITIVE_INFINITY : undefined)
        run(() => writeCache('commit').run())
        // Nobody is told that something is stored which lies in a file without a name.
        checkFile()
      } else if (outcomes.some((outcome) => outcome.error === undefined)) failure = outcomes.at(-1)?.error
    } catch (error) {
      failure = error
      if (writer.isTransaction) writer.exec('rollback')
    }
    snapshot.close()
    checkpoints?.committed()
    if (failure === undefined) for (const commit of commits) for (const listener of [...feedListeners, ...commitListeners]) listener(commit)
    const byWaiting = new Map(outcomes.map((outcome) => [outcome.waiting, outcome]))
    for (const waiting of group) {
      const outcome = byWaiting.get(waiting)
      if (outcome === undefined) waiting.reject(failure ?? new EngineError('storage_unavailable'))
      else if (outcome.error !== undefined) waiting.reject(outcome.error)
      else if (failure !== undefined) waiting.reject(failure)
      else waiting.resolve(outcome.value)
    }
  }

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    gather(1, 1)
  }

  /**
   * Behind the I/O that is ready now: every request read in this turn joins the group. While turns bring more, it is gathered on:
   * a commit costs the same for all, and writes a page once that several of them touched. Whoever is alone waits for nobody.
   */
  function gather(waited: number, turns: number): void {
    clock.soon(() => {
      if (queue.length > waited && queue.length < limits.groupCommitMax && turns < gatherTurnsMax) gather(queue.length, turns + 1)
      else running = drain()
    })
  }

  async function drain(): Promise<void> {
    const group = queue.slice(0, limits.groupCommitMax)
    queue = queue.slice(limits.groupCommitMax)
    await runGroup(group)
    isScheduled = false
    if (queue.length > 0) schedule()
  }

  function inTurn<T>(work: (transaction: AdapterTransaction) => Promise<T>, writesItself: boolean): Promise<T> {
    if (isClosed) return Promise.reject(new EngineError('storage_unavailable'))
    if (queue.length >= limits.writeQueueMax) return Promise.reject(new EngineError('overloaded'))
    return new Promise<T>((resolve, reject) => {
      queue.push({ work, writesItself, since: clock.monotonic(), resolve: resolve as (value: unknown) => void, reject })
      schedule()
    })
  }

  return {
    capabilities: {
      product: 'SQLite',
      version: versionOf(writer),
      isShared: false,
      hasTransactionalSchema: true,
      hasGroupCommit: true,
      hasNotifications: false,
    },
    reader: isMemory
      ? waitingReader(transactionReader, () => running)
      : createReader({ model, compiler, prepared: readCache, rows: readRows, before: snapshot.open }),

    transaction: (work) => inTurn(work, false),

    commitsAfter: async (position, limit) => commitsAfter(readCache, position, limit),
    async commitRange() {
      checkFile()
      return commitRange(readCache)
    },
    forgetCommits: async (before) => await inTurn(async () => forgetCommits(writeCache, before), true),
    rewriteCommits: async (commits) => await inTurn(async () => rewriteCommits(writeCache, commits), true),
    forgetRemains: vacuums.run,
    now: async () => clock.now(),
    onCommit: (listener) => void commitListeners.push(listener),
    onFeed: (listener) => void feedListeners.push(listener),
    caughtUp: async () => {}, // It is told in the turn of its commit.

    async snapshot() {
      assert(!isMemory, 'a database in memory has one connection: there is no state apart from it')
      return openSqliteSnapshot(options.path, model)
    },

    async load(load) {
      await inTurn(async () => loadRows({ model, compiler, prepared: writeCache, encoders }, load), true)
    },

    waitedMs: () => (queue.length === 0 ? 0 : clock.monotonic() - queue[0]!.since),

    readMark: async (name) => readMark(readCache, name),
    listMarks: async (prefix) => listMarks(readCache, prefix),

    async close() {
      if (isClosed) return
      isClosed = true
      while (isScheduled) await turnOf(clock)
      await Promise.all([running, vacuums.settled()])
      if (!isMemory) {
        snapshot.close()
        reader.close()
        await checkpoints?.close()
        leaveOneFile(writer)
      }
      writer.close()
    },
  }
}

/** Requests, answers and new connections come in between: without it none does before the whole group is done. */
function turnOf(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.soon(resolve))
}

function sizeOf(database: DatabaseSync): number {
  const [pages, pageBytes] = ['page_count', 'page_size'].map((name) => Number(database.prepare(`pragma ${name}`).get()![name]))
  return pages! * pageBytes!
}

/** Whoever copies the database's file then has everything. Where the disk is full the log keeps it, and the next start reads it. */
function leaveOneFile(writer: DatabaseSync): void {
  try {
    run(() => writer.exec('pragma wal_checkpoint(truncate)'))
  } catch (error) {
    if (!isEngineError(error, 'storage_full') && !isEngineError(error, 'storage_unavailable')) throw error
  }
}

/** In memory there is one connection: a read waits for the group under way, or it would see its unfinished work. */
function waitingReader(inner: Reader, running: () => Promise<void>): Reader {
  const settled = async <T>(read: () => Promise<T>): Promise<T> => {
    await running()
    return await read()
  }
  return {
    get: (ref, id, where) => settled(() => inner.get(ref, id, where)),
    getMany: (ref, ids) => settled(() => inner.getMany(ref, ids)),
    find: (ref, query) => settled(() => inner.find(ref, query)),
    count: (ref, where, atMost) => settled(() => inner.count(ref, where, atMost)),
    group: (ref, query) => settled(() => inner.group(ref, query)),
  }
}

function connect(options: SqliteOptions, isReader = false): DatabaseSync {
  const database = options.memory ?? new DatabaseSync(options.path, { enableForeignKeyConstraints: false })
  const version = versionOf(database)
  if (options.path !== ':memory:' && isOlder(version, walSafeVersion))
    throw new Error(`SQLite ${version} can corrupt a database in WAL mode; 3.51.3 or newer is needed. Run Kingpost on Node 24.15 or newer.`)
  const cacheBytes = isReader ? readerCacheBytes(options.memoryBytes) : limits.sqliteCacheBytesMin
  database.exec(`pragma busy_timeout=0; pragma cache_size=-${Math.floor(cacheBytes / 1024)}; pragma temp_store=memory`)
  if (options.path === ':memory:') return database
  // A commit writes each page it touches whole, most of them for one entry of an index. A file that there is keeps its own size.
  database.exec('pragma page_size=2048')
  // Another process (verify, a backup) may hold the file for a moment while it opens.
  database.exec('pragma busy_timeout=2000; pragma journal_mode=wal; pragma synchronous=full; pragma busy_timeout=0')
  const mode = database.prepare('pragma journal_mode').get()!['journal_mode']
  const synchronous = database.prepare('pragma synchronous').get()!['synchronous']
  assert(mode === 'wal', `journal_mode is ${String(mode)}, not wal`)
  assert(synchronous === 2, `synchronous is ${String(synchronous)}, not full: commits would not survive a power loss`)
  if (isReader) database.exec('pragma query_only=on')
  return database
}

function readerCacheBytes(memoryBytes = 0): number {
  return Math.min(limits.sqliteCacheBytesMax, Math.max(limits.sqliteCacheBytesMin, Math.floor(memoryBytes / 16)))
}

function isOlder(version: string, least: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, wanted] of least.entries()) {
    const have = parts[index] ?? 0
    if (have !== wanted) return have < wanted
  }
  return false
}
