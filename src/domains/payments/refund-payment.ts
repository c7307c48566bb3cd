// Money back and payments given up: each is a row or a state first, then an effect under its own key.
import type { NewId } from '../../base/ids.ts'
import { type Money, money } from '../../base/money.ts'
import { type EffectHandler, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { type Payment, payments, type Refund, refunds } from './collections.ts'
import type { PaymentProvider, ProviderView } from './provider.ts'
import { recordView, refundable } from './record-facts.ts'
import { outcomeOf } from './start-payment.ts'

type Context = { readonly tx: Transaction; readonly now: number; readonly newId: NewId }

/**
 * Owes a refund of at most `amount` from one account of the ledger; what is refundable is reserved by
 * the row before any call. Null when it is owed already or nothing is left to refund.
 */
export async function refundPayment(
  { tx, now, newId }: Context,
  payment: Payment,
  given: { readonly amount: Money; readonly from: string; readonly reason: string; readonly key: string },
): Promise<Refund | null> {
  const amount = money(Math.min(given.amount.amount, await refundable(tx, payment)), given.amount.currency)
  if (amount.amount <= 0) return null
  const { id: paymentId, order, provider } = payment
  const { reason, key } = given
  const refund = await tx.insertOnce(refunds, {
    id: newId('ref'),
    payment: paymentId,
    order,
    provider,
    amount,
    state: 'wanted',
    reason,
    key,
    providerRef: null,
    lastError: null,
  })
  if (refund === null) return null
  const legs = move({ debit: given.from, credit: accounts.refundPayable(refund.id) }, amount)
  await postTransfer(tx, now, newId, { kind: `refund.${reason}`, order, legs })
  await enqueue(tx, now, {
    id: newId('eff'),
    kind: 'payment.refund',
    key: `payment.refund:${refund.id}`,
    payload: { refund: refund.id },
    record: order,
  })
  return refund
}

export function refundPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return {
    kind: 'payment.refund',
    async perform({ effect, read }): Promise<Outcome> {
      const refund = await read.get(refunds, effect.payload['refund'] as string)
      const payment = refund && (await read.get(payments, refund.payment))
      const provider = payment && providers.get(payment.provider)
      if (!refund || !payment?.providerRef || !provider) return { end: 'dead', error: 'There is no such refund, payment or provider.' }
      if (refund.state === 'succeeded' || refund.state === 'failed') return { end: 'done', result: null }
      return outcomeOf(
        await provider.refund({ key: effect.key, reference: refund.id, providerRef: payment.providerRef, amount: refund.amount }),
      )
    },

    async settle({ tx, effect, outcome, now, newId }) {
      const refund = await tx.get(refunds, effect.payload['refund'] as string)
      if (refund === null) return
      if (outcome.end !== 'done') return void (await tx.update(refunds, refund, { set: { lastError: outcome.error } }))
      if (outcome.result === null) return
      const payment = await tx.get(payments, refund.payment)
      return await recordView({ tx, now, newId }, payment!, outcome.result as ProviderView, 'api')
    },
  }
}

/** Has the provider close an attempt that waits for the customer. If it was paid meanwhile, that is learned here. */
export async function cancelPayment({ tx, now, newId }: Context, payment: Payment): Promise<void> {
  await enqueue(tx, now, {
    id: newId('eff'),
    kind: 'payment.cancel',
    key: `payment.cancel:${payment.id}`,
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

    async settle({ tx, effect, outcome, now, newId }) {
      const payment = await tx.get(payments, effect.payload['payment'] as string)
      if (payment === null || outcome.end !== 'done') return
      return await recordView({ tx, now, newId }, payment, outcome.result as ProviderView, 'api')
    },
  }
}
