// Steps into round trips on one connection: what is asked in one turn of the event loop travels together, and what
// was deferred before it travels with it, all in the order of asking. Invariants: one round trip at a time; after a
// failure nothing more is sent but the rollback.
import { channel } from 'node:diagnostics_channel'
import { assert } from '../../base/assert.ts'
import { isEngineError, LostRace } from '../../base/engine-error.ts'
import type { Fence, Traffic } from '../storage.ts'
import type { Statement } from './compile.ts'
import { ConnectionLost, type SqlConnection, type SqlResult, StatementFailure } from './driver.ts'
import type { Step } from './steps.ts'

type Item = {
  readonly step: Step<unknown>
  readonly fence?: Fence | undefined
  /** Absent when nobody waits for the answer. */
  readonly asked?: { resolve(value: unknown): void; reject(error: unknown): void }
}

/** What has travelled so far. */
export type Counter = { -readonly [name in keyof Traffic]: Traffic[name] }

/** For whoever traces what travels: nobody does in earnest, and then it is a look at a flag. */
const tracing = channel('kingpost:round-trip')

/** Sends all at once and counts it. */
export async function send(connection: SqlConnection, statements: readonly Statement[], traffic: Counter): Promise<readonly SqlResult[]> {
  traffic.roundTrips++
  traffic.statements += statements.length
  if (tracing.hasSubscribers) tracing.publish({ connection, statements })
  return await connection.run(statements)
}

/** Steps sent together: their statements in one list, and each one's part of the results. */
export function readAll(steps: readonly Step<unknown>[], results: readonly SqlResult[]): unknown[] {
  let next = 0
  return steps.map((step) => step.read(results.slice(next, (next += step.statements.length))))
}

/** Which of the steps the statement at `index` belongs to; -1 for one before or behind them all. */
export function stepAt(steps: readonly Step<unknown>[], index: number): number {
  let left = index
  for (const [position, { statements }] of steps.entries()) {
    if (left >= 0 && left < statements.length) return position
    left -= statements.length
  }
  return -1
}

export type TripParts = {
  readonly begin: readonly Statement[]
  readonly commit: Statement
  readonly rollback: Statement
  readonly traffic: Counter
  /** Called once, with the first statement. */
  acquire(): Promise<SqlConnection>
  release(connection: SqlConnection): void
}

/** The round trips of one transaction. */
export class TransactionTrips {
  private readonly parts: TripParts
  private connection: SqlConnection | null = null
  private queue: Item[] = []
  private isScheduled = false
  private trip: Promise<void> | null = null
  private failure: { readonly error: unknown } | null = null
  private isEnded = false
  private hasWritten = false

  constructor(parts: TripParts) {
    this.parts = parts
  }

  /** The answer of a step. What is asked in the same turn goes with it. */
  ask<T>(step: Step<T>, isWrite = false): Promise<T> {
    if (step.statements.length === 0) return Promise.resolve(step.read([]))
    const answer = new Promise<T>((resolve, reject) => {
      if (!this.admit(reject)) return
      this.hasWritten ||= isWrite
      this.queue.push({ step, asked: { resolve: resolve as (value: unknown) => void, reject } })
      this.schedule()
    })
    // Work that fails leaves what else it asked for behind, and the failure is told by the transaction.
    answer.catch(() => {})
    return answer
  }

  /** Sends a step with what comes next. */
  async defer(step: Step<void>, fence?: Fence): Promise<void> {
    this.throwFailure()
    assert(!this.isEnded, 'a transaction is used only while its work runs')
    this.hasWritten = true
    this.queue.push({ step, fence })
  }

  /** Sends what is left together with COMMIT. @throws ConnectionLost when it may have arrived */
  async commit(): Promise<void> {
    while (this.trip) await this.trip
    this.isEnded = true
    this.throwFailure()
    if (this.queue.length === 0 && !this.connection) return
    if (this.queue.length === 0 && !this.hasWritten) return this.leave(this.parts.commit)
    await this.travel(this.queue.splice(0), true)
    this.throwFailure()
  }

  /** Undoes everything. Nobody needs to wait for it. */
  async rollback(): Promise<void> {
    this.isEnded = true
    this.failure ??= { error: new LostRace() }
    this.rejectAll(this.queue.splice(0))
    while (this.trip) await this.trip
    this.leave(this.parts.rollback)
  }

  private throwFailure(): void {
    if (this.failure) throw this.failure.error
  }

  private admit(reject: (error: unknown) => void): boolean {
    if (this.failure) reject(this.failure.error)
    else if (!this.isEnded) return true
    else reject(new Error('A transaction is used only while its work runs.'))
    return false
  }

  private schedule(): void {
    if (this.isScheduled || this.trip) return
    this.isScheduled = true
    queueMicrotask(() => {
      this.isScheduled = false
      if (this.trip || this.queue.length === 0) return
      this.trip = this.travel(this.queue.splice(0), false).finally(() => {
        this.trip = null
        if (this.queue.some(({ asked }) => asked)) this.schedule()
      })
    })
  }

  private async travel(items: readonly Item[], isLast: boolean): Promise<void> {
    const steps = items.map(({ step }) => step)
    const statements = steps.flatMap((step) => step.statements)
    let first = 0
    try {
      if (!this.connection) {
        this.connection = await this.parts.acquire()
        first = this.parts.begin.length
      }
      const all = [...(first > 0 ? this.parts.begin : []), ...statements, ...(isLast ? [this.parts.commit] : [])]
      const results = await send(this.connection, all, this.parts.traffic)
      const answers = readAll(steps, results.slice(first))
      for (const [index, item] of items.entries()) item.asked?.resolve(answers[index])
      if (isLast) this.giveBack()
    } catch (error) {
      const index = error instanceof StatementFailure ? stepAt(steps, error.index - first) : -1
      this.failure = { error: meaningOf(error, items[index]?.fence, isLast) }
      this.rejectAll(items)
      this.rejectAll(this.queue.splice(0))
      if (this.connection?.isUsable()) this.leave(this.parts.rollback)
      else this.giveBack()
    }
  }

  private rejectAll(items: readonly Item[]): void {
    for (const { asked } of items) asked?.reject(this.failure!.error)
  }

  /** Ends the transaction without waiting for the answer: there is nothing in it that anybody was promised. */
  private leave(word: Statement): void {
    const { connection } = this
    if (!connection) return
    this.connection = null
    void send(connection, [word], this.parts.traffic)
      .catch(() => connection.close())
      .then(() => this.parts.release(connection))
  }

  private giveBack(): void {
    if (this.connection) this.parts.release(this.connection)
    this.connection = null
  }
}

/** Before its COMMIT is sent, a transaction whose connection is lost has not happened: it can be run again. */
function meaningOf(error: unknown, fence: Fence | undefined, isLast: boolean): unknown {
  if (error instanceof ConnectionLost) return isLast ? error : new LostRace(error)
  if (!(error instanceof StatementFailure)) return error
  if (fence === 'conflict' && isEngineError(error.reason, 'already_exists')) return new LostRace(error.reason)
  return error.reason
}
