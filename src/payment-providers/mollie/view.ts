// A payment of Mollie's as our facts. Invariant: a fact that was told once is told the same for ever. So what took the money is
// decided by `captureMode`, which a payment has from its creation: by its captures where it is manual, else by the payment itself.
// One that was to be held is paid at once when its customer chooses a method that cannot hold, and then has no captures.
import { hash } from 'node:crypto'
import type { PaymentAction } from '../../domains/payments/collections.ts'
import type { ProviderDispute, ProviderFact, ProviderView } from '../../domains/payments/provider.ts'
import type { MolliePayment } from './read.ts'

/** `isNew`: Mollie has just made it, and the customer has seen nothing yet. */
export function viewOf(payment: MolliePayment, isNew = false): ProviderView {
  const action = actionOf(payment, isNew)
  return {
    providerRef: payment.id,
    facts: factsOf(payment),
    phase: action !== null ? 'open' : isAtWork(payment) ? 'processing' : 'closed',
    action,
    declineReason: payment.status === 'failed' ? payment.failure : null,
    capturableUntil: payment.captureBefore,
    disputes: payment.chargebacks.map(disputeOf),
  }
}

/**
 * A bank transfer stays `open` until its money has come, days after the customer was shown where to send it. So it waits for
 * the customer only as it is new: from then on it is under way, and its order must not expire.
 */
function actionOf({ status, method, checkoutUrl }: MolliePayment, isNew: boolean): PaymentAction | null {
  if (status !== 'open' || checkoutUrl === null || (method === 'banktransfer' && !isNew)) return null
  return { type: 'redirect', url: checkoutUrl }
}

function isAtWork({ status, captures }: MolliePayment): boolean {
  return status === 'open' || status === 'pending' || captures.some((capture) => capture.status === 'pending')
}

export function factsOf(payment: MolliePayment): ProviderFact[] {
  return [...factsOfMoney(payment), ...factsOfRefunds(payment), ...factsOfChargebacks(payment)]
}

function factsOfMoney({ id, status, amount, isManual, captures, authorizedAt, endedAt, createdAt }: MolliePayment): ProviderFact[] {
  const facts: ProviderFact[] = []
  const whole = { operationRef: id, amount, providerTime: endedAt ?? createdAt }
  if (authorizedAt !== null || status === 'authorized') facts.push({ ...whole, kind: 'auth_ok', providerTime: authorizedAt ?? createdAt })
  if (status === 'failed') facts.push({ kind: 'auth_fail', ...whole })
  const isWhole = status === 'paid' && (!isManual || captures.length === 0)
  if (isWhole) facts.push({ kind: 'cap_ok', ...whole })
  let left = isWhole ? 0 : amount.amount
  for (const capture of isManual ? captures : []) {
    const of = { operationRef: capture.id, amount: capture.amount, providerTime: capture.createdAt, ...named(capture.reference) }
    if (capture.status === 'succeeded') facts.push({ kind: 'cap_ok', ...of })
    if (capture.status === 'failed') facts.push({ kind: 'cap_fail', ...of })
    if (capture.status === 'succeeded') left -= capture.amount.amount
  }
  // One that was paid by captures is over: what they left has been released. Of one that waits nothing is known yet.
  const isOver = status === 'canceled' || status === 'expired' || (status === 'paid' && isManual)
  const isSure = !captures.some((capture) => capture.status === 'pending')
  if (isOver && isSure && left > 0) facts.push({ kind: 'void_ok', ...whole, amount: { ...amount, amount: left } })
  return facts
}

/** Mollie does not say when a refund ended: its time is that of its request. */
function factsOfRefunds({ refunds }: MolliePayment): ProviderFact[] {
  return refunds.flatMap(({ id, status, amount, createdAt, reference }): ProviderFact[] => {
    const of = { operationRef: id, amount, providerTime: createdAt, ...named(reference) }
    if (status === 'refunded') return [{ kind: 'ref_ok', ...of }]
    // Canceled in Mollie's dashboard within two hours: nothing was given back.
    return status === 'failed' || status === 'canceled' ? [{ kind: 'ref_fail', ...of }] : []
  })
}

function factsOfChargebacks({ chargebacks }: MolliePayment): ProviderFact[] {
  return chargebacks.flatMap(({ id, amount, createdAt, reversedAt }): ProviderFact[] => {
    const withdrawn: ProviderFact = { kind: 'disp_withdrawn', operationRef: id, amount, providerTime: createdAt }
    return reversedAt === null ? [withdrawn] : [withdrawn, { ...withdrawn, kind: 'disp_reinstated', providerTime: reversedAt }]
  })
}

/** Mollie tells of a chargeback and of its reversal, and of nothing between: it does not say that one is lost for good. */
function disputeOf({ id, amount, reversedAt, reason }: MolliePayment['chargebacks'][number]): ProviderDispute {
  return { ref: id, status: reversedAt === null ? 'under_review' : 'won', amount, reason, evidenceDueAt: null }
}

/** The same for the same record, another after each change of it that we take notice of. */
export function stateOf({ status, captures, refunds, chargebacks, authorizedAt }: MolliePayment): string {
  const operations = [...captures, ...refunds].map(({ id, status: end }) => [id, end])
  const disputes = chargebacks.map(({ id, reversedAt }) => [id, reversedAt])
  return hash('sha256', JSON.stringify([status, authorizedAt, operations, disputes])).slice(0, 16)
}

const named = (reference: string | null) => (reference === null ? {} : { reference })
