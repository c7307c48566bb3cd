// Stripe's objects as the sandbox's face of it writes them, in the published forms of the API version below. Sources: the API reference,
// https://docs.stripe.com/api, and Stripe's published description, which tests hold these to. Pure: made of what the book says.
import { minorDigits } from '../../base/currencies.ts'
import { capturableOf, capturedOf, refundedOf, type SandboxPayment, type SandboxRefund, stateOf } from '../payment.ts'

export const apiVersion = '2026-10-28.endive'

/** What the face keeps of a payment. */
export type StripeDetails = {
  /** The name of its Checkout Session; left out of a PaymentIntent that was made alone. */
  readonly session?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly intentMetadata?: Readonly<Record<string, string>>
  /** Of refunds, by their keys in the book. */
  readonly refundMetadata?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly clientSecret?: string
  /** Whether the buyer was sent to a bank. */
  readonly isChallenged?: boolean
  readonly item?: string
}
export const detailsOf = ({ details }: SandboxPayment): StripeDetails => details as StripeDetails

/** What else an answer is to hold: `latest_charge.refunds`. */
export type Expand = readonly string[]
const below = (expand: Expand, name: string): Expand =>
  expand.flatMap((path) => (path.startsWith(`${name}.`) ? path.slice(name.length + 1) : []))
const isExpanded = (expand: Expand, name: string) => expand.some((path) => path === name || path.startsWith(`${name}.`))

/** ISO's digits and Stripe's: https://docs.stripe.com/currencies. */
const shiftOf = (currency: string) => ({ ISK: 2, UGX: 2, MGA: -2 })[currency] ?? 0
export const writtenAmount = (minor: number, currency: string): number => Math.round(minor * 10 ** shiftOf(currency))
/** Null: Stripe refuses such an amount. */
export function readAmount(written: number, code: string): number | null {
  const currency = code.toUpperCase()
  const minor = written / 10 ** shiftOf(currency)
  const isRound = minorDigits(currency) !== 3 || written % 10 === 0
  return Number.isSafeInteger(written) && Number.isSafeInteger(minor) && isRound ? minor : null
}

export const seconds = (ms: number) => Math.floor(ms / 1000)
export const code = ({ currency }: { readonly currency: string }) => currency.toLowerCase()
export const chargeId = ({ id }: Pick<SandboxPayment, 'id'>) => `ch_${id.slice(3)}`

type IntentStatus = 'requires_payment_method' | 'requires_action' | 'processing' | 'requires_capture' | 'succeeded' | 'canceled'

export function intentStatus(payment: SandboxPayment): IntentStatus {
  switch (payment.state) {
    case 'processing':
    case 'approved':
      return 'processing'
    case 'authorized':
      return 'requires_capture'
    case 'succeeded':
      return 'succeeded'
    case 'canceled':
      return 'canceled'
    case 'failed':
      return 'requires_payment_method'
    case 'requires_action':
      return detailsOf(payment).isChallenged === true ? 'requires_action' : 'requires_payment_method'
  }
}

/** A session gets its PaymentIntent when the buyer first tries to pay. */
export function hasIntent(payment: SandboxPayment): boolean {
  if (detailsOf(payment).session === undefined) return true
  return payment.state !== 'requires_action' && payment.state !== 'canceled'
    ? true
    : payment.declineReason !== null || payment.authorizedAt !== null
}

export function sessionStatus({ state, authorizedAt }: SandboxPayment): 'open' | 'complete' | 'expired' {
  if (state === 'requires_action') return 'open'
  return state === 'canceled' && authorizedAt === null ? 'expired' : 'complete'
}

const isTried = (payment: SandboxPayment) =>
  payment.authorizedAt !== null ||
  payment.captures.length > 0 ||
  ['processing', 'authorized', 'succeeded', 'failed'].includes(payment.state) ||
  payment.declineReason !== null

const isDelayed = ({ method }: SandboxPayment) => method.startsWith('delayed_')

/** Why a bank said no, in Stripe's codes. */
function lastError(payment: SandboxPayment) {
  if (payment.declineReason === null || payment.state === 'succeeded' || detailsOf(payment).isChallenged === true) return null
  const isCard = !isDelayed(payment)
  return {
    type: isCard ? ('card_error' as const) : ('invalid_request_error' as const),
    code: isCard ? ('card_declined' as const) : ('payment_intent_payment_attempt_failed' as const),
    ...(isCard ? { decline_code: 'generic_decline' } : {}),
    charge: chargeId(payment),
    message: isCard ? 'Your card was declined.' : 'The payment attempt failed.',
  }
}

export type Pages = { readonly urlOf: (payment: SandboxPayment) => string }

export function intentObject(payment: SandboxPayment, pages: Pages, expand: Expand = []) {
  const { id, amountMinor, currency, description } = payment
  const details = detailsOf(payment)
  const status = intentStatus(payment)
  const minor = (amount: number) => writtenAmount(amount, currency)
  return {
    id,
    object: 'payment_intent' as const,
    allowed_payment_method_types: null,
    amount: minor(amountMinor),
    amount_capturable: minor(capturableOf(payment)),
    amount_details: { tip: {} },
    amount_received: minor(capturedOf(payment)),
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { enabled: true, allow_redirects: 'always' as const },
    canceled_at: status === 'canceled' ? seconds(payment.voidedAt ?? payment.createdAt) : null,
    cancellation_reason:
      status !== 'canceled' ? null : payment.endedBy === 'time' ? ('expired' as const) : ('requested_by_customer' as const),
    capture_method: payment.captureMethod === 'later' ? ('manual' as const) : ('automatic_async' as const),
    client_secret: details.clientSecret ?? `${id}_secret_sandbox`,
    confirmation_method: 'automatic' as const,
    created: seconds(payment.createdAt),
    currency: code(payment),
    customer: null,
    customer_account: null,
    description: description === '' ? null : description,
    excluded_payment_method_types: null,
    last_payment_error: lastError(payment),
    latest_charge: !isTried(payment)
      ? null
      : isExpanded(expand, 'latest_charge')
        ? chargeObject(payment, below(expand, 'latest_charge'))
        : chargeId(payment),
    livemode: false,
    managed_payments: null,
    metadata: { ...(details.intentMetadata ?? {}) },
    next_action:
      status === 'requires_action'
        ? { type: 'redirect_to_url', redirect_to_url: { url: pages.urlOf(payment), return_url: payment.returnUrl } }
        : null,
    on_behalf_of: null,
    payment_method: isTried(payment) ? `pm_${id.slice(3)}` : null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'sepa_debit'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  }
}

function methodDetails(payment: SandboxPayment) {
  if (isDelayed(payment))
    return {
      type: 'sepa_debit',
      sepa_debit: {
        bank_code: '37040044',
        branch_code: null,
        country: 'DE',
        fingerprint: null,
        last4: '3000',
        mandate: null,
      },
    }
  const until = payment.capturableUntil
  const card = {
    ...{ brand: 'visa', country: 'US', exp_month: 12, exp_year: 2034, funding: 'credit' as const, last4: '4242', network: 'visa' },
    ...{
      amount_authorized: writtenAmount(payment.amountMinor, payment.currency),
      authorization_code: null,
      regulated_status: 'unregulated' as const,
    },
    ...{
      checks: null,
      installments: null,
      mandate: null,
      network_token: { used: false },
      network_transaction_id: null,
      three_d_secure: null,
      wallet: null,
      electronic_commerce_indicator: null,
      transaction_link_id: null,
    },
    ...(until === null ? {} : { capture_before: seconds(until) }),
    fingerprint: null,
  }
  return { type: 'card', card }
}

export function chargeObject(payment: SandboxPayment, expand: Expand = []) {
  const { id, amountMinor, currency, description, state } = payment
  const minor = (amount: number) => writtenAmount(amount, currency)
  const captured = capturedOf(payment)
  const refunded = refundedOf(payment)
  const isGood = captured > 0 || payment.authorizedAt !== null
  const error = isGood ? null : lastError(payment)
  const status = isGood ? ('succeeded' as const) : state === 'processing' ? ('pending' as const) : ('failed' as const)
  const refunds = isExpanded(expand, 'refunds')
    ? {
        refunds: listObject(
          payment.refunds.toReversed().map((one) => refundObject(payment, one)),
          { url: `/v1/charges/${chargeId(payment)}/refunds`, limit: 10 },
        ),
      }
    : {}
  return {
    id: chargeId(payment),
    object: 'charge' as const,
    amount: minor(amountMinor),
    amount_captured: minor(captured),
    amount_refunded: minor(refunded),
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: payment.email, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'SANDBOX',
    captured: captured > 0,
    created: seconds(payment.authorizedAt ?? payment.decidedAt ?? payment.createdAt),
    currency: code(payment),
    customer: null,
    description: description === '' ? null : description,
    disputed: payment.disputes.length > 0,
    failure_balance_transaction: null,
    failure_code: error === null ? null : error.code,
    failure_message: error === null ? null : error.message,
    fraud_details: {},
    livemode: false,
    metadata: { ...(detailsOf(payment).intentMetadata ?? {}) },
    on_behalf_of: null,
    outcome: null,
    paid: isGood,
    payment_intent: id,
    payment_method: `pm_${id.slice(3)}`,
    payment_method_details: methodDetails(payment),
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: captured > 0 && refunded === captured,
    ...refunds,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  }
}

export function refundObject(payment: SandboxPayment, refund: SandboxRefund) {
  const state = stateOf(refund)
  const isFailed = state === 'failed' || state === 'returned'
  const metadata = detailsOf(payment).refundMetadata?.[refund.reference]
  return {
    id: refund.id,
    object: 'refund' as const,
    amount: writtenAmount(refund.amountMinor, payment.currency),
    balance_transaction: null,
    charge: chargeId(payment),
    created: seconds(refund.at),
    currency: code(payment),
    customer: null,
    customer_account: null,
    ...(isFailed ? { failure_reason: 'expired_or_canceled_card' } : {}),
    metadata: { ...(metadata ?? {}) },
    payment_intent: payment.id,
    payment_method: `pm_${payment.id.slice(3)}`,
    reason: null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: isFailed ? 'failed' : state,
    transfer_reversal: null,
  }
}

export function sessionObject(payment: SandboxPayment, pages: Pages, expand: Expand = []) {
  const { id, amountMinor, currency, captureMethod, email } = payment
  const details = detailsOf(payment)
  const amount = writtenAmount(amountMinor, currency)
  const status = sessionStatus(payment)
  const isPaid = payment.state === 'succeeded' && captureMethod === 'now'
  const expanded = isExpanded(expand, 'payment_intent') ? intentObject(payment, pages, below(expand, 'payment_intent')) : id
  return {
    id: details.session ?? '',
    object: 'checkout.session' as const,
    adaptive_pricing: { enabled: false },
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    ...{ amount_subtotal: amount, amount_total: amount },
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: payment.cancelUrl,
    client_reference_id: payment.reference === '' ? null : payment.reference,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: seconds(payment.createdAt),
    currency: code(payment),
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    ...{ customer: null, customer_account: null },
    customer_creation: 'if_required' as const,
    customer_details: null,
    customer_email: email,
    discounts: [],
    // Closed early, it says when.
    expires_at: seconds((status === 'expired' ? payment.voidedAt : payment.expiresAt) ?? payment.createdAt),
    integration_identifier: null,
    invoice: null,
    invoice_creation: null,
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: { ...(details.metadata ?? {}) },
    mode: 'payment' as const,
    origin_context: null,
    payment_intent: hasIntent(payment) ? expanded : null,
    payment_link: null,
    payment_method_collection: 'if_required' as const,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'sepa_debit'],
    payment_status: isPaid ? ('paid' as const) : ('unpaid' as const),
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status,
    submit_type: null,
    subscription: null,
    success_url: payment.returnUrl,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: 'hosted_page' as const,
    url: status === 'open' ? pages.urlOf(payment) : null,
    wallet_options: null,
  }
}

/** The first of a list, the newest at its head. */
export function listObject<T extends { readonly id: string }>(
  rows: readonly T[],
  { url, limit }: { readonly url: string; readonly limit: number },
) {
  return { object: 'list' as const, data: rows.slice(0, limit), has_more: rows.length > limit, url }
}
