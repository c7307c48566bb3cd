import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { type Payment, paymentActionShape, payments } from '../payments/collections.ts'
import { startPayment } from '../payments/start-payment.ts'
import { orders } from './collections.ts'
import { checkPaymentRequest, checkTakes, holdMsOf, type PaymentRequest, paymentRequest } from './order-view.ts'
import { checkTries } from './pay-order.ts'
import { dueOf, findPaymentLink, linkToken, type Providers, paymentLinks } from './payment-links.ts'
import { returnUrlOf } from './return-url.ts'

const output = Type.Object({
  payment: Type.Object({
    status: Type.String(),
    action: Type.Unsafe<unknown>({ ...paymentActionShape, type: ['object', 'null'] }),
    lastError: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
  }),
})
const viewOf = ({ status, action, lastError }: Payment) => ({ payment: { status: status as string, action: action as unknown, lastError } })

/** `POST /api/paymentLinks/pay`: pays what is open, by whoever has the link. */
export function payByLink(providers: Providers) {
  return command({
    name: 'paymentLinks.pay',
    route: 'POST /api/paymentLinks/pay',
    summary: 'Pay what a payment link asks for',
    tag: 'Orders',
    status: 201,
    input: Type.Object({ token: linkToken, ...paymentRequest.properties }, { additionalProperties: false }),
    output,
    errors: ['payment_link_invalid', 'payment_in_progress', 'too_many_attempts', 'payment_not_needed', 'provider_unknown'],
    access: anyone,
    rate: 'account',
    hasSecretInput: true,
    async run(context) {
      const { tx, input, project, now } = context
      const { token, ...request } = input
      checkPaymentRequest(project, request as PaymentRequest, '')
      const link = await findPaymentLink(tx, token, now)
      // Two tries at once, or a try and money that comes in, wait for each other here.
      const order = await tx.lock(orders, link.order, 'exclusive')
      if (order === null) throw new EngineError('payment_link_invalid')
      checkTakes(project, request as PaymentRequest, { currency: order.total.currency, at: '' })
      const due = await dueOf(tx, order, providers)
      if (due === 0) throw new EngineError('payment_not_needed')
      const attempts = await findAll(tx, payments, eq('order', order.id))
      checkTries(attempts)
      // What an invoice authorizes is given up by what is paid for it, and not before.
      for (const left of attempts) if (left.status === 'requires_action') await cancelPayment(context, left)
      const { provider, method = null } = request
      const returnUrl = returnUrlOf(project, request as PaymentRequest, { order: order.id, at: '' })
      const amount = money(due, order.total.currency)
      const next = { order: order.id, sequence: attempts.length + 1, amount, provider, method, returnUrl }
      const { payment, effect } = await startPayment(context, next)
      await tx.update(paymentLinks, link, { set: { payment: payment.id } })
      // As long as the provider may take for it, its goods are kept.
      const heldUntil = now + holdMsOf(project, provider)
      if (order.expiresAt !== null && order.expiresAt < heldUntil) await tx.update(orders, order, { set: { expiresAt: heldUntil } })
      return { output: viewOf(payment), status: 201, awaiting: [effect] }
    },
    async reload({ read, input, now }) {
      const link = await findPaymentLink(read, input.token, now)
      return viewOf((await findUnique(read, payments, eq('id', link.payment!)))!)
    },
  })
}
