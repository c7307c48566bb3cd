/**
 * Owns what the numbers are held against and how they are said. A floor is the least that we accept; missing one
 * prints as such and fails nothing, because a shared machine may not decide whether a build is good.
 */
import type { ContenderName } from './options.ts'
import type { Round, RoundsOf } from './rounds.ts'
import { median, pairedRatio } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import type { OrderCost } from './transactions.ts'

/** Our rate over the limit's, beside each other in one run. */
const RATIO_FLOORS: Readonly<Partial<Record<RatedWork, number>>> = { get: 0.76, list: 0.75, create: 0.7, order: 0.45, keys: 0.45 }
/** Over the storage alone, which speaks to nobody: 900 orders/s where it does 5,700. */
const STORAGE_FLOOR = 900 / 5_700
const START_MS_MAX = 600
const MEMORY_MB_MAX = 125
/** Of an order, at most. */
const ORDER_MAX = { cpuUs: 1_000, deviceBytes: 90_000, statements: 50, commits: 5 }

const RATED = ['get', 'list', 'create', 'transferEven', 'transferZipf', 'order', 'keys'] as const
type RatedWork = (typeof RATED)[number]

const TITLES: Readonly<Record<RatedWork, string>> = {
  get: 'get one record',
  list: 'list 30',
  create: 'create',
  transferEven: 'transfer, even',
  transferZipf: 'transfer, Zipf 1.5',
  order: 'whole order',
  keys: 'whole order, with keys',
}

export type Start = { readonly startMs: number; readonly residentMb: number | undefined }
/** Without and with an `Idempotency-Key` on each change. */
export type Counts = Partial<Record<ContenderName, { readonly plain: OrderCost; readonly keys: OrderCost }>>
export type Results = {
  readonly works: Partial<Record<RatedWork, RoundsOf>>
  readonly starts: Partial<Record<ContenderName, Start[]>>
  counts?: Counts
}

export function renderReport(results: Results): string {
  const { works, starts } = results
  const measured = RATED.filter((work) => works[work])
  const parts: string[] = []
  if (measured.length > 0) {
    parts.push(
      renderTable(
        ['work', 'limit /s', 'ours /s', 'ratio', 'floor', ''],
        measured.flatMap((work) => rateRows(work, works[work]!)),
      ),
      'Per request or order, limit / ours:',
      renderTable(
        COST_HEADING,
        measured.flatMap((work) => costRows(work, works[work]!)),
      ),
    )
  }
  for (const work of measured) parts.push(...errorLines(work, works[work]!))
  const orderRows = rowsOfOrder(results)
  if (orderRows.length > 0) parts.push(renderTable(['an order', 'limit', 'ours', 'at most', ''], orderRows))
  const startRows = (['limit', 'ours'] as const).filter((name) => starts[name]).map((name) => startRow(name, starts[name]!))
  if (startRows.length > 0) {
    const heading = ['', 'start to first answer, ms', 'at most', '', 'memory at rest, MB', 'at most', '']
    parts.push(renderTable(heading, startRows))
  }
  return parts.join('\n\n')
}

/** Beside the limit over HTTP stands the storage alone, where it was measured. */
function rateRows(work: RatedWork, rounds: RoundsOf): string[][] {
  const row = (title: string, limit: readonly Round[] | undefined, floor: number | undefined) => {
    const ratio = pairedRatio(ratesOf(rounds.ours), ratesOf(limit))
    return [
      title,
      formatCount(median(ratesOf(limit))),
      formatCount(median(ratesOf(rounds.ours))),
      formatDecimal(ratio, 2),
      floor === undefined ? '' : formatDecimal(floor, 2),
      floor === undefined ? '' : verdict(ratio, ratio >= floor),
    ]
  }
  const storage = rounds.storage === undefined ? [] : [row(`${TITLES[work]}, of storage alone`, rounds.storage, STORAGE_FLOOR)]
  return [row(TITLES[work], rounds.limit, RATIO_FLOORS[work]), ...storage]
}

const COST_HEADING = ['work', 'CPU us', 'device bytes', 'written bytes', 'p50 ms', 'p99 ms', "provider's CPU us"]

function costRows(work: RatedWork, rounds: RoundsOf): string[][] {
  const row = (title: string, limit: readonly Round[] | undefined, ours: readonly Round[] | undefined) => {
    const both = (field: keyof Round, format: (value: number) => string) =>
      `${format(medianOf(limit, field))} / ${format(medianOf(ours, field))}`
    const milliseconds = (value: number) => formatDecimal(value, 1)
    return [
      title,
      both('cpuUs', formatCount),
      both('deviceBytes', formatCount),
      both('writtenBytes', formatCount),
      both('p50Ms', milliseconds),
      both('p99Ms', milliseconds),
      both('sandboxCpuUs', formatCount),
    ]
  }
  const storage = rounds.storage === undefined ? [] : [row(`${TITLES[work]}, storage alone`, rounds.storage, undefined)]
  return [row(TITLES[work], rounds.limit, rounds.ours), ...storage]
}

function rowsOfOrder({ works: { order }, counts }: Results): string[][] {
  const row = (title: string, limit: number, ours: number, { max, decimals = 0 }: { max?: number; decimals?: number }) => {
    const format = (value: number) => (decimals === 0 ? formatCount(value) : formatDecimal(value, decimals))
    const held = max === undefined ? ['', ''] : [formatCount(max), verdict(ours, ours <= max)]
    return [title, format(limit), format(ours), ...held]
  }
  const rows: string[][] = []
  if (order !== undefined) {
    const measured = (field: 'cpuUs' | 'deviceBytes') => [medianOf(order.limit, field), medianOf(order.ours, field)] as const
    rows.push(row('CPU us', ...measured('cpuUs'), { max: ORDER_MAX.cpuUs }))
    rows.push(row('device bytes', ...measured('deviceBytes'), { max: ORDER_MAX.deviceBytes }))
  }
  if (counts !== undefined) {
    const of = (kind: 'plain' | 'keys', field: keyof OrderCost) =>
      [counts.limit?.[kind][field] ?? Number.NaN, counts.ours?.[kind][field] ?? Number.NaN] as const
    const decimals = 1
    rows.push(row('statements', ...of('plain', 'statements'), { max: ORDER_MAX.statements, decimals }))
    rows.push(row('commits', ...of('plain', 'commits'), { max: ORDER_MAX.commits, decimals }))
    rows.push(row('bytes bound to writes', ...of('plain', 'bytes'), {}))
    rows.push(row('statements, with keys', ...of('keys', 'statements'), { decimals }))
    rows.push(row('commits, with keys', ...of('keys', 'commits'), { decimals }))
  }
  return rows
}

/** An answer that failed was fast for nothing; a rate that holds some is not one. */
function errorLines(work: RatedWork, rounds: RoundsOf): string[] {
  return (['limit', 'ours'] as const).flatMap((name) => {
    const errors = (rounds[name] ?? []).reduce((sum, round) => sum + round.errors, 0)
    return errors > 0 ? [`${TITLES[work]}, ${name}: ${errors} FAILED requests are in the rate`] : []
  })
}

function startRow(name: ContenderName, starts: readonly Start[]): string[] {
  const startMs = median(starts.map((start) => start.startMs))
  const residentMb = median(starts.map((start) => start.residentMb ?? Number.NaN))
  const held = name === 'ours'
  return [
    name,
    formatCount(startMs),
    held ? formatCount(START_MS_MAX) : '',
    held ? verdict(startMs, startMs <= START_MS_MAX) : '',
    formatCount(residentMb),
    held ? formatCount(MEMORY_MB_MAX) : '',
    held ? verdict(residentMb, residentMb <= MEMORY_MB_MAX) : '',
  ]
}

function verdict(value: number, kept: boolean): string {
  if (!Number.isFinite(value)) return ''
  return kept ? 'kept' : 'MISSED'
}

function medianOf(rounds: readonly Round[] = [], field: keyof Round): number {
  return median(rounds.map((round) => round[field] ?? Number.NaN))
}

function ratesOf(rounds: readonly Round[] = []): number[] {
  return rounds.map((round) => round.rate)
}
