// The return of an exchange is settled, or will not come: the order waits for it no longer. What it owes for what was added it owes from now on.
import { and, eq, not, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { exchangeOpen, type Order, orders, paymentDue } from '../orders/collections.ts'
import { type OrderReturn, openReturns, returns } from './collections.ts'

/** Whoever calls holds the order, and settles it after this. */
export async function endExchange({ tx }: Work, order: Order, { id, isExchange }: OrderReturn): Promise<void> {
  if (isExchange !== true || !order.holds.includes(exchangeOpen)) return
  const where = and(eq('order', order.id), eq('isExchange', true), oneOf('status', [...openReturns]), not(eq('id', id)))
  // Beyond the limit: one is enough.
  if ((await tx.find(returns, { where, limit: 1 })).length > 0) return
  // Dropped by whoever settles, where nothing is due.
  const holds = [...new Set(order.holds.map((hold) => (hold === exchangeOpen ? paymentDue : hold)))]
  await tx.update(orders, order, { set: { holds } })
}
