// Beginning an attempt: the row and its effect in one transaction, the provider called after it under
// the attempt's own key. A repeat after a crash uses the same key, so the customer is charged once.
import { type Money, money } from '../../base/money.ts'
import { type EffectHandler, enqueue, isUnsent, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../storage/transaction.ts'
import { type Payment, payments } from './collections.ts'
import { firstCheckMs } from './look-times.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'

export type NewPayment = {
  readonly order: string
  /** 1 for the first attempt of an order. */
  readonly sequence: number
  readonly amount: Money
  readonly provider: string
  readonly method: string | null
  readonly returnUrl: string
}

/** The attempt and the effect the caller may wait for. */
export async function startPayment({ tx, now, newId }: Work, given: NewPayment): Promise<{ payment: Payment; effect: string }> {
  const nothing = money(0, given.amount.currency)
  const payment = await tx.insert(payments, {
    id: newId('pay'),
    ...given,
    status: 'sending',
    authorized: nothing,
    captured: nothing,
    refunded: nothing,
    action: null,
    providerRef: null,
    lastError: null,
    checkAt: now + firstCheckMs,
    checks: 0,
    missingSince: null,
  })
  const effect = newId('eff')
  await enqueue(tx, now, {
    id: effect,
    kind: 'payment.start',
    key: `payment.start:${payment.id}`,
    payload: { payment: payment.id },
    record: given.order,
    isNew: true,
    isAwaited: true,
  })
  return { payment, effect }
}

export function startPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return {
    kind: 'payment.start',
    async perform({ effect, read, project }): Promise<Outcome> {
      const payment = await read.get(payments, effect.payload['payment'] as string)
      const provider = payment && providers.get(payment.provider)
      if (!payment || !provider) return { end: 'dead', error: 'There is no such payment or provider.' }
      if (payment.status !== 'sending' && payment.status !== 'unknown') return { end: 'done', result: null }
      const result = await provider.start({
        key: effect.key,
        reference: payment.id,
        amount: payment.amount,
        method: payment.method,
        returnUrl: payment.returnUrl ?? `${project.publicUrl}/orders/${payment.order}`,
        description: `Order ${payment.order}`,
      })
      return outcomeOf(result)
    },

    async settle({ tx, effect, outcome, now, newId }) {
      const payment = await tx.get(payments, effect.payload['payment'] as string)
      if (payment === null) return
      if (outcome.end === 'done')
        return outcome.result === null ? undefined : await recordView({ tx, now, newId }, payment, outcome.result as ProviderView, 'api')
      if (payment.status !== 'sending' && payment.status !== 'unknown') return
      // Refused for good means nothing was charged; anything else means that nobody knows yet.
      const isRefused = outcome.end === 'dead' && outcome.isUncertain !== true && effect.attempts === 1
      const status = isRefused ? 'failed' : 'unknown'
      await tx.update(payments, payment, { set: { status, lastError: outcome.error, ...(isRefused ? { checkAt: null } : {}) } })
      return [{ type: 'payment.changed', payment: payment.id, order: payment.order }]
    },

    async giveUp({ tx, effect, now }) {
      const payment = await tx.get(payments, effect.payload['payment'] as string)
      if (payment?.status !== 'sending' && payment?.status !== 'unknown') return
      // Never sent, nothing was charged. Otherwise the provider's record tells, or that it has none.
      const lastError = 'Staff gave it up.'
      const set = isUnsent(effect) ? { status: 'failed', lastError, checkAt: null } : { status: 'unknown', lastError, checkAt: now }
      await tx.update(payments, payment, { set })
      return [{ type: 'payment.changed', payment: payment.id, order: payment.order }]
    },
  }
}
