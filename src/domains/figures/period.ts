// The days that figures are asked for, in the time zone of the shop's bookkeeping, and what was sold in them.
import { isDay } from '../../base/clock.ts'
import { invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { beginOfDay, nextDay } from '../../base/time-zone.ts'
import type { Project } from '../../config/project.ts'
import { and, compare, type Filter } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { shopOf } from '../carts/totals.ts'

const day = (description: string) => Type.String({ format: 'date', description })

export const periodInput = {
  from: day('The first day, in the time zone of the bookkeeping.'),
  to: day('The last day.'),
}

export const periodOutput = { from: Type.String(), to: Type.String(), timeZone: Type.String() }

export type Period = {
  readonly from: string
  readonly to: string
  readonly timeZone: string
  /** The days, each with the moment at which it begins; and the end of the last one. */
  readonly days: readonly { readonly day: string; readonly begin: number }[]
  readonly end: number
}

/** @throws validation_failed */
export function periodOf(project: Project, { from, to }: { readonly from: string; readonly to: string }): Period {
  const { timeZone } = shopOf(project).bookkeeping
  if (!isDay(from)) throw invalid('query:from', 'format', 'must be a day such as 2026-11-01')
  if (!isDay(to) || to < from) throw invalid('query:to', 'range', 'must be a day, and not before from')
  const days: { day: string; begin: number }[] = []
  for (let one = from; one <= to; one = nextDay(one)) {
    if (days.length === limits.figureDaysMax) throw invalid('query:to', 'range', `must be at most ${limits.figureDaysMax} days from from`)
    days.push({ day: one, begin: beginOfDay(one, timeZone) })
  }
  return { from, to, timeZone, days, end: beginOfDay(nextDay(to), timeZone) }
}

export function postedIn(first: number, end: number): Filter {
  return and(compare('postedAt', 'gte', first), compare('postedAt', 'lt', end))
}

/** Days of one length that follow each other: where the clocks change a day is longer or shorter, and stands alone. */
export type Stretch = { readonly first: number; readonly end: number; readonly dayMs: number }

export function stretchesOf({ days, end }: Pick<Period, 'days' | 'end'>): Stretch[] {
  const stretches: Stretch[] = []
  for (const [index, { begin }] of days.entries()) {
    const next = days[index + 1]?.begin ?? end
    const last = stretches.at(-1)
    if (last !== undefined && last.dayMs === next - begin) stretches[stretches.length - 1] = { ...last, end: next }
    else stretches.push({ first: begin, end: next, dayMs: next - begin })
  }
  return stretches
}
