// Giving up an attempt that waits: the provider closes it, so that it cannot be paid any more.
import { type EffectHandler, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../storage/transaction.ts'
import { type Payment, payments } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'

/**
 * Has the provider close an attempt that waits for the customer. If it was paid meanwhile, that is learned here. One that
 * is open still at the next look may be asked to be closed again: a refusal of today is none for ever.
 */
export async function cancelPayment({ tx, now, newId }: Work, payment: Payment): Promise<void> {
  await enqueue(tx, now, {
    id: newId('eff'),
    kind: 'payment.cancel',
    key: `payment.cancel:${payment.id}:${payment.checks}`,
    payload: { payment: payment.id },
    record: payment.order,
  })
}

export function cancelPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return {
    kind: 'payment.cancel',
    async perform({ effect, read }): Promise<Outcome> {
      const payment = await read.get(payments, effect.payload['payment'] as string)
      const provider = payment && providers.get(payment.provider)
      if (!payment || !provider) return { end: 'dead', error: 'There is no such payment or provider.' }
      // Not known there yet: its start is still on the way and must come first.
      if (payment.providerRef === null) return { end: 'retry', error: 'The payment has not reached the provider yet.' }
      return outcomeOf(await provider.cancel({ key: effect.key, providerRef: payment.providerRef }))
    },

    async settle(context) {
      const { tx, effect, outcome } = context
      const payment = await tx.get(payments, effect.payload['payment'] as string)
      if (payment === null || outcome.end === 'retry') return
      if (outcome.end === 'done') return await recordView(context, payment, outcome.result as ProviderView, 'api')
      // Refused, or nobody knows: it is as the provider's record says.
      await followPayment(context, payment, { source: 'poll', cause: `${effect.id}:${effect.version}` })
    },
  }
}
