// What follows from an event: the one list. Each reaction writes into the transaction of the event, so
// what follows is owed exactly when the event is true. Domains know nothing of each other through it.
import type { NewId } from '../base/ids.ts'
import { formatMoney } from '../base/money.ts'
import type { DomainEvent } from '../contract/events.ts'
import { users } from '../domains/accounts/collections.ts'
import { takeOverByToken } from '../domains/carts/take-over-cart.ts'
import { queueEmail } from '../domains/emails/queue-email.ts'
import { assignOrder } from '../domains/orders/assign-order.ts'
import { type Order, orders } from '../domains/orders/collections.ts'
import { settleOrder } from '../domains/orders/settle-order.ts'
import type { Project } from '../schema/project.ts'
import type { Transaction } from '../storage/transaction.ts'

export type ReactionContext = { readonly tx: Transaction; readonly now: number; readonly newId: NewId; readonly project: Project }
type Reaction = (context: ReactionContext, event: DomainEvent) => Promise<readonly DomainEvent[] | void>

export const reactions: Readonly<Record<string, Reaction>> = {
  'payment.changed': (context, event) => settleOrder(context, event['order'] as string),
  'order.placed': sendReceipt,
  'order.canceled': tellOfCancellation,
  'order.paid_late': tellOfLateMoney,
  'account.registered': welcome,
  'account.signed_in': takeCartAlong,
  'cart.taken_over': (context, event) => assignOrder(context, event['order'] as string, event['user'] as string),
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

async function sendReceipt(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = (await context.tx.get(orders, event['order'] as string))!
  await queueEmail(context, {
    key: `order.placed:${order.id}`,
    to: order.email,
    template: 'order_receipt',
    record: order.id,
    view: receiptView(context.project, order),
  })
}

function receiptView(project: Project, order: Order) {
  const { name, line1, line2, postalCode, city, region, country } = order.addresses.shipping
  const { subtotal, shipping, tax, total } = order.totals
  return {
    number: order.number,
    url: `${project.publicUrl}/orders/${order.id}`,
    name,
    lines: order.lines.map((line) => ({ title: line.title, quantity: line.quantity, total: formatMoney(line.total) })),
    subtotal: formatMoney(subtotal),
    shipping: formatMoney(shipping),
    tax: tax.amount === 0 ? '' : formatMoney(tax),
    total: formatMoney(total),
    address: [name, line1, line2, postalCode ? `${postalCode} ${city}` : city, region, countryName(country)].filter((part) => part),
  }
}

/** As people write it: carriers and customers know countries by name. */
function countryName(code: string): string {
  return new Intl.DisplayNames(['en'], { type: 'region' }).of(code) ?? code
}

async function tellOfCancellation(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = (await context.tx.get(orders, event['order'] as string))!
  const view = { number: order.number, url: `${context.project.publicUrl}/orders/${order.id}` }
  await queueEmail(context, { key: `order.canceled:${order.id}`, to: order.email, template: 'order_canceled', record: order.id, view })
}

async function tellOfLateMoney(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = (await context.tx.get(orders, event['order'] as string))!
  const view = { number: order.number, reason: order.status }
  await queueEmail(context, {
    key: `order.paid_late:${event['payment'] as string}`,
    to: order.email,
    template: 'order_unmatched',
    record: order.id,
    view,
  })
}

async function welcome(context: ReactionContext, event: DomainEvent): Promise<void> {
  const user = (await context.tx.get(users, event['user'] as string))!
  const view = { name: user.name, url: context.project.publicUrl }
  await queueEmail(context, { key: `account.registered:${user.id}`, to: user.email, template: 'account_welcome', record: user.id, view })
}

/** At most one a day: an address must not be flooded by whoever types it in. */
async function tellOfExistingAccount(context: ReactionContext, event: DomainEvent): Promise<void> {
  const email = event['email'] as string
  const day = new Date(context.now).toISOString().slice(0, 10)
  const view = { url: `${context.project.publicUrl}/account` }
  await queueEmail(context, { key: `account.exists:${email}:${day}`, to: email, template: 'account_exists', record: email, view })
}

/** Whoever changed it: its owner hears of it. */
async function tellOfNewPassword(context: ReactionContext, event: DomainEvent): Promise<void> {
  const user = (await context.tx.get(users, event['user'] as string))!
  const view = { url: `${context.project.publicUrl}/account` }
  const key = `account.password_changed:${user.id}:${context.now}`
  await queueEmail(context, { key, to: user.email, template: 'account_password', record: user.id, view })
}
