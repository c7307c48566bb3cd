// What becomes of a parcel: its tracking, that it arrived, or that it did not leave after all.

import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type CommandContext, command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { type Order, orders } from '../orders/collections.ts'
import { moveUnits, unitsOf } from '../orders/order-standing.ts'
import { indexOrder } from '../orders/order-texts.ts'
import { stockUnits } from '../stock/reserve-stock.ts'
import { keepStock } from '../stock/ship-stock.ts'
import { type Fulfillment, fulfillments } from './collections.ts'
import { fulfillmentChanged } from './events.ts'
import { answerOf, trackingInput, trackingOf } from './fulfillment-input.ts'

const id = Type.String({ maxLength: limits.idCharactersMax })
const output = Type.Unsafe<unknown>({ type: 'object' })

type Held = { readonly order: Order; readonly fulfillment: Fulfillment }

/** The order first, as all that moves its units. @throws not_found, precondition_failed */
async function lockBoth({ tx, model, actor, input, request }: CommandContext<{ readonly id: string }>): Promise<Held> {
  const found = await tx.get(fulfillments, input.id)
  const order = found && (await tx.lock(orders, found.order, 'exclusive'))
  const fulfillment = found && (await tx.lock(fulfillments, input.id, 'exclusive'))
  if (!order || !fulfillment) throw new EngineError('not_found')
  checkIfMatch(model.get(fulfillments), { actor, ifMatch: request.ifMatch }, fulfillment)
  return { order, fulfillment }
}

function stateConflict({ status }: Fulfillment, detail: string): EngineError {
  return new EngineError('fulfillment_state_conflict', { detail: `The parcel is ${status}: ${detail}`, params: { status } })
}

/** `PATCH /api/fulfillments/{id}`: a number that came later, or was wrong. */
export const trackFulfillment = command({
  name: 'fulfillments.track',
  route: 'PATCH /api/fulfillments/:id',
  summary: 'Change the tracking of what was sent',
  tag: 'Fulfillments',
  isPresented: true,
  input: Type.Object({ id, tracking: trackingInput }, { additionalProperties: false }),
  output,
  errors: ['not_found', 'precondition_failed', 'fulfillment_state_conflict'],
  access: staff,
  async run(context) {
    const { order, fulfillment } = await lockBoth(context)
    if (fulfillment.status === 'canceled') throw stateConflict(fulfillment, 'there is nothing to follow. Send its units as another parcel.')
    const set = { tracking: trackingOf(context.project, context.input.tracking) }
    const after = await context.tx.update(fulfillments, fulfillment, { set })
    await indexOrder(context, order, set.tracking.map((parcel) => parcel.number).join(' '))
    return { ...(await answerOf(context, after)), events: [fulfillmentChanged({ order, fulfillment: after })] }
  },
})

/** `POST /api/fulfillments/{id}/deliver`: it has arrived. */
export const deliverFulfillment = command({
  name: 'fulfillments.deliver',
  route: 'POST /api/fulfillments/:id/deliver',
  summary: 'Say that what was sent has arrived',
  tag: 'Fulfillments',
  isPresented: true,
  input: Type.Object({ id }, { additionalProperties: false }),
  output,
  errors: ['not_found', 'precondition_failed', 'fulfillment_state_conflict'],
  access: staff,
  async run(context) {
    const { order, fulfillment } = await lockBoth(context)
    if (fulfillment.status !== 'shipped')
      throw stateConflict(
        fulfillment,
        fulfillment.status === 'delivered' ? 'nothing more is to be said of it.' : 'it did not leave. Send its units as another parcel.',
      )
    const after = await context.tx.update(fulfillments, fulfillment, { set: { status: 'delivered', deliveredAt: context.now } })
    return { ...(await answerOf(context, after)), events: [fulfillmentChanged({ order, fulfillment: after })] }
  },
})

/** `POST /api/fulfillments/{id}/cancel`: it did not leave. Its units are sold and not sent, as before; money that was captured stays so. */
export const cancelFulfillment = command({
  name: 'fulfillments.cancel',
  route: 'POST /api/fulfillments/:id/cancel',
  summary: 'Say that what was to be sent did not leave',
  tag: 'Fulfillments',
  isPresented: true,
  input: Type.Object({ id }, { additionalProperties: false }),
  output,
  errors: ['not_found', 'precondition_failed', 'fulfillment_state_conflict', 'order_state_conflict'],
  access: staff,
  async run(context) {
    const { tx } = context
    const { order, fulfillment } = await lockBoth(context)
    if (fulfillment.status !== 'shipped')
      throw stateConflict(
        fulfillment,
        fulfillment.status === 'delivered' ? 'its units come back by a return.' : 'it did not leave. Send its units as another parcel.',
      )
    const lines = fulfillment.lines.map(({ line, quantity }) => ({ quantity, of: order.lines.find((one) => one.id === line)! }))
    if (lines.some(({ quantity, of }) => unitsOf(of).returnable < quantity))
      throw stateConflict(fulfillment, 'some of it is being sent back, or came back. Settle that return, or reject it, first.')
    await keepStock(context, order.id, stockUnits(lines))
    const after = await tx.update(fulfillments, fulfillment, { set: { status: 'canceled' } })
    const moves = lines.map(({ of, quantity }) => ({ line: of.id, shipped: -quantity }))
    const { order: moved, events } = await moveUnits(context, order, { moves })
    return { ...(await answerOf(context, after)), events: [fulfillmentChanged({ order: moved, fulfillment: after }), ...events] }
  },
})
