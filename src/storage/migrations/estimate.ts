// How long a step will take, told before it is done: rows through the rates measured on two cores and a
// local disk. An estimate, and said to be one.
import type { Step } from './steps.ts'

/** Rows a second, by kind of step; a kind that is not here does not look at rows. */
const rowsPerSecond: Partial<Record<Step['kind'], number>> = {
  backfill: 40_000,
  catchUp: 400_000,
  swapColumn: 400_000,
  createIndex: 500_000,
  setNotNull: 2_000_000,
  addCheck: 2_000_000,
  dropColumn: 500_000,
}

/** What any change of a schema costs besides: looking, the journal, the commit. */
const stepMs = 20

export function estimateMs({ kind, rows }: Step): number {
  const rate = rowsPerSecond[kind]
  return stepMs + (rate === undefined ? 0 : (rows / rate) * 1000)
}
