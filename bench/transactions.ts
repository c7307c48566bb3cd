/**
 * Owns telling transactions apart in the statements that a process carried out, and saying what they were: alike ones
 * together, with how often an order has them.
 */
import type { Counted } from './count-statements.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'

export type Transaction = {
  /** `writer` where it may write, else `reader`. */
  readonly kind: 'writer' | 'reader'
  /** The operations that it wrote to the commit log. */
  readonly operations: readonly string[]
  readonly statements: readonly Counted[]
}

const STATEMENT_CHARS = 150
/** Looks of the engine for what is due: they come with time, not with orders. */
const TIMED = /"schedules"|"dueAt"<=\?/
const isBegin = ({ sql }: Counted) => /^begin\b/i.test(sql)
const isEnd = ({ sql }: Counted) => /^(?:commit|rollback)$/i.test(sql)
const isFrame = (statement: Counted) =>
  isBegin(statement) || isEnd(statement) || /^(?:savepoint|release|rollback to)\b/i.test(statement.sql)

/** What stands between begin and commit on a connection is one transaction; what stands outside is one by itself. */
export function groupTransactions(counted: readonly Counted[]): Transaction[] {
  const done: Transaction[] = []
  const open = new Map<string, Counted[]>()
  for (const statement of counted) {
    const { connection } = statement
    const before = open.get(connection)
    if (before === undefined && isBegin(statement)) open.set(connection, [statement])
    else if (before === undefined) done.push(transactionOf([statement]))
    else if (!isEnd(statement)) before.push(statement)
    else {
      open.delete(connection)
      done.push(transactionOf([...before, statement]))
    }
  }
  return done
}

function transactionOf(statements: readonly Counted[]): Transaction {
  const writes = statements.some(({ sql }) => /^(?:begin immediate|insert|update|delete)\b/i.test(sql))
  const operations = statements.flatMap(({ operation }) => (operation === undefined ? [] : [operation]))
  return { kind: writes ? 'writer' : 'reader', operations, statements }
}

/** What an order costs on average. Looks for what is due are no part of it. */
export type OrderCost = {
  readonly statements: number
  readonly onWriter: number
  /** Of the statements: those that only begin, mark and end transactions. */
  readonly frames: number
  readonly commits: number
  readonly writes: number
  /** Bound to statements that write, and of these to lines of the commit log. */
  readonly bytes: number
  readonly lineBytes: number
  /** In SQLite, commits included. */
  readonly us: number
}

const isTimed = ({ statements }: Transaction) => statements.some(({ sql }) => TIMED.test(sql))

export function costOf(all: readonly Transaction[], orders: number): OrderCost {
  const transactions = all.filter((one) => !isTimed(one))
  const statements = transactions.flatMap((one) => one.statements)
  const writers = transactions.filter(({ kind }) => kind === 'writer')
  const onWriter = writers.flatMap((one) => one.statements)
  const writes = onWriter.filter(({ sql }) => /^(?:insert|update|delete)\b/i.test(sql))
  return {
    statements: statements.length / orders,
    onWriter: onWriter.length / orders,
    frames: statements.filter(isFrame).length / orders,
    commits: writers.length / orders,
    writes: writes.length / orders,
    bytes: bytesOf(writes) / orders,
    lineBytes: bytesOf(writes.filter(({ operation }) => operation !== undefined)) / orders,
    us: usOf(statements) / orders,
  }
}

/** A heading with sums per order, a table of the transactions, and the statements of each. `isFull` cuts nothing short. */
export function renderCount(all: readonly Transaction[], orders: number, isFull: boolean): string {
  const transactions = all.filter((one) => !isTimed(one))
  const cost = costOf(all, orders)
  const decimal = (value: number) => formatDecimal(value, 1)
  const head = [
    `Per order, of ${orders} one after the other:`,
    `${decimal(cost.statements)} statements, ${decimal(cost.onWriter)} of them on the writer; ${decimal(cost.frames)} only begin and end transactions`,
    `${decimal(cost.commits)} commits, ${decimal(cost.writes)} statements that write, ${formatCount(cost.bytes)} bytes bound to them`,
    `(${formatCount(cost.lineBytes)} of them lines of the commit log), ${formatCount(cost.us)} us in SQLite, commits included`,
    `Left out: ${all.length - transactions.length} transactions that look for what is due, as time passed`,
  ]
  const alike = Map.groupBy(transactions, (one) => `${one.kind}|${one.operations}|${one.statements.map(({ sql }) => sql).join('|')}`)
  const groups = [...alike.values()]
  const rows = groups.map((group, index) => [
    `${index + 1} ${titleOf(group[0]!)}`,
    decimal(group.length / orders),
    formatCount(group[0]!.statements.length),
    formatCount(bytesOf(group[0]!.statements)),
    formatCount(usOf(group.flatMap((one) => one.statements)) / group.length),
  ])
  const table = renderTable(['transaction', 'an order', 'statements', 'bytes', 'us'], rows)
  const details = groups.map((group, index) => {
    const listed = group[0]!.statements.map(({ sql }) => `   ${isFull ? sql : shorten(sql)}`)
    return [`${index + 1} ${titleOf(group[0]!)}, ${decimal(group.length / orders)} an order`, ...foldRepeats(listed)].join('\n')
  })
  return [head.join('\n'), table, ...details].join('\n\n')
}

function titleOf({ kind, operations, statements }: Transaction): string {
  const tables = statements.flatMap(({ sql }) => /\b(?:from|into|update) "?(\w+)"?/i.exec(sql)?.[1] ?? [])
  if (kind === 'reader') return `read ${[...new Set(tables)].join(', ')}`
  return operations.length === 0 ? `write ${tables.at(-1) ?? 'nothing'}, no line` : operations.join(', ')
}

const bytesOf = (statements: readonly Counted[]) => statements.reduce((sum, { bytes }) => sum + bytes, 0)
const usOf = (statements: readonly Counted[]) => statements.reduce((sum, { us }) => sum + us, 0)

function foldRepeats(lines: readonly string[]): string[] {
  const folded: { line: string; times: number }[] = []
  for (const line of lines) {
    const last = folded.at(-1)
    if (last?.line === line) last.times++
    else folded.push({ line, times: 1 })
  }
  return folded.map(({ line, times }) => (times === 1 ? line : `${line}   (${times} times)`))
}

/** Names of columns and places of values are left out, as the table and the condition say what it is. */
function shorten(sql: string): string {
  const short = sql
    .replace(/\((?:"\w+",?)+\) values \((?:\?,?)+\)/g, '(…)')
    .replace(/^select .*? from /, 'select … from ')
    .replace(/ set .*? where /, (set) => ` set ${[...set.matchAll(/"(\w+)"=/g)].map(([, name]) => name).join(', ')} where `)
  return short.length > STATEMENT_CHARS ? `${short.slice(0, STATEMENT_CHARS)}…` : short
}
