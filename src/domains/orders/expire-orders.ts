// Orders that nobody paid: their stock can be bought by others. An order never expires while one of its
// payments may still succeed on its own; one that waits for its customer is first closed at the provider.

import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { releaseUses } from '../discounts/use-discounts.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { liveStatuses, type Payment, payments, waitingStatuses } from '../payments/collections.ts'
import { paymentChanged } from '../payments/events.ts'
import { releaseStock } from '../stock/reserve-stock.ts'
import { type Order, orders } from './collections.ts'
import { orderExpired } from './events.ts'

export const expireOrders: Schedule = {
  name: 'orders.expire',
  everyMs: 15_000,
  async run(context) {
    const { tx, now } = context
    const where = and(eq('status', 'pending_payment'), compare('expiresAt', 'lte', now))
    // Beyond the limit: the next tick. None keeps its place at the front: one that has to wait is moved on.
    const due = await tx.find(orders, { where, sort: [{ path: 'expiresAt', descending: false }], limit: limits.ordersPerTick })
    const expired: Expired[] = []
    // By id, then all stock at once: a tick holds many rows, and must not take them in an order of its own.
    for (const order of due.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const ended = await expire(context, order)
      if (ended !== null) expired.push(ended)
    }
    if (expired.length === 0) return
    const ids = expired.map(({ order }) => order.id)
    await releaseStock(context, ids, 'expired')
    await releaseUses(
      context,
      expired.flatMap(({ order }) => (order.discounts === null ? [] : [order.id])),
    )
    return expired.flatMap(({ order, kept }) => [orderExpired({ order }), ...(kept ? [paymentChanged({ payment: kept })] : [])])
  },
}

/** `kept`: paid in part, or paid and partly given back; the rest is the customer's. */
type Expired = { readonly order: Order; readonly kept: Payment | undefined }

/** Null when it has to wait for its payments: then it keeps its stock for another while. */
async function expire(context: Work, order: Order): Promise<Expired | null> {
  const { tx, now } = context
  const attempts = await findAll(tx, payments, eq('order', order.id))
  const isLive = attempts.some(({ status }) => liveStatuses.includes(status))
  const waiting = attempts.filter(({ status }) => waitingStatuses.includes(status))
  if (!isLive) for (const payment of waiting) await cancelPayment(context, payment)
  // Whoever starts another attempt moves the order's version: then this tick is run again.
  if (isLive || waiting.length > 0) {
    // Looked at again soon, to see what the provider made of it.
    await tx.update(orders, order, { set: { expiresAt: now + limits.orderWaitMs } })
    return null
  }
  const after = await tx.update(orders, order, { set: { status: 'expired', expiresAt: null, closedAt: now } })
  return { order: after, kept: attempts.find(({ captured, refunded }) => captured.amount > refunded.amount) }
}
