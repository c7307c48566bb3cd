// The connections of one process: at most so many, made when needed, thrown away when broken, old or long idle. Who
// finds none free waits in a queue with an end. Invariant: a connection is with one user at a time, and counted until
// it is given up.
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
type Entry = { readonly connection: SqlConnection; readonly bornAt: number; freeAt: number }
type Waiting = { resolve(connection: SqlConnection): void; reject(error: unknown): void; cancel: Cancel }

export class ConnectionPool {
  private readonly options: PoolOptions
  private readonly entries = new Map<SqlConnection, Entry>()
  /** The last one freed comes first: the others grow old and go. */
  private free: Entry[] = []
  private waiting: Waiting[] = []
  private connecting = 0
  private isClosed = false
  private cancelSweep: Cancel = () => {}
  private readonly closing = new Set<Promise<void>>()
  private tellReturned: () => void = () => {}

  constructor(options: PoolOptions) {
    this.options = options
    this.sweepLater()
  }

  /** @throws overloaded when the queue is full or the wait too long, storage_unavailable */
  async acquire(): Promise<SqlConnection> {
    if (this.isClosed) throw new EngineError('storage_unavailable')
    for (let entry = this.free.pop(); entry; entry = this.free.pop()) {
      if (entry.connection.isUsable()) return entry.connection
      this.discard(entry.connection)
    }
    if (this.entries.size + this.connecting < this.options.connectionsMax) return await this.connect()
    if (this.waiting.length >= limits.connectionQueueMax) throw new EngineError('overloaded')
    return await new Promise<SqlConnection>((resolve, reject) => {
      const waiting: Waiting = {
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

  release(connection: SqlConnection): void {
    const entry = this.entries.get(connection)
    assert(entry, 'a connection is given back once')
    const now = this.options.clock.monotonic()
    if (this.isClosed || !connection.isUsable() || now - entry.bornAt > limits.connectionAgeMs) {
      this.discard(connection)
      this.serveWaiting()
      return
    }
    const next = this.waiting.shift()
    if (next) {
      next.cancel()
      next.resolve(connection)
      return
    }
    entry.freeAt = now
    this.free.push(entry)
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

  private async connect(): Promise<SqlConnection> {
    this.connecting++
    try {
      const connection = await this.options.driver.connect()
      const now = this.options.clock.monotonic()
      this.entries.set(connection, { connection, bornAt: now, freeAt: now })
      return connection
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

  /** There is room for another connection: those who wait get it. */
  private serveWaiting(): void {
    while (this.waiting.length > 0 && this.entries.size + this.connecting < this.options.connectionsMax) {
      const next = this.waiting.shift()!
      next.cancel()
      this.connect().then(next.resolve, next.reject)
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
