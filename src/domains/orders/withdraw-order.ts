import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import { findAll } from '../../storage/find-all.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { liveStatuses, payments } from '../payments/collections.ts'
import { releaseStock } from '../stock/reserve-stock.ts'
import { orders } from './collections.ts'
import { orderWithdrawn } from './events.ts'
import { stateConflict } from './order-units.ts'
import { paymentLinks } from './payment-links.ts'

/**
 * `POST /api/orders/{id}/withdraw`: an offer that nobody has paid is taken back. Its link ends, its stock is free, and it is a draft again, to be
 * changed and offered anew. Money that comes all the same goes back.
 */
export const withdrawOrder = command({
  name: 'orders.withdraw',
  route: 'POST /api/orders/:id/withdraw',
  summary: 'Take the offer of an order back',
  tag: 'Orders',
  isPresented: true,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'orders' }),
  errors: ['not_found', 'precondition_failed', 'order_state_conflict', 'payment_in_progress'],
  access: staff,
  async run(context) {
    const { tx, input, actor, model, request } = context
    const order = await tx.lock(orders, input.id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
    if (order.status !== 'pending_payment') throw stateConflict(order, 'There is no offer to take back.')
    if (order.isOffered !== true) throw stateConflict(order, 'Its customer ordered it: that is no offer.')
    // Before the look at its attempts: whoever settles one of them meanwhile finds a draft.
    const after = await tx.update(orders, order, { set: { status: 'draft', expiresAt: null, isOffered: null } })
    const attempts = await findAll(tx, payments, eq('order', order.id))
    if (attempts.some(({ status }) => liveStatuses.includes(status))) throw new EngineError('payment_in_progress')
    if (attempts.some(({ captured, refunded }) => captured.amount > refunded.amount))
      throw stateConflict(order, 'Some of it is paid. Cancel it, and that goes back.')
    for (const payment of attempts) if (payment.status === 'requires_action') await cancelPayment(context, payment)
    await releaseStock(context, [order.id], 'released')
    await tx.deleteWhere(paymentLinks, eq('order', order.id))
    const [output] = await presentAll(tx, model.get(orders), actor, [after])
    const headers = { etag: etagOf(model.get(orders), actor, after) }
    return { output: output as unknown, headers, events: [orderWithdrawn({ order: after })] }
  },
})
