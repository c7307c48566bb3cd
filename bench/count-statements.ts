/**
 * Owns counting what a process asks of SQLite. It is loaded in front of the server (`node --import`), and adds a line
 * to the file named in BENCH_STATEMENTS for each statement that is carried out. Nothing of it stands in the engine.
 *
 * Lines go out some milliseconds late and in the order of each thread, so a reader waits until the file rests.
 */
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
  /** The operation, where the statement writes it to the commit log. */
  readonly operation?: string
}

type Values = readonly (string | number | bigint | Uint8Array | null)[]
type Call = { readonly connection: number; readonly sql: string; readonly values: Values }
type Step = (...values: Values) => unknown

const FLUSH_MS = 10
const file = process.env.BENCH_STATEMENTS
const connections = new WeakMap<object, number>()
let connectionCount = 0
let lines = ''

if (file !== undefined) {
  count()
  process.on('exit', flush)
}

function count(): void {
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

function numberOf(database: DatabaseSync): number {
  const known = connections.get(database)
  if (known !== undefined) return known
  connections.set(database, ++connectionCount)
  return connectionCount
}

function timed<T>({ connection, sql, values }: Call, step: () => T): T {
  const from = process.hrtime.bigint()
  const result = step()
  const us = Number(process.hrtime.bigint() - from) / 1_000
  const bytes = values.reduce<number>((sum, value) => sum + (value === null ? 0 : Buffer.byteLength(String(value))), 0)
  const operation = sql.startsWith('insert into "_commits"') ? { operation: String(values[1]) } : {}
  if (lines === '') setTimeout(flush, FLUSH_MS).unref()
  lines += `${JSON.stringify({ connection: `${threadId}.${connection}`, sql, bytes, us, ...operation } satisfies Counted)}\n`
  return result
}

function flush(): void {
  if (lines !== '') appendFileSync(file!, lines)
  lines = ''
}
