// Rate limits: a generic cell rate algorithm (GCRA) per class and caller, here in memory. The key is the account or
// the peer's network (an IPv6 caller owns a /64), never anything of the request's own words.

import type { Clock } from '../base/clock.ts'
import { limits } from '../base/limits.ts'
import type { RateClass } from '../operation/define.ts'

type Policy = { readonly quota: number; readonly windowSeconds: number }

/** Requests per window, all of which may come at once. `account` guards password guessing. */
export const ratePolicies: Readonly<Record<LimitedClass, Policy>> = {
  read: { quota: 1_200, windowSeconds: 60 },
  write: { quota: 300, windowSeconds: 60 },
  account: { quota: 20, windowSeconds: 60 },
  webhook: { quota: 6_000, windowSeconds: 60 },
}

export type LimitedClass = Exclude<RateClass, 'none'>
export type RateDecision = { readonly isAllowed: boolean; readonly headers: Record<string, string> }
export interface RateLimiter {
  /** Of one request, or of one that stands for several: all of them pass, or none. */
  take(rateClass: LimitedClass, caller: string, count?: number): RateDecision | Promise<RateDecision>
}

/** A request each `stepMs`; `burstMs` of them may come at once. */
export function paceOf(rateClass: LimitedClass): { readonly stepMs: number; readonly burstMs: number } {
  const { quota, windowSeconds } = ratePolicies[rateClass]
  return { stepMs: (windowSeconds * 1000) / quota, burstMs: windowSeconds * 1000 }
}

/** For a database that one process has to itself. */
export function createRateLimiter(clock: Clock) {
  // The theoretical arrival time of the next request, per class and caller.
  const arrivals = new Map<string, number>()

  return {
    take(rateClass: LimitedClass, caller: string, count = 1): RateDecision {
      const { stepMs, burstMs } = paceOf(rateClass)
      const takenMs = count * stepMs
      const now = clock.now()
      const key = `${rateClass}:${caller}`
      const arrival = Math.max(arrivals.get(key) ?? 0, now)
      const isAllowed = arrival + takenMs - now <= burstMs
      const next = isAllowed ? arrival + takenMs : arrival
      if (isAllowed) {
        arrivals.delete(key) // Re-inserted last, so that the oldest callers are forgotten first.
        if (arrivals.size >= limits.limitedCallersMax) arrivals.delete(arrivals.keys().next().value!)
        arrivals.set(key, next)
      }
      return decisionOf(rateClass, { now, arrival: next, isAllowed, count })
    },
  }
}

/** `arrival` after the decision; `spare` requests more are set aside for this caller already. `count` were asked for. */
export function decisionOf(
  rateClass: LimitedClass,
  state: { readonly now: number; readonly arrival: number; readonly isAllowed: boolean; readonly spare?: number; readonly count?: number },
): RateDecision {
  const { now, arrival, isAllowed, spare = 0, count = 1 } = state
  const { quota, windowSeconds } = ratePolicies[rateClass]
  const { stepMs, burstMs } = paceOf(rateClass)
  const remaining = Math.max(0, Math.floor((burstMs - (arrival - now)) / stepMs)) + spare
  const resetSeconds = Math.ceil(Math.max(0, arrival - now) / 1000)
  const headers: Record<string, string> = {
    'ratelimit-policy': `"${rateClass}";q=${quota};w=${windowSeconds}`,
    ratelimit: `"${rateClass}";r=${remaining};t=${resetSeconds}`,
  }
  if (!isAllowed) headers['retry-after'] = String(Math.max(1, Math.ceil((arrival + count * stepMs - burstMs - now) / 1000)))
  return { isAllowed, headers }
}
