import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { findAll } from '../../storage/find-all.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { canBeGivenUp, liveStatuses, payments } from '../payments/collections.ts'
import { startPayment } from '../payments/start-payment.ts'
import { orders } from './collections.ts'
import { checkPaymentRequest, getOrder, holdMsOf, orderAndPayment, orderAndPaymentView, type PaymentRequest } from './order-view.ts'
import { returnUrlOf } from './return-url.ts'

/**
 * `POST /api/orders/{id}/payments`: another try after one that was declined or left. Refused while an
 * attempt may still take money without anybody doing anything more.
 */
export const payOrder = command({
  name: 'orders.pay',
  route: 'POST /api/orders/:id/payments',
  summary: 'Try to pay again',
  tag: 'Orders',
  status: 201,
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      provider: Type.String({ maxLength: limits.codeCharactersMax }),
      method: Type.Optional(Type.String({ maxLength: limits.codeCharactersMax })),
      returnUrl: Type.Optional(Type.String({ format: 'uri-template', maxLength: limits.urlCharactersMax })),
    },
    { additionalProperties: false },
  ),
  output: orderAndPayment,
  errors: [
    'not_found',
    'precondition_failed',
    'payment_in_progress',
    'too_many_attempts',
    'payment_not_needed',
    'order_state_conflict',
    'provider_unknown',
  ],
  access: anyone,
  async run(context) {
    const { tx, input, actor, model, project, now } = context
    const { id, ...request } = input
    const order = await getOrder(tx, model, actor, id)
    checkIfMatch(model.get(orders), { actor, ifMatch: context.request.ifMatch }, order)
    checkPaymentRequest(project, request as PaymentRequest, '')
    if (order.status === 'placed' || order.status === 'completed') throw new EngineError('payment_not_needed')
    if (order.status !== 'pending_payment')
      throw new EngineError('order_state_conflict', { detail: `The order is ${order.status}.`, params: { status: order.status } })
    const holdMs = holdMsOf(project, request.provider)
    const lastAt = order.createdAt + Math.max(limits.orderHoldTotalMs, holdMs)
    if (now >= lastAt)
      throw new EngineError('order_state_conflict', {
        detail: 'The time to pay this order is over. Order again.',
        params: { status: order.status, payableUntil: toIso(lastAt) },
      })
    // Before the look at its attempts: two tries at once, or a try and money that comes in, then wait for each other.
    await tx.update(orders, order, { set: { expiresAt: Math.min(now + holdMs, lastAt) } })
    const attempts = await findAll(tx, payments, eq('order', id))
    if (attempts.some(({ status }) => liveStatuses.includes(status))) throw new EngineError('payment_in_progress')
    // Each try asks a bank whether a card is good: whoever only wants to know that must not be given it for one order.
    if (attempts.length >= limits.paymentAttemptsMax)
      throw new EngineError('too_many_attempts', { params: { attempts: attempts.length, attemptsMax: limits.paymentAttemptsMax } })
    for (const left of attempts) if (canBeGivenUp(left)) await cancelPayment(context, left)
    const { provider, method = null } = request
    const returnUrl = returnUrlOf(project, request as PaymentRequest, { order: id, at: '' })
    const next = { order: id, sequence: attempts.length + 1, amount: order.total, provider, method, returnUrl }
    const { effect } = await startPayment(context, next)
    return { output: { order: { id }, payment: null } as unknown, status: 201, awaiting: [effect] }
  },
  reload: async ({ read, model, actor }, output) =>
    await orderAndPaymentView(read, model, actor, (output as { order: { id: string } }).order.id),
})
