// What must hold of parcels, cancellations by line and returns: orders count their units as these say, and stand as that makes them.

import { oneOf } from '../../contract/filter.ts'
import { fulfillments } from '../../domains/fulfillment/collections.ts'
import { cancellations } from '../../domains/orders/cancellations.ts'
import { chargedTotal, type Order, orders } from '../../domains/orders/collections.ts'
import { fulfillmentStatusOf, type UnitCounts, unitsOf } from '../../domains/orders/order-standing.ts'
import { payments } from '../../domains/payments/collections.ts'
import { openReturns, returns } from '../../domains/returns/collections.ts'
import { reservations } from '../../domains/stock/collections.ts'
import { unitsOfOne } from '../../domains/stock/reserve-stock.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const fulfillmentInvariants: InvariantGroup = {
  needs: ['orders', 'fulfillments', 'cancellations', 'returns', 'reservations', 'payments'],
  invariants: {
    'orders.units_counted': 'The lines of an order count what its parcels, cancellations and returns say, and no more than was ordered.',
    'orders.sent_left_stock': 'What an order has sent, of bundles their parts, is shipped or back in its reservations, and no more.',
    'orders.fulfillment_status': 'fulfillmentStatus is what the units of the lines amount to.',
    'orders.completed_is_done': 'Of a completed order nothing is to be sent or on its way back, and its money is there.',
  },
  async check(context) {
    for await (const page of pagesOf(context, orders)) {
      const of = oneOf(
        'order',
        page.map(({ id }) => id),
      )
      const [sent, canceled, back, shipped, taken] = await Promise.all([
        allOf(context, fulfillments, of),
        allOf(context, cancellations, of),
        allOf(context, returns, of),
        sumsBy(context.read, reservations, { where: of, by: ['order', 'state'], sum: 'quantity' }),
        sumsBy(context.read, payments, { where: of, by: ['order'], sum: 'captured.amount' }),
      ])
      const moves: Move[] = [
        ...sent.filter(({ status }) => status !== 'canceled').flatMap(({ order, lines }) => movesOf(order, 'shipped', lines)),
        ...canceled.flatMap(({ order, lines }) => movesOf(order, 'canceled', lines)),
        ...back.filter(({ status }) => openReturns.includes(status)).flatMap(({ order, lines }) => movesOf(order, 'returning', lines)),
        ...back
          .filter(({ status }) => status === 'completed')
          .flatMap(({ order, lines }) =>
            movesOf(
              order,
              'returned',
              lines.map(({ line, received }) => ({ line, quantity: received })),
            ),
          ),
      ]
      const byOrder = Map.groupBy(moves, ({ order }) => order)
      const captured = new Map(taken.map(({ key, sum }) => [String(key[0]), sum]))
      for (const order of page) {
        checkUnits(context, order, byOrder.get(order.id) ?? [])
        checkReservations(
          context,
          order,
          shipped.filter(({ key }) => key[0] === order.id),
        )
        checkStanding(context, order, captured.get(order.id) ?? 0)
      }
    }
  },
}

type Move = { readonly order: string; readonly line: string; readonly what: keyof UnitCounts; readonly quantity: number }

function movesOf(order: string, what: Move['what'], lines: readonly { readonly line: string; readonly quantity: number }[]): Move[] {
  return lines.map(({ line, quantity }) => ({ order, what, line, quantity }))
}

function checkUnits({ report }: VerifyContext, order: Order, moves: readonly Move[]): void {
  const rows = [`orders/${order.id}`]
  for (const line of order.lines) {
    const counts = unitsOf(line)
    for (const what of ['shipped', 'canceled', 'returning', 'returned'] as const) {
      const sum = moves.filter((move) => move.line === line.id && move.what === what).reduce((total, { quantity }) => total + quantity, 0)
      if (sum !== counts[what]) report('orders.units_counted', rows, `${line.id} has ${counts[what]} ${what}; its records say ${sum}`)
    }
    if (Math.min(counts.open, counts.returnable, ...Object.values(counts)) < 0)
      report('orders.units_counted', rows, `${line.id} has ${line.quantity} units: ${JSON.stringify(counts)}`)
  }
}

type Summed = { readonly key: readonly unknown[]; readonly sum: number }

function checkReservations({ report }: VerifyContext, order: Order, sums: readonly Summed[]): void {
  // What came from elsewhere took no stock.
  if (order.importedAt !== null) return
  const sent = order.lines.reduce((total, line) => total + unitsOf(line).shipped * unitsOfOne(line), 0)
  const gone = sums.filter(({ key }) => key[1] === 'consumed' || key[1] === 'returned').reduce((total, { sum }) => total + sum, 0)
  if (sent !== gone) report('orders.sent_left_stock', [`orders/${order.id}`], `${sent} were sent; ${gone} left the stock`)
}

function checkStanding({ report }: VerifyContext, order: Order, captured: number): void {
  const rows = [`orders/${order.id}`]
  const status = fulfillmentStatusOf(order.lines)
  if (status !== order.fulfillmentStatus)
    report('orders.fulfillment_status', rows, `it is ${order.fulfillmentStatus}; its units amount to ${status}`)
  if (order.status !== 'completed') return
  const isDone = order.lines.every((line) => unitsOf(line).open === 0 && unitsOf(line).returning === 0)
  if (!isDone || captured < chargedTotal(order) || order.holds.includes('disputed'))
    report('orders.completed_is_done', rows, `${captured} of ${chargedTotal(order)} is there, and it is ${order.fulfillmentStatus}`)
}
