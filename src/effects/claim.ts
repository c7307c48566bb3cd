// Claiming: which effects are due and become this process's for a lease. Invariant: each is taken by one
// guarded write on its state and version, so of processes that look at once one gets it.
import { limits } from '../base/limits.ts'
import type { Random } from '../base/random.ts'
import { and, compare, eq, type Filter, not, oneOf } from '../contract/filter.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'
import { type Effect, type EffectHandler, effects } from './effect.ts'

/** `worker` carries out all effects but those that send mail, `mail` those. Neither: only what its own callers wait for. */
export type EffectRole = 'worker' | 'mail'

export type ClaimParts = TransactionParts & { readonly workerId: string }

export type Claim = {
  readonly taken: readonly Effect[]
  /** Others took some of what was looked at: look again. */
  readonly isContested: boolean
  /** There was as much as was wanted, and perhaps more. */
  readonly mayBeMore: boolean
}

const dueStates = ['ready', 'running'] as const

/** One range of the index (state, dueAt). */
function isDue(state: (typeof dueStates)[number], now: number, kinds: Filter | undefined): Filter {
  return and(eq('state', state), compare('dueAt', 'lte', now), kinds)
}

/** A look without a transaction: nearly always nothing is due, and a write transaction is a round trip, or the only writer's turn. */
async function isAnythingDue({ storage, clock }: ClaimParts, kinds: Filter | undefined): Promise<boolean> {
  // Beyond the limit: one is enough.
  const looks = dueStates.map((state) =>
    storage.reader.find(effects, { where: isDue(state, clock.now(), kinds), limit: 1, isUnordered: true }),
  )
  return (await Promise.all(looks)).some(({ length }) => length > 0)
}

/** Takes at most `limit` effects that are due: new ones first, then those whose lease has ended. */
export async function claimDue(parts: ClaimParts, kinds: Filter | undefined, limit: number): Promise<Claim> {
  if (!(await isAnythingDue(parts, kinds))) return { taken: [], isContested: false, mayBeMore: false }
  return await inTransaction(parts, { operation: 'effects.claim', actor: 'system', requestId: '' }, async (tx, now) => {
    const looks = dueStates.map((state) =>
      // Beyond the limit: the oldest come first, and a process that takes as much as it wanted looks again.
      tx.find(effects, {
        where: isDue(state, now, kinds),
        sort: [{ path: 'dueAt', descending: false }],
        limit: 2 * limit,
      }),
    )
    const due = someOf((await Promise.all(looks)).flat().slice(0, 2 * limit), limit, parts.random)
    // By id, so that two who look at once never wait for each other in a circle; together, so that it is one round trip.
    const inOrder = due.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const lease = { owner: parts.workerId, dueAt: now + limits.effectLeaseMs }
    const taken = (await Promise.all(inOrder.map((effect) => take(tx, effect, lease)))).filter((effect) => effect !== null)
    return { taken, isContested: taken.length < due.length, mayBeMore: due.length === limit }
  })
}

/** Where more is due than one process takes, each takes others: all would meet at the oldest, and wait for each other there. */
function someOf(due: readonly Effect[], limit: number, random: Random): readonly Effect[] {
  if (due.length <= limit) return due
  const rest = [...due]
  return Array.from({ length: limit }, () => rest.splice(Math.floor(random.fraction() * rest.length), 1)[0]!)
}

/** Null when somebody else was first. */
async function take(tx: Transaction, effect: Effect, lease: { readonly owner: string; readonly dueAt: number }): Promise<Effect | null> {
  const attempts = effect.attempts + 1
  // By the version: from here on this process knows the row as it stands, and its end is fenced by that.
  const guard = and(eq('state', effect.state), eq('version', effect.version))
  const isOurs = await tx.touch(effects, effect.id, { set: { state: 'running', attempts, ...lease } }, guard)
  return isOurs ? { ...effect, state: 'running', attempts, ...lease, version: effect.version + 1 } : null
}

/** What these roles claim; everything when undefined. A kind that nobody knows belongs to the workers, who say so. */
export function claimable(handlers: ReadonlyMap<string, EffectHandler>, roles: readonly EffectRole[]): Filter | undefined {
  if (roles.includes('worker') && roles.includes('mail')) return undefined
  const kinds = [...handlers.values()].filter(({ role }) => role === 'mail').map(({ kind }) => kind.name)
  return roles.includes('mail') ? oneOf('kind', kinds) : not(oneOf('kind', kinds))
}
