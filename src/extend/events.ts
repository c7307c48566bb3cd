// The events that a project can follow, and what each tells: made for users, apart from the engine's own, so that these can
// change. Invariant: nothing in a payload is hidden from staff.
import type { DomainEvent } from '../contract/events.ts'
import type { User } from '../domains/accounts/collections.ts'
import { accountErased, accountPasswordChanged, accountRegistered } from '../domains/accounts/events.ts'
import type { Cart } from '../domains/carts/collections.ts'
import { cartAbandoned } from '../domains/carts/events.ts'
import type { Order } from '../domains/orders/collections.ts'
import { orderCanceled, orderCreated, orderExpired, orderPaidLate, orderPlaced } from '../domains/orders/events.ts'
import type { Dispute, Payment } from '../domains/payments/collections.ts'
import { disputeChanged, paymentChanged, paymentFailedLate } from '../domains/payments/events.ts'
import type { StockLevel } from '../domains/stock/collections.ts'
import { stockLow } from '../domains/stock/events.ts'

/** An order as staff see it. */
export type PublicOrder = Omit<Order, 'tokenHash'>

/** A cart as staff see it. */
export type PublicCart = Omit<Cart, 'tokenHash'>

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
  /** An attempt to pay has another state or other amounts. Often: several times for each attempt. */
  readonly 'payment.changed': { readonly payment: Payment }
  /** An attempt failed that was under way when its customer left the page. */
  readonly 'payment.failed': { readonly payment: Payment }
  /** A customer's bank asks for the money back, or what it makes of it has changed. */
  readonly 'dispute.changed': { readonly dispute: Dispute }
  /** What is left to sell at a location came down to its `lowAt`: once for each time that it does. */
  readonly 'stock.low': { readonly level: StockLevel }
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
  { name: 'payment.changed', of: (event) => (paymentChanged.is(event) ? event.payload : null) },
  { name: 'payment.failed', of: (event) => (paymentFailedLate.is(event) ? event.payload : null) },
  { name: 'dispute.changed', of: (event) => (disputeChanged.is(event) ? event.payload : null) },
  { name: 'stock.low', of: (event) => (stockLow.is(event) ? event.payload : null) },
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

function publicCart({ tokenHash: _, ...cart }: Cart): PublicCart {
  return cart
}

function publicOrder({ tokenHash: _, ...order }: Order): PublicOrder {
  return order
}
