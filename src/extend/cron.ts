// When a plan is next due: `0 7 * * 1-5` by the clock on the wall of a time zone. Pure. Invariants: always later than what it
// is asked after; a time that the clock leaves out (summer begins) is due at the moment of the leap, once; one that it
// shows twice (summer ends) is due the first time it does, once.
import { offsetAt } from '../base/time-zone.ts'
import { OwnMistake } from './own-code.ts'

export type Cron = {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Where both are given, a day fits by either: as every cron has it. */
  readonly isEitherDay: boolean
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Minute, hour, day, month, weekday (0 and 7 are Sunday). @throws OwnMistake that says what is wrong */
export function parseCron(text: string): Cron {
  const parts = text.trim().split(/\s+/)
  if (parts.length !== 5) throw new OwnMistake(`"${text}" has ${parts.length} parts, and needs minute, hour, day, month and weekday`)
  const [minute, hour, day, month, weekday] = parts as [string, string, string, string, string]
  const weekdays = valuesOf(weekday, { what: 'weekday', least: 0, most: 7, names: weekdayNames, first: 0 })
  return {
    minutes: valuesOf(minute, { what: 'minute', least: 0, most: 59 }),
    hours: valuesOf(hour, { what: 'hour', least: 0, most: 23 }),
    days: new Set(valuesOf(day, { what: 'day', least: 1, most: 31 })),
    months: new Set(valuesOf(month, { what: 'month', least: 1, most: 12, names: monthNames, first: 1 })),
    weekdays: new Set(weekdays.map((one) => one % 7)),
    isEitherDay: !day.startsWith('*') && !weekday.startsWith('*'),
  }
}

type Range = {
  readonly what: string
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
  readonly first?: number
}

function valuesOf(text: string, range: Range): number[] {
  const { what, least, most, names = [], first = 0 } = range
  const wrong = () =>
    new OwnMistake(`"${text}" is no ${what}: it is *, a number from ${least} to ${most}, a range, a list or a step such as */5`)
  const numberOf = (word: string): number => {
    const named = names.indexOf(word.toLowerCase())
    const number = named >= 0 ? named + first : /^\d{1,2}$/.test(word) ? Number(word) : Number.NaN
    if (!(number >= least && number <= most)) throw wrong()
    return number
  }
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const [, from, to, by] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (from === undefined || (from === '*' && to !== undefined)) throw wrong()
    const start = from === '*' ? least : numberOf(from)
    const end = from === '*' ? most : to !== undefined ? numberOf(to) : by === undefined ? start : most
    const step = by === undefined ? 1 : Number(by)
    if (step === 0 || end < start) throw wrong()
    for (let value = start; value <= end; value += step) found.add(value)
  }
  return [...found].sort((a, b) => a - b)
}

const minuteMs = 60_000
const dayMs = 86_400_000
/** Leap years come every four, and once every eight around 2100. */
const daysLooked = 8 * 366 + 2

/** Milliseconds UTC, later than `after`; null when it never comes, such as on February 30. */
export function nextDue(cron: Cron, timeZone: string, after: number): number | null {
  const wall = after + offsetAt(timeZone, after)
  const today = Math.floor(wall / dayMs)
  for (let day = today; day < today + daysLooked; day++) {
    if (!isDayOf(cron, day)) continue
    for (const hour of cron.hours)
      for (const minute of cron.minutes) {
        const at = day * dayMs + hour * 3_600_000 + minute * minuteMs
        if (at + minuteMs <= wall) continue
        const instant = instantOf(timeZone, at)
        if (instant > after) return instant
      }
  }
  return null
}

function isDayOf({ days, months, weekdays, isEitherDay }: Cron, day: number): boolean {
  const date = new Date(day * dayMs)
  if (!months.has(date.getUTCMonth() + 1)) return false
  const [isDay, isWeekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())]
  return isEitherDay ? isDay || isWeekday : isDay && isWeekday
}

/** When the wall shows this time first; where it never does, when it leaps over it. */
function instantOf(timeZone: string, wall: number): number {
  // No zone has ever changed its offset twice within two days.
  const offsets = [offsetAt(timeZone, wall - dayMs), offsetAt(timeZone, wall + dayMs)]
  const shown = offsets.map((offset) => wall - offset).filter((at) => at + offsetAt(timeZone, at) === wall)
  if (shown.length > 0) return Math.min(...shown)
  let [before, leapt] = [wall - Math.max(...offsets) - minuteMs, wall - Math.min(...offsets)]
  const offset = offsetAt(timeZone, leapt)
  while (leapt - before > minuteMs) {
    const middle = before + Math.floor((leapt - before) / 2 / minuteMs) * minuteMs
    if (offsetAt(timeZone, middle) === offset) leapt = middle
    else before = middle
  }
  return leapt
}

/** `30s`, `5m`, `2h`, `1d`, in milliseconds; null for anything else. */
export function parseEvery(text: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,3})([smhd])$/.exec(text) ?? []
  const units: Readonly<Record<string, number>> = { s: 1_000, m: minuteMs, h: 3_600_000, d: dayMs }
  return unit === undefined ? null : Number(count) * units[unit]!
}
