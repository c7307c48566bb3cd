// The connections of one process: at most so many, made when needed, thrown away when broken, old or long idle. Who
// finds none free waits in a queue with an end. Invariants: a connection is with one user at a time, and counted until
// it is given up; transactions never have all of them, where there are several, so that reads go on however long those take.
import { assert } from '../../base/assert.ts'
import type { Cancel, Clock } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { SqlConnection, SqlDriver } from './driver.ts'

export type PoolOptions = {
  readonly driver: SqlDriver
  readonly clock: Clock
  readonly connectionsMax: number
}
/** What keeps a connection while others work, or what ends with its answer. */
type Use = 'transaction' | 'step'
type Entry = { readonly connection: SqlConnection; readonly bornAt: number; freeAt: number; use: Use }
type Waiting = {
  readonly use: Use
  readonly since: number
  resolve(connection: SqlConnection): void
  reject(error: unknown): void
  cancel: Cancel
}

export class ConnectionPool {
  private readonly options: PoolOptions
  private readonly entries = new Map<SqlConnection, Entry>()
  /** The last one freed comes first: the others grow old and go. */
  private free: Entry[] = []
  private waiting: Waiting[] = []
  private connecting = 0
  private inTransactions = 0
  private isClosed = false
  private cancelSweep: Cancel = () => {}
  private readonly closing = new Set<Promise<void>>()
  private tellReturned: () => void = () => {}

  constructor(options: PoolOptions) {
    this.options = options
    this.sweepLater()
  }

  /** @throws overloaded when the queue is full or the wait too long, storage_unavailable */
  async acquire(use: Use = 'step'): Promise<SqlConnection> {
    if (this.isClosed) throw new EngineError('storage_unavailable')
    if (this.mayTake(use)) {
      const entry = this.takeFree(use)
      if (entry) return entry.connection
      if (this.hasRoom()) return await this.connect(use)
    }
    if (this.waiting.length >= limits.connectionQueueMax) throw new EngineError('overloaded')
    return await new Promise<SqlConnection>((resolve, reject) => {
      const waiting: Waiting = {
        use,
        since: this.options.clock.monotonic(),
        resolve,
        reject,
        cancel: this.options.clock.after(limits.connectionWaitMs, () => {
          this.waiting = this.waiting.filter((other) => other !== waiting)
          reject(new EngineError('overloaded', { detail: 'No connection to the database became free in time. Retry in a moment.' }))
        }),
      }
      this.waiting.push(waiting)
    })
  }

  /** Of whoever waits longest, in milliseconds. */
  waitedMs(): number {
    const [first] = this.waiting
    return first === undefined ? 0 : this.options.clock.monotonic() - first.since
  }

  release(connection: SqlConnection): void {
    const entry = this.entries.get(connection)
    assert(entry, 'a connection is given back once')
    this.left(entry.use)
    const now = this.options.clock.monotonic()
    if (this.isClosed || !connection.isUsable() || now - entry.bornAt > limits.connectionAgeMs) this.discard(connection)
    else {
      entry.freeAt = now
      this.free.push(entry)
    }
    this.serveWaiting()
  }

  /** Waits for those in use. Whoever still waits for one is refused. */
  async close(): Promise<void> {
    this.isClosed = true
    this.cancelSweep()
    for (const { cancel, reject } of this.waiting.splice(0)) {
      cancel()
      reject(new EngineError('storage_unavailable'))
    }
    for (const { connection } of this.free.splice(0)) this.discard(connection)
    while (this.entries.size + this.connecting > 0) await new Promise<void>((resolve) => void (this.tellReturned = resolve))
    await Promise.all(this.closing)
  }

  private hasRoom(): boolean {
    return this.entries.size + this.connecting < this.options.connectionsMax
  }

  private mayTake(use: Use): boolean {
    const { connectionsMax } = this.options
    return use === 'step' || this.inTransactions < connectionsMax - Math.floor(connectionsMax / limits.connectionsPerSpare)
  }

  private entered(use: Use): void {
    if (use === 'transaction') this.inTransactions++
  }

  private left(use: Use): void {
    if (use === 'transaction') this.inTransactions--
  }

  private takeFree(use: Use): Entry | null {
    for (let entry = this.free.pop(); entry; entry = this.free.pop()) {
      if (!entry.connection.isUsable()) this.discard(entry.connection)
      else {
        this.entered(use)
        entry.use = use
        return entry
      }
    }
    return null
  }

  private async connect(use: Use): Promise<SqlConnection> {
    this.connecting++
    this.entered(use)
    try {
      const connection = await this.options.driver.connect()
      const now = this.options.clock.monotonic()
      this.entries.set(connection, { connection, bornAt: now, freeAt: now, use })
      return connection
    } catch (error) {
      this.left(use)
      throw error
    } finally {
      this.connecting--
      this.tellReturned()
      this.serveWaiting()
    }
  }

  private discard(connection: SqlConnection): void {
    this.entries.delete(connection)
    const closing = connection.close().finally(() => this.closing.delete(closing))
    this.closing.add(closing)
    this.tellReturned()
  }

  /** What is free, or has room, goes to those who wait, in their turn. */
  private serveWaiting(): void {
    while (this.free.length > 0 || this.hasRoom()) {
      const index = this.waiting.findIndex(({ use }) => this.mayTake(use))
      if (index < 0) return
      const [next] = this.waiting.splice(index, 1)
      const { use, cancel, resolve, reject } = next!
      cancel()
      const entry = this.takeFree(use)
      if (entry) resolve(entry.connection)
      else this.connect(use).then(resolve, reject)
    }
  }

  /** Idle connections cost the server memory. One stays, so that the next request finds it. */
  private sweepLater(): void {
    this.cancelSweep = this.options.clock.after(limits.connectionIdleMs, () => {
      const before = this.options.clock.monotonic() - limits.connectionIdleMs
      const idle = this.free.slice(0, -1).filter(({ freeAt }) => freeAt < before)
      this.free = this.free.filter((entry) => !idle.includes(entry))
      for (const { connection } of idle) this.discard(connection)
      this.sweepLater()
    })
  }
}
