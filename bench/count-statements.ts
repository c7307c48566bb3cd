/**
 * Owns counting what a process asks of its database: SQLite by wrapping its driver, a database server by the round trips that
 * the storage tells of. It is loaded in front of the server (`node --import`), and adds a line
 * to the file named in BENCH_STATEMENTS for each statement that is carried out. A test counts in its own process.
 *
 * Lines go out some milliseconds late and in the order of each thread, so a reader waits until the file rests.
 */
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { threadId } from 'node:worker_threads'

export type Counted = {
  /** The thread and its connection. */
  readonly connection: string
  readonly sql: string
  /** Of the values that were bound, as text. */
  readonly bytes: number
  readonly us: number
  /** The round trip that carried it, where there is one to make. */
  readonly trip?: number
  /** The operation, where the statement writes it to the commit log. */
  readonly operation?: string
}

type Values = readonly (string | number | bigint | Uint8Array | null)[]
type Call = { readonly connection: number; readonly sql: string; readonly values: Values }
type Trip = { readonly connection: object; readonly statements: readonly { readonly sql: string; readonly values: Values }[] }
type Step = (...values: Values) => unknown

const FLUSH_MS = 10
const file = process.env.BENCH_STATEMENTS
const connections = new WeakMap<object, number>()
let connectionCount = 0
let tripCount = 0
let lines = ''
let tell: (counted: Counted) => void = () => {}

if (file !== undefined) {
  countStatements(toFile)
  process.on('exit', flush)
}

/** Tells of every statement of this process from now on. */
export function countStatements(listener: typeof tell): void {
  tell = listener
  countSqlite()
  subscribe('kingpost:round-trip', (message) => countTrip(message as Trip))
}

function countSqlite(): void {
  const { prepare, exec } = DatabaseSync.prototype
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, ...given) {
    const statement = prepare.apply(this, given)
    connections.set(statement, numberOf(this))
    return statement
  }
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql) {
    timed({ connection: numberOf(this), sql, values: [] }, () => exec.call(this, sql))
  }
  const steps = StatementSync.prototype as unknown as Record<'get' | 'all' | 'run' | 'iterate', Step>
  for (const name of ['get', 'all', 'run', 'iterate'] as const) {
    const step = steps[name]
    steps[name] = function (this: StatementSync, ...values) {
      return timed({ connection: connections.get(this) ?? 0, sql: this.sourceSQL, values }, () => step.apply(this, values as never))
    }
  }
}

function countTrip({ connection, statements }: Trip): void {
  tripCount++
  for (const { sql, values } of statements) write({ connection: numberOf(connection), sql, values }, { us: 0, trip: tripCount })
}

function numberOf(database: object): number {
  const known = connections.get(database)
  if (known !== undefined) return known
  connections.set(database, ++connectionCount)
  return connectionCount
}

function timed<T>({ connection, sql, values }: Call, step: () => T): T {
  const from = process.hrtime.bigint()
  const result = step()
  const us = Number(process.hrtime.bigint() - from) / 1_000
  write({ connection, sql, values }, { us })
  return result
}

function write({ connection, sql, values }: Call, more: Pick<Counted, 'us' | 'trip'>): void {
  const bytes = values.reduce<number>(
    (sum, value) => sum + (value === null ? 0 : value instanceof Uint8Array ? value.length : Buffer.byteLength(String(value))),
    0,
  )
  const operation = /^insert into ["`]_commits/.test(sql) ? { operation: String(values.find(isOperation)) } : {}
  tell({ connection: `${threadId}.${connection}`, sql, bytes, ...more, ...operation })
}

function toFile(counted: Counted): void {
  if (lines === '') setTimeout(flush, FLUSH_MS).unref()
  lines += `${JSON.stringify(counted)}\n`
}

/** `orders.checkOut`, at one place or another of the line; several, where transactions shared a commit. */
function isOperation(value: unknown): boolean {
  return typeof value === 'string' && /^[a-z]+(?:\.[a-zA-Z]+)+(?:,[a-z]+(?:\.[a-zA-Z]+)+)*$/.test(value)
}

function flush(): void {
  if (lines !== '') appendFileSync(file!, lines)
  lines = ''
}
