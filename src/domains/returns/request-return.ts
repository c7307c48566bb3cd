import { isStaff } from '../../access/actor.ts'
import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { shopOf } from '../carts/totals.ts'
import { fulfillments } from '../fulfillment/collections.ts'
import { type Order, orders } from '../orders/collections.ts'
import { moveUnits } from '../orders/order-standing.ts'
import { orderUnits } from '../orders/order-units.ts'
import { getOrder } from '../orders/order-view.ts'
import { returns } from './collections.ts'
import { returnChanged } from './events.ts'
import { answerOf, returnableOf, returnOutput, wordsFor } from './return-parts.ts'

/**
 * `POST /api/orders/{id}/returns`: whoever placed the order asks to send units back, within the days that the config says; staff may ask for
 * them at any time. Nothing is given back by it.
 */
export const requestReturn = command({
  name: 'orders.return',
  route: 'POST /api/orders/:id/returns',
  summary: 'Ask to send units of an order back',
  tag: 'Orders',
  status: 201,
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      lines: Type.Array(
        Type.Object(
          { ...orderUnits.properties, reason: Type.String({ minLength: 1, maxLength: limits.textCharactersMax, format: 'free-text' }) },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: limits.cartLinesMax },
      ),
      comment: wordsFor('What the shop should know of it.'),
    },
    { additionalProperties: false },
  ),
  output: returnOutput,
  errors: ['not_found', 'order_state_conflict', 'return_too_late'],
  access: anyone,
  async run(context) {
    const { tx, input, actor, model, newId } = context
    const seen = await getOrder(tx, model, actor, input.id)
    const order = (await tx.lock(orders, seen.id, 'exclusive'))!
    const named = returnableOf(order, input.lines)
    const isByStaff = isStaff(actor)
    if (!isByStaff) await checkInTime(context, order)
    const lines = named.map(({ line, quantity, reason }) => ({ line, quantity, reason, received: 0, restocked: 0 }))
    const nothing = { instructions: null, answer: null, refunded: null, deduction: null, isExchange: null }
    const one = {
      id: newId('ret'),
      order: order.id,
      status: 'requested',
      lines,
      comment: input.comment ?? null,
      ...nothing,
      isByStaff,
    } as const
    const orderReturn = await tx.insert(returns, one)
    const moves = lines.map(({ line, quantity }) => ({ line, returning: quantity }))
    const { order: after, events } = await moveUnits(context, order, { moves })
    return { ...(await answerOf(context, orderReturn)), status: 201, events: [returnChanged({ order: after, orderReturn }), ...events] }
  },
})

/** By the last parcel: somebody who waits for the rest of an order looks at all of it then. */
async function checkInTime({ tx, now, project }: CommandContext<unknown>, order: Order): Promise<void> {
  const { returnMs } = shopOf(project)
  const sent = await findAll(tx, fulfillments, eq('order', order.id))
  const last = Math.max(...sent.filter(({ status }) => status !== 'canceled').map(({ createdAt, deliveredAt }) => deliveredAt ?? createdAt))
  if (now > last + returnMs)
    throw new EngineError('return_too_late', {
      detail: `It could be asked for within ${returnMs / 86_400_000} days after it arrived. Ask the shop.`,
      params: { days: returnMs / 86_400_000 },
    })
}
