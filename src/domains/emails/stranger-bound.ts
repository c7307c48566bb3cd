// How much anybody can have written to an address that is not proven to be theirs: anybody can type anybody's address
// into a cart or a form. One row for each kind of message and mailbox, as for rate limits, so that it holds over all
// processes and is forgotten once it says nothing any more. Invariant: what tells of money that moved is never bound.
import { createHash } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import { rateLimits } from '../../operation/rate-limits.ts'
import type { Work } from '../../operation/work.ts'

/**
 * Bound apart, so that orders in somebody's name do not keep the mails of their account from them. `signIn`: what lets in, for
 * each address: whoever takes all of it has sent its owner as many mails, and none goes by what leads to none.
 */
export type BoundKind = 'orders' | 'account' | 'signIn'

/** Takes one of what is left, or answers false. */
export async function mayWriteTo({ tx, now }: Work, { kind, to }: { readonly kind: BoundKind; readonly to: string }) {
  const stepMs = limits.strangerMailMs
  // Whoever reads the table learns no addresses.
  const id = `rate_${createHash('sha256')
    .update(`mail:${kind}:${kind === 'signIn' ? to : mailboxOf(to)}`)
    .digest('base64url')}`
  const row = await tx.lock(rateLimits, id, 'exclusive')
  const arrival = Math.max(row?.arrival ?? 0, now)
  if (arrival - now > (limits.strangerMailsAtOnce - 1) * stepMs) return false
  const next = { arrival: arrival + stepMs }
  if (row === null) await tx.insert(rateLimits, { id, ...next }, 'conflict')
  else await tx.touchOrFail(rateLimits, id, { set: next })
  return true
}

/**
 * Nearly every provider delivers `ann+anything@` to `ann@`. Gmail leaves out dots, too, and has two names. Of other
 * providers' dots nothing is known here: those of two people would be bound together.
 */
function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1).toLowerCase()
  const name = address.slice(0, at).toLowerCase().replace(/\+.*/, '')
  return domain === 'gmail.com' || domain === 'googlemail.com' ? `${name.replaceAll('.', '')}@gmail.com` : `${name}@${domain}`
}
