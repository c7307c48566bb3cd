// Asking the provider what became of a payment: after a webhook that only names it, and at growing distances when none
// comes. Looks, facts of webhooks and answers of calls are all recorded in record-facts.ts, so none of them is special.
import { limits } from '../../base/limits.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { compare, eq } from '../../contract/filter.ts'
import { type EffectHandler, type EffectWork, effectHandler, type Outcome, type PayloadOf } from '../../effects/effect.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { type Payment, payments, refunds } from './collections.ts'
import { paymentChanged } from './events.ts'
import { followPayment, paymentFollow } from './look-at-payment.ts'
import { afterEndMs, firstLookMs, lookAgainMs, nextLookMs, refundDistancesMs } from './look-times.ts'
import { outcomeOf, type PaymentProvider, type ProviderView } from './provider.ts'
import { isUndecided, recordView } from './record-facts.ts'
import { failUnsentRefund, stopEffect } from './refund-claims.ts'

export function followPaymentEffect(providers: ReadonlyMap<string, PaymentProvider>): EffectHandler {
  return effectHandler(paymentFollow, {
    attemptsMax: limits.providerAttemptsMax,
    async perform({ payload, read }): Promise<Outcome<ProviderView | null>> {
      const payment = await read.get(payments, payload.payment)
      const provider = payment && providers.get(payment.provider)
      if (!payment || !provider) return { end: 'dead', error: 'There is no such payment or provider.' }
      return outcomeOf(await fetchKnown(provider, payment))
    },

    async settle(context) {
      const { tx, payload, outcome } = context
      const payment = await tx.get(payments, payload.payment)
      if (payment === null || outcome.end === 'retry') return
      if (outcome.end !== 'done') {
        await followRefund(context, payment, null)
        if (outcome.end === 'dead' && outcome.isUncertain && payload.refund === undefined) await lookAgain(context, payment)
        return
      }
      const view = outcome.result
      if (view === null) return await noteMissing(context, payment)
      const { events } = await recordView(context, payment, view, payload.source)
      return [...events, ...(await followRefund(context, payment, view))]
    },
  })
}

/** By the provider's name of it; where it has lost the record of that, by ours: a start that was repeated has made another. */
async function fetchKnown(provider: PaymentProvider, { id, providerRef }: Payment) {
  const found = await provider.fetch({ reference: id, providerRef })
  const isLost = found.result === 'ok' && found.value === null && providerRef !== null
  return isLost ? await provider.fetch({ reference: id, providerRef: null }) : found
}

/** Where a look was for the end of a refund: what it found, and whether there must be another. */
async function followRefund(
  context: EffectWork<PayloadOf<typeof paymentFollow>>,
  payment: Payment,
  view: ProviderView | null,
): Promise<readonly DomainEvent[]> {
  const { tx, now, payload } = context
  const { refund: id, look = 1 } = payload
  const refund = id === undefined ? null : await tx.get(refunds, id)
  if (refund?.status !== 'wanted' && refund?.status !== 'pending') return []
  // The provider has answered, and knows nothing of a refund that is sent no more.
  if (view !== null && (await failUnsentRefund(context, refund))) return []
  const distanceMs = refundDistancesMs[look]
  if (distanceMs !== undefined)
    await followPayment(context, payment, {
      source: 'poll',
      cause: `refund:${refund.id}:${look + 1}`,
      dueAt: now + distanceMs,
      refund: refund.id,
      look: look + 1,
    })
  return []
}

/**
 * The provider was silent for as long as the look was tried, and what the look was for is not known: a webhook may have told of a
 * dispute, months before the next look that is planned or after the last. So there is another within a day, which takes none of those.
 */
async function lookAgain({ tx, now }: Work, payment: Payment): Promise<void> {
  const checkAt = now + lookAgainMs
  if (payment.checkAt !== null && payment.checkAt <= checkAt) return
  await tx.update(payments, payment, { set: { checkAt, checks: Math.max(0, payment.checks - 1) } })
}

/**
 * The provider answers for certain that it has no such payment. Once it has said so for long enough, and nothing of
 * ours will send it any more, the attempt has failed: what it holds is free. Should the payment turn up after all, a
 * later look finds it, and its money is routed like all that comes late.
 */
async function noteMissing(context: Work, payment: Payment): Promise<readonly DomainEvent[]> {
  const { tx, now } = context
  if (!isUndecided(payment)) {
    const lastError = 'The provider has no record of this payment any more.'
    if (payment.lastError !== lastError) await tx.update(payments, payment, { set: { lastError } })
    return []
  }
  const since = payment.missingSince ?? now
  const isOver = now - since >= limits.paymentMissingMs && (await stopEffect(tx, `payment.start:${payment.id}`))
  if (!isOver) {
    const checkAt = Math.min(payment.checkAt ?? Number.MAX_SAFE_INTEGER, Math.max(since + limits.paymentMissingMs, now + firstLookMs / 60))
    if (since !== payment.missingSince || checkAt !== payment.checkAt)
      await tx.update(payments, payment, { set: { missingSince: since, checkAt } })
    return []
  }
  const lastError = 'The provider has no record of this payment.'
  const set = { status: 'failed', action: null, lastError, checks: 0, checkAt: now + firstLookMs }
  return [paymentChanged({ payment: await tx.update(payments, payment, { set }) })]
}

/** What was authorized ends at its time: then it is asked for, if that is sooner. */
function atEnd({ capturableUntil }: Payment, now: number, checkAt: number | null): number | null {
  if (capturableUntil === null || capturableUntil <= now) return checkAt
  return Math.min(checkAt ?? Number.MAX_SAFE_INTEGER, capturableUntil + afterEndMs)
}

/** Payments that nobody has heard of for too long are asked for. */
export const reconcilePayments: Schedule = {
  name: 'payments.reconcile',
  everyMs: 5_000,
  async run(work) {
    const { tx, now } = work
    // Beyond the limit: the next tick. Each look moves its payment on, so none stays at the front.
    const due = await tx.find(payments, {
      where: compare('checkAt', 'lte', now),
      sort: [{ path: 'checkAt', descending: false }],
      limit: limits.paymentsPerTick,
    })
    for (const payment of due) {
      const checks = payment.checks + 1
      const distanceMs = nextLookMs(payment.status, checks)
      const checkAt = atEnd(payment, now, distanceMs === null ? null : now + distanceMs)
      // Guarded: of two processes that look at once, one makes the check.
      if (!(await tx.touch(payments, payment.id, { set: { checks, checkAt } }, eq('checks', payment.checks)))) continue
      // By the time it was for and its number: looks are counted again after a capture, and a process whose clock is behind may plan the same time again.
      await followPayment(work, payment, { source: 'poll', cause: `look:${payment.checkAt}:${checks}` })
    }
  },
}
