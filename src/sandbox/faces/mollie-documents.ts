// What Mollie's API answers of a payment and of the account: HAL documents in the forms of https://docs.mollie.com/reference.
import { toIso } from '../../base/clock.ts'
import { formatMoney } from '../../base/money.ts'
import type { SandboxLine } from '../account.ts'
import {
  capturedOf,
  refundableOf,
  refundedOf,
  type SandboxCapture,
  type SandboxDispute,
  type SandboxPayment,
  type SandboxRefund,
  stateOf,
  withdrawnOf,
} from '../payment.ts'
import { type FaceContext, type FacePlace, pageUrl } from './face.ts'

export type Json = Readonly<Record<string, unknown>>

function amountOf(amountMinor: number, currency: string): { readonly currency: string; readonly value: string } {
  return { currency, value: formatMoney({ amount: amountMinor, currency }).split(' ')[0]! }
}

export const link = (href: string, type = 'application/hal+json') => ({ href, type })
export const isoOf = (time: number) => toIso(Math.floor(time / 1000) * 1000).replace(/(?:\.\d+)?Z$/, '+00:00')

/** A bank transfer is open until its money has come, whatever its customer has seen. */
export function statusOf({ state, endedBy, details }: SandboxPayment): string {
  if (state === 'requires_action' || state === 'approved') return 'open'
  if (state === 'processing') return details['method'] === 'banktransfer' ? 'open' : 'pending'
  if (state === 'succeeded') return 'paid'
  return state === 'canceled' && endedBy === 'time' ? 'expired' : state
}

/** The one that was asked for, or what the buyer chose on the page. */
function methodOf({ details, method, state }: SandboxPayment): string | null {
  if (typeof details['method'] === 'string') return details['method']
  return state === 'requires_action' ? null : method.startsWith('delayed_') ? 'trustly' : 'creditcard'
}

function timesOf(payment: SandboxPayment, status: string): Json {
  const { decidedAt, authorizedAt, capturableUntil, captures, voidedAt, createdAt } = payment
  const paidAt = captures.findLast((one) => one.state === 'succeeded')?.decidedAt ?? decidedAt
  const endedAt = status === 'paid' ? paidAt : (voidedAt ?? decidedAt)
  const isOver = ['paid', 'canceled', 'expired', 'failed'].includes(status)
  return {
    ...(authorizedAt === null ? {} : { authorizedAt: isoOf(authorizedAt) }),
    ...(status === 'authorized' && capturableUntil !== null ? { captureBefore: isoOf(capturableUntil) } : {}),
    ...(isOver ? { [`${status}At`]: isoOf(endedAt ?? createdAt) } : {}),
    ...(status === 'open' && payment.expiresAt !== null ? { expiresAt: isoOf(payment.expiresAt) } : {}),
  }
}

function sumsOf(payment: SandboxPayment, status: string): Json {
  const { currency, captureMethod } = payment
  const charged = withdrawnOf(payment)
  const isTaken = status === 'paid' || capturedOf(payment) > 0
  return {
    ...(isTaken
      ? { amountRefunded: amountOf(refundedOf(payment), currency), amountRemaining: amountOf(refundableOf(payment), currency) }
      : {}),
    ...(captureMethod === 'later' ? { amountCaptured: amountOf(capturedOf(payment), currency), captureMode: 'manual' } : {}),
    ...(charged > 0 ? { amountChargedBack: amountOf(charged, currency) } : {}),
  }
}

export function paymentOf(payment: SandboxPayment, context: FacePlace, embed: string | null): Json {
  const { id, amountMinor, currency, description, details, returnUrl, cancelUrl, webhookUrl, createdAt, declineReason } = payment
  const status = statusOf(payment)
  const embeds = (embed ?? '').split(',')
  const parts = { captures: capturesOf, refunds: refundsOf, chargebacks: chargebacksOf }
  const embedded = Object.entries(parts).flatMap(([name, list]) => (embeds.includes(name) ? [[name, list(payment, context)]] : []))
  return {
    resource: 'payment',
    ...{ id, mode: 'test', createdAt: isoOf(createdAt), amount: amountOf(amountMinor, currency), description },
    ...{ method: methodOf(payment), metadata: details['metadata'] ?? null, status },
    ...(status === 'open' ? { isCancelable: payment.state === 'requires_action' } : {}),
    ...timesOf(payment, status),
    ...sumsOf(payment, status),
    ...(status === 'failed' ? { details: { failureReason: 'card_declined', failureMessage: declineReason } } : {}),
    ...{ profileId: 'pfl_sandbox', sequenceType: 'oneoff', redirectUrl: returnUrl },
    ...(cancelUrl === null ? {} : { cancelUrl }),
    ...(webhookUrl === null ? {} : { webhookUrl }),
    ...(embedded.length === 0 ? {} : { _embedded: Object.fromEntries(embedded) as Json }),
    _links: {
      self: link(`${context.url}/v2/payments/${id}`),
      ...(status === 'open' ? { checkout: link(pageUrl(context, payment), 'text/html') } : {}),
      dashboard: link(`${context.url}/dashboard`, 'text/html'),
      documentation: link('https://docs.mollie.com/reference/get-payment', 'text/html'),
    },
  }
}

const linksOf = ({ url }: FacePlace, payment: string, self: string) => ({
  self: link(`${url}/v2/payments/${payment}/${self}`),
  payment: link(`${url}/v2/payments/${payment}`),
  documentation: link('https://docs.mollie.com/reference/overview', 'text/html'),
})

/** Of a payment that is captured by hand: another has none to see. */
export const capturesOf = (payment: SandboxPayment, context: FacePlace) =>
  payment.captureMethod === 'later' ? payment.captures.map((one) => captureOf(one, payment, context)) : []

export function captureOf({ id, amountMinor, state, reference, at }: SandboxCapture, payment: SandboxPayment, context: FacePlace): Json {
  return {
    resource: 'capture',
    ...{ id, mode: 'test', amount: amountOf(amountMinor, payment.currency), status: state },
    metadata: reference === '' ? null : { capture: reference },
    ...{ paymentId: payment.id, createdAt: isoOf(at), _links: linksOf(context, payment.id, `captures/${id}`) },
  }
}

export const refundsOf = (payment: SandboxPayment, context: FacePlace) => payment.refunds.map((one) => refundOf(one, payment, context))

/** One that came back had been refunded. */
const refundStatuses = { pending: 'pending', succeeded: 'refunded', failed: 'failed', returned: 'failed' } as const

export function refundOf(refund: SandboxRefund, payment: SandboxPayment, context: FacePlace): Json {
  const { id, amountMinor, reference, at } = refund
  return {
    resource: 'refund',
    ...{ id, mode: 'test', amount: amountOf(amountMinor, payment.currency), status: refundStatuses[stateOf(refund)] },
    ...{ description: payment.description, metadata: reference === '' ? null : { refund: reference } },
    ...{ paymentId: payment.id, createdAt: isoOf(at), _links: linksOf(context, payment.id, `refunds/${id}`) },
  }
}

/** A bank that only asks is no chargeback. */
export const chargebacksOf = (payment: SandboxPayment, context: FacePlace) =>
  payment.disputes.filter(({ withdrawnAt }) => withdrawnAt !== null).map((one) => chargebackOf(one, payment, context))

function chargebackOf(
  { id, amountMinor, reason, withdrawnAt, reinstatedAt }: SandboxDispute,
  payment: SandboxPayment,
  context: FacePlace,
): Json {
  return {
    resource: 'chargeback',
    ...{ id, amount: amountOf(amountMinor, payment.currency), reason: { code: 'XX00', description: reason } },
    ...{ paymentId: payment.id, createdAt: isoOf(withdrawnAt!), reversedAt: reinstatedAt === null ? null : isoOf(reinstatedAt) },
    _links: linksOf(context, payment.id, `chargebacks/${id}`),
  }
}

const transactionTypes: Readonly<Record<SandboxLine['kind'], string>> = {
  payment: 'payment',
  refund: 'refund',
  refund_failure: 'returned-refund',
  dispute: 'chargeback',
  dispute_reversal: 'chargeback-reversal',
  fee: 'invoice-compensation',
  payout: 'outgoing-transfer',
}

export function transactionOf(
  { id, kind, payment, operation, currency, amountMinor, feeMinor, at, payout }: SandboxLine,
  { book }: FaceContext,
): Json {
  const isHeld = payment !== null && book.get(payment)?.captureMethod === 'later'
  const type = kind === 'payment' && isHeld ? 'capture' : transactionTypes[kind]
  const names: Readonly<Record<string, string>> = {
    refund: 'refundId',
    'returned-refund': 'refundId',
    capture: 'captureId',
    'outgoing-transfer': 'settlementId',
  }
  const name = names[type] ?? (type.startsWith('chargeback') ? 'chargebackId' : null)
  const of = { ...(payment === null ? {} : { paymentId: payment }), ...(name === null ? {} : { [name]: operation ?? payout }) }
  return {
    resource: 'balance-transaction',
    ...{ id, type, initialAmount: amountOf(amountMinor, currency), resultAmount: amountOf(amountMinor - feeMinor, currency) },
    ...(feeMinor === 0 ? {} : { deductions: amountOf(-feeMinor, currency) }),
    ...{ createdAt: isoOf(at), context: { [type]: of } },
  }
}
