// The events that a project can follow, and what each tells: made for users, apart from the engine's own, so that these can
// change. Invariant: nothing in a payload is hidden from staff.
import type { DomainEvent } from '../contract/events.ts'
import type { User } from '../domains/accounts/collections.ts'
import { accountErased, accountPasswordChanged, accountRegistered } from '../domains/accounts/events.ts'
import type { Cart } from '../domains/carts/collections.ts'
import { cartAbandoned } from '../domains/carts/events.ts'
import type { Email } from '../domains/emails/collections.ts'
import { emailReceived } from '../domains/emails/events.ts'
import type { EmailThread } from '../domains/emails/threads.ts'
import type { Fulfillment } from '../domains/fulfillment/collections.ts'
import { fulfillmentChanged, orderShipped } from '../domains/fulfillment/events.ts'
import type { Invoice } from '../domains/invoices/collections.ts'
import { invoiceIssued } from '../domains/invoices/events.ts'
import type { Cancellation } from '../domains/orders/cancellations.ts'
import type { Order } from '../domains/orders/collections.ts'
import {
  orderCanceled,
  orderCompleted,
  orderCreated,
  orderExpired,
  orderPaidLate,
  orderPlaced,
  orderReopened,
  orderUnitsCanceled,
  orderWithdrawn,
} from '../domains/orders/events.ts'
import type { Dispute, Payment } from '../domains/payments/collections.ts'
import { disputeChanged, paymentChanged, paymentFailedLate } from '../domains/payments/events.ts'
import type { OrderReturn } from '../domains/returns/collections.ts'
import { returnChanged } from '../domains/returns/events.ts'
import type { StockLevel } from '../domains/stock/collections.ts'
import { stockLow } from '../domains/stock/events.ts'

/** An order as staff see it. */
export type PublicOrder = Omit<Order, 'tokenHash'>

/** A cart as staff see it. */
export type PublicCart = Omit<Cart, 'tokenHash'>

/** An invoice as staff see it. */
export type PublicInvoice = Omit<Invoice, 'document'>

/** A letter as staff see it, without its HTML: that stands in `records(emails)`. */
export type PublicEmail = Omit<Email, 'secret' | 'html'>

/** By its name, what an event tells: records as they have just been written. */
export type ProjectEvents = {
  /** Somebody has left an open cart with their address in it for `shop.cartReminderHours`. Once for a cart. */
  readonly 'cart.abandoned': { readonly cart: PublicCart }
  /** A cart was checked out: its stock is held, and nothing is paid. Refuse it here, and the cart stays as it was. */
  readonly 'order.created': { readonly order: PublicOrder }
  /** It is covered, or costs nothing: its stock is sold and its sale booked. Once for an order. */
  readonly 'order.placed': { readonly order: PublicOrder }
  /** Placed, and there was money to take: it is there, or authorized where the shop captures later. */
  readonly 'order.paid': { readonly order: PublicOrder }
  /** By its owner or by staff. What was paid goes back. */
  readonly 'order.canceled': { readonly order: PublicOrder }
  /** Nobody paid in time. */
  readonly 'order.expired': { readonly order: PublicOrder }
  /** Money came for an order that is closed, and goes back. */
  readonly 'order.paid_late': { readonly order: PublicOrder; readonly payment: Payment }
  /** Nobody has paid what staff offered, and they took the offer back: it is a draft again. */
  readonly 'order.withdrawn': { readonly order: PublicOrder }
  /** Units of it will not be sent; the rest goes on. */
  readonly 'order.units_canceled': { readonly order: PublicOrder; readonly cancellation: Cancellation }
  /** All of it is sent, canceled or back, and its money is settled. */
  readonly 'order.completed': { readonly order: PublicOrder }
  /** Of one that was completed: something is to be sent or sent back, is disputed, or its money was taken away. */
  readonly 'order.reopened': { readonly order: PublicOrder }
  /** A parcel has left the house. */
  readonly 'fulfillment.created': { readonly fulfillment: Fulfillment; readonly order: PublicOrder }
  /** Its tracking has changed. */
  readonly 'fulfillment.updated': { readonly fulfillment: Fulfillment; readonly order: PublicOrder }
  readonly 'fulfillment.delivered': { readonly fulfillment: Fulfillment; readonly order: PublicOrder }
  /** It did not leave after all: its units are to be sent. */
  readonly 'fulfillment.canceled': { readonly fulfillment: Fulfillment; readonly order: PublicOrder }
  /** Its customer, or staff, want to send units back. */
  readonly 'return.requested': { readonly return: OrderReturn; readonly order: PublicOrder }
  readonly 'return.approved': { readonly return: OrderReturn; readonly order: PublicOrder }
  /** Units of it are back: once for each time that some come. */
  readonly 'return.received': { readonly return: OrderReturn; readonly order: PublicOrder }
  readonly 'return.rejected': { readonly return: OrderReturn; readonly order: PublicOrder }
  /** Its money is settled. */
  readonly 'return.completed': { readonly return: OrderReturn; readonly order: PublicOrder }
  /** An invoice or a credit note: it has its number, and stays as it is. */
  readonly 'invoice.issued': { readonly invoice: PublicInvoice; readonly order: PublicOrder }
  /** An attempt to pay has another state or other amounts. Often: several times for each attempt. */
  readonly 'payment.changed': { readonly payment: Payment }
  /** An attempt failed that was under way when its customer left the page. */
  readonly 'payment.failed': { readonly payment: Payment }
  /** A customer's bank asks for the money back, or what it makes of it has changed. */
  readonly 'dispute.changed': { readonly dispute: Dispute }
  /** What is left to sell at a location came down to its `lowAt`: once for each time that it does. */
  readonly 'stock.low': { readonly level: StockLevel }
  /**
   * Somebody has written: once for a letter, and not for what mail systems say of ours. `email.isVerified` says whether it is sure who.
   * `thread`: with the letter in it; `thread.record` is what it is about.
   */
  readonly 'email.received': { readonly email: PublicEmail; readonly thread: EmailThread }
  readonly 'user.registered': { readonly user: User }
  readonly 'user.password_changed': { readonly user: User }
  /** What was the data of this person is gone here: whoever has a copy of it removes it, too. The account has no name any more. */
  readonly 'user.erased': { readonly user: User }
}
export type EventName = keyof ProjectEvents

type Told<TName extends EventName> = {
  readonly name: TName
  /** Only its caller waits for it: a hook may refuse it. Others tell of what has happened outside, such as money that moved. */
  readonly isRefusable?: true
  of(event: DomainEvent): ProjectEvents[TName] | null
}

const told: readonly { readonly [TName in EventName]: Told<TName> }[EventName][] = [
  { name: 'cart.abandoned', of: (event) => (cartAbandoned.is(event) ? { cart: publicCart(event.payload.cart) } : null) },
  {
    name: 'order.created',
    isRefusable: true,
    of: (event) => (orderCreated.is(event) ? { order: publicOrder(event.payload.order) } : null),
  },
  { name: 'order.placed', of: (event) => (orderPlaced.is(event) ? { order: publicOrder(event.payload.order) } : null) },
  {
    name: 'order.paid',
    of: (event) => (orderPlaced.is(event) && event.payload.order.total.amount > 0 ? { order: publicOrder(event.payload.order) } : null),
  },
  {
    name: 'order.canceled',
    isRefusable: true,
    of: (event) => (orderCanceled.is(event) ? { order: publicOrder(event.payload.order) } : null),
  },
  { name: 'order.expired', of: (event) => (orderExpired.is(event) ? { order: publicOrder(event.payload.order) } : null) },
  {
    name: 'order.paid_late',
    of: (event) => (orderPaidLate.is(event) ? { order: publicOrder(event.payload.order), payment: event.payload.payment } : null),
  },
  { name: 'order.withdrawn', of: (event) => (orderWithdrawn.is(event) ? { order: publicOrder(event.payload.order) } : null) },
  {
    name: 'order.units_canceled',
    of: (event) =>
      orderUnitsCanceled.is(event) ? { order: publicOrder(event.payload.order), cancellation: event.payload.cancellation } : null,
  },
  { name: 'order.completed', of: (event) => (orderCompleted.is(event) ? { order: publicOrder(event.payload.order) } : null) },
  { name: 'order.reopened', of: (event) => (orderReopened.is(event) ? { order: publicOrder(event.payload.order) } : null) },
  { name: 'fulfillment.created', of: (event) => (orderShipped.is(event) ? parcelOf(event.payload) : null) },
  { name: 'fulfillment.updated', of: (event) => changedParcel(event, 'shipped') },
  { name: 'fulfillment.delivered', of: (event) => changedParcel(event, 'delivered') },
  { name: 'fulfillment.canceled', of: (event) => changedParcel(event, 'canceled') },
  { name: 'return.requested', of: (event) => changedReturn(event, 'requested') },
  { name: 'return.approved', of: (event) => changedReturn(event, 'approved') },
  { name: 'return.received', of: (event) => changedReturn(event, 'received') },
  { name: 'return.rejected', of: (event) => changedReturn(event, 'rejected') },
  { name: 'return.completed', of: (event) => changedReturn(event, 'completed') },
  {
    name: 'invoice.issued',
    of: (event) =>
      invoiceIssued.is(event) ? { invoice: publicInvoice(event.payload.invoice), order: publicOrder(event.payload.order) } : null,
  },
  { name: 'payment.changed', of: (event) => (paymentChanged.is(event) ? event.payload : null) },
  { name: 'payment.failed', of: (event) => (paymentFailedLate.is(event) ? event.payload : null) },
  { name: 'dispute.changed', of: (event) => (disputeChanged.is(event) ? event.payload : null) },
  { name: 'stock.low', of: (event) => (stockLow.is(event) ? event.payload : null) },
  { name: 'email.received', of: (event) => (emailReceived.is(event) ? letterOf(event.payload) : null) },
  { name: 'user.registered', isRefusable: true, of: (event) => (accountRegistered.is(event) ? event.payload : null) },
  { name: 'user.password_changed', isRefusable: true, of: (event) => (accountPasswordChanged.is(event) ? event.payload : null) },
  { name: 'user.erased', of: (event) => (accountErased.is(event) ? event.payload : null) },
]

export const eventNames: readonly string[] = told.map(({ name }) => name)

export function isRefusable(name: EventName): boolean {
  return told.some((one) => one.name === name && one.isRefusable === true)
}

/** What an event of the engine is to a project: none, one or several. */
export function projectEventsOf(event: DomainEvent): { readonly name: EventName; readonly payload: Readonly<Record<string, unknown>> }[] {
  return told.flatMap(({ name, of }) => {
    const payload = of(event)
    return payload === null ? [] : [{ name, payload }]
  })
}

type OfParcel = { readonly fulfillment: Fulfillment; readonly order: Order }

function parcelOf({ fulfillment, order }: OfParcel) {
  return { fulfillment, order: publicOrder(order) }
}

function changedParcel(event: DomainEvent, status: Fulfillment['status']) {
  return fulfillmentChanged.is(event) && event.payload.fulfillment.status === status ? parcelOf(event.payload) : null
}

function changedReturn(event: DomainEvent, status: OrderReturn['status']) {
  if (!returnChanged.is(event) || event.payload.orderReturn.status !== status) return null
  return { return: event.payload.orderReturn, order: publicOrder(event.payload.order) }
}

function letterOf({ email: { secret: _, html: __, ...email }, thread }: { readonly email: Email; readonly thread: EmailThread }) {
  return { email, thread }
}

/** What stands in it is its PDF. */
function publicInvoice({ document: _, ...invoice }: Invoice): PublicInvoice {
  return invoice
}

function publicCart({ tokenHash: _, ...cart }: Cart): PublicCart {
  return cart
}

function publicOrder({ tokenHash: _, ...order }: Order): PublicOrder {
  return order
}
