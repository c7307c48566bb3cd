// Asking the provider what became of a payment: after a webhook, and at growing distances when none
// comes. Webhook, poll and the answer of a call all end in recordView, so none of them is special.
import type { NewId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { compare, eq } from '../../contract/filter.ts'
import { type EffectHandler, enqueue, type Outcome } from '../../effects/effect.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type Payment, type PaymentFact, payments } from './collections.ts'
import type { PaymentProvider, ProviderView } from './provider.ts'
import { recordView } from './record-facts.ts'
import { outcomeOf } from './start-payment.ts'

type Context = { readonly tx: Transaction; readonly now: number; readonly newId: NewId }

/** `cause` makes the key: one look per webhook event, one per scheduled check. */
export async function followPayment(
  { tx, now, newId }: Context,
  payment: Payment,
  source: PaymentFact['source'],
  cause: string,
): Promise<void> {
  await enqueue(tx, now, {
    id: newId('eff'),
    kind: 'payment.follow',
    key: `payment.follow:${payment.id}:${cause}`,
    payload: { payment: payment.id, source },
    record: payment.order,
  })
}

export function followPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return {
    kind: 'payment.follow',
    async perform({ effect, read }): Promise<Outcome> {
      const payment = await read.get(payments, effect.payload['payment'] as string)
      const provider = payment && providers.get(payment.provider)
      if (!payment || !provider) return { end: 'dead', error: 'There is no such payment or provider.' }
      return outcomeOf(await provider.fetch({ reference: payment.id, providerRef: payment.providerRef }))
    },

    async settle({ tx, effect, outcome, now, newId }) {
      if (outcome.end !== 'done' || outcome.result === null) return
      const payment = await tx.get(payments, effect.payload['payment'] as string)
      if (payment === null) return
      return await recordView(
        { tx, now, newId },
        payment,
        outcome.result as ProviderView,
        effect.payload['source'] as PaymentFact['source'],
      )
    },
  }
}

const checkDistancesMs = [30_000, 60_000, 300_000, 1_800_000, 7_200_000, 86_400_000]

/** Payments that nobody has heard of for too long are asked for. */
export const reconcilePayments: Schedule = {
  name: 'payments.reconcile',
  everyMs: 5_000,
  async run({ tx, now, newId }) {
    // Beyond the limit: the next tick. Each look moves its payment on, so none stays at the front.
    const due = await tx.find(payments, {
      where: compare('checkAt', 'lte', now),
      sort: [{ path: 'checkAt', descending: false }],
      limit: limits.paymentsPerTick,
    })
    for (const payment of due) {
      const checks = payment.checks + 1
      const distanceMs = checkDistancesMs[Math.min(checks, checkDistancesMs.length) - 1]!
      // Guarded: of two processes that look at once, one makes the check.
      if (!(await tx.touch(payments, payment.id, { set: { checks, checkAt: now + distanceMs } }, eq('checks', payment.checks)))) continue
      await followPayment({ tx, now, newId }, payment, 'poll', `check:${checks}`)
    }
  },
}
