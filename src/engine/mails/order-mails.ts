// The mails of orders. What tells of money that moved is always sent. The rest can be caused by anybody who types
// somebody's address, at no cost, so it is bound; and of orders that were never paid only an account is told, or
// everybody where the shop wants it.
import { formatMoney } from '../../base/money.ts'
import { withoutLinks } from '../../base/names.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { type NewEmail, queueEmail } from '../../domains/emails/queue-email.ts'
import { type Order, orders } from '../../domains/orders/collections.ts'
import { orderLink } from '../../domains/orders/order-links.ts'
import type { ReactionContext } from '../reaction.ts'

/** A mail about an order and its money, or about one that cost nothing. */
const boundOf = (order: Order) => (order.total.amount === 0 || !hasMoved(order) ? ({ bound: 'orders' } as const) : {})

/** Whether money was taken, or held, for it. */
function hasMoved({ placedAt, paymentStatus }: Order): boolean {
  return placedAt !== null || (paymentStatus !== 'none' && paymentStatus !== 'voided')
}

async function orderOf({ tx }: ReactionContext, event: DomainEvent): Promise<Order> {
  return (await tx.get(orders, event['order'] as string))!
}

/** To the address that was typed with the order, and to the account that it became the one of. */
async function queueForOrder(context: ReactionContext, order: Order, email: Omit<NewEmail, 'to' | 'record'>): Promise<void> {
  await queueEmail(context, { ...email, to: order.email, record: order.id })
  if (order.accountEmail === null) return
  await queueEmail(context, { ...email, key: `${email.key}:account`, to: order.accountEmail, record: order.id })
}

async function briefView(context: ReactionContext, order: Order) {
  return { number: order.number, url: await orderLink(context, order) }
}

export async function sendReceipt(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = await orderOf(context, event)
  await queueForOrder(context, order, {
    key: `order.placed:${order.id}`,
    template: 'order_receipt',
    view: { ...(await briefView(context, order)), ...receiptView(order) },
    ...boundOf(order),
  })
}

function receiptView(order: Order) {
  const { name, line1, line2, postalCode, city, region, country } = order.addresses.shipping
  const { subtotal, discount, shipping, tax, total } = order.totals
  // What was agreed says itself how tax was meant: what is on top of the prices is part of the sum.
  const isTaxAdded = subtotal.amount - discount.amount + shipping.amount !== total.amount
  const unlessNothing = (value: typeof tax) => (value.amount === 0 ? '' : formatMoney(value))
  return {
    isPaid: total.amount > 0,
    lines: order.lines.map((line) => ({ title: line.title, quantity: line.quantity, total: formatMoney(line.total) })),
    subtotal: formatMoney(subtotal),
    discount: unlessNothing(discount),
    shipping: formatMoney(shipping),
    taxAdded: isTaxAdded ? unlessNothing(tax) : '',
    total: formatMoney(total),
    taxIncluded: isTaxAdded ? '' : unlessNothing(tax),
    address: [name, line1, line2, [postalCode, city].filter(Boolean).join(' '), region, countryName(country)]
      .filter((line): line is string => Boolean(line))
      .map(withoutLinks),
  }
}

/** As people write it: carriers and customers know countries by name. */
function countryName(code: string): string {
  return new Intl.DisplayNames(['en'], { type: 'region' }).of(code) ?? code
}

export async function tellOfCancellation(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = await orderOf(context, event)
  if (!hasMoved(order) && !context.project.shop?.mailsUnpaid) return
  await queueForOrder(context, order, {
    key: `order.canceled:${order.id}`,
    template: 'order_canceled',
    view: { ...(await briefView(context, order)), isPaid: order.total.amount > 0 && hasMoved(order) },
    ...boundOf(order),
  })
}

/** Who has an account looks for the order there; a guest's address may be anybody's. */
export async function tellOfExpiry(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = await orderOf(context, event)
  if (order.customer === null && !context.project.shop?.mailsUnpaid) return
  await queueForOrder(context, order, {
    key: `order.expired:${order.id}`,
    template: 'order_expired',
    view: await briefView(context, order),
    bound: 'orders',
  })
}

/** Of a payment that was under way when its customer left the page: nobody would see it there. */
export async function tellOfFailedPayment(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = await orderOf(context, event)
  if (order.status !== 'pending_payment') return
  await queueForOrder(context, order, {
    key: `payment.failed:${event['payment'] as string}`,
    template: 'payment_failed',
    view: await briefView(context, order),
    bound: 'orders',
  })
}

export async function tellOfLateMoney(context: ReactionContext, event: DomainEvent): Promise<void> {
  const order = await orderOf(context, event)
  await queueForOrder(context, order, {
    key: `order.paid_late:${event['payment'] as string}`,
    template: 'order_unmatched',
    view: { number: order.number, reason: order.status },
  })
}
