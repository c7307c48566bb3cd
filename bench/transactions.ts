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
/** What comes with time and not with orders: looks for what is due, and what a process says and asks of a shared database. */
const TIMED = /["`](?:schedules|_meta)["`]|["`]dueAt["`]<=\?|clock_timestamp|current_timestamp|unix_timestamp/i
/** A look at the feed by a process that nobody woke. What it reads comes with it. */
const FEED_LOOK = /["`]position["`] is null limit 1$/i
const isBegin = ({ sql }: Counted) => /^(?:begin|start transaction)\b/i.test(sql)
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
    else if (before === undefined) {
      const last = done.at(-1)?.statements ?? []
      const isSameTrip = statement.trip !== undefined && last.at(-1)?.trip === statement.trip && !isEnd(last.at(-1)!)
      done.splice(isSameTrip ? -1 : done.length, isSameTrip ? 1 : 0, transactionOf([...(isSameTrip ? last : []), statement]))
    } else if (!isEnd(statement)) before.push(statement)
    else {
      open.delete(connection)
      done.push(transactionOf([...before, statement]))
    }
  }
  return done
}

function transactionOf(statements: readonly Counted[]): Transaction {
  const writes = statements.some(({ sql }) => /^(?:begin immediate|with changed|insert|update|delete)\b/i.test(sql))
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
  /** To a database server. */
  readonly trips: number
}

/**
 * Without what time caused. A write of that kind is left out whole; reads of one turn share a snapshot, so there the looks alone
 * are taken out, and the snapshot with them when nothing else was read in it.
 */
function ofOrders(all: readonly Transaction[]): Transaction[] {
  const looks = new Set(all.flatMap(({ statements }) => statements.flatMap(({ sql, trip }) => (FEED_LOOK.test(sql) ? [trip] : []))))
  return all.flatMap((transaction) => {
    const statements = transaction.statements.filter(({ sql, trip }) => !TIMED.test(sql) && (trip === undefined || !looks.has(trip)))
    if (statements.length === transaction.statements.length) return [transaction]
    return transaction.kind === 'writer' || statements.every(isFrame) ? [] : [{ ...transaction, statements }]
  })
}

export function costOf(all: readonly Transaction[], orders: number): OrderCost {
  const transactions = ofOrders(all)
  const statements = transactions.flatMap((one) => one.statements)
  const writers = transactions.filter(({ kind }) => kind === 'writer')
  const onWriter = writers.flatMap((one) => one.statements)
  const writes = onWriter.filter(({ sql }) => /^(?:with changed|insert|update|delete)\b/i.test(sql))
  return {
    statements: statements.length / orders,
    onWriter: onWriter.length / orders,
    frames: statements.filter(isFrame).length / orders,
    commits: writers.length / orders,
    writes: writes.length / orders,
    bytes: bytesOf(writes) / orders,
    lineBytes: bytesOf(writes.filter(({ operation }) => operation !== undefined)) / orders,
    us: usOf(statements) / orders,
    trips: tripsOf(statements) / orders,
  }
}

/** A heading with sums per order, a table of the transactions, and the statements of each. `isFull` cuts nothing short. */
export function renderCount(all: readonly Transaction[], orders: number, isFull: boolean): string {
  const transactions = ofOrders(all)
  const cost = costOf(all, orders)
  const decimal = (value: number) => formatDecimal(value, 1)
  const head = [
    `Per order, of ${orders} one after the other:`,
    `${decimal(cost.statements)} statements, ${decimal(cost.onWriter)} of them on the writer; ${decimal(cost.frames)} only begin and end transactions`,
    `${decimal(cost.commits)} commits, ${decimal(cost.writes)} statements that write, ${formatCount(cost.bytes)} bytes bound to them`,
    `(${formatCount(cost.lineBytes)} of them lines of the commit log), ${formatCount(cost.us)} us in SQLite, commits included`,
    ...(cost.trips > 0 ? [`${decimal(cost.trips)} round trips`] : []),
    `Left out: ${all.length - transactions.length} transactions that look for what is due, as time passed`,
  ]
  const alike = Map.groupBy(transactions, (one) => `${one.kind}|${one.operations}|${one.statements.map(({ sql }) => sql).join('|')}`)
  const groups = [...alike.values()]
  const rows = groups.map((group, index) => [
    `${index + 1} ${titleOf(group[0]!)}`,
    decimal(group.length / orders),
    formatCount(group[0]!.statements.length),
    ...(cost.trips > 0 ? [formatCount(tripsOf(group[0]!.statements))] : []),
    formatCount(bytesOf(group[0]!.statements)),
    formatCount(usOf(group.flatMap((one) => one.statements)) / group.length),
  ])
  const table = renderTable(['transaction', 'an order', 'statements', ...(cost.trips > 0 ? ['round trips'] : []), 'bytes', 'us'], rows)
  const details = groups.map((group, index) => {
    const { statements: listed } = group[0]!
    const lines = listed.map(({ sql, trip }, at) => `   ${trip === listed[at - 1]?.trip ? '' : '-> '}${isFull ? sql : shorten(sql)}`)
    return [`${index + 1} ${titleOf(group[0]!)}, ${decimal(group.length / orders)} an order`, ...foldRepeats(lines)].join('\n')
  })
  return [head.join('\n'), table, ...details].join('\n\n')
}

function titleOf({ kind, operations, statements }: Transaction): string {
  const tables = statements.flatMap(({ sql }) => /\b(?:from|into|update) ["`]?(\w+)["`]?/i.exec(sql)?.[1] ?? [])
  if (kind === 'reader') return `read ${[...new Set(tables)].join(', ')}`
  return operations.length === 0 ? `write ${tables.at(-1) ?? 'nothing'}, no line` : operations.join(', ')
}

const bytesOf = (statements: readonly Counted[]) => statements.reduce((sum, { bytes }) => sum + bytes, 0)
const tripsOf = (statements: readonly Counted[]) => new Set(statements.flatMap(({ trip }) => trip ?? [])).size
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
