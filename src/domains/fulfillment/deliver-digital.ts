// Delivering what is digital: no parcel, and no stock. Its downloads are open from now on (domains/downloads), and its units count as sent.
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { orders } from '../orders/collections.ts'
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
    if (order.paymentStatus !== 'paid' && (await capturedOf(tx, order.id)) < costOfSent(wanted)) {
      await captureSent(work, wanted, providers)
      return []
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

async function capturedOf(tx: Work['tx'], order: string): Promise<number> {
  return (await findAll(tx, payments, eq('order', order))).reduce((sum, { captured }) => sum + captured.amount, 0)
}
