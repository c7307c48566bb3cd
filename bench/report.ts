/**
 * Owns what the numbers are held against and how they are said. A floor is the least that we accept; missing one
 * prints as such and fails nothing, because a shared machine may not decide whether a build is good.
 */
import type { ContenderName, Work } from './options.ts'
import type { Round, RoundsOf } from './rounds.ts'
import { median, pairedRatio } from './stats.ts'
import { formatCount, formatDecimal, renderTable } from './table.ts'

/** Our rate over the limit's, beside each other in one run. */
export const RATIO_FLOORS: Readonly<Record<Exclude<Work, 'start'>, number>> = {
  get: 0.5,
  list: 0.5,
  create: 0.4,
  order: 0.3,
}
export const START_MS_MAX = 900
export const MEMORY_MB_MAX = 150

const TITLES: Readonly<Record<Work, string>> = {
  start: 'start',
  get: 'get one record',
  list: 'list 30',
  create: 'create',
  order: 'whole order',
}

export type Start = { readonly startMs: number; readonly residentMb: number | undefined }
export type Results = {
  readonly works: Partial<Record<Exclude<Work, 'start'>, RoundsOf>>
  readonly starts: Partial<Record<ContenderName, Start[]>>
}

export function renderReport({ works, starts }: Results): string {
  const measured = (Object.keys(RATIO_FLOORS) as (keyof typeof RATIO_FLOORS)[]).filter((work) => works[work])
  const rates = measured.map((work) => rateRow(work, works[work]!))
  const costs = measured.map((work) => costRow(work, works[work]!))
  const parts: string[] = []
  if (measured.length > 0) {
    parts.push(
      renderTable(['work', 'limit /s', 'ours /s', 'ratio', 'floor', ''], rates),
      'Per request or order, limit / ours:',
      renderTable(['work', 'CPU us', 'device bytes', 'written bytes', 'p50 ms', 'p99 ms'], costs),
    )
  }
  for (const work of measured) parts.push(...errorLines(work, works[work]!))
  const startRows = (['limit', 'ours'] as const).filter((name) => starts[name]).map((name) => startRow(name, starts[name]!))
  if (startRows.length > 0) {
    const heading = ['', 'start to first answer, ms', 'at most', '', 'memory at rest, MB', 'at most', '']
    parts.push(renderTable(heading, startRows))
  }
  return parts.join('\n\n')
}

function rateRow(work: keyof typeof RATIO_FLOORS, rounds: RoundsOf): string[] {
  const ratio = pairedRatio(ratesOf(rounds.ours), ratesOf(rounds.limit))
  const floor = RATIO_FLOORS[work]
  return [
    TITLES[work],
    formatCount(median(ratesOf(rounds.limit))),
    formatCount(median(ratesOf(rounds.ours))),
    formatDecimal(ratio, 2),
    formatDecimal(floor, 2),
    verdict(ratio, ratio >= floor),
  ]
}

function costRow(work: Work, rounds: RoundsOf): string[] {
  const both = (field: keyof Round, format: (value: number) => string) => {
    const one = (list: Round[] = []) => format(median(list.map((round) => round[field] ?? Number.NaN)))
    return `${one(rounds.limit)} / ${one(rounds.ours)}`
  }
  const milliseconds = (value: number) => formatDecimal(value, 1)
  return [
    TITLES[work],
    both('cpuUs', formatCount),
    both('deviceBytes', formatCount),
    both('writtenBytes', formatCount),
    both('p50Ms', milliseconds),
    both('p99Ms', milliseconds),
  ]
}

/** An answer that failed was fast for nothing; a rate that holds some is not one. */
function errorLines(work: Work, rounds: RoundsOf): string[] {
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

function ratesOf(rounds: readonly Round[] = []): number[] {
  return rounds.map((round) => round.rate)
}
