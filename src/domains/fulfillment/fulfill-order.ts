import { staff } from '../../access/rule.ts'
import { EngineError, type InputIssue } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { chargedTotal, type Order, type OrderLine, orders } from '../orders/collections.ts'
import { type GivenBackBy, givenBack } from '../orders/given-back.ts'
import { moveUnits, unitsOf } from '../orders/order-standing.ts'
import { indexOrder } from '../orders/order-texts.ts'
import { checkNotHeld, type NamedUnits, namedLines, orderUnitsInput, stateConflict } from '../orders/order-units.ts'
import { paidFor, shareOfUnits } from '../orders/paid-for.ts'
import { captureShipped } from '../payments/capture-shipped.ts'
import type { PaymentProvider } from '../payments/provider.ts'
import { stockUnits } from '../stock/reserve-stock.ts'
import { consumeStock } from '../stock/ship-stock.ts'
import { fulfillments } from './collections.ts'
import { orderShipped } from './events.ts'
import { answerOf, trackingInput, trackingOf } from './fulfillment-input.ts'

/**
 * `POST /api/orders/{id}/fulfillments`: units were handed to a carrier. They leave the stock, what was authorized for them is captured where
 * the config says so, and the customer is told, all owed by one transaction.
 */
export function fulfillOrder(providers: ReadonlyMap<string, PaymentProvider>) {
  return command({
    name: 'orders.fulfill',
    route: 'POST /api/orders/:id/fulfillments',
    summary: 'Send units of an order',
    tag: 'Orders',
    status: 201,
    isPresented: true,
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        lines: Type.Optional(orderUnitsInput),
        tracking: Type.Optional(trackingInput),
        mail: Type.Optional(Type.Boolean({ description: 'Write to the customer. True when left out.' })),
      },
      {
        additionalProperties: false,
        description: 'Without `lines`, all that is left is sent, but for units that were given back: these are sent where they are named.',
      },
    ),
    output: Type.Unsafe<unknown>({ type: 'object' }),
    errors: ['not_found', 'order_state_conflict', 'order_held', 'out_of_stock'],
    access: staff,
    async run(context) {
      const { tx, input, newId, project } = context
      // Whoever else sends, cancels or settles it waits.
      const order = await tx.lock(orders, input.id, 'exclusive')
      if (order === null) throw new EngineError('not_found')
      const all = openUnits(order)
      if (order.status !== 'placed' || all.length === 0) throw stateConflict(order, 'There is nothing to send.')
      if (order.paymentStatus === 'refunded')
        throw stateConflict(order, 'All that was paid for it was given back. Cancel what was not sent, or make another order for it.')
      const sent = namedLines(order, input.lines ?? (await unitsToSend(tx, order)), { can: 'open', what: 'are neither sent nor canceled' })
      checkSent(order, sent)
      checkNotHeld(order)
      const tracking = trackingOf(project, input.tracking ?? [])
      await consumeStock(context, order.id, stockUnits(sent))
      const lines = sent.map(({ line, quantity }) => ({ line, quantity }))
      const one = { id: newId('ful'), order: order.id, status: 'shipped', lines, tracking, deliveredAt: null } as const
      const fulfillment = await tx.insert(fulfillments, one)
      const moves = lines.map(({ line, quantity }) => ({ line, shipped: quantity }))
      const { order: after, events } = await moveUnits(context, order, { moves })
      await captureSent(context, after, providers)
      if (tracking.length > 0) await indexOrder(context, after, tracking.map((parcel) => parcel.number).join(' '))
      return {
        ...(await answerOf(context, fulfillment)),
        status: 201,
        events: [orderShipped({ order: after, fulfillment, isQuiet: input.mail === false }), ...events],
      }
    },
  })
}

function openUnits(order: Order, less: ReadonlyMap<string, number> = new Map()): NamedUnits[] {
  return order.lines
    .filter(({ isDigital }) => !isDigital)
    .map((line) => ({ line: line.id, quantity: unitsOf(line).open - (less.get(line.id) ?? 0) }))
    .filter(({ quantity }) => quantity > 0)
}

/**
 * By line, how many of the units that are neither sent nor canceled were given back. A refund does not say which of a line's units it is of: it is
 * taken to be of those that are still here, since what is held back can be sent later, and what was sent is gone.
 */
function openUnitsGivenBack(order: Order, back: GivenBackBy): ReadonlyMap<string, number> {
  const paid = paidFor(order).lines
  const counted = order.lines.map((line) => {
    const { open, canceled, returned } = unitsOf(line)
    const { units, amount } = back.get(line.id) ?? { units: 0, amount: 0 }
    const whole = paid.get(line.id)!.amount
    const isAll = whole > 0 && amount >= whole
    return [line.id, isAll ? open : Math.min(open, Math.max(0, units - canceled - returned))] as const
  })
  return new Map(counted.filter(([, units]) => units > 0))
}

/** @throws order_state_conflict where all of it was given back */
async function unitsToSend(tx: Transaction, order: Order): Promise<NamedUnits[]> {
  const units = openUnits(order, openUnitsGivenBack(order, await givenBack(tx, order)))
  if (units.length === 0) throw stateConflict(order, 'All units that are left were given back. Name those that are sent all the same.')
  return units
}

/** @throws order_state_conflict for what is never sent */
function checkSent(order: Order, sent: readonly { readonly of: OrderLine }[]): void {
  const errors = sent.flatMap(({ of }, index): InputIssue[] =>
    of.isDigital ? [{ path: `/lines/${index}/line`, code: 'digital', message: 'is digital: it is delivered once it is paid' }] : [],
  )
  if (errors.length > 0) throw stateConflict(order, 'What is digital is not sent.', errors)
}

/** What has been sent so far, with its share of the tax; shipping is due with the first parcel. */
export async function captureSent(work: Work, order: Order, providers: ReadonlyMap<string, PaymentProvider>): Promise<void> {
  const isAll = order.lines.every((line) => unitsOf(line).open === 0)
  await captureShipped(work, providers, { order: order.id, sent: costOfSent(order), charged: chargedTotal(order), isAll })
}

export function costOfSent(order: Order): number {
  const { lines, shipping } = paidFor(order)
  const ofLines = order.lines.map((line) =>
    shareOfUnits(lines.get(line.id)!, { before: 0, units: unitsOf(line).shipped, of: line.quantity }),
  )
  return ofLines.reduce((sum, amount) => sum + amount, shipping.amount)
}
