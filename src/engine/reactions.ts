// What follows from an event: the one list. Each reaction writes into the transaction of the event, so
// what follows is owed exactly when the event is true. Domains know nothing of each other through it.
import type { DomainEvent } from '../contract/events.ts'
import { users } from '../domains/accounts/collections.ts'
import { takeOverByToken } from '../domains/carts/take-over-cart.ts'
import { assignOrder } from '../domains/orders/assign-order.ts'
import { settleOrder } from '../domains/orders/settle-order.ts'
import { tellOfExistingAccount, tellOfNewPassword, welcome } from './mails/account-mails.ts'
import { sendReceipt, tellOfCancellation, tellOfExpiry, tellOfFailedPayment, tellOfLateMoney } from './mails/order-mails.ts'
import type { Reaction, ReactionContext } from './reaction.ts'

export const reactions: Readonly<Record<string, Reaction>> = {
  'payment.changed': (context, event) => settleOrder(context, event['order'] as string),
  'payment.failed_late': tellOfFailedPayment,
  'order.placed': sendReceipt,
  'order.canceled': tellOfCancellation,
  'order.expired': tellOfExpiry,
  'order.paid_late': tellOfLateMoney,
  'account.registered': welcome,
  'account.signed_in': takeCartAlong,
  'cart.taken_over': (context, event) =>
    assignOrder(context, event['order'] as string, { id: event['user'] as string, email: event['email'] as string | null }),
  'account.claimed_again': tellOfExistingAccount,
  'account.password_changed': tellOfNewPassword,
}

/** What somebody put in a cart before they signed in is still theirs: losing it on the way to checkout loses the order. */
async function takeCartAlong(context: ReactionContext, event: DomainEvent): Promise<readonly DomainEvent[]> {
  const { tx, project } = context
  const tokenHash = event['cartTokenHash'] as string | null
  if (tokenHash === null || project.shop === null) return []
  const user = (await tx.get(users, event['user'] as string))!
  return await takeOverByToken(context, tokenHash, user)
}

/** Writes all that follows, and what follows from that. */
export async function react(context: ReactionContext, events: readonly DomainEvent[]): Promise<void> {
  for (const event of events) {
    const more = await reactions[event.type]?.(context, event)
    if (more) await react(context, more)
  }
}
