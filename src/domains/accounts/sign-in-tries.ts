// Guessing a password or a code. Tries of an account wait longer and longer, whoever makes them and from wherever; a browser
// that its owner signed in with before has tries of its own, so a stranger who guesses does not lock them out. A try counts
// before it is looked at, so many at once are no more than one after the other. The same for addresses without an account.
import { createHash } from 'node:crypto'
import type { Actor } from '../../access/actor.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import type { Transaction } from '../../storage/transaction.ts'

export const signInTries = collection('signInTries', {
  prefix: 'try',
  system: true,
  internal: true,
  feed: false,
  fields: {
    tries: field.integer({ required: true }),
    /** Until then the next one is refused. */
    waitUntil: field.dateTime({ required: true }),
    /** When they count no more. */
    forgottenAt: field.dateTime({ required: true }),
  },
  indexes: [['forgottenAt']],
})

/**
 * Whose tries they are: those of an address, or of a browser that is known to its account. `factor`: of a second factor, which
 * only somebody tries who has shown the first, by the browser or the account; a right password does not end the wait for those.
 */
export type Tried = { readonly email: string } | { readonly device: string } | { readonly factor: string }

/** Of whoever is signed in: a session that was stolen guesses no faster, and its owner's other browsers are let alone. */
export function triedBy({ session }: Actor): Tried {
  return { device: session ?? '' }
}

/** Takes one. @throws rate_limited, with the time to wait */
export async function takeTry({ tx, now }: Pick<Work, 'tx' | 'now'>, tried: Tried): Promise<void> {
  const id = idOf(tried)
  const row = await tx.lock(signInTries, id, 'exclusive')
  const known = row !== null && row.forgottenAt > now ? row : null
  if (known !== null && known.waitUntil > now) throw tooMany(known.waitUntil - now, tried)
  const tries = (known?.tries ?? 0) + 1
  const next = { tries, waitUntil: now + waitAfter(tries), forgottenAt: now + limits.signInTriesKeepMs }
  if (row === null) await tx.insert(signInTries, { id, ...next }, 'conflict')
  else await tx.touchOrFail(signInTries, id, { set: next })
}

/** It was the owner. */
export async function forgetTries(tx: Transaction, tried: Tried): Promise<void> {
  await tx.deleteWhere(signInTries, eq('id', idOf(tried)))
}

/** None for the first ones, which are typing errors; then twice as long each time, to the longest. */
function waitAfter(tries: number): number {
  const beyond = tries - limits.signInTriesFree
  return beyond < 0 ? 0 : Math.min(limits.signInWaitMaxMs, 1_000 * 2 ** Math.min(beyond, 30))
}

function tooMany(ms: number, tried: Tried): EngineError {
  const seconds = Math.ceil(ms / 1_000)
  const instead = 'factor' in tried ? '' : ', or sign in by a link (POST /api/auth/magic)'
  const detail = `Too many tries with this account. Wait ${seconds} s${instead}.`
  return new EngineError('rate_limited', { detail, headers: { 'retry-after': String(seconds) } })
}

/** Whoever reads the table learns no addresses. */
function idOf(tried: Tried): string {
  const text = 'email' in tried ? `email:${tried.email}` : 'device' in tried ? `device:${tried.device}` : `factor:${tried.factor}`
  return `try_${createHash('sha256').update(text).digest('base64url')}`
}
