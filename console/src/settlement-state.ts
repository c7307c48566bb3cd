/** What the page of settlement shows, from what was stored and what was just answered. Draws nothing. */
import { humanize } from './format.ts'
import type { Difference, InboxMessage, ReconciledAccount, Reconciliation, SettlementLine } from './shapes.ts'

export type DifferenceRow = Difference & { readonly id: string; readonly provider: string }
export type Settlement = {
  /** The newest reading of each account. */
  readonly readings: readonly Reconciliation[]
  readonly differences: readonly DifferenceRow[]
  readonly lines: readonly SettlementLine[]
  readonly messages: readonly InboxMessage[]
  readonly payouts: readonly SettlementLine[]
}

/** Without money of nobody: that has a list of its own, with what ends it. */
export function rowsOf(provider: string, differences: readonly Difference[]): DifferenceRow[] {
  return differences
    .filter(({ kind, payment }) => kind !== 'line_without_fact' || payment !== null)
    .map((one) => ({ ...one, id: `${one.kind} ${one.record}`, provider }))
}

/** With what was just answered: the reading's own row says so a while later, once payments were looked at. */
export function withTold(found: Settlement, told: readonly ReconciledAccount[]): Settlement {
  const isOf = (one: ReconciledAccount, { id, status }: Reconciliation) =>
    one.isComplete && one.reconciliation === id && status === 'matching'
  const fresh = told.filter((one) => found.readings.some((reading) => isOf(one, reading)))
  const readings = found.readings.map((reading) => {
    const one = fresh.find((answer) => isOf(answer, reading))
    if (one === undefined) return reading
    const { lines, explainedPpm, differenceCount } = one
    return { ...reading, status: 'compared', lines, explainedPpm, differenceCount }
  })
  const older = found.differences.filter(({ provider }) => !fresh.some((one) => one.provider === provider))
  return { ...found, readings, differences: [...older, ...fresh.flatMap((one) => rowsOf(one.provider, one.differences))] }
}

/** Providers that do not list their account have no row of a reading. */
export function reconciledWords(items: readonly ReconciledAccount[]): string {
  const read = items.filter(({ reconciliation }) => reconciliation !== null)
  if (read.length === 0) return 'No provider of this shop lists its account.'
  const open = read.find(({ isComplete }) => !isComplete)
  if (open) return `${humanize(open.provider)}: ${open.reason ?? 'its account is still being read.'}`
  const count = read.reduce((sum, { differenceCount }) => sum + differenceCount, 0)
  return count === 0 ? 'All is explained.' : `${count} ${count === 1 ? 'difference' : 'differences'}.`
}

/** Rounded down: all but one line of many is not all. */
export const percent = (ppm: number): string => `${Math.floor(ppm / 1000) / 10} %`
