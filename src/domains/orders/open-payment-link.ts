import { anyone } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { moneyType } from '../carts/cart-view.ts'
import { liveStatuses, paymentActionShape, payments } from '../payments/collections.ts'
import { orders } from './collections.ts'
import { dueOf, findPaymentLink, linkToken, type Providers } from './payment-links.ts'

/** `POST /api/paymentLinks/open`: what is to be paid, for whoever has the link. Looking changes nothing. */
export function openPaymentLink(providers: Providers) {
  return command({
    name: 'paymentLinks.open',
    route: 'POST /api/paymentLinks/open',
    summary: 'See what a payment link asks for',
    tag: 'Orders',
    input: Type.Object({ token: linkToken }, { additionalProperties: false }),
    output: Type.Object({
      number: Type.String({ description: 'Of the order.' }),
      state: Type.Unsafe<'open' | 'processing' | 'paid' | 'closed'>({
        type: 'string',
        enum: ['open', 'processing', 'paid', 'closed'],
        description: '`processing`: a payment is under way. `closed`: the order is expired or canceled.',
      }),
      total: moneyType,
      due: moneyType,
      expiresAt: Type.String({ format: 'date-time' }),
      action: Type.Unsafe<unknown>({
        ...paymentActionShape,
        type: ['object', 'null'],
        description: 'What is still to be done for a payment that was begun by this link.',
      }),
      lastError: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Why the last one failed.' }),
    }),
    errors: ['payment_link_invalid'],
    access: anyone,
    rate: 'account',
    hasSecretInput: true,
    async run({ tx, input, now }) {
      const link = await findPaymentLink(tx, input.token, now)
      const order = await tx.get(orders, link.order)
      if (order === null) throw new EngineError('payment_link_invalid')
      const due = await dueOf(tx, order, providers)
      const own = link.payment === null ? null : await tx.get(payments, link.payment)
      const attempts = await findAll(tx, payments, eq('order', order.id))
      const isLive = attempts.some(({ status }) => liveStatuses.includes(status))
      const isClosed = order.status === 'expired' || order.status === 'canceled'
      const state = isClosed ? 'closed' : due === 0 ? 'paid' : isLive ? 'processing' : 'open'
      const { currency } = order.total
      return {
        output: {
          number: order.number,
          state: state as 'open',
          total: order.total,
          due: money(due, currency),
          expiresAt: toIso(link.expiresAt),
          action: state === 'open' ? (own?.action ?? null) : null,
          lastError: state === 'open' ? (own?.lastError ?? null) : null,
        },
      }
    },
  })
}
