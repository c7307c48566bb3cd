// Several statements in one round trip to PostgreSQL and back: Parse, Bind and Execute of each, then one Sync
// (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING). The server carries them out in
// order and skips the rest after an error, a COMMIT too, which is what a guard relies on. pg's own pipelining sends a
// Sync behind each statement: after an error the server would continue with the next. Rows come as text and are decoded by
// who knows their columns, so nothing is described.
import type { Connection } from 'pg'
import type { SqlValue, Statement } from '../sql/compile.ts'
import { ConnectionLost, type SqlResult, type SqlRow, StatementFailure } from '../sql/driver.ts'
import type { PreparedStatements } from './prepared-statements.ts'

/** The parts of pg's connection used here: those that its own cursors are built on. */
export type Wire = Connection & {
  readonly stream: { cork(): void; uncork(): void }
  parse(message: { name: string; text: string }): void
  bind(message: { statement: string; values: readonly (string | null)[]; binary: false }): void
  execute(message: { rows: 0 }): void
  close(message: { type: 'S'; name: string }): void
  sync(): void
}

type Settle = { resolve(results: readonly SqlResult[]): void; reject(error: Error): void }

/** What pg calls a submittable: it is handed the connection when its turn comes, then each message of the answer. */
export class Batch {
  private readonly statements: readonly Statement[]
  private readonly prepared: PreparedStatements
  private readonly settle: Settle
  private readonly results: SqlResult[] = []
  private rows: SqlRow[] = []
  private names: readonly string[] = []

  constructor(statements: readonly Statement[], prepared: PreparedStatements, settle: Settle) {
    this.statements = statements
    this.prepared = prepared
    this.settle = settle
  }

  submit(connection: Connection): void {
    const wire = connection as Wire
    wire.stream.cork()
    try {
      for (const name of this.prepared.takeForgotten()) wire.close({ type: 'S', name })
      this.names = this.statements.map(({ sql, values, isFleeting }) => {
        const { name, text } = this.prepared.nameOf(sql, isFleeting)
        if (text !== null) wire.parse({ name, text })
        wire.bind({ statement: name, values: values.map(textOf), binary: false })
        wire.execute({ rows: 0 })
        return name
      })
    } finally {
      wire.sync()
      wire.stream.uncork()
    }
  }

  handleDataRow({ fields }: { readonly fields: SqlRow }): void {
    this.rows.push(fields)
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // "UPDATE 3", "INSERT 0 1", "SELECT 2", "COMMIT"
    this.results.push({ rows: this.rows, count: Number(/\d+$/.exec(text)?.[0] ?? 0) })
    this.rows = []
  }

  handleReadyForQuery(): void {
    this.settle.resolve(this.results)
  }

  /** An answer of the server, or the end of the connection: pg hands both over here. */
  handleError(error: Error): void {
    if (!isServerError(error)) {
      this.settle.reject(new ConnectionLost('The connection to PostgreSQL was lost.', { cause: error }))
      return
    }
    const index = this.results.length
    this.prepared.unsure(this.names.slice(index))
    this.settle.reject(isEndOfSession(error) ? new ConnectionLost(error.message, { cause: error }) : new StatementFailure(index, error))
  }

  handleRowDescription(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
}

function textOf(value: SqlValue): string | null {
  return value === null ? null : typeof value === 'string' ? value : String(value)
}

/** Only the server's own errors have a severity. */
function isServerError(error: Error): error is Error & { readonly severity: string; readonly code: string } {
  return typeof (error as { severity?: unknown }).severity === 'string'
}

/** After a fatal error the server hangs up; as with a cut cable, nobody knows whether what was sent before was done. */
function isEndOfSession({ severity }: { readonly severity: string }): boolean {
  return severity === 'FATAL' || severity === 'PANIC'
}
