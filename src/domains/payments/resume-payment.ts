// Some providers ask the customer first and take the money when we say so. What the order makes of it is the orders
// domain's matter: it says whether the money is still wanted.
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { type Payment, payments } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'

const paymentResume = effectKind('payment.resume', Type.Object({ payment: Type.String() }))

/** Takes what the customer has agreed to. One that is approved still at the next look is asked for again. */
export async function resumePayment(work: Work, payment: Payment): Promise<void> {
  await enqueue(work, paymentResume, {
    key: `payment.resume:${payment.id}:${payment.checks}`,
    payload: { payment: payment.id },
    record: payment.order,
  })
}

export function resumePaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(paymentResume, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ effect, payload, read }): Promise<Outcome<ProviderView>> {
      const payment = await read.get(payments, payload.payment)
      const provider = payment && providers.get(payment.provider)
      if (!payment?.providerRef || provider?.resume === undefined)
        return { end: 'dead', error: 'There is no such payment, or its provider takes the money by itself.' }
      const { id, providerRef, capture } = payment
      return outcomeOf(await provider.resume({ key: effect.key, payment: id, providerRef, capture: capture ?? 'now' }))
    },

    async settle(context) {
      const { tx, effect, payload, outcome } = context
      const payment = await tx.get(payments, payload.payment)
      if (payment === null || outcome.end === 'retry') return
      if (outcome.end === 'done') return (await recordView(context, payment, outcome.result, 'api')).events
      // Refused, or nobody knows: it is as the provider's record says.
      await followPayment(context, payment, { source: 'poll', cause: `${effect.id}:${effect.version}` })
    },
  })
}
