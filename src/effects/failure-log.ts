// Attempts that did not succeed, told to the log. Bounded: a mail server that is away fails every mail that waits for it,
// each up to twelve times, and a log of that tells less than its first line.
import type { Clock } from '../base/clock.ts'
import { withoutAddresses } from '../base/email-address.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Effect, Outcome } from './effect.ts'

const messages: Readonly<Record<Exclude<Outcome['end'], 'done'>, string>> = {
  retry: 'An effect failed and is tried again.',
  dead: 'An effect failed for good: somebody must look.',
  unknown: 'An effect may have happened or not: somebody must look.',
}

export type FailureLog = (effect: Effect, outcome: Outcome) => void

/** One line a minute for each kind of effect and way to end; the next line tells how many were left out before it. */
export function createFailureLog({ clock, log }: { readonly clock: Clock; readonly log: Log }): FailureLog {
  const told = new Map<string, { readonly until: number; leftOut: number }>()
  return ({ id, kind, attempts }, outcome) => {
    if (outcome.end === 'done') return
    const now = clock.now()
    const key = `${kind} ${outcome.end}`
    const last = told.get(key)
    if (last !== undefined && now < last.until) {
      last.leftOut++
      return
    }
    told.set(key, { until: now + limits.failureLogMs, leftOut: 0 })
    const before = last === undefined || last.leftOut === 0 ? {} : { leftOut: last.leftOut }
    log.write('warn', messages[outcome.end], {
      effect: id,
      kind,
      attempt: attempts,
      reason: withoutAddresses(outcome.error.slice(0, limits.failureReasonCharactersMax)),
      ...before,
    })
  }
}
