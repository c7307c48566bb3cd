// What code of the project has done in one transaction so far: its bounds. They keep one mistake, such as a hook that
// writes what it watches, from holding the database.
import type { Clock } from '../base/clock.ts'
import { normalEmail } from '../base/email-address.ts'
import { limits } from '../base/limits.ts'
import type { Email } from '../domains/emails/collections.ts'
import type { EmailThread } from '../domains/emails/threads.ts'
import type { Transaction } from '../storage/transaction.ts'
import { type Bound, OwnLimit, OwnTooMuch } from './own-code.ts'

type Scope = {
  /** Records written by code of the project. */
  written: number
  /** After hooks that led to this transaction, each by what the one before it wrote. */
  chain: number
  bound: Bound | null
  /** The letter that code of the project hears of in it. */
  letter: HeardLetter | null
}

/** `from`: whom an answer to it would go to. */
export type HeardLetter = { readonly from: readonly string[]; readonly isAutomatic: boolean }
type Written = Pick<Email, 'from' | 'replyTo' | 'isAutomatic'>

export function heardLetter({ from, replyTo, isAutomatic }: Written, thread: Pick<EmailThread, 'address'> | null): HeardLetter {
  return { from: [from, replyTo ?? '', thread?.address ?? ''].map(normalEmail), isAutomatic: isAutomatic === true }
}

const scopes = new WeakMap<Transaction, Scope>()

export function scopeOf(tx: Transaction): Scope {
  const found = scopes.get(tx)
  if (found) return found
  const scope: Scope = { written: 0, chain: 0, bound: null, letter: null }
  scopes.set(tx, scope)
  return scope
}

/** One for all code of the project in this transaction, however many hooks run in it. */
export function boundOf(tx: Transaction, clock: Clock): Bound {
  const scope = scopeOf(tx)
  scope.bound ??= createBound(clock)
  return scope.bound
}

function createBound(clock: Clock): Bound {
  let running = 0
  let since = 0
  let usedMs = 0
  let asks = 0
  let isAnswered = false
  const end = 'and everybody else waits for it. Do less at once, or do it in several, by an effect or a schedule.'
  // One within another is timed with that.
  const ends = () => {
    if (--running === 0) usedMs += clock.monotonic() - since
  }
  return {
    begins() {
      if (running++ === 0) since = clock.monotonic()
      return ends
    },
    asks() {
      if (++asks > limits.ownAsksMax) throw new OwnTooMuch(`it asked its transaction for more than ${limits.ownAsksMax} things, ${end}`)
      if (isAnswered && usedMs + clock.monotonic() - since > limits.ownCodeMs)
        throw new OwnTooMuch(`it used its transaction for longer than ${limits.ownCodeMs / 1_000} s, ${end}`)
    },
    answered() {
      if (isAnswered) return
      isAnswered = true
      usedMs = 0
      since = clock.monotonic()
    },
  }
}

/** @throws OwnLimit past limits.ownWritesMax */
export function countWrite(tx: Transaction, count = 1): void {
  const scope = scopeOf(tx)
  scope.written += count
  if (scope.written > limits.ownWritesMax)
    throw new OwnLimit(
      `More than ${limits.ownWritesMax} records are written in one transaction, and everybody else waits for it. Write them in several, by an effect or a schedule.`,
    )
}

/** The chain with one more in it. @throws OwnLimit where hooks cause each other without an end */
export function chained(causedBy: readonly string[], name: string): readonly string[] {
  if (causedBy.length < limits.hookDepthMax) return [...causedBy, name]
  const way = [...causedBy, name].join(' -> ')
  throw new OwnLimit(`Hooks cause each other without an end: ${way}. One of them writes what another one watches.`)
}
