// Delivering what is digital: no parcel, and no stock. Its downloads are open from now on (domains/downloads), and its units count as sent.
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { chargedTotal, orders } from '../orders/collections.ts'
import { digitalUnits, isDigitalDue } from '../orders/digital-due.ts'
import type { digitalDue } from '../orders/events.ts'
import { linesAfter, moveUnits } from '../orders/order-standing.ts'
import { payments } from '../payments/collections.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { fulfillments } from './collections.ts'
import { digitalDelivered, orderShipped } from './events.ts'
import { captureSent, costOfSent } from './fulfill-order.ts'

/** Where its money is not there, that is asked for, and it is delivered once it is: a part of it pays for nothing. Being called again changes nothing. */
export function deliverDigital(providers: ReadonlyMap<string, PaymentProvider>) {
  return async (work: Work, { order: told }: ReturnType<typeof digitalDue>['payload']): Promise<readonly DomainEvent[]> => {
    const { tx, newId, now } = work
    const order = await tx.lock(orders, told.id, 'exclusive')
    if (order === null || !isDigitalDue(order)) return []
    const moves = digitalUnits(order)
    const wanted = { ...order, lines: linesAfter(order.lines, moves) }
    if (order.paymentStatus !== 'paid') {
      const { captured, capturable } = await takenFor(tx, order.id)
      // What staff let go unpaid is sent, and not opened: nobody can send it back.
      if (captured + capturable < chargedTotal(order)) return []
      if (captured < costOfSent(wanted)) {
        await captureSent(work, wanted, providers)
        return []
      }
    }
    const lines = moves.map(({ line, shipped }) => ({ line, quantity: shipped }))
    const one = { id: newId('ful'), order: order.id, status: 'delivered', lines, tracking: [], deliveredAt: now } as const
    const fulfillment = await tx.insert(fulfillments, one)
    const { order: after, events } = await moveUnits(work, order, { moves })
    await captureSent(work, after, providers)
    const sent = { order: after, fulfillment }
    return [orderShipped({ ...sent, isQuiet: true }), digitalDelivered(sent), ...events]
  }
}

async function takenFor(tx: Work['tx'], order: string): Promise<{ readonly captured: number; readonly capturable: number }> {
  const attempts = await findAll(tx, payments, eq('order', order))
  const sum = (name: 'captured' | 'capturable') => attempts.reduce((all, payment) => all + (payment[name]?.amount ?? 0), 0)
  return { captured: sum('captured'), capturable: sum('capturable') }
}
