// Beginning an attempt: the row and its effect in one transaction, the provider called after it under
// the attempt's own key. A repeat after a crash uses the same key, so the customer is charged once.

import { assert } from '../../base/assert.ts'
import { shortNumberOf } from '../../base/ids.ts'
import type { Money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue, isUnsent, type Outcome } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { newPayment, type Payment, payments } from './collections.ts'
import { paymentChanged } from './events.ts'
import { firstCheckMs } from './look-times.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'

const paymentStart = effectKind('payment.start', Type.Object({ payment: Type.String() }))

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
export async function startPayment(work: Work, given: NewPayment): Promise<{ payment: Payment; effect: string }> {
  const { tx, now, newId } = work
  const policy = work.project.paymentProviders.find(({ id }) => id === given.provider)?.capture ?? 'placement'
  const payment = await tx.insert(payments, {
    ...newPayment(given.amount),
    ...given,
    ...{ id: newId('pay'), status: 'sending', capture: policy === 'placement' ? null : 'later', checkAt: now + firstCheckMs },
  })
  const effect = await enqueue(work, paymentStart, {
    key: `payment.start:${payment.id}`,
    payload: { payment: payment.id },
    record: given.order,
    isNew: true,
    isAwaited: true,
    subject: payment,
  })
  assert(effect !== null, 'a new payment is started once')
  return { payment, effect: effect.id }
}

/** For customers. What the provider answered, or that it refuses our key, staff see at the effect. */
const notKnown = 'Nobody knows yet whether it was paid. The provider is asked.'
const notPossible = 'This way to pay does not work at the moment.'

type Started = { readonly payment: Payment; readonly view: ProviderView }

export function startPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(paymentStart, {
    async perform({ effect, payload, subject, project }): Promise<Outcome<Started | null>> {
      const payment = await subject(payments, payload.payment)
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
        orderNumber: shortNumberOf(payment.order),
        capture: payment.capture ?? 'now',
        webhookUrl: `${project.publicUrl}/api/payments/webhooks/${payment.provider}`,
      })
      // The customer waits, and nothing was asked for: another try may be made at once, or by another provider.
      if (result.result === 'unsent' && effect.attempts === 1) return { end: 'dead', error: result.reason }
      return result.result === 'ok' ? { end: 'done', result: { payment, view: result.value } } : outcomeOf(result)
    },

    async settle(context) {
      const { tx, effect, payload, outcome, tell } = context
      if (outcome.end === 'done') {
        if (outcome.result === null) return
        const { payment, view } = outcome.result
        const current = await tx.current(payments, payment)
        if (current === null) return
        const recorded = await recordView(context, current, view, 'api')
        // What a webhook has made of it meanwhile may have changed its order as well: whoever waits must read.
        if (current.version === payment.version) tell(recorded.payment)
        return recorded.events
      }
      const payment = await tx.get(payments, payload.payment)
      if (payment === null) return
      if (payment.status !== 'sending' && payment.status !== 'unknown') return
      // Refused for good means nothing was charged; anything else means that nobody knows yet.
      const isRefused = outcome.end === 'dead' && outcome.isUncertain !== true && effect.attempts === 1
      const status = isRefused ? 'failed' : 'unknown'
      const lastError = !isRefused ? notKnown : outcome.isOurs ? notPossible : outcome.error
      const set = { status, lastError, ...(isRefused ? { checkAt: null } : {}) }
      return [paymentChanged({ payment: await tx.update(payments, payment, { set }) })]
    },

    async giveUp({ tx, effect, payload, now }) {
      const payment = await tx.get(payments, payload.payment)
      if (payment?.status !== 'sending' && payment?.status !== 'unknown') return
      // Never sent, nothing was charged. Otherwise the provider's record tells, or that it has none.
      const lastError = 'Staff gave it up.'
      const set = isUnsent(effect) ? { status: 'failed', lastError, checkAt: null } : { status: 'unknown', lastError, checkAt: now }
      return [paymentChanged({ payment: await tx.update(payments, payment, { set }) })]
    },
  })
}
