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
  return new Date(timeMs).toISOString()
}
