// Taking an address off all mail, or off what nobody asked for. Which ones are off is looked at right before each attempt (send-email.ts).
import { normalEmail } from '../../base/email-address.ts'
import type { Work } from '../../operation/work.ts'
import { addressHash, type SuppressionReason, scopeOf, suppressions } from './collections.ts'

type Suppress = {
  readonly address: string
  readonly reason: SuppressionReason
  readonly email: string | null
  readonly note?: string | null
}

/** Null where it was so already. */
export async function suppress({ tx, newId }: Pick<Work, 'tx' | 'newId'>, { address, reason, email, note = null }: Suppress) {
  const row = { id: newId('supp'), address: normalEmail(address), hash: addressHash(address), scope: scopeOf(reason), reason, email, note }
  return await tx.insertOnce(suppressions, row, 'usual')
}

/**
 * Enhanced status codes (RFC 3463 section 3.2, RFC 7505) that say that nobody reads mail there. Others speak of the message, or of us; and what
 * is further on in the words may be a network address.
 */
export function isNoMailbox(reply: string): boolean {
  return /^(?:\d{3}[ -])?5\.1\.(?:1|2|3|6|10)(?=\s|$)/.test(reply) && !reply.includes('(gave up after')
}
