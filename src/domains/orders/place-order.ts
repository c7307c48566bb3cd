// Placing: the one step that makes a covered order a sale. Stock, ledger and what follows are written
// with the state or not at all; compare-and-set on the state makes it happen once.
import { negateMoney } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import type { Work } from '../../operation/work.ts'
import { revenueOf } from '../carts/totals.ts'
import { accounts } from '../ledger/collections.ts'
import { type Leg, postTransfer } from '../ledger/post-transfer.ts'
import { commitStock } from '../stock/reserve-stock.ts'
import { type Order, orders } from './collections.ts'
import { orderPlaced } from './events.ts'

/** O4 of the state table: pending_payment or a revived expired order becomes placed. */
export async function placeOrder(
  context: Work,
  order: Order,
  paymentStatus: Order['paymentStatus'],
  holds: readonly string[] = order.holds,
): Promise<DomainEvent[]> {
  const { tx, now } = context
  const placed = await tx.update(orders, order, { set: { status: 'placed', paymentStatus, placedAt: now, expiresAt: null, holds } })
  await commitStock(context, order.id)
  await postTransfer(context, { kind: 'order.recognized', order: order.id, legs: recognition(placed) })
  return [orderPlaced({ order: placed })]
}

/** The sale: the customer's deposit becomes income and tax. Reversed when a placed order is canceled. */
export function recognition(order: Order): Leg[] {
  const { total, tax } = order.totals
  const { sales, shipping } = revenueOf(order.totals)
  return [
    { account: accounts.deposit(order.id), amount: total },
    { account: accounts.sales, amount: negateMoney(sales) },
    { account: accounts.shipping, amount: negateMoney(shipping) },
    { account: accounts.tax, amount: negateMoney(tax) },
  ]
}
