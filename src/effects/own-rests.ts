// Effects of a project whose process died during each of so many attempts, and the rest that their kind has after that: what is wrong with
// one is most often wrong with all, and each would end the process as often. Invariant: the rest is over when staff
// try the dead one again or call it off, and by itself.
import { limits } from '../base/limits.ts'
import { and, compare, eq, oneOf } from '../contract/filter.ts'
import type { TransactionParts } from '../storage/in-transaction.ts'
import { type Effect, effects } from './effect.ts'

/** Attempts of which nobody wrote an end. */
export function cutOffs({ attempts, failures }: Effect): number {
  return attempts - (failures ?? 0)
}

export function diedDuring(ownCode: string, times: number): string {
  return (
    `${ownCode}: its process died during the attempt, ${times} times: the code never returned, took all memory, or the process was killed. ` +
    'Where it never returned, the log of the process says at which line.'
  )
}

/** How it ends that was cut off too often. The rest of its kind is in `dueAt`: no other dead one is due later than its lease ended. */
export function endOfCutOff(effect: Effect, ownCode: string, now: number) {
  const lastError =
    `${diedDuring(ownCode, cutOffs(effect))} Mend it, then try this effect again. ` +
    `Until then, but at most ${limits.ownEffectRestMs / 60_000} minutes, other effects of its kind wait.`
  return { state: 'dead', owner: null, dueAt: now + limits.ownEffectRestMs, lastError } as const
}

export type OwnRests = {
  /** Which kinds rest now. Later ones are heard of. */
  read(): Promise<void>
  hear(effect: Effect): void
  /** Why effects of this kind have to wait; null when they need not. */
  of(kind: string): string | null
}

export function createOwnRests({ storage, clock }: Pick<TransactionParts, 'storage' | 'clock'>, kinds: readonly string[]): OwnRests {
  /** By the dead ones. */
  const resting = new Map<string, { readonly kind: string; readonly until: number }>()

  return {
    async read() {
      if (kinds.length === 0) return
      const isResting = compare('dueAt', 'gt', clock.now() + limits.effectLeaseMs)
      // Beyond the limit: a kind that rests has few of them, since the others wait.
      const dead = await storage.reader.find(effects, {
        where: and(eq('state', 'dead'), isResting, oneOf('kind', kinds)),
        limit: limits.pageSizeMax,
        isUnordered: true,
      })
      for (const { id, kind, dueAt } of dead) resting.set(id, { kind, until: dueAt })
    },
    hear({ id, kind, state, dueAt }) {
      if (state === 'dead' && dueAt > clock.now() + limits.effectLeaseMs && kinds.includes(kind)) resting.set(id, { kind, until: dueAt })
      else if (resting.size > 0) resting.delete(id)
    },
    of(kind) {
      for (const [id, rest] of resting) {
        if (rest.until <= clock.now()) resting.delete(id)
        else if (rest.kind === kind) return `Waits: the process died during ${id}, which is of the same kind.`
      }
      return null
    },
  }
}
