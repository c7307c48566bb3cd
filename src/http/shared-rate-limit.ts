// One limit over all processes: the state of a class and caller is a row, and a process takes a slice of
// it at a time, so that most requests ask nobody. Invariant: what a process holds of a slice is never more
// than the row still counts, so all processes together never let through more than one would.

import { createHash } from 'node:crypto'
import { limits } from '../base/limits.ts'
import { rateLimits } from '../operation/rate-limits.ts'
import { inTransaction, type TransactionParts } from '../storage/in-transaction.ts'
import { decisionOf, type LimitedClass, paceOf, type RateDecision, type RateLimiter } from './rate-limit.ts'

/** The part of what is free that one process takes at once: near the limit it is one request, and the limit exact. */
const sliceShare = 20

type Slice = {
  readonly reservedAt: number
  readonly size: number
  /** The row's arrival when it was last seen; it only grows. */
  arrival: number
  left: number
}

/** While the database cannot be asked, `local` limits this process alone. */
export function createSharedRateLimiter(parts: TransactionParts, local: RateLimiter): RateLimiter {
  const { clock } = parts
  const slices = new Map<string, Slice>()
  const reserving = new Map<string, Promise<Slice>>()

  /** What is left of a slice runs out with the row: a slot that the row counts no more is nobody's. */
  function usable(slice: Slice, stepMs: number): number {
    return Math.min(slice.left, slice.size - Math.floor(Math.max(0, clock.now() - slice.reservedAt) / stepMs))
  }

  function reserve(rateClass: LimitedClass, caller: string): Promise<Slice> {
    const key = `${rateClass}:${caller}`
    let asked = reserving.get(key)
    if (!asked) {
      asked = take(parts, { rateClass, caller })
        .then((slice) => keepNewest(slices, key, slice))
        .finally(() => reserving.delete(key))
      reserving.set(key, asked)
    }
    return asked
  }

  /** What stands for several requests takes its own from the row, and leaves to single ones what was set aside for them. */
  async function takeSeveral(rateClass: LimitedClass, caller: string, count: number): Promise<RateDecision> {
    const { stepMs, burstMs } = paceOf(rateClass)
    const key = `${rateClass}:${caller}`
    const decide = (arrival: number, isAllowed: boolean) => decisionOf(rateClass, { now: clock.now(), arrival, isAllowed, count })
    const known = slices.get(key)
    if (known && known.arrival + count * stepMs - clock.now() > burstMs) return decide(known.arrival, false)
    try {
      const { size, arrival } = await take(parts, { rateClass, caller, count })
      const current = slices.get(key) ?? keepNewest(slices, key, { reservedAt: clock.now(), size: 0, left: 0, arrival })
      current.arrival = Math.max(current.arrival, arrival)
      return decide(arrival, size > 0)
    } catch {
      return await local.take(rateClass, caller, count)
    }
  }

  return {
    async take(rateClass, caller, count = 1): Promise<RateDecision> {
      if (count > 1) return await takeSeveral(rateClass, caller, count)
      const { stepMs, burstMs } = paceOf(rateClass)
      const key = `${rateClass}:${caller}`
      const spend = (slice: Slice, ready: number) => {
        slice.left -= 1
        return decisionOf(rateClass, { now: clock.now(), arrival: slice.arrival, isAllowed: true, spare: ready - 1 })
      }
      const refuse = ({ arrival }: Slice) => decisionOf(rateClass, { now: clock.now(), arrival, isAllowed: false })

      const known = slices.get(key)
      const ready = known ? usable(known, stepMs) : 0
      if (known && ready > 0) return spend(known, ready)
      // A caller that was refused is told so from here until the row has room again.
      if (known?.size === 0 && known.arrival + stepMs - clock.now() > burstMs) return refuse(known)
      for (;;) {
        let slice: Slice
        try {
          slice = await reserve(rateClass, caller)
        } catch {
          return await local.take(rateClass, caller)
        }
        // Those who waited for the slice have their part of it however long it took; who finds it spent takes another.
        if (slice.left > 0) return spend(slice, slice.left)
        if (slice.size === 0) return refuse(slice)
      }
    },
  }
}

/** Inserted last, so that the oldest callers are forgotten first. */
function keepNewest(slices: Map<string, Slice>, key: string, slice: Slice): Slice {
  slices.delete(key)
  if (slices.size >= limits.limitedCallersMax) slices.delete(slices.keys().next().value!)
  slices.set(key, slice)
  return slice
}

type Asked = { readonly rateClass: LimitedClass; readonly caller: string; readonly count?: number }

/** Takes a slice of the row, of `count` where that is said; of no size when not so much is free. */
async function take(parts: TransactionParts, { rateClass, caller, count }: Asked): Promise<Slice> {
  const { stepMs, burstMs } = paceOf(rateClass)
  // Whoever reads the table learns no addresses.
  const id = `rate_${createHash('sha256').update(`${rateClass}:${caller}`).digest('base64url')}`
  return await inTransaction(parts, { operation: 'limits.reserve', actor: 'system', requestId: '' }, async (tx, now) => {
    const row = await tx.lock(rateLimits, id, 'exclusive')
    const arrival = Math.max(row?.arrival ?? 0, now)
    const free = Math.floor((burstMs - (arrival - now)) / stepMs)
    if (free < (count ?? 1)) return { reservedAt: now, size: 0, left: 0, arrival }
    const size = count ?? Math.max(1, Math.floor(free / sliceShare))
    const next = arrival + size * stepMs
    if (row === null) await tx.insert(rateLimits, { id, arrival: next }, 'conflict')
    else await tx.touchOrFail(rateLimits, id, { set: { arrival: next } })
    return { reservedAt: now, size, left: size, arrival: next }
  })
}
