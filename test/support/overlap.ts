// Two transactions that overlap, on purpose and every time: the first is held right before its commit
// until the second has ended or plainly waits for it. Where transactions are serial the second just waits.
import { setTimeout as sleep } from 'node:timers/promises'
import { users } from '../../src/domains/accounts/collections.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'

/** Longer than any second one takes that is not waiting. */
const patienceMs = 400

/** `sent`: the first one's writes are in the database and not committed; `unsent`: they are still to be sent. */
export type HoldMode = 'sent' | 'unsent'
export const holdModes: readonly HoldMode[] = ['sent', 'unsent']

export type Ended = { readonly value?: unknown; readonly error?: unknown }

type Hold = { readonly mode: HoldMode; reach(): void; readonly released: Promise<void> }

export function createOverlap() {
  let next: Hold | null = null

  return {
    /** The adapter of the process whose transactions can be held. */
    wrap(storage: StorageAdapter): StorageAdapter {
      return {
        ...storage,
        transaction: (work) =>
          storage.transaction(async (tx) => {
            const result = await work(tx)
            const hold = next
            next = null
            if (hold === null) return result
            // A read takes with it what was put off.
            if (hold.mode === 'sent') await tx.find(users, { limit: 1 })
            hold.reach()
            await hold.released
            return result
          }),
      }
    },

    /** Runs both, the second inside the first one's transaction; answers how each ended. */
    async run(mode: HoldMode, first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<[Ended, Ended]> {
      let release = () => {}
      let reach = () => {}
      const reached = new Promise<void>((resolve) => {
        reach = resolve
      })
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      next = { mode, reach, released }
      const one = ending(first())
      await Promise.race([reached, one])
      const two = ending(second())
      await Promise.race([two, sleep(patienceMs)])
      next = null
      release()
      return [await one, await two]
    },
  }
}

function ending(work: Promise<unknown>): Promise<Ended> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}
