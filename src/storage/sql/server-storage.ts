// The storage port on a SQL database that is reached over a network, whichever it is: what differs lies in the driver
// and the steps given. Invariants: a transaction resolves only after the database said that its COMMIT is durable; a
// COMMIT whose answer was lost is looked up by the token of its line and never sent again blindly.
import { type Clock, sleep } from '../../base/clock.ts'
import { EngineError, isEngineError, LostRace } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Random } from '../../base/random.ts'
import { addOneByOne } from '../change.ts'
import { LogTail, lostCommit, type Sequenced } from '../log-tail.ts'
import type { AdapterTransaction, Commit, CommitLine, Load, Snapshot, WholeStorage } from '../storage.ts'
import { ConnectionLost, type SqlDriver, StatementFailure } from './driver.ts'
import { OwnLines, type ToldLine } from './own-lines.ts'
import { ConnectionPool } from './pool.ts'
import { createStepReader, PooledReads } from './pooled-reader.ts'
import { type Counter, readAll, send, TransactionTrips } from './round-trips.ts'
import { openServerSnapshot } from './server-snapshot.ts'
import type { Step, Steps } from './steps.ts'

export type ServerStorageParts = {
  readonly driver: SqlDriver
  readonly steps: Steps
  readonly clock: Clock
  readonly random: Random
  readonly connectionsMax?: number | undefined
  /** Told what went wrong in the background: the feed could not continue for now. */
  failed?(error: unknown): void
}

/** Of random: processes are told apart by them. Eight characters. */
const tagBytes = 6

/** A storage over a prepared schema. @throws storage_unavailable */
export async function createServerStorage(parts: ServerStorageParts): Promise<WholeStorage> {
  const server = new Server(parts)
  try {
    await server.start()
  } catch (error) {
    await server.close()
    throw error
  }
  return server.storage()
}

class Server {
  private readonly parts: ServerStorageParts
  private readonly steps: Steps
  private readonly pool: ConnectionPool
  private readonly reads: PooledReads
  private readonly traffic: Counter = { roundTrips: 0, statements: 0 }
  private readonly commitListeners: ((line: CommitLine) => void)[] = []
  private readonly ownLines: OwnLines
  /** Somebody is told of each commit. */
  private isTold = false
  private readonly underWay = new Set<Promise<unknown>>()
  private tail: LogTail | null = null
  private closing: Promise<void> | null = null

  constructor(parts: ServerStorageParts) {
    const { driver, clock, connectionsMax = limits.connectionsMax } = parts
    this.parts = parts
    this.steps = parts.steps
    this.pool = new ConnectionPool({ driver, clock, connectionsMax })
    this.reads = new PooledReads(this.pool, this.traffic)
    this.ownLines = new OwnLines(Buffer.from(parts.random.bytes(tagBytes)).toString('base64url'))
  }

  async start(): Promise<void> {
    const { newest } = await this.reads.ask(this.steps.commitRange())
    const port = {
      hasWaiting: () => this.reads.ask(this.steps.hasWaiting()),
      sequence: (limit: number, after: number | null) => this.sequence(limit, after),
      commitsAfter: async (position: number, limit: number) =>
        await this.completed(await this.reads.ask(this.steps.toldAfter(position, limit, this.ownLines.tag)), position, limit),
      listen: this.parts.driver.listen,
      failed: (error: unknown) => this.parts.failed?.(error),
    }
    this.tail = new LogTail(port, this.parts.clock, newest)
  }

  storage(): WholeStorage {
    const { steps } = this
    const open = <T>(work: () => Promise<T>): Promise<T> =>
      this.closing ? Promise.reject(new EngineError('storage_unavailable')) : this.track(work())
    const read = <T>(step: Step<T>) => open(() => this.reads.ask(step))
    return {
      capabilities: this.parts.driver.capabilities,
      reader: createStepReader(steps, read),
      transaction: (work) => open(() => this.transaction(work)),
      // A reader that asks for the log after a commit of its own finds it there.
      commitsAfter: (position, limit) =>
        open(async () => (await this.settled(), await this.reads.ask(steps.commitsAfter(position, limit)))),
      commitRange: () => open(async () => (await this.settled(), await this.reads.ask(steps.commitRange()))),
      forgetCommits: (before) => open(() => this.once(steps.forgetCommits(before))),
      rewriteCommits: (commits) => open(() => this.once(steps.rewriteCommits(commits))),
      // A server writes over what is gone by itself, in its own time.
      forgetRemains: async () => 0,
      now: () => read(steps.now()),
      onCommit: (listener) => void this.commitListeners.push(listener),
      onFeed: (listener: (commit: Commit) => void) => {
        this.isTold = true
        this.tail!.onFeed(listener)
      },
      caughtUp: () => open(() => this.tail!.caughtUp()),
      traffic: () => ({ ...this.traffic }),
      waitedMs: () => this.pool.waitedMs(),
      readMark: (name) => read(steps.readMark(name)),
      listMarks: (prefix) => read(steps.listMarks(prefix)),
      snapshot: () => open(() => this.snapshot()),
      load: (load) => open(() => this.load(load)),
      close: () => this.close(),
    }
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      await Promise.allSettled([...this.underWay])
      await this.tail?.settled()
      await this.tail?.close()
      await this.pool.close()
    })()
    return this.closing
  }

  private async transaction<T>(work: (transaction: AdapterTransaction) => Promise<T>): Promise<T> {
    const { begin, commit, rollback } = this.steps
    const { pool, traffic } = this
    const trips = new TransactionTrips({
      begin,
      commit,
      rollback,
      traffic,
      acquire: () => pool.acquire('transaction'),
      release: (connection) => pool.release(connection),
    })
    const lines: SentLine[] = []
    let result: T
    try {
      result = await work(this.transactionOn(trips, lines))
    } catch (error) {
      this.forget(lines)
      await trips.rollback()
      throw error
    }
    try {
      await trips.commit().catch((error: unknown) => {
        if (!(error instanceof ConnectionLost)) throw error
        return this.findOutcome(lines[0], error)
      })
    } catch (error) {
      this.forget(lines)
      throw error
    }
    if (lines.length > 0) this.tail!.committed()
    for (const { line } of lines) for (const listener of this.commitListeners) listener(line)
    return result
  }

  private forget(lines: readonly SentLine[]): void {
    for (const { token } of lines) this.ownLines.forget(token)
  }

  private transactionOn(trips: TransactionTrips, lines: SentLine[]): AdapterTransaction {
    const { steps } = this
    const write = <T>(step: Step<T>) => trips.ask(step, true)
    const updateOrFail: AdapterTransaction['updateOrFail'] = (ref, where, change) => trips.defer(steps.updateOrFail(ref, where, change))
    return {
      ...createStepReader(steps, (step) => trips.ask(step)),
      insert: (ref, records, fence) => trips.defer(steps.insert(ref, records), fence),
      insertOnce: (ref, record) => write(steps.insertOnce(ref, record)),
      updateOrFail,
      removeOrFail: (ref, where) => trips.defer(steps.removeOrFail(ref, where)),
      adjust: (ref, id, guard, change, wantsBefore) => write(steps.adjust(ref, { id, guard, change, wantsBefore })),
      update: (ref, where, change) => write(steps.update(ref, where, change)),
      updateAll: (ref, where, change) => write(steps.updateAll(ref, where, change)),
      addOrFail: addOneByOne(updateOrFail),
      remove: (ref, where) => write(steps.remove(ref, where)),
      lock: (ref, ids, mode) => trips.ask(steps.lock(ref, ids, mode)),
      appendCommit: (line) => {
        const token = this.newToken()
        lines.push({ line, token })
        if (this.isTold) this.ownLines.add(token, line)
        return trips.defer(steps.appendCommit(line, token))
      },
    }
  }

  /**
   * The answer to a COMMIT was lost. Its line's token is inserted again and kept: held back, the transaction happened;
   * stored, it has not and never will, for its own line would now be held back.
   * @throws conflict when it has not happened, outcome_unknown when that cannot be found out
   */
  private async findOutcome(sent: SentLine | undefined, lost: unknown): Promise<void> {
    const { clock } = this.parts
    const until = clock.monotonic() + limits.outcomeSearchMs
    for (let pauseMs = 50; sent; pauseMs *= 2) {
      const isThere = await this.wasCommitted(sent).catch(() => null)
      if (isThere) return
      if (isThere === false) {
        this.tail!.committed()
        throw new LostRace(lost)
      }
      if (clock.monotonic() + pauseMs > until) break
      await sleep(clock, pauseMs)
    }
    throw new EngineError('outcome_unknown', { cause: lost })
  }

  /** Whether the line is in the log. When it is not, it can never get there any more. */
  private async wasCommitted({ line, token }: SentLine): Promise<boolean> {
    try {
      await this.once(this.steps.appendCommit({ ...line, operation: lostCommit, changes: [] }, token))
      return false
    } catch (error) {
      if (!isEngineError(error, 'already_exists')) throw error
    }
    // What holds it back can be an earlier look whose own answer was lost.
    return (await this.reads.ask(this.steps.operationOf(token))) !== lostCommit
  }

  /** It keeps its connection until it is closed. */
  private async snapshot(): Promise<Snapshot> {
    const { pool, steps } = this
    const { capabilities: source } = this.parts.driver
    const connection = await pool.acquire('transaction')
    let isClosed = false
    return await openServerSnapshot({
      source,
      steps,
      connection,
      async close() {
        if (isClosed) return
        isClosed = true
        // Its time-outs are off: nobody else takes it.
        await connection.close()
        pool.release(connection)
      },
    })
  }

  private async load(load: Load): Promise<void> {
    await this.once(this.loading(load))
    this.tail!.skipTo(Math.max(load.lastPosition ?? 0, load.commits?.at(-1)?.position ?? 0))
  }

  private loading({ records, commits, lastPosition, marks }: Load): Step<void> {
    const { steps } = this
    return {
      statements: [
        ...(records ? steps.insertMany(records.collection, records.records) : []),
        ...(commits ?? []).map((commit) => steps.loadCommit(commit, this.newToken())),
        ...(lastPosition === undefined ? [] : [steps.setLastPosition(lastPosition)]),
        ...Object.entries(marks ?? {}).flatMap(([name, value]) => steps.setMark(name, value)),
      ],
      read: () => {},
    }
  }

  /** What was given positions, and by whomever, is read behind the commit: one round trip for both. */
  private async sequence(limit: number, after: number | null): Promise<Sequenced> {
    const given = this.steps.sequence(limit)
    if (after === null) return { given: await this.once(given) }
    const [count, told] = await this.onceAnd(given, this.steps.toldAfter(after, limit, this.ownLines.tag))
    return { given: count, commits: await this.completed(told, after, limit) }
  }

  /** With what this process wrote itself, which is not sent back to it. */
  private async completed(told: readonly ToldLine[], after: number, limit: number): Promise<readonly Commit[]> {
    return this.ownLines.complete(told) ?? (await this.reads.ask(this.steps.commitsAfter(after, limit)))
  }

  /** One step in a transaction of its own, in one round trip. */
  private async once<T>(step: Step<T>): Promise<T> {
    return (await this.onceAnd(step, { statements: [], read: () => {} }))[0]
  }

  /** The same, and a read behind its commit. */
  private async onceAnd<T, R>(step: Step<T>, behind: Step<R>): Promise<[T, R]> {
    const connection = await this.pool.acquire()
    try {
      const { begin, commit, rollback } = this.steps
      const all = [...begin, ...step.statements, commit, ...behind.statements]
      const results = await send(connection, all, this.traffic).catch(async (error) => {
        if (error instanceof StatementFailure) await send(connection, [rollback], this.traffic).catch(() => connection.close())
        throw error
      })
      const [answer, , read] = readAll([step, { statements: [commit], read: () => {} }, behind], results.slice(begin.length))
      return [answer as T, read as R]
    } catch (error) {
      if (error instanceof StatementFailure) throw error.reason
      throw error instanceof ConnectionLost ? new EngineError('storage_unavailable', { cause: error }) : error
    } finally {
      this.pool.release(connection)
    }
  }

  private async settled(): Promise<void> {
    await this.tail!.settled()
  }

  private track<T>(promise: Promise<T>): Promise<T> {
    this.underWay.add(promise)
    const done = () => void this.underWay.delete(promise)
    promise.then(done, done)
    return promise
  }

  private newToken(): string {
    return this.ownLines.tag + Buffer.from(this.parts.random.bytes(16)).toString('base64url')
  }
}

type SentLine = { readonly line: CommitLine; readonly token: string }
