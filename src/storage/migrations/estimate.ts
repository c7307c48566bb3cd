// How long a step will take, told before it is done: rows through the rates measured with a million of
// them on two busy cores and a local disk. An estimate, and said to be one.
import type { Step } from './steps.ts'

/** Rows a second, by kind of step; a kind that is not here does not look at rows. */
const rowsPerSecond: Partial<Record<Step['kind'], number>> = {
  backfill: 5_000,
  convertColumn: 5_000,
  catchUp: 100_000,
  checkValues: 100_000,
  swapColumn: 100_000,
  widenColumn: 100_000,
  createIndex: 200_000,
  setNotNull: 1_000_000,
  addCheck: 1_000_000,
  dropColumn: 150_000,
}

/** What any change of a schema costs besides: looking, the journal, the commit. */
const stepMs = 20

export function estimateMs({ kind, rows }: Step): number {
  const rate = rowsPerSecond[kind]
  return stepMs + (rate === undefined ? 0 : (rows / rate) * 1000)
}
