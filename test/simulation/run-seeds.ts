// Running many seeds, one after another in this process, on one store that is put back between them.
import type { FaultCounts, FaultKind } from './faults.ts'
import type { Mutant } from './mutants.ts'
import type { Drop } from './provider-plan.ts'
import { type SeedResult, simulate } from './simulate.ts'
import { createShop, openStore, type Store } from './store.ts'
import { addCounts, type Counts, countsText } from './tally.ts'
import { inMacrotask } from './world.ts'

export type RunTotals = { seeds: number; steps: number; placed: number; twice: number; faults: FaultCounts; counts: Counts }
export type RunOptions = {
  readonly seeds: Iterable<number>
  readonly mutant?: Mutant | null
  readonly drop?: Drop | null
  /** Asked before each seed. */
  readonly isOver?: (totals: RunTotals) => boolean
  readonly onRed?: (result: SeedResult) => void
  readonly stopsAtRed?: boolean
}

const rejections: unknown[] = []
process.on('unhandledRejection', (error) => rejections.push(error))

/**
 * One seed in so many, of each kind, is run twice and must leave the same trace: 200 of 20,000. What makes a run differ is in the engine
 * or the simulator, not in a rare seed, and a seed that is run twice costs three.
 */
const twiceEvery = 97

export async function openSimulator(mutant: Mutant | null = null, drop: Drop | null = null) {
  const shop = createShop()
  let store = await open()

  async function open(): Promise<Store> {
    const opened = await openStore(shop)
    mutant?.prepare?.(opened)
    return opened
  }

  return async (seed: number, options: { trace?: (line: string) => void; isTwice?: boolean } = {}): Promise<SeedResult> => {
    const { isTwice = false, trace } = options
    const once = async () => {
      const result = await inMacrotask(() =>
        withStacks(trace !== undefined, () =>
          simulate(store, seed, { mutant, drop, isDigested: isTwice && !trace, ...(trace ? { trace } : {}) }),
        ),
      )
      // Rejections nobody heard are told at the end of the macrotask.
      await inMacrotask(() => {})
      const unheard = rejections
        .splice(0)
        .map((error) => `a rejection nobody heard: ${error instanceof Error ? error.stack : String(error)}`)
      if (!result.isAtRest) store = await open()
      return { ...result, problems: [...result.problems, ...unheard] }
    }
    const first = await once()
    if (!isTwice || trace) return first
    const second = await once()
    return first.digest === second.digest
      ? first
      : { ...first, problems: [...first.problems, 'the same seed ran differently the second time'] }
  }
}

/** An engine refuses a thousand times in a run, and a stack costs more than what is refused: who replays a seed is told. */
function withStacks<T>(isTold: boolean, work: () => T): T {
  const { stackTraceLimit } = Error
  if (!isTold) Error.stackTraceLimit = 0
  try {
    return work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Stops at `isOver`, or at the first red seed where that is asked for. */
export async function runSeeds(options: RunOptions): Promise<RunTotals> {
  const { seeds, mutant = null, drop = null, isOver = () => false, onRed, stopsAtRed = false } = options
  const run = await openSimulator(mutant, drop)
  const totals: RunTotals = { seeds: 0, steps: 0, placed: 0, twice: 0, faults: {}, counts: {} }
  for (const seed of seeds) {
    if (isOver(totals)) break
    const isTwice = seed % twiceEvery === 0
    const result = await run(seed, { isTwice })
    totals.seeds += 1
    totals.steps += result.steps
    totals.placed += result.placed
    totals.twice += isTwice ? 1 : 0
    addFaults(totals.faults, result.faults)
    addCounts(totals.counts, result.counts)
    if (result.problems.length === 0) continue
    onRed?.(result)
    if (stopsAtRed) break
  }
  return totals
}

export function addFaults(to: FaultCounts, more: FaultCounts): void {
  for (const [kind, count] of Object.entries(more) as [FaultKind, number][]) to[kind] = (to[kind] ?? 0) + count
}

export function* seedsFrom(first: number, step = 1): Generator<number> {
  for (let seed = first; ; seed += step) yield seed
}

/** The one line a red seed leaves. */
export function redLine(result: SeedResult, mutant: Mutant | null = null, drop: Drop | null = null): string {
  const words = `${mutant ? ` --mutant ${mutant.name}` : ''}${drop ? ` --drop ${drop}` : ''}`
  return `seed ${result.seed}: ${result.problems[0]}\n  npm run simulate -- --seed ${result.seed}${words}`
}

export function totalsText(totals: RunTotals, seconds: number): string {
  const faults = Object.entries(totals.faults).toSorted(([, a], [, b]) => b - a)
  return [
    `${totals.seeds} seeds in ${seconds.toFixed(1)} s (${(totals.seeds / seconds).toFixed(1)} a second), ${totals.twice} of them run twice`,
    `${totals.steps} steps, ${totals.placed} orders placed`,
    countsText(totals.counts),
    `faults: ${faults.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none'}`,
  ].join('\n')
}
