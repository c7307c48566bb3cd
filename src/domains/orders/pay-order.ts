import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import { isCreditProvider } from '../credit/collections.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { canBeGivenUp, liveStatuses, type Payment, payments } from '../payments/collections.ts'
import { paymentChanged } from '../payments/events.ts'
import { keptOf } from '../payments/refund-claims.ts'
import { startPayment } from '../payments/start-payment.ts'
import { orders } from './collections.ts'
import { openDraft } from './drafts.ts'
import { stateConflict } from './order-units.ts'
import {
  asksForCredit,
  checkPaymentRequest,
  checkTakes,
  creditRequest,
  getOrder,
  giftCardsIn,
  holdMsOf,
  orderAndPayment,
  orderAndPaymentView,
  type PaymentRequest,
} from './order-view.ts'
import { paymentLinks } from './payment-links.ts'
import { returnUrlOf } from './return-url.ts'
import { spendCredit } from './spend-credit.ts'

/**
 * `POST /api/orders/{id}/payments`: another try after one that was declined or left. Refused while an
 * attempt may still take money without anybody doing anything more. Of a draft, by staff: it becomes an order.
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
      provider: Type.Optional(Type.String({ maxLength: limits.codeCharactersMax })),
      method: Type.Optional(Type.String({ maxLength: limits.codeCharactersMax })),
      returnUrl: Type.Optional(Type.String({ format: 'uri-template', maxLength: limits.urlCharactersMax })),
      ...creditRequest,
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
    'total_changed',
    'gift_card_unusable',
    'payment_missing',
    'out_of_stock',
    'order_too_large',
  ],
  access: anyone,
  codesIn: giftCardsIn,
  async run(context) {
    const { tx, input, actor, model, project, now } = context
    const { id, ...request } = input
    const found = await getOrder(tx, model, actor, id)
    checkIfMatch(model.get(orders), { actor, ifMatch: context.request.ifMatch }, found)
    if (request.provider !== undefined) {
      checkPaymentRequest(project, request as PaymentRequest, '')
      checkTakes(project, request as PaymentRequest, { currency: found.total.currency, at: '' })
    } else if (!asksForCredit(request)) throw invalid('/provider', 'required', 'is missing')
    // Staff alone see one: what they pay for becomes an order.
    const isDraft = found.status === 'draft'
    const { order, events: opened } = isDraft
      ? await openDraft(context, found, now + limits.orderHoldTotalMs)
      : { order: found, events: [] }
    if (isDraft && order.status === 'placed') return { output: { order: { id }, payment: null } as unknown, status: 201, events: opened }
    if (order.status === 'placed' || order.status === 'completed') throw new EngineError('payment_not_needed')
    if (order.status !== 'pending_payment') throw stateConflict(order, 'Nothing can be paid for it.')
    const holdMs = holdMsOf(project, request.provider)
    // What was a draft for long is kept from when it was opened.
    const lastAt = Math.max(order.createdAt + Math.max(limits.orderHoldTotalMs, holdMs), order.expiresAt ?? 0)
    if (now >= lastAt)
      throw new EngineError('order_state_conflict', {
        detail: 'The time to pay this order is over. Order again.',
        params: { status: order.status, payableUntil: toIso(lastAt) },
      })
    // Staff may have kept its goods for longer, by a link.
    const link = await findUnique(tx, paymentLinks, eq('order', id))
    // Before the look at its attempts: two tries at once, or a try and money that comes in, then wait for each other.
    await tx.update(orders, order, { set: { expiresAt: Math.max(Math.min(now + holdMs, lastAt), link?.expiresAt ?? 0) } })
    const attempts = await findAll(tx, payments, eq('order', id))
    checkTries(attempts)
    for (const left of attempts) if (canBeGivenUp(left)) await cancelPayment(context, left)
    const returnUrl = returnUrlOf(project, request, { order: id, at: '' })
    // What is there already is not asked for again.
    const open = order.total.amount - (await keptOf(tx, attempts))
    const use = { request, actor, missing: open, sequence: attempts.length + 1, hasProvider: request.provider !== undefined }
    const { made, missing } = await spendCredit(context, order, use)
    const output = { order: { id }, payment: null } as unknown
    const events = [...opened, ...made.slice(-1).map((payment) => paymentChanged({ payment }))]
    if (missing.amount === 0) return { output, status: 201, awaiting: [], events }
    const { provider, method = null } = request
    const next = { order: id, sequence: use.sequence + made.length, amount: missing, provider: provider!, method, returnUrl }
    const { effect } = await startPayment(context, next)
    return { output, status: 201, awaiting: [effect], events }
  },
  reload: async ({ read, model, actor }, output) =>
    await orderAndPaymentView(read, model, actor, (output as { order: { id: string } }).order.id),
})

/** That another one may be begun. @throws payment_in_progress, too_many_attempts */
export function checkTries(attempts: readonly Payment[]): void {
  if (attempts.some(({ status }) => liveStatuses.includes(status))) throw new EngineError('payment_in_progress')
  // Each try asks a bank whether a card is good: whoever only wants to know that must not be given it for one order.
  const tried = attempts.filter(({ provider }) => !isCreditProvider(provider)).length
  if (tried >= limits.paymentAttemptsMax)
    throw new EngineError('too_many_attempts', { params: { attempts: tried, attemptsMax: limits.paymentAttemptsMax } })
}
