// What the book says of a payment, as PayPal writes it.

import { toIso } from '../../base/clock.ts'
import { minorDigits } from '../../base/currencies.ts'
import type { SandboxLine } from '../account.ts'
import { returnedOf, type SandboxCapture, type SandboxDispute, type SandboxPayment, type SandboxRefund, stateOf } from '../payment.ts'
import { type FaceContext, type FacePlace, pageUrl } from './face.ts'

type Money = { readonly amount: number; readonly currency: string }
const withoutDecimals = ['HUF', 'JPY', 'TWD']

export function moneyOf(amount: number, currency: string) {
  const digits = minorDigits(currency) ?? 2
  const text = String(Math.abs(amount)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  const value = withoutDecimals.includes(currency) || digits === 0 ? whole : `${whole}.${text.slice(-digits)}`
  return { currency_code: currency, value: amount < 0 ? `-${value}` : value }
}

/** Null: no amount, or one with decimals that its currency does not have at PayPal. */
export function minorOf(given: unknown): Money | null {
  const { currency_code: currency, value } = (given ?? {}) as Record<string, unknown>
  if (typeof currency !== 'string' || typeof value !== 'string') return null
  const digits = minorDigits(currency)
  const [, whole, part = ''] = /^(\d{1,13})(?:\.(\d{1,3}))?$/.exec(value) ?? []
  const most = withoutDecimals.includes(currency) ? 0 : (digits ?? 0)
  if (digits === undefined || whole === undefined || part.length > most) return null
  return { amount: Number(whole + part.padEnd(digits, '0')), currency }
}

/** A debit that was refused after the shop had taken it: before, its buyer's card was refused. */
const isRefusedLater = ({ state, method }: SandboxPayment) => state === 'failed' && method === 'delayed_failure'

/** Null: PayPal does not know it any more. */
export function statusOf(payment: SandboxPayment): 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'COMPLETED' | 'VOIDED' | null {
  const { state, authorizedAt, endedBy } = payment
  if (state === 'requires_action') return 'PAYER_ACTION_REQUIRED'
  if (state === 'approved') return 'APPROVED'
  if (state === 'failed') return isRefusedLater(payment) ? 'COMPLETED' : 'APPROVED'
  if (state !== 'canceled' || authorizedAt !== null) return 'COMPLETED'
  return endedBy === 'time' ? null : 'VOIDED'
}

/** As PayPal shows it. `bookId`: the name in the book. */
export type ShownCapture = Pick<SandboxCapture, 'state' | 'amountMinor' | 'at' | 'isFinal' | 'reference' | 'feeMinor'> & {
  readonly id: string
  readonly bookId: string
}

/** What is taken at once is shown from the call on under the name that was kept for it. */
export function shownCaptures(payment: SandboxPayment): ShownCapture[] {
  const { captures, details, authorizedAt, state, amountMinor } = payment
  const isWhole = authorizedAt === null
  const shown = captures.map((one) => ({ ...one, bookId: one.id, id: isWhole ? String(details['capture']) : one.id }))
  const isUnderWay = details['intent'] === 'CAPTURE' && captures.length === 0 && (state === 'processing' || isRefusedLater(payment))
  if (!isUnderWay) return shown
  const id = String(details['capture'])
  const at = payment.decidedAt ?? payment.createdAt
  const pending = { id, bookId: id, amountMinor, at, isFinal: true, reference: '', feeMinor: 0 }
  return [{ ...pending, state: state === 'processing' ? 'pending' : 'failed' }]
}

const api = ({ url }: FacePlace, path: string, rel: string) => ({ href: `${url}${path}`, rel, method: 'GET' })
const timesOf = (at: number) => ({ create_time: toIso(at), update_time: toIso(at) })
const custom = (reference: string) => (reference === '' ? {} : { custom_id: reference })

export function orderView(place: FacePlace, payment: SandboxPayment) {
  const { id, createdAt, reference, amountMinor, currency, description, details } = payment
  const status = statusOf(payment)!
  const captures = shownCaptures(payment).map((one) => captureInOrder(place, payment, one))
  const authorizations = hasAuthorization(payment) ? [authorizationInOrder(place, payment)] : []
  const refunds = [...payment.refunds.map((one) => refundView(place, payment, one)), ...reversals(place, payment)]
  const payments = {
    ...(authorizations.length === 0 ? {} : { authorizations }),
    ...(captures.length === 0 ? {} : { captures }),
    ...(refunds.length === 0 ? {} : { refunds }),
  }
  return {
    id,
    intent: details['intent'],
    status,
    payment_source: { paypal: {} },
    purchase_units: [
      {
        reference_id: details['unit'],
        ...custom(reference),
        ...(details['invoice'] === '' ? {} : { invoice_id: details['invoice'] }),
        ...(description === '' ? {} : { description }),
        amount: moneyOf(amountMinor, currency),
        ...(Object.keys(payments).length === 0 ? {} : { payments }),
      },
    ],
    create_time: toIso(createdAt),
    links: [
      api(place, `/v2/checkout/orders/${id}`, 'self'),
      ...(status === 'PAYER_ACTION_REQUIRED' ? [{ href: pageUrl(place, payment), rel: 'payer-action', method: 'GET' }] : []),
    ],
  }
}

const hasAuthorization = ({ details, authorizedAt, state, method }: SandboxPayment) =>
  authorizedAt !== null ||
  (details['intent'] === 'AUTHORIZE' && (state === 'processing' || (state === 'failed' && method === 'delayed_failure')))

function authorizationStatus({ state, endedBy, captures, authorizedAt }: SandboxPayment): string {
  if (authorizedAt === null) return state === 'processing' ? 'PENDING' : 'DENIED'
  if (endedBy !== null) return 'VOIDED'
  if (state !== 'authorized') return 'CAPTURED'
  return captures.some((one) => one.state !== 'failed') ? 'PARTIALLY_CAPTURED' : 'CREATED'
}

function authorizationInOrder(place: FacePlace, payment: SandboxPayment) {
  const { amountMinor, currency, reference, details, authorizedAt, createdAt, capturableUntil } = payment
  const id = String(details['authorization'])
  return {
    id,
    status: authorizationStatus(payment),
    amount: moneyOf(amountMinor, currency),
    ...custom(reference),
    ...(capturableUntil === null ? {} : { expiration_time: toIso(capturableUntil) }),
    ...timesOf(authorizedAt ?? createdAt),
    links: [api(place, `/v2/payments/authorizations/${id}`, 'self'), api(place, `/v2/checkout/orders/${payment.id}`, 'up')],
  }
}

/** By itself it says which order it is of. */
const related = (payment: SandboxPayment) => ({ supplementary_data: { related_ids: { order_id: payment.id } } })

export const authorizationView = (place: FacePlace, payment: SandboxPayment) => ({
  ...authorizationInOrder(place, payment),
  ...related(payment),
})

function captureStatus(payment: SandboxPayment, { state, bookId, amountMinor }: ShownCapture): string {
  if (state !== 'succeeded') return state === 'pending' ? 'PENDING' : 'DECLINED'
  const own = payment.captures.length === 1
  const back = own ? returnedOf(payment) + reversedOf(payment) : returnedOf(payment, bookId)
  return back === 0 ? 'COMPLETED' : back < amountMinor ? 'PARTIALLY_REFUNDED' : 'REFUNDED'
}

function captureInOrder(place: FacePlace, payment: SandboxPayment, one: ShownCapture) {
  const { currency, reference, details } = payment
  const { id, amountMinor, feeMinor, at, isFinal, state } = one
  const invoice = one.reference || String(details['invoice'])
  return {
    id,
    status: captureStatus(payment, one),
    ...(state === 'pending' ? { status_details: { reason: 'PENDING_REVIEW' } } : {}),
    amount: moneyOf(amountMinor, currency),
    final_capture: isFinal,
    ...custom(reference),
    ...(invoice === '' ? {} : { invoice_id: invoice }),
    ...(state === 'succeeded'
      ? {
          seller_receivable_breakdown: {
            gross_amount: moneyOf(amountMinor, currency),
            paypal_fee: moneyOf(feeMinor, currency),
            net_amount: moneyOf(amountMinor - feeMinor, currency),
          },
        }
      : {}),
    ...timesOf(at),
    links: [api(place, `/v2/payments/captures/${id}`, 'self'), api(place, `/v2/checkout/orders/${payment.id}`, 'up')],
  }
}

export function captureView(place: FacePlace, payment: SandboxPayment, capture: Pick<SandboxCapture, 'id'>) {
  const one = shownCaptures(payment).find(({ id, bookId }) => bookId === capture.id || id === capture.id)!
  return { ...captureInOrder(place, payment, one), ...related(payment) }
}

const refundStatus = { pending: 'PENDING', succeeded: 'COMPLETED', failed: 'FAILED', returned: 'FAILED' } as const

/** One made in the dashboard is of the first capture. */
/** By a refund, or by a dispute, which is of the first. */
function captureUndone(payment: SandboxPayment, refund: SandboxRefund | undefined) {
  const all = shownCaptures(payment)
  return all.find(({ bookId }) => bookId === refund?.capture) ?? all[0]
}

export function refundView(place: FacePlace, payment: SandboxPayment, refund: SandboxRefund) {
  const { id, amountMinor, reference, at } = refund
  const of = captureUndone(payment, refund)
  return {
    id,
    status: refundStatus[stateOf(refund)],
    amount: moneyOf(amountMinor, payment.currency),
    ...custom(reference),
    ...timesOf(at),
    links: [api(place, `/v2/payments/refunds/${id}`, 'self'), api(place, `/v2/payments/captures/${of?.id}`, 'up')],
  }
}

const isOut = ({ withdrawnAt, reinstatedAt }: SandboxDispute) => withdrawnAt !== null && reinstatedAt === null
const reversedOf = ({ disputes }: SandboxPayment) => disputes.filter(isOut).reduce((sum, { amountMinor }) => sum + amountMinor, 0)
const reversalId = ({ id }: SandboxDispute) => id.replaceAll(/\W/g, '')

/** What a dispute took stands among the refunds as well. */
function reversals(place: FacePlace, payment: SandboxPayment) {
  return payment.disputes.filter(isOut).map((one) => reversalView(place, payment, one))
}

export function reversalView(place: FacePlace, payment: SandboxPayment, dispute: SandboxDispute) {
  const id = reversalId(dispute)
  const [capture] = shownCaptures(payment)
  return {
    id,
    status: 'COMPLETED',
    amount: moneyOf(dispute.amountMinor, payment.currency),
    note_to_payer: 'Payment reversed',
    ...timesOf(dispute.withdrawnAt ?? dispute.openedAt),
    links: [api(place, `/v2/payments/refunds/${id}`, 'self'), api(place, `/v2/payments/captures/${capture?.id}`, 'up')],
  }
}

const disputeStates: Readonly<Record<SandboxDispute['status'], readonly [status: string, stage: string, outcome?: string]>> = {
  warning: ['OPEN', 'INQUIRY'],
  needs_response: ['WAITING_FOR_SELLER_RESPONSE', 'CHARGEBACK'],
  under_review: ['UNDER_REVIEW', 'CHARGEBACK'],
  won: ['RESOLVED', 'CHARGEBACK', 'RESOLVED_SELLER_FAVOUR'],
  lost: ['RESOLVED', 'CHARGEBACK', 'RESOLVED_BUYER_FAVOUR'],
  closed: ['RESOLVED', 'CHARGEBACK', 'CANCELED_BY_BUYER'],
}

export function disputeView(place: FacePlace, payment: SandboxPayment, dispute: SandboxDispute) {
  const { id, amountMinor, status, openedAt, evidenceDueAt, withdrawnAt, reinstatedAt, feeMinor } = dispute
  const { currency, reference, createdAt } = payment
  const [state, stage, outcome] = disputeStates[status]
  const move = (type: string, at: number | null, amount: number) =>
    at === null || amount === 0
      ? []
      : [{ affected_party: 'SELLER', amount: moneyOf(amount, currency), initiated_time: toIso(at), type, reason: 'DISPUTE_SETTLEMENT' }]
  const moves = [
    ...move('DEBIT', withdrawnAt, amountMinor),
    ...move('DEBIT', withdrawnAt, feeMinor).map((one) => ({ ...one, reason: 'DISPUTE_FEE' })),
    ...move('CREDIT', reinstatedAt, amountMinor),
  ]
  return {
    dispute_id: id,
    ...timesOf(openedAt),
    disputed_transactions: [
      {
        seller_transaction_id: shownCaptures(payment)[0]?.id,
        create_time: toIso(createdAt),
        transaction_status: 'COMPLETED',
        gross_amount: moneyOf(payment.amountMinor, currency),
        ...(reference === '' ? {} : { custom: reference }),
      },
    ],
    reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
    status: state,
    dispute_amount: moneyOf(amountMinor, currency),
    ...(outcome === undefined ? {} : { dispute_outcome: { outcome_code: outcome } }),
    ...(moves.length === 0 ? {} : { money_movements: moves }),
    dispute_life_cycle_stage: stage,
    ...(evidenceDueAt === null ? {} : { seller_response_due_date: toIso(evidenceDueAt) }),
    links: [api(place, `/v1/customer/disputes/${id}`, 'self')],
  }
}

const eventCodes: Readonly<Record<SandboxLine['kind'], string>> = {
  payment: 'T0006',
  refund: 'T1107',
  refund_failure: 'T1115',
  dispute: 'T1201',
  dispute_reversal: 'T1202',
  fee: 'T0106',
  payout: 'T0400',
}

/** The account's lines, and authorizations where all is asked for. */
export function transactionsOf({ book, url }: FaceContext, query: URLSearchParams) {
  const [from, to] = ['start_date', 'end_date'].map((name) => Date.parse(query.get(name) ?? ''))
  const [size, page] = [Number(query.get('page_size') ?? 100), Number(query.get('page') ?? 1)]
  const lines = book.lines({ since: from!, limit: 10_000 }).filter(({ at }) => at < to!)
  const held = query.get('balance_affecting_records_only') === 'N' ? book.all().filter(({ authorizedAt }) => authorizedAt !== null) : []
  const all = [
    ...lines.map((line) => transactionOf(line, line.payment === null ? null : book.get(line.payment))),
    ...held.filter(({ authorizedAt }) => authorizedAt! >= from! && authorizedAt! < to!).map(heldTransaction),
  ]
  const details = all.slice((page - 1) * size, page * size).map((info) => ({ transaction_info: info }))
  return {
    ...(details.length === 0 ? {} : { transaction_details: details }),
    account_number: 'SANDBOX',
    start_date: toIso(from!),
    end_date: toIso(to!),
    last_refreshed_datetime: toIso(book.now()),
    page,
    total_items: all.length,
    total_pages: Math.max(1, Math.ceil(all.length / size)),
    links: [{ href: `${url}/v1/reporting/transactions`, rel: 'self', method: 'GET' }],
  }
}

function transactionOf({ id, kind, operation, amountMinor, feeMinor, currency, at }: SandboxLine, payment: SandboxPayment | null) {
  const capture = payment && shownCaptures(payment).find(({ bookId }) => bookId === operation)
  const refund = payment?.refunds.find((one) => one.id === operation)
  const isNamed = kind === 'payment' || kind === 'refund'
  const reference = kind === 'payment' ? payment?.reference : refund?.reference
  const undone = payment !== null && kind !== 'fee' && kind !== 'payout' ? captureUndone(payment, refund)?.id : undefined
  const related =
    kind === 'payment'
      ? { paypal_reference_id: payment?.id, paypal_reference_id_type: 'ODR' }
      : undone === undefined
        ? {}
        : { paypal_reference_id: undone, paypal_reference_id_type: 'TXN' }
  return {
    transaction_id: isNamed ? (capture?.id ?? operation) : id,
    ...(payment === null ? {} : related),
    transaction_event_code: eventCodes[kind],
    transaction_initiation_date: toIso(at),
    transaction_updated_date: toIso(at),
    transaction_amount: moneyOf(amountMinor, currency),
    ...(feeMinor === 0 ? {} : { fee_amount: moneyOf(-feeMinor, currency) }),
    transaction_status: 'S',
    ...(reference ? { custom_field: reference } : {}),
  }
}

function heldTransaction({ id, details, authorizedAt, amountMinor, currency, reference }: SandboxPayment) {
  return {
    transaction_id: details['authorization'],
    paypal_reference_id: id,
    paypal_reference_id_type: 'ODR',
    transaction_event_code: 'T1300',
    transaction_initiation_date: toIso(authorizedAt!),
    transaction_updated_date: toIso(authorizedAt!),
    transaction_amount: moneyOf(amountMinor, currency),
    transaction_status: 'P',
    custom_field: reference,
  }
}
