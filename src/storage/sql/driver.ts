// What a server database brings to the shared SQL adapter (server-storage.ts): a driver that sends statements,
// and the statements of its dialect (steps.ts). Invariant: one `run` is one round trip, whatever it holds.
import type { Capabilities } from '../capabilities.ts'
import type { SqlValue, Statement } from './compile.ts'

/** Values in the order of the columns asked for, as the driver reads them: decoders of the dialect know their types. */
export type SqlRow = readonly (SqlValue | boolean)[]
/** `count`: rows changed for a write, rows answered for a read. */
export type SqlResult = { readonly rows: readonly SqlRow[]; readonly count: number }

export interface SqlConnection {
  /**
   * Sends all statements at once and answers their results in order. The database stops at the first that fails: none
   * after it is carried out, a COMMIT among them neither. A transaction it failed in is open until it is rolled back.
   * @throws StatementFailure when a statement fails, ConnectionLost when no answer came
   */
  run(statements: readonly Statement[]): Promise<readonly SqlResult[]>
  /** False once the connection is gone or in an unknown state: it is then thrown away. */
  isUsable(): boolean
  /** Ends it at once when it is not idle. Never throws. */
  close(): Promise<void>
}

export interface SqlDriver {
  readonly capabilities: Capabilities
  /** A connection with isolation, time zone and time-outs set. @throws storage_unavailable, overloaded */
  connect(): Promise<SqlConnection>
  /**
   * Calls `wake` with the last position whenever the log went on, and without one when it may have done so unheard (its
   * connection was lost and is back). Left out where the database wakes nobody.
   */
  readonly listen?: (wake: (position?: number) => void) => { close(): Promise<void> }
}

/** A statement was refused. `reason` is the engine's error for it where there is one, else the driver's. */
export class StatementFailure extends Error {
  override readonly name = 'StatementFailure'
  /** Which of the statements sent together. */
  readonly index: number
  readonly reason: unknown

  constructor(index: number, reason: unknown) {
    super(`Statement ${index} failed: ${reason instanceof Error ? reason.message : String(reason)}`, { cause: reason })
    this.index = index
    this.reason = reason
  }
}

/** The connection ended before the answer: what was sent may or may not have been carried out. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost'
}
