import { isStaff } from '../../access/actor.ts'
import { anyone } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { money } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import { findAll } from '../../storage/find-all.ts'
import { isCreditProvider } from '../credit/collections.ts'
import { releaseUses } from '../discounts/use-discounts.ts'
import { accounts } from '../ledger/collections.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { canBeGivenUp, payments } from '../payments/collections.ts'
import { lostOf, refundable, refundPayment } from '../payments/refund-claims.ts'
import { releaseStock } from '../stock/reserve-stock.ts'
import { cancelUnits, isWhole } from './cancel-units.ts'
import { type Order, orders } from './collections.ts'
import { backTwice, closeDeposit, reverseSale } from './correct-sale.ts'
import { orderCanceled } from './events.ts'
import { orderUnitsInput, stateConflict } from './order-units.ts'
import { getOrder } from './order-view.ts'
import { settleOrder } from './settle-order.ts'

/**
 * `POST /api/orders/{id}/cancel`: by staff, or by its owner while nothing was shipped. Money taken goes back. With `lines`, staff cancel what
 * is left of these also when others were sent.
 */
export const cancelOrder = command({
  name: 'orders.cancel',
  route: 'POST /api/orders/:id/cancel',
  summary: 'Cancel an order',
  tag: 'Orders',
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      lines: Type.Optional(orderUnitsInput),
      reason: Type.Optional(
        Type.String({ minLength: 1, maxLength: limits.noteCharactersMax, format: 'free-text', description: 'Of `lines`, for staff.' }),
      ),
    },
    { additionalProperties: false, description: 'Without `lines`, all of it.' },
  ),
  output: Type.Unsafe<unknown>({ type: 'object' }),
  errors: ['not_found', 'order_state_conflict', 'payment_in_progress', 'precondition_failed'],
  access: anyone,
  async run(context) {
    const { tx, input, actor, model, request } = context
    const order = await getOrder(tx, model, actor, input.id)
    checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
    const { order: after, events } = await cancelAsked(context, order, input)
    const [output] = await presentAll(tx, model.get(orders), actor, [after])
    return {
      output: output as unknown,
      headers: { etag: etagOf(model.get(orders), actor, after) },
      events,
    }
  },
})

type Asked = Parameters<typeof cancelUnits>[2]

async function cancelAsked(context: CommandContext<Partial<Asked>>, seen: Order, { lines, reason }: Partial<Asked>) {
  if (lines === undefined) return await cancelOrderAsStaff(context, seen)
  // Whoever sends, cancels or settles it meanwhile waits.
  const order = (await context.tx.lock(orders, seen.id, 'exclusive'))!
  if (isWhole(order, lines)) return await cancelOrderAsStaff(context, order)
  if (order.fulfillmentStatus !== 'unfulfilled' && !isStaff(context.actor))
    throw stateConflict(order, 'What is left of it can be canceled by the shop alone.')
  return await cancelUnits(context, order, { lines, reason })
}

/** @throws order_state_conflict */
export async function cancelOrderAsStaff(
  work: Work,
  order: Order,
): Promise<{ readonly order: Order; readonly events: readonly DomainEvent[] }> {
  const isDraft = order.status === 'draft'
  const isOpen = isDraft || order.status === 'pending_payment' || order.status === 'placed'
  if (!isOpen || order.fulfillmentStatus !== 'unfulfilled') throw stateConflict(order, 'It can no longer be canceled as a whole.')
  const { after, hasCredit } = await cancel(work, order)
  // Nobody but staff was told of it.
  if (isDraft) return { order: after, events: [] }
  // Nobody will tell that credit was given back, since it is by now: so its order is settled here.
  const settled = hasCredit ? await settleOrder(work, order.id) : []
  const canceled = hasCredit ? (await work.tx.get(orders, order.id))! : after
  return { order: canceled, events: [orderCanceled({ order: canceled }), ...settled] }
}

type Canceled = { readonly after: Order; readonly hasCredit: boolean }

async function cancel(context: Work, order: Order): Promise<Canceled> {
  const { tx } = context
  // Before the look at its attempts: whoever settles one of them meanwhile waits for us, and finds the order closed.
  const after = await tx.update(orders, order, { set: { status: 'canceled', expiresAt: null, closedAt: context.now } })
  await releaseStock(context, [order.id], 'released')
  if (order.status === 'pending_payment' && order.discounts !== null) await releaseUses(context, [order.id])
  if (order.status === 'placed') await reverseSale(context, order)
  let lost = 0
  const attempts = await findAll(tx, payments, eq('order', order.id))
  for (const payment of attempts) {
    if (payment.disputed !== null) lost += await lostOf(tx, payment)
    if (canBeGivenUp(payment)) await cancelPayment(context, payment)
    const amount = money(await refundable(tx, payment), payment.amount.currency)
    // Attempts under way are settled when they are heard of: a closed order sends their money back.
    if (amount.amount > 0)
      await refundPayment(context, payment, {
        amount,
        from: accounts.deposit(order.id),
        reason: 'order_canceled',
        key: `cancel:${payment.id}`,
      })
  }
  const isOwed = (await closeDeposit(context, order, lost)) > 0
  const isHeld = isOwed && !after.holds.includes(backTwice)
  return {
    after: isHeld ? await tx.update(orders, after, { set: { holds: [...after.holds, backTwice] } }) : after,
    hasCredit: attempts.some(({ provider }) => isCreditProvider(provider)),
  }
}
