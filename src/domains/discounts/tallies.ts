// Whose use of a discount is counted where. One customer is an account and a mailbox: whoever orders as a guest with the address of
// their account, or with another spelling of one mailbox, is the same.
import { createHash } from 'node:crypto'
import { mailboxOf } from '../../base/email-address.ts'

/** A customer, as far as they are known: `emails` are all addresses of theirs. */
export type Customer = { readonly account: string | null; readonly emails: readonly (string | null)[] }

/** Each of these counts alone, and each must be below the limit. */
export function holdersOf({ account, emails }: Customer): string[] {
  const mailboxes = emails.filter((email) => email !== null).map((email) => `mailbox:${mailboxOf(email)}`)
  return [...new Set([...(account === null ? [] : [`account:${account}`]), ...mailboxes])]
}

/** Whoever reads the table learns no address. `holder` left out: of all customers. */
export function tallyId(discount: string, holder = 'all'): string {
  return `dst_${createHash('sha256').update(`${discount} ${holder}`).digest('base64url')}`
}
