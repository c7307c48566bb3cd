// How much anybody can have written to an address that is not proven to be theirs: anybody can type anybody's address
// into a cart or a form. One row for each kind of message and mailbox, as for rate limits, so that it holds over all
// processes and is forgotten once it says nothing any more. Invariant: what tells of money that moved is never bound.
import { createHash } from 'node:crypto'
import { mailboxOf } from '../../base/email-address.ts'
import { limits } from '../../base/limits.ts'
import { rateLimits } from '../../operation/rate-limits.ts'
import type { Work } from '../../operation/work.ts'

/**
 * Bound apart, so that orders in somebody's name do not keep the mails of their account from them. `signIn` and `account`: what is
 * asked for each address, of what lets in and of the rest, whether or not it leads to a mail. `mailbox`: what is sent to all
 * spellings of a mailbox that nobody proved; what leads to no mail takes nothing of it. `answers`: what code of the project answers letters by.
 */
export type BoundKind = 'orders' | 'account' | 'signIn' | 'mailbox' | 'answers'

type Asked = {
  readonly kind: BoundKind
  readonly to: string
  /** The network of whoever asks, where it is known. */
  readonly network?: string | undefined
}
type Bound = { readonly atOnce: number; readonly stepMs: number }

const ofAll: Bound = { atOnce: limits.strangerMailsAtOnce, stepMs: limits.strangerMailMs }
const ofNetwork: Bound = { atOnce: 1, stepMs: limits.strangerMailMs }
const ofNetworks: Bound = { atOnce: limits.strangerMailNetworksMax, stepMs: 86_400_000 / limits.strangerMailNetworksMax }

/**
 * Takes one of what is left, or answers false. Where somebody has used it up, each other network still has one an hour: so one
 * stranger does not keep an owner from the mail that they wait for. All networks together have so many a day.
 */
export async function mayWriteTo(work: Work, { kind, to, network }: Asked): Promise<boolean> {
  const isOfMailbox = kind === 'mailbox' || kind === 'orders' || kind === 'answers'
  const place = `mail:${kind}:${isOfMailbox ? mailboxOf(to) : to}`
  if (await takeOne(work, place, ofAll)) return true
  const [own, shared] = [`${place}:${network}`, `${place}:networks`]
  if (network === undefined || !(await takeOne(work, own, ofNetwork))) return false
  return await takeOne(work, shared, ofNetworks)
}

async function takeOne({ tx, now }: Work, place: string, { atOnce, stepMs }: Bound): Promise<boolean> {
  // Whoever reads the table learns no addresses.
  const id = `rate_${createHash('sha256').update(place).digest('base64url')}`
  const row = await tx.lock(rateLimits, id, 'exclusive')
  const arrival = Math.max(row?.arrival ?? 0, now)
  if (arrival - now > (atOnce - 1) * stepMs) return false
  const next = { arrival: arrival + stepMs }
  if (row === null) await tx.insert(rateLimits, { id, ...next }, 'conflict')
  else await tx.touchOrFail(rateLimits, id, { set: next })
  return true
}
