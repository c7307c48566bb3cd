// Who serves a database that several processes share: each says so by a mark that it renews, on the
// database's clock. Whoever wants the database for itself (a move, a restore) first makes its own mark, then
// looks for these; a process first says that it is there, then looks for that mark. So one of them sees the other.
import type { Clock } from '../base/clock.ts'
import { isEngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { WholeStorage } from './storage.ts'

export const presencePrefix = 'process.'

export type PresenceOptions = {
  readonly storage: WholeStorage
  readonly clock: Clock
  /** Names this process. */
  readonly id: string
  /** Asked with each renewal: throws when the database is not this process's to serve any more. */
  readonly check: () => Promise<void>
  /** Told what `check` threw. */
  readonly onRefused: (error: unknown) => void
}

/** @throws what `check` throws; nothing is left then */
export async function announce({ storage, clock, id, check, onRefused }: PresenceOptions): Promise<{ leave(): Promise<void> }> {
  const name = `${presencePrefix}${id}`
  const renew = async () => await storage.load({ marks: { [name]: String(await storage.now()) } })
  const forget = async () => await storage.load({ marks: { [name]: null } })
  await renew()
  await check().catch(async (error: unknown) => {
    await forget()
    throw error
  })
  let isLeaving = false
  let cancel = () => {}
  const beat = () => {
    cancel = clock.after(limits.presenceRenewMs, async () => {
      // A database that is away, before the look or during it, is no reason to go: the next beat tells.
      await renew()
        .then(() => (isLeaving ? undefined : check()))
        .catch((error: unknown) => (isEngineError(error) ? undefined : onRefused(error)))
      if (!isLeaving) beat()
    })
  }
  beat()
  return {
    async leave() {
      isLeaving = true
      cancel()
      // One that cannot say so is taken for gone a little later.
      await forget().catch(() => {})
    },
  }
}

/** Seconds since the last sign of each process that serves this database. */
export async function presences(storage: WholeStorage): Promise<number[]> {
  const now = await storage.now()
  return agesOf(Object.values(await storage.listMarks(presencePrefix)), now)
}

/** Of the values of their marks, by the database's clock. */
export function agesOf(marks: readonly string[], now: number): number[] {
  const ages = marks.map((at) => now - Number(at))
  return ages.filter((age) => age < limits.presenceMs).map((age) => Math.max(0, Math.round(age / 1_000)))
}
