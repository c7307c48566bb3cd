// Orders that nobody paid: their stock can be bought by others. An order never expires while one of its
// payments may still succeed on its own; one that waits for its customer is first closed at the provider.

import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Work } from '../../storage/transaction.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { liveStatuses, payments, waitingStatuses } from '../payments/collections.ts'
import { releaseStock } from '../stock/reserve-stock.ts'
import { type Order, orders } from './collections.ts'

export const expireOrders: Schedule = {
  name: 'orders.expire',
  everyMs: 15_000,
  async run(context) {
    const { tx, now } = context
    const where = and(eq('status', 'pending_payment'), compare('expiresAt', 'lte', now))
    // Beyond the limit: the next tick. None keeps its place at the front: one that has to wait is moved on.
    const due = await tx.find(orders, { where, sort: [{ path: 'expiresAt', descending: false }], limit: limits.ordersPerTick })
    const expired: string[] = []
    const events: DomainEvent[] = []
    // By id, then all stock at once: a tick holds many rows, and must not take them in an order of its own.
    for (const order of due.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      const ended = await expire(context, order)
      if (ended === null) continue
      expired.push(order.id)
      events.push(...ended)
    }
    if (expired.length > 0) await releaseStock(context, expired, 'expired')
    return [...events, ...expired.map((order) => ({ type: 'order.expired', order }))]
  },
}

/** Null when it has to wait for its payments: then it keeps its stock for another while. Else what follows. */
async function expire(context: Work, order: Order): Promise<DomainEvent[] | null> {
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
  await tx.update(orders, order, { set: { status: 'expired', expiresAt: null } })
  // Paid in part, or paid and partly given back: the rest is the customer's.
  const kept = attempts.find(({ captured, refunded }) => captured.amount > refunded.amount)
  return kept ? [{ type: 'payment.changed', payment: kept.id, order: order.id }] : []
}
