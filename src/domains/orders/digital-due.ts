// What is digital is delivered by nobody: as soon as its order is placed, paid and not held. Told wherever one of these may have come about.
import type { DomainEvent } from '../../contract/events.ts'
import type { Order } from './collections.ts'
import { digitalDue } from './events.ts'
import { type UnitMove, unitsOf } from './order-standing.ts'

const unpaid: readonly Order['paymentStatus'][] = ['none', 'voided', 'refunded']

/** Units that are neither delivered nor canceled. */
export function digitalUnits({ lines }: Pick<Order, 'lines'>): (UnitMove & { readonly shipped: number })[] {
  return lines
    .filter(({ isDigital }) => isDigital)
    .map((line) => ({ line: line.id, shipped: unitsOf(line).open }))
    .filter(({ shipped }) => shipped > 0)
}

/** Also of one that is authorized: its money may be for whoever delivers to take. */
export function isDigitalDue(order: Order): boolean {
  return order.status === 'placed' && order.holds.length === 0 && !unpaid.includes(order.paymentStatus) && digitalUnits(order).length > 0
}

export function dueDigital(order: Order): DomainEvent[] {
  return isDigitalDue(order) ? [digitalDue({ order })] : []
}
