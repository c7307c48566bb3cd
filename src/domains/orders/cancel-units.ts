// Canceling a part of an order: units that were not sent are free again, and what they came to is given back, or not charged. What the
// order cost beside them, such as shipping, stays.

import { money } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import type { Work } from '../../operation/work.ts'
import { stockUnits } from '../stock/reserve-stock.ts'
import { releaseUnits } from '../stock/ship-stock.ts'
import { cancellations } from './cancellations.ts'
import { type Order, orders } from './collections.ts'
import { orderUnitsCanceled } from './events.ts'
import { giveBackUnits } from './give-back.ts'
import { moveUnits, unitsOf } from './order-standing.ts'
import { type NamedUnits, namedLines, stateConflict } from './order-units.ts'
import { settleOrder } from './settle-order.ts'

type Asked = { readonly lines: readonly NamedUnits[]; readonly reason: string | undefined }

/** Whether these are all that there is, and nothing was sent: then the order is canceled as a whole. */
export function isWhole(order: Order, lines: readonly NamedUnits[]): boolean {
  const asked = new Map(lines.map(({ line, quantity }) => [line, quantity]))
  const left = order.lines.filter((line) => unitsOf(line).open > 0)
  if (asked.size !== left.length || lines.length !== left.length) return false
  return order.lines.every((line) => unitsOf(line).shipped === 0 && unitsOf(line).open === (asked.get(line.id) ?? 0))
}

/**
 * Whoever calls holds the order.
 * @throws validation_failed, order_state_conflict, payment_in_progress
 */
export async function cancelUnits(
  work: Work,
  order: Order,
  { lines, reason }: Asked,
): Promise<{ readonly order: Order; readonly events: readonly DomainEvent[] }> {
  const { tx, newId } = work
  if (order.status !== 'placed') throw stateConflict(order, 'Nothing of it can be canceled by line.')
  const named = namedLines(order, lines, { can: 'open', what: 'are neither sent nor canceled' })
  await releaseUnits(work, order.id, stockUnits(named))
  const id = newId('can')
  const units = named.map(({ line, quantity }) => ({ line, quantity }))
  const cause = { reason: 'units_canceled', key: `cancel:${id}`, isKept: false, isAwaited: false } as const
  const back = await giveBackUnits(work, order, { units, deduction: 0, why: 'canceled', ...cause })
  const uncharged = money(
    back.uncharged.reduce((sum, { amount }) => sum + amount.amount, 0),
    order.total.currency,
  )
  const row = { id, order: order.id, lines: units, refunded: back.refunded, uncharged, reason: reason ?? null }
  const cancellation = await tx.insert(cancellations, row)
  const moves = units.map(({ line, quantity }) => ({ line, canceled: quantity }))
  const moved = await moveUnits(work, order, { moves, uncharged: back.uncharged })
  // The sale is corrected by what is owed or charged from now on, and what is authorized beyond that is given up.
  const settled = await settleOrder(work, order.id)
  const after = (await tx.get(orders, order.id))!
  return { order: after, events: [orderUnitsCanceled({ order: after, cancellation }), ...moved.events, ...settled] }
}
