// Giving up an attempt that waits: the provider closes it, so that it cannot be paid any more.
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { type Payment, payments } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'

const paymentCancel = effectKind('payment.cancel', Type.Object({ payment: Type.String() }))

/**
 * Has the provider close an attempt that waits for the customer. If it was paid meanwhile, that is learned here. One that
 * is open still at the next look may be asked to be closed again: what is refused today may be granted later.
 */
export async function cancelPayment(work: Work, payment: Payment, by?: { readonly cause: string; readonly isAwaited: true }) {
  const effect = await enqueue(work, paymentCancel, {
    key: `payment.cancel:${payment.id}:${by?.cause ?? payment.checks}`,
    payload: { payment: payment.id },
    record: payment.order,
    ...(by && { isAwaited: true }),
  })
  return effect?.id ?? null
}

export function cancelPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(paymentCancel, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ effect, payload, read }): Promise<Outcome<ProviderView>> {
      const payment = await read.get(payments, payload.payment)
      const provider = payment && providers.get(payment.provider)
      if (!payment || !provider) return { end: 'dead', error: 'There is no such payment or provider.' }
      // Not known there yet: its start is still on the way and must come first.
      if (payment.providerRef === null) return { end: 'retry', error: 'The payment has not reached the provider yet.' }
      return outcomeOf(await provider.cancel({ key: effect.key, payment: payment.id, providerRef: payment.providerRef }))
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
