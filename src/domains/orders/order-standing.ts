// How far an order is: the units of its lines, fulfillmentStatus, and whether it is completed. Written here and nowhere else, in the
// transaction of whatever moved them. Whoever calls holds the order.
import type { DomainEvent } from '../../contract/events.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { claimingStatuses, type Payment, payments, type RefundedLine, refunds } from '../payments/collections.ts'
import { chargedTotal, type Order, type OrderLine, orders } from './collections.ts'
import { orderCompleted, orderReopened } from './events.ts'

export type UnitCounts = { readonly shipped: number; readonly canceled: number; readonly returning: number; readonly returned: number }
type Counter = keyof UnitCounts

/** `open`: neither sent nor canceled. `returnable`: sent, and neither back nor asked to be sent back. */
export function unitsOf(line: OrderLine): UnitCounts & { readonly open: number; readonly returnable: number } {
  const { quantity, shipped = 0, canceled = 0, returning = 0, returned = 0 } = line
  return { shipped, canceled, returning, returned, open: quantity - shipped - canceled, returnable: shipped - returning - returned }
}

export type UnitMove = { readonly line: string } & Partial<UnitCounts>

/** The lines with what these add to their counters. One that comes to nothing is left out. */
export function linesAfter(lines: readonly OrderLine[], moves: readonly UnitMove[]): OrderLine[] {
  return lines.map((line) => {
    const own = moves.filter((move) => move.line === line.id)
    if (own.length === 0) return line
    const { shipped, canceled, returning, returned, ...rest } = { ...line }
    const before: UnitCounts = unitsOf(line)
    const sum = (name: Counter) => own.reduce((total, move) => total + (move[name] ?? 0), before[name])
    const counts = (['shipped', 'canceled', 'returning', 'returned'] as const).map((name) => [name, sum(name)] as const)
    return { ...rest, ...Object.fromEntries(counts.filter(([, units]) => units !== 0)) }
  })
}

export function fulfillmentStatusOf(lines: readonly OrderLine[]): Order['fulfillmentStatus'] {
  const sum = (name: 'shipped' | 'open' | 'returned') => lines.reduce((total, line) => total + unitsOf(line)[name], 0)
  if (sum('shipped') === 0) return 'unfulfilled'
  if (sum('open') > 0) return 'partially_fulfilled'
  return sum('returned') === sum('shipped') ? 'returned' : 'fulfilled'
}

/** Units have moved: the counters, what they make of fulfillmentStatus, and what follows for the order. */
export async function moveUnits(
  work: Work,
  order: Order,
  { moves, uncharged = [] }: { readonly moves: readonly UnitMove[]; readonly uncharged?: readonly RefundedLine[] },
): Promise<{ readonly order: Order; readonly events: readonly DomainEvent[] }> {
  const lines = linesAfter(order.lines, moves)
  const more = uncharged.length === 0 ? {} : { uncharged: [...(order.uncharged ?? []), ...uncharged] }
  const moved = { ...order, lines, fulfillmentStatus: fulfillmentStatusOf(lines), ...more }
  const status = await statusOf(work.tx, moved)
  const set = { lines, fulfillmentStatus: moved.fulfillmentStatus, status, ...more }
  const after = await work.tx.update(orders, order, { set })
  return { order: after, events: eventsOf(order, after) }
}

/** Money has moved, or a dispute: whether that completes the order (O9) or reopens it (O10). */
export async function writeStanding(
  tx: Transaction,
  order: Order,
  attempts?: readonly Payment[],
): Promise<{ readonly order: Order; readonly events: DomainEvent[] }> {
  const status = await statusOf(tx, order, attempts)
  if (status === order.status) return { order, events: [] }
  const after = await tx.update(orders, order, { set: { status } })
  return { order: after, events: eventsOf(order, after) }
}

/** Completed: all of it is sent, canceled or back, nothing is asked to be sent back, and its money is settled. */
async function statusOf(tx: Transaction, order: Order, given?: readonly Payment[]): Promise<Order['status']> {
  if (order.status !== 'placed' && order.status !== 'completed') return order.status
  // Of most orders this says it already: then nothing is read.
  const isOpen = order.fulfillmentStatus === 'unfulfilled' || order.fulfillmentStatus === 'partially_fulfilled'
  if (isOpen || order.lines.some(({ returning = 0 }) => returning > 0) || order.holds.includes('disputed')) return 'placed'
  const attempts = given ?? (await findAll(tx, payments, eq('order', order.id)))
  if (attempts.reduce((sum, { captured }) => sum + captured.amount, 0) < chargedTotal(order)) return 'placed'
  // What is being given back of a completed order is no reason to open it again.
  if (order.status === 'completed') return 'completed'
  const where = and(eq('order', order.id), oneOf('status', [...claimingStatuses]))
  // Beyond the limit: one is enough.
  return (await tx.find(refunds, { where, limit: 1 })).length === 0 ? 'completed' : 'placed'
}

function eventsOf(before: Order, after: Order): DomainEvent[] {
  if (before.status === after.status) return []
  return [after.status === 'completed' ? orderCompleted({ order: after }) : orderReopened({ order: after })]
}
