// Time that a test moves. It stands still unless advanced; short timers also run by themselves, so that back-offs end.
import type { Clock } from '../base/clock.ts'

export type ManualClock = Clock & {
  /**
   * Moves time on, running what falls due in its order, and waits until all of it has ended. A long time passes in long
   * steps until its last two minutes, as on a machine that is asleep in between: what ticks each second ticks once a step.
   */
  advance(ms: number): Promise<void>
  clear(): void
}

const longMs = 120_000
const longStepMs = 30_000
/** Of a year there are a thousand steps, and not a million; a test that moves on by less sees each half minute. */
const veryLongMs = 2 * 86_400_000
const veryLongSteps = 100
const shortMs = 2_000

/** `settled` resolves when what a timer began has ended. */
export function createManualClock(start: number, settled: () => Promise<void>): ManualClock {
  let now = start
  const timers = new Set<{ at: number; run: () => void; cancel: () => void }>()
  return {
    // Whole milliseconds, as the port promises: a back-off may end between two.
    now: () => Math.floor(now),
    monotonic: () => performance.now(),
    after(delayMs, task) {
      const run = () => {
        timer.cancel()
        task()
      }
      const real = delayMs <= shortMs ? setTimeout(run, delayMs) : undefined
      const timer = {
        at: now + delayMs,
        run,
        cancel: () => {
          clearTimeout(real)
          timers.delete(timer)
        },
      }
      timers.add(timer)
      return timer.cancel
    },
    soon: (task) => void setImmediate(task),
    async advance(ms) {
      const target = now + ms
      for (;;) {
        const next = Math.min(...[...timers].map(({ at }) => at))
        if (next > target) break
        const leftMs = target - next
        const stepMs = ms > veryLongMs ? Math.max(longStepMs, Math.floor(leftMs / veryLongSteps)) : longStepMs
        now = Math.max(now, next) + (leftMs > longMs ? stepMs : 0)
        const due = [...timers].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
        for (const timer of due) {
          if (!timers.has(timer)) continue
          timer.run()
          await settled()
        }
      }
      now = target
      await settled()
    },
    clear() {
      for (const { cancel } of [...timers]) cancel()
    },
  }
}
