// A clock that stands still until told to move. What was due has been begun when `pass` resolves; its
// asynchronous rest goes on by itself, so tests wait for it with `eventually`.
import { type Clock, systemClock } from '../../src/base/clock.ts'

export function createFakeClock(startMs = Date.UTC(2026, 10, 24)) {
  let now = startMs
  const due = new Map<object, { readonly at: number; readonly task: () => void }>()
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, task) {
      const timer = { at: now + delayMs, task }
      due.set(timer, timer)
      return () => void due.delete(timer)
    },
    // Group commit collects behind real I/O events.
    soon: systemClock.soon,
  }
  return {
    clock,
    /** When what waits is due, in milliseconds from now. */
    waits: (): number[] => [...due.values()].map(({ at }) => at - now),
    /** Moves on in steps, so that what is due within `ms` and sets itself again is due again. */
    async pass(ms: number, stepMs = 1_000): Promise<void> {
      for (const end = now + ms; now < end; ) {
        now = Math.min(end, now + stepMs)
        for (const timer of [...due.values()].filter(({ at }) => at <= now)) {
          due.delete(timer)
          timer.task()
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}
