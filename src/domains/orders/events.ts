// What happens to orders. Each hands on the order as it has just been written.
import type { Money } from '../../base/money.ts'
import { event } from '../../contract/events.ts'
import type { Payment } from '../payments/collections.ts'
import type { Cancellation } from './cancellations.ts'
import type { Order } from './collections.ts'

type Told = { readonly order: Order }

/** Of a cart that was checked out: its stock is held, and nothing is paid. */
export const orderCreated = event('order.created').with<Told>()
export const orderPlaced = event('order.placed').with<Told>()
export const orderCanceled = event('order.canceled').with<Told>()
/** An offer was taken back before it was paid: the order is a draft again. */
export const orderWithdrawn = event('order.withdrawn').with<Told>()
export const orderExpired = event('order.expired').with<Told>()
/** Units of it will not be sent; the rest goes on. */
export const orderUnitsCanceled = event('order.units_canceled').with<Told & { readonly cancellation: Cancellation }>()
/** All of it is sent, canceled or back, and its money is settled. */
export const orderCompleted = event('order.completed').with<Told>()
/** Something of it that is digital can be delivered now, or its money be taken first. Whoever follows looks again. */
export const digitalDue = event('order.digital_due').with<Told>()
/** Of one that was completed: something is to be sent back, or is disputed, or its money was taken away. */
export const orderReopened = event('order.reopened').with<Told>()
/** Of a placed one: more or less of it is sold than before, since something was added, or money of it was given back, or came back. */
export const orderCorrected = event('order.corrected').with<Told>()
/** Staff give money of it back. `cause`: the refund; `isCredit`: as store credit. `lines`: the units, where it was made by lines. */
export const orderRefundMade = event('order.refund_made').with<
  Told & {
    readonly cause: string
    readonly amount: Money
    readonly isCredit: boolean
    readonly lines: readonly { readonly line: string; readonly quantity: number }[]
  }
>()
/** Somebody who knows its number asks for the link to it. `email`: the one they typed, which is the order's. */
export const orderLinkAsked = event('order.link_asked').with<Told & { readonly email: string; readonly cause: string }>()
/** Money came in for an order that is closed, and goes back. */
export const orderPaidLate = event('order.paid_late').with<Told & { readonly payment: Payment }>()
/** Staff ask its customer to pay what is open. `secret`: of the link, for the mail alone. */
export const orderPaymentAsked = event('order.payment_asked').with<
  Told & { readonly due: Money; readonly expiresAt: number; readonly secret: string }
>()
