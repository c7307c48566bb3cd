// The clock port: the only source of time in the engine. Everything else is given a Clock or a `now`,
// which is what lets the simulator run hours in milliseconds. Times are integers: ms since 1970 UTC.

export type Cancel = () => void

export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. May jump: never use it to measure a duration. */
  now(): number
  /** Milliseconds from an arbitrary start, never going back. For durations and traces. */
  monotonic(): number
  /** Runs `task` once after `delayMs`; the returned function calls it off. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Cancel
  /** Where the time is another machine's: asks it again when this one may have slept. Before a lease is measured. */
  refresh?(): Promise<void>
  /** Runs `task` after the I/O events that are ready now: what group commit collects behind. */
  soon(task: () => void): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
  soon: (task) => void setImmediate(task),
}

/** Resolves after `delayMs` of the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.after(delayMs, resolve))
}

/** RFC 3339 in UTC with milliseconds, the only form in which a time leaves the engine. */
export function toIso(timeMs: number): string {
  const day = Math.floor(timeMs / dayMs)
  if (day !== knownDay) {
    knownDay = day
    knownDayText = new Date(day * dayMs).toISOString().slice(0, 11)
  }
  const rest = timeMs - day * dayMs
  const seconds = Math.floor(rest / 1000)
  const minutes = Math.floor(seconds / 60)
  const milliseconds = String(rest % 1000).padStart(3, '0')
  return `${knownDayText}${twoDigits[Math.floor(minutes / 60)]}:${twoDigits[minutes % 60]}:${twoDigits[seconds % 60]}.${milliseconds}Z`
}

// A page of 30 records holds 60 times, mostly of one day: Date's own text of each cost a tenth of the request.
const dayMs = 86_400_000
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))
let knownDay = Number.NaN
let knownDayText = ''

/**
 * Milliseconds of an RFC 3339 time; NaN for any other text, one without a zone, and for a day or hour
 * that does not exist (V8 reads February 30 as March 2).
 */
export function parseIso(text: string): number {
  const match = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text)
  return match && isDay(match[1]!) ? Date.parse(text) : Number.NaN
}

/** Whether `2026-11-24` is a day of the calendar. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
