// One connection of mysql2 as the shared adapter wants it: all statements of a call in one text, one round trip. The
// server carries them out in order and stops at the first that fails. Invariant: after a failure nobody has seen what
// comes behind it, and after a loss the connection is never used again.
import { type Connection, createConnection, type ResultSetHeader } from 'mysql2'
import type { Clock } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Statement } from '../sql/compile.ts'
import { ConnectionLost, type SqlConnection, type SqlResult, type SqlRow, StatementFailure } from '../sql/driver.ts'
import type { Address } from './address.ts'
import { type DriverError, isHeldBack, isLoss, type Keys, reasonOf } from './errors.ts'
import { textOf } from './literal.ts'
import type { OnceStatement } from './steps.ts'

type Result = { readonly rows: SqlRow[]; count: number }
type Answer = { readonly results: readonly SqlResult[]; readonly error: DriverError | null }

/** A quarter of `max_allowed_packet` where it is smallest by default (16 MiB): a character has at most four bytes. */
const textCharactersMax = 4_000_000

export type ConnectionParts = {
  readonly address: Address
  readonly clock: Clock
  readonly keys: Keys
  /** For work that takes as long as it takes: changes of the schema, reading all there is. */
  readonly isPatient: boolean
}

/** @throws storage_unavailable, overloaded */
export async function connect(parts: ConnectionParts): Promise<SqlConnection> {
  const { address } = parts
  const inner = createConnection({
    ...address.connection,
    multipleStatements: true,
    rowsAsArray: true,
    supportBigNumbers: true,
    decimalNumbers: true,
    dateStrings: true,
    charset: 'UTF8MB4_BIN',
    // Rows are counted as found: an update that changes nothing still met its row. No file of ours is ever asked for.
    flags: ['+FOUND_ROWS', '-LOCAL_FILES'],
    connectTimeout: limits.connectTimeoutMs,
    enableKeepAlive: true,
  })
  await new Promise<void>((resolve, reject) => {
    inner.on('error', (error: DriverError) => reject(unreachable(address, error)))
    inner.once('connect', () => resolve())
  })
  return new MysqlConnection(inner, parts)
}

/** What people are told when nothing listens there, or it does not let us in. */
function unreachable({ name }: Address, error: DriverError): EngineError {
  if (error.errno === 1040 || error.errno === 1203 || error.errno === 1226) return new EngineError('overloaded', { cause: error })
  const why = { 1045: 'it refuses the user or the password', 1049: 'there is no such database', 1044: 'the user may not use it' }[
    error.errno ?? 0
  ]
  return new EngineError('storage_unavailable', {
    detail: `The database ${name} cannot be used: ${why ?? error.message}.`,
    cause: error,
  })
}

class MysqlConnection implements SqlConnection {
  private readonly inner: Connection
  private readonly parts: ConnectionParts
  private isGone = false
  private cause: DriverError | null = null
  private onLoss: (error: DriverError) => void = () => {}

  constructor(inner: Connection, parts: ConnectionParts) {
    this.inner = inner
    this.parts = parts
    inner.on('error', (error: DriverError) => this.lose(error))
  }

  isUsable(): boolean {
    return !this.isGone
  }

  async run(statements: readonly Statement[]): Promise<readonly SqlResult[]> {
    if (this.isGone) throw new ConnectionLost('The connection to the database has ended.', { cause: this.cause })
    const results: SqlResult[] = []
    while (results.length < statements.length) {
      const { text, end } = nextText(statements, results.length)
      const answer = await this.ask(text)
      results.push(...answer.results)
      if (answer.error) this.judge(answer.error, statements, results)
      else if (results.length !== end) throw this.lose(new Error('The database answered less than it was asked.'))
    }
    return results
  }

  /** A refusal that is an answer is noted as one. @throws StatementFailure, ConnectionLost */
  private judge(error: DriverError, statements: readonly Statement[], results: SqlResult[]): void {
    if (isLoss(error)) throw this.lose(error)
    const failed: OnceStatement = statements[Math.min(results.length, statements.length - 1)]!
    if (!failed.isOnce || !isHeldBack(error)) throw new StatementFailure(results.length, reasonOf(error, failed.sql, this.parts.keys))
    results.push({ rows: [], count: 0 })
  }

  /** Sends a text and collects what comes back until its end, its first error or the end of the connection. */
  private ask(sql: string): Promise<Answer> {
    return new Promise((resolve) => {
      const results: Result[] = []
      let failure: DriverError | null = null
      const finish = (error: DriverError | null) => {
        stopWaiting()
        this.onLoss = () => {}
        resolve({ results, error })
      }
      this.onLoss = finish
      // Past the server's own time-out of a statement nobody is at the other end any more.
      const { clock, isPatient } = this.parts
      const stopWaiting = isPatient
        ? () => {}
        : clock.after(limits.statementMs * 2, () => void this.lose(new Error('No answer came in time.')))
      const query = this.inner.query({ sql })
      query.on('fields', () => void results.push({ rows: [], count: 0 }))
      query.on('result', (row: SqlRow | ResultSetHeader) => collect(results.at(-1)!, row))
      query.on('error', (error: DriverError) => {
        failure = error
      })
      query.on('end', () => finish(failure))
    })
  }

  private lose(error: DriverError): ConnectionLost {
    if (!this.isGone) {
      this.isGone = true
      this.cause = Object.assign(error, { fatal: true })
      this.inner.destroy()
      this.onLoss(this.cause)
    }
    return new ConnectionLost(error.message, { cause: error })
  }

  async close(): Promise<void> {
    if (this.isGone) return
    this.isGone = true
    await new Promise<void>((resolve) => {
      const giveUp = () => {
        stopWaiting()
        this.inner.destroy()
        resolve()
      }
      const stopWaiting = this.parts.clock.after(limits.connectionCloseMs, giveUp)
      this.inner.end(giveUp)
    })
  }
}

/** As many of the statements from `first` on as one packet takes, at least one; `end` is the first left over. */
function nextText(statements: readonly Statement[], first: number): { readonly text: string; readonly end: number } {
  let text = textOf(statements[first]!)
  let end = first + 1
  for (; end < statements.length; end++) {
    const next = textOf(statements[end]!)
    if (text.length + next.length > textCharactersMax) break
    text += `;${next}`
  }
  return { text, end }
}

function collect(result: Result, row: SqlRow | ResultSetHeader): void {
  if (Array.isArray(row)) {
    result.rows.push(row)
    result.count++
  } else result.count = (row as ResultSetHeader).affectedRows
}
