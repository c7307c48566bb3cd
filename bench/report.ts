/**
 * Owns what the numbers are held against and how they are said. A floor is the least that we accept; missing one
 * prints as such and fails nothing, because a shared machine may not decide whether a build is good.
 */
import type { Flow } from './kingpost/purchase.ts'
import type { ContenderName } from './options.ts'
import type { Round, RoundsOf } from './rounds.ts'
import { median, pairedRatio } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'
import type { OrderCost } from './transactions.ts'

export type OrderWork = 'order' | 'orderInOne' | 'keys' | 'keysInOne'
/** How whole orders are bought: with the cart filled in four requests or made in one, and with an `Idempotency-Key` on each change. */
export const ORDER_WORKS: readonly { readonly work: OrderWork; readonly title: string; readonly flow: Flow; readonly hasKeys: boolean }[] =
  [
    { work: 'order', title: 'whole order', flow: 'five', hasKeys: false },
    { work: 'orderInOne', title: 'whole order, cart in one request', flow: 'one', hasKeys: false },
    { work: 'keys', title: 'whole order, with keys', flow: 'five', hasKeys: true },
    { work: 'keysInOne', title: 'whole order, cart in one request, with keys', flow: 'one', hasKeys: true },
  ]

/** Our rate over the limit's, beside each other in one run. An order is held to it, and to what follows, with its cart in one request. */
const RATIO_FLOORS: Readonly<Partial<Record<RatedWork, number>>> = { get: 0.76, list: 0.75, create: 0.7, orderInOne: 0.45, keysInOne: 0.45 }
/** Over the storage alone, which speaks to nobody: 900 orders/s where it does 5,700. */
const STORAGE_FLOOR = 900 / 5_700
const START_MS_MAX = 600
const MEMORY_MB_MAX = 125
/** Of an order, at most. */
const ORDER_MAX = { cpuUs: 1_000, deviceBytes: 90_000, statements: 50, commits: 5 }

const RATED = ['get', 'list', 'create', 'transferEven', 'transferZipf', ...ORDER_WORKS.map(({ work }) => work)] as const
type RatedWork = (typeof RATED)[number]

const TITLES: Readonly<Record<RatedWork, string>> = {
  get: 'get one record',
  list: 'list 30',
  create: 'create',
  transferEven: 'transfer, even',
  transferZipf: 'transfer, Zipf 1.5',
  ...(Object.fromEntries(ORDER_WORKS.map(({ work, title }) => [work, title])) as Record<OrderWork, string>),
}

export type Start = { readonly startMs: number; readonly residentMb: number | undefined }
export type Counts = Partial<Record<OrderWork, Partial<Record<ContenderName, OrderCost>>>>
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
  const row = (
    title: string,
    limit: readonly Round[] | undefined,
    { floor, decimals }: { floor: number | undefined; decimals: number },
  ) => {
    const ratio = pairedRatio(ratesOf(rounds.ours), ratesOf(limit))
    return [
      title,
      formatCount(median(ratesOf(limit))),
      formatCount(median(ratesOf(rounds.ours))),
      formatDecimal(ratio, decimals),
      floor === undefined ? '' : formatDecimal(floor, decimals),
      floor === undefined ? '' : verdict(ratio, ratio >= floor),
    ]
  }
  const floor = RATIO_FLOORS[work]
  const ofStorage = { floor: floor === undefined ? undefined : STORAGE_FLOOR, decimals: 3 }
  const storage = rounds.storage === undefined ? [] : [row(`${TITLES[work]}, of storage alone`, rounds.storage, ofStorage)]
  return [row(TITLES[work], rounds.limit, { floor, decimals: 2 }), ...storage]
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

function rowsOfOrder({ works, counts = {} }: Results): string[][] {
  return ORDER_WORKS.flatMap(({ work, title, flow }) => {
    const row = (
      what: string,
      pair: readonly [limit: number, ours: number],
      { max, decimals = 0 }: { max?: number; decimals?: number },
    ) => {
      const format = (value: number) => (decimals === 0 ? formatCount(value) : formatDecimal(value, decimals))
      const held = max === undefined || flow !== 'one' ? ['', ''] : [formatCount(max), verdict(pair[1], pair[1] <= max)]
      return [`${title}: ${what}`, ...pair.map(format), ...held]
    }
    const rounds = works[work]
    const measured = (field: 'cpuUs' | 'deviceBytes') => [medianOf(rounds?.limit, field), medianOf(rounds?.ours, field)] as const
    const counted = (field: keyof OrderCost) =>
      [counts[work]?.limit?.[field] ?? Number.NaN, counts[work]?.ours?.[field] ?? Number.NaN] as const
    const ofRounds = [
      row('CPU us', measured('cpuUs'), { max: ORDER_MAX.cpuUs }),
      row('device bytes', measured('deviceBytes'), { max: ORDER_MAX.deviceBytes }),
    ]
    const ofCounts = [
      row('statements', counted('statements'), { max: ORDER_MAX.statements, decimals: 1 }),
      row('commits', counted('commits'), { max: ORDER_MAX.commits, decimals: 1 }),
      row('bytes bound to writes', counted('bytes'), {}),
    ]
    return [...(rounds === undefined ? [] : ofRounds), ...(counts[work] === undefined ? [] : ofCounts)]
  })
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
