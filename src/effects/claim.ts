// Claiming: which effects are due and become this process's for a lease. Invariant: each is taken by one
// guarded write on its state and version, so of processes that look at once one gets it.
import { limits } from '../base/limits.ts'
import { and, compare, eq, type Filter, not, oneOf } from '../contract/filter.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'
import { chooseDue } from './choose-due.ts'
import { type Effect, type EffectHandler, effects } from './effect.ts'
import { endOfCutOff } from './own-rests.ts'
import type { Places } from './places.ts'

/** `worker` carries out all effects but those that send mail, `mail` those. Neither: only what its own callers wait for. */
export type EffectRole = 'worker' | 'mail'

export type ClaimParts = TransactionParts & { readonly workerId: string }

/** Which kinds, how many at most, and the places for those that may not have all. */
export type Wanted = {
  readonly handlers: ReadonlyMap<string, EffectHandler>
  readonly roles: readonly EffectRole[]
  readonly places: Places
  readonly limit: number
}

export type Claim = {
  readonly taken: readonly Effect[]
  /** Of those: the one whose attempt before was cut off, which has to be alone. */
  readonly again: Effect | null
  /** They were cut off so often that they are dead now. */
  readonly dead: readonly Effect[]
  /** What was seen of effects of the project; null where they were not looked for. */
  readonly own: { readonly isCutOffLeft: boolean; readonly isMore: boolean } | null
  /** Kinds with a bound of which some were left. */
  readonly fewLeft: ReadonlySet<string>
  /** Others took some of what was looked at, or what there is no place for stood before the rest: look again. */
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
export async function claimDue(parts: ClaimParts, wanted: Wanted): Promise<Claim> {
  const { handlers, places, limit } = wanted
  const isOwnLooked = !places.isFull()
  const kinds = claimable(wanted)
  if (!(await isAnythingDue(parts, kinds))) {
    const own = isOwnLooked ? { isCutOffLeft: false, isMore: false } : null
    return { taken: [], again: null, dead: [], own, fewLeft: new Set(), isContested: false, mayBeMore: false }
  }
  return await inTransaction(parts, { operation: 'effects.claim', actor: 'system', requestId: '' }, async (tx, now) => {
    const looks = dueStates.map((state) =>
      // Beyond the limit: the oldest come first, and a process that takes as much as it wanted looks again.
      tx.find(effects, {
        where: isDue(state, now, kinds),
        sort: [{ path: 'dueAt', descending: false }],
        limit: 2 * limit,
      }),
    )
    const [ready, left] = (await Promise.all(looks)) as [Effect[], Effect[]]
    const chosen = chooseDue({ ready, left }, places, { limit, random: parts.random })
    // Others may stand behind those that were left.
    const isHidden = (of: readonly Effect[]) => of.length === 2 * limit
    const { taken: due, again, dead: cutOff, isCutOffLeft, isOwnLeft, fewLeft } = chosen
    const lease = { owner: parts.workerId, dueAt: now + limits.effectLeaseMs }
    const end = (effect: Effect) =>
      tx.updateIfUnchanged(effects, effect, { set: endOfCutOff(effect, handlers.get(effect.kind)!.ownCode!, now) })
    // By id, so that two who look at once never wait for each other in a circle; together, so that it is one round trip.
    const inOrder = [...due, ...cutOff].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const written = await Promise.all(inOrder.map((effect) => (cutOff.includes(effect) ? end(effect) : take(tx, effect, lease))))
    const ours = written.filter((effect) => effect !== null)
    return {
      taken: ours.filter(({ state }) => state === 'running'),
      again: ours.find(({ id }) => id === again?.id) ?? null,
      dead: ours.filter(({ state }) => state === 'dead'),
      own: isOwnLooked ? { isCutOffLeft, isMore: isOwnLeft || due.length === limit } : null,
      fewLeft,
      isContested: ours.length < inOrder.length || isOwnLeft || (fewLeft.size > 0 && (isHidden(ready) || isHidden(left))),
      mayBeMore: due.length === limit,
    }
  })
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
function claimable({ handlers, roles, places }: Wanted): Filter | undefined {
  const mails = [...handlers.values()].filter(({ role }) => role === 'mail').map(({ kind }) => kind.name)
  const full = places.full()
  if (!roles.includes('worker'))
    return oneOf(
      'kind',
      mails.filter((kind) => !full.includes(kind)),
    )
  const left = [...new Set([...full, ...(roles.includes('mail') ? [] : mails)])]
  return left.length === 0 ? undefined : not(oneOf('kind', left))
}
