// Sending money back: the effect of a refund that is owed. Invariant: a refund ends by what the provider says of it, by
// another that takes its place, or by staff; none is left to an effect that has ended.
import { limits } from '../../base/limits.ts'
import { type EffectHandler, effectHandler, isUnsent, type Outcome, type SettleContext } from '../../effects/effect.ts'
import { type Payment, payments, type Refund, refunds } from './collections.ts'
import { lookForRefund } from './look-at-payment.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'
import { failRefund, paymentRefund } from './refund-claims.ts'

export function refundPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(paymentRefund, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ effect, payload, read }): Promise<Outcome<ProviderView | null>> {
      const refund = await read.get(refunds, payload.refund)
      const payment = refund && (await read.get(payments, refund.payment))
      const provider = payment && providers.get(payment.provider)
      if (!refund || !payment?.providerRef || !provider) return { end: 'dead', error: 'There is no such refund, payment or provider.' }
      if (refund.status !== 'wanted' && refund.status !== 'pending') return { end: 'done', result: null }
      return outcomeOf(
        await provider.refund({
          key: effect.key,
          payment: payment.id,
          reference: refund.id,
          providerRef: payment.providerRef,
          amount: refund.amount,
        }),
      )
    },

    async settle(context) {
      const { tx, payload, outcome } = context
      const refund = await tx.get(refunds, payload.refund)
      if (refund === null) return
      const payment = (await tx.get(payments, refund.payment))!
      if (outcome.end !== 'done') return await noteRefusal(context, refund, payment)
      // There was nothing to send any more.
      if (outcome.result === null) return
      const { events } = await recordView(context, payment, outcome.result, 'api')
      const after = await tx.get(refunds, refund.id)
      if (after?.status !== 'wanted') return events
      // Taken, and not done yet: its end comes by webhook, or is looked for.
      await tx.update(refunds, after, { set: { status: 'pending' } })
      await lookForRefund(context, payment, after)
      return events
    },

    async tryAgain({ tx, payload }) {
      const refund = await tx.get(refunds, payload.refund)
      if (refund?.status === 'failed') await tx.update(refunds, refund, { set: { status: 'wanted', lastError: null } })
    },

    async giveUp(context) {
      const { tx, effect, payload } = context
      const refund = await tx.get(refunds, payload.refund)
      if (refund?.status !== 'wanted' && refund?.status !== 'pending') return
      if (isUnsent(effect)) return void (await failRefund(tx, refund, 'Staff gave it up before it was sent.'))
      await lookForRefund(context, (await tx.get(payments, refund.payment))!, refund)
    },
  })
}

async function noteRefusal(context: SettleContext, refund: Refund, payment: Payment): Promise<void> {
  const { tx, outcome } = context
  if (outcome.end === 'done' || (refund.status !== 'wanted' && refund.status !== 'pending')) return
  const isRefused = outcome.end === 'dead' && outcome.isUncertain !== true
  if (isRefused) await failRefund(tx, refund, outcome.error)
  else await tx.update(refunds, refund, { set: { lastError: outcome.error } })
  // Refused: the provider may have given the money back otherwise. Doubtful: it may have given it back all the same.
  if (outcome.end !== 'retry') await lookForRefund(context, payment, refund)
}
