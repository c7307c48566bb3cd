// The clock of a process that shares its database: the database's, so that all processes measure leases,
// schedules and sessions by one. It is asked at start and every few seconds; in between the local clock
// that never goes back counts on. Invariant: where the local wall clock stands does not matter.
import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { StorageAdapter } from './storage.ts'

/** One asking: the database said `at` while the local clocks stood so, give or take `errorMs`. */
type Sample = { readonly at: number; readonly monotonic: number; readonly local: number; readonly errorMs: number }

/** Quartz is off by some 50 millionths; ten times that is let pass before a worse sample replaces a better one. */
const driftMax = 0.0005
/** The two local clocks part by more than this only while the machine sleeps, or when somebody sets one. */
const suspensionMs = 1_000

export type DatabaseClock = Clock & { refresh(): Promise<void>; stop(): void }

/** @throws storage_unavailable */
export async function followDatabaseClock(storage: Pick<StorageAdapter, 'now'>, local: Clock): Promise<DatabaseClock> {
  let sample = await ask()
  let asking: Promise<void> | null = null
  let cancel = () => {}
  let isStopped = false

  async function ask(): Promise<Sample> {
    const before = local.monotonic()
    const at = await storage.now()
    const after = local.monotonic()
    // Between question and answer nobody knows when it looked: the middle is off by half the way at most.
    return { at, monotonic: (before + after) / 2, local: local.now(), errorMs: (after - before) / 2 }
  }

  function resample(): Promise<void> {
    asking ??= ask()
      .then((next) => {
        if (isBetter(next)) sample = next
      })
      .finally(() => {
        asking = null
      })
    return asking
  }

  function isBetter(next: Sample): boolean {
    const elapsedMs = next.monotonic - sample.monotonic
    const isPrecise = next.errorMs <= sample.errorMs + 1 + elapsedMs * driftMax
    // Further off than both can be wrong: the database's clock was set, or this machine slept.
    const isElsewhere = Math.abs(next.at - (sample.at + elapsedMs)) > next.errorMs + sample.errorMs + 1 + elapsedMs * driftMax
    return isPrecise || isElsewhere || isOld()
  }

  const isOld = () => local.monotonic() - sample.monotonic > 2 * limits.clockSampleMs
  const hasSlept = () => Math.abs(local.now() - sample.local - (local.monotonic() - sample.monotonic)) > suspensionMs

  function follow(): void {
    cancel = local.after(limits.clockSampleMs, () => {
      // A database that is away says so to those who need it.
      void resample()
        .catch(() => {})
        .finally(() => {
          if (!isStopped) follow()
        })
    })
  }
  follow()

  return {
    now: () => Math.floor(sample.at + (local.monotonic() - sample.monotonic)),
    monotonic: local.monotonic,
    after: local.after,
    soon: local.soon,
    async refresh() {
      if (isOld() || hasSlept()) await resample()
    },
    stop() {
      isStopped = true
      cancel()
    },
  }
}
