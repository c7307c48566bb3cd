// Stripe's face: its API, hosted Checkout and webhooks over the sandbox's book, so that a shop's adapter and Stripe's own libraries run
// against it. Cards are chosen by Stripe's test names (`pm_card_visa`), or on the page by the buyer. Stripe keeps the answer to a key for
// 24 hours, failures too, and its search finds what is new only after a while.
import { isCurrency } from '../../base/currencies.ts'
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { SandboxPayment } from '../payment.ts'
import { SandboxRefusal } from '../refusal.ts'
import type { SandboxMethod } from '../taking.ts'
import { type Face, type FaceAnswer, type FaceCall, type FaceContext, type FaceRoute, pageUrl } from './face.ts'
import { disputeObject } from './stripe-account.ts'
import { stripeWebhooks } from './stripe-events.ts'
import { type Form, readForm } from './stripe-form.ts'
import { listRoute } from './stripe-lists.ts'
import {
  chargeId,
  chargeObject,
  detailsOf,
  intentObject,
  type Pages,
  readAmount,
  refundObject,
  type StripeDetails,
  sessionObject,
  sessionStatus,
} from './stripe-objects.ts'

/** What a shop is given: made of the secret that it shares with the sandbox. */
export function stripeFaceKeys(secret: string): { readonly secretKey: string; readonly webhookSecret: string } {
  return {
    secretKey: `sk_test_${signHmac(secret, 'the key of the Stripe face')}`,
    webhookSecret: `whsec_${signHmac(secret, 'the webhooks of the Stripe face')}`,
  }
}

const dayMs = 86_400_000
const prefixes: Readonly<Record<string, string>> = { spay: 'pi', scap: 'ch', sref: 're', sdisp: 'du', stxn: 'txn', spo: 'po' }

export const stripeFace: Face = {
  name: 'stripe',
  title: 'Stripe',
  settings: { keysKeptMs: dayMs, feePpm: 15_000, feeFixedMinor: 25, disputeFeeMinor: 2_000 },
  nameOf: (kind, unique) => `${prefixes[kind] ?? kind}_${unique}`,
  isAuthorized({ headers }, { secret }) {
    const { secretKey } = stripeFaceKeys(secret)
    const given = headers['authorization'] ?? ''
    // Its libraries send the key so; curl's `-u` as a user's name.
    return isEqualSecret(given, `Bearer ${secretKey}`) || isEqualSecret(given, `Basic ${Buffer.from(`${secretKey}:`).toString('base64')}`)
  },
  route,
  refuse,
  isKept: ({ status }) => ![401, 409, 429].includes(status),
  repeatHeaders: { 'idempotent-replayed': 'true' },
  webhooks: (place) => stripeWebhooks(place, stripeFaceKeys(place.secret).webhookSecret),
  staysOpen: true,
  byHand: (context) => ({ details: { intentMetadata: {}, clientSecret: secretOf(context) } satisfies StripeDetails }),
}

type Maker = { readonly name: FaceRoute['name']; run(context: FaceContext, call: FaceCall, id: string): unknown }

const routes: readonly (readonly [method: string, path: RegExp, Maker])[] = [
  ['POST', /^\/v1\/checkout\/sessions$/, { name: 'start', run: createSession }],
  ['GET', /^\/v1\/checkout\/sessions\/(\w+)$/, { name: 'fetch', run: getSession }],
  ['POST', /^\/v1\/checkout\/sessions\/(\w+)\/expire$/, { name: 'cancel', run: expireSession }],
  ['POST', /^\/v1\/payment_intents$/, { name: 'start', run: createIntent }],
  ['GET', /^\/v1\/payment_intents\/(\w+)$/, { name: 'fetch', run: getIntent }],
  ['POST', /^\/v1\/payment_intents\/(\w+)\/confirm$/, { name: 'resume', run: confirmIntent }],
  ['POST', /^\/v1\/payment_intents\/(\w+)\/capture$/, { name: 'capture', run: captureIntent }],
  ['POST', /^\/v1\/payment_intents\/(\w+)\/cancel$/, { name: 'cancel', run: cancelIntent }],
  ['POST', /^\/v1\/refunds$/, { name: 'refund', run: createRefund }],
  ['GET', /^\/v1\/refunds\/(\w+)$/, { name: 'fetch', run: getRefund }],
  ['GET', /^\/v1\/charges\/(\w+)$/, { name: 'fetch', run: getCharge }],
  ['GET', /^\/v1\/disputes\/(\w+)$/, { name: 'fetch', run: getDispute }],
]

function route(call: FaceCall, context: FaceContext): FaceRoute | null {
  const list = listRoute(call, context)
  if (list !== null) return list
  for (const [method, pattern, { name, run }] of routes) {
    const found = method === call.method ? pattern.exec(call.path) : null
    if (found === null) continue
    const key = call.method === 'POST' ? (call.headers['idempotency-key'] ?? null) : null
    return { name, key, run: () => answerOf(run(context, call, found[1] ?? '')) }
  }
  return null
}

const answerOf = (made: unknown): FaceAnswer => (made instanceof Declined ? made.toAnswer() : { status: 200, body: made })

const pagesOf = (context: FaceContext): Pages => ({ urlOf: (payment) => pageUrl(context, payment) })

function money(form: Form, amountName: string, currencyName: string): { readonly amountMinor: number; readonly currency: string } {
  const currency = form.text(currencyName)?.toUpperCase() ?? ''
  const written = form.count(amountName) ?? 0
  if (!isCurrency(currency)) throw new SandboxRefusal('bad_request', `Invalid currency: ${currency.slice(0, 10)}`)
  const amountMinor = readAmount(written, currency)
  if (amountMinor === null || amountMinor < 1) throw new SandboxRefusal('bad_request', `Invalid amount: ${amountName}`)
  return { amountMinor, currency }
}

/** @throws SandboxRefusal */
function needed(form: Form, name: string): string {
  const value = form.text(name)
  if (value === undefined || value === '') throw new SandboxRefusal('bad_request', `Missing required param: ${name}.`)
  return value
}

const ofSession = [
  'mode',
  'client_reference_id',
  'success_url',
  'cancel_url',
  'line_items',
  'customer_email',
  'metadata',
  'payment_intent_data',
  'expires_at',
  'locale',
]

function createSession(context: FaceContext, call: FaceCall) {
  const { book } = context
  const form = readForm(call, ofSession)
  if (needed(form, 'mode') !== 'payment') throw new SandboxRefusal('bad_request', 'The sandbox knows the mode payment alone.')
  const price = 'line_items[0][price_data]'
  const { amountMinor, currency } = money(form, `${price}[unit_amount]`, `${price}[currency]`)
  const session = `cs_test_${book.newId('spay').slice(3)}`
  const intentMetadata = form.map('payment_intent_data[metadata]')
  const details: StripeDetails = { session, metadata: form.map('metadata'), intentMetadata, clientSecret: secretOf(context) }
  const payment = book.create({
    reference: form.text('client_reference_id') ?? session,
    amountMinor: amountMinor * (form.count('line_items[0][quantity]') ?? 1),
    currency,
    method: 'card_challenge',
    returnUrl: needed(form, 'success_url'),
    cancelUrl: form.text('cancel_url') ?? null,
    captureMethod: form.text('payment_intent_data[capture_method]') === 'manual' ? 'later' : 'now',
    isRetryable: true,
    description: form.text('payment_intent_data[description]') ?? form.text(`${price}[product_data][name]`) ?? '',
    email: form.text('customer_email') ?? null,
    expiresAt: (form.count('expires_at') ?? 0) * 1000 || book.now() + dayMs,
    details,
    names: [session],
  })
  return sessionObject(payment, pagesOf(context), form.expand)
}

const secretOf = ({ book }: FaceContext) => `pi_${book.newId('spay').slice(3)}_secret_${book.newId('spay').slice(-20)}`

/** @throws SandboxRefusal */
function find({ book }: FaceContext, name: string): SandboxPayment {
  const payment = book.find(name)
  if (payment === null) throw new SandboxRefusal('no_payment', `No such object: '${name.slice(0, 100)}'`)
  return payment
}

function ofItsSession(context: FaceContext, id: string): SandboxPayment {
  const payment = find(context, id)
  if (detailsOf(payment).session !== id) throw new SandboxRefusal('no_payment', `No such checkout session: '${id}'`)
  return payment
}

function getSession(context: FaceContext, call: FaceCall, id: string) {
  const { expand } = readForm(call, [])
  return sessionObject(ofItsSession(context, id), pagesOf(context), expand)
}

function expireSession(context: FaceContext, call: FaceCall, id: string) {
  const { expand } = readForm(call, [])
  const payment = ofItsSession(context, id)
  if (sessionStatus(payment) !== 'open')
    throw new SandboxRefusal(
      'wrong_state',
      `Only Checkout Sessions with a status in ["open"] can be expired. This one is ${sessionStatus(payment)}.`,
    )
  return sessionObject(context.book.cancel(payment.id), pagesOf(context), expand)
}

const ofIntent = [
  'amount',
  'currency',
  'description',
  'automatic_payment_methods',
  'capture_method',
  'metadata',
  'confirm',
  'payment_method',
  'payment_method_types',
  'return_url',
  'receipt_email',
]

/** Stripe's names for what becomes of a card: https://docs.stripe.com/testing. */
const methods: Readonly<Record<string, SandboxMethod>> = {
  pm_card_visa: 'card_success',
  pm_card_mastercard: 'card_success',
  pm_card_chargeDeclined: 'card_declined',
  pm_card_visa_chargeDeclined: 'card_declined',
  pm_card_authenticationRequired: 'card_challenge',
  pm_card_threeDSecure2Required: 'card_challenge',
  pm_card_createDispute: 'dispute',
  pm_sepa_debit: 'delayed_success',
  pm_sepa_debit_failed: 'delayed_failure',
}

function createIntent(context: FaceContext, call: FaceCall) {
  const { book } = context
  const form = readForm(call, ofIntent)
  const metadata = form.map('metadata')
  const payment = book.create({
    reference: metadata['kingpost_payment'] ?? book.newId('stxn'),
    ...money(form, 'amount', 'currency'),
    method: 'card_challenge',
    returnUrl: form.text('return_url') ?? '',
    captureMethod: form.text('capture_method') === 'manual' ? 'later' : 'now',
    isRetryable: true,
    description: form.text('description') ?? '',
    email: form.text('receipt_email') ?? null,
    details: { intentMetadata: metadata, clientSecret: secretOf(context) } satisfies StripeDetails,
  })
  const made = form.text('confirm') === 'true' ? confirmed(context, payment, needed(form, 'payment_method')) : payment
  return intentObject(made, pagesOf(context), form.expand)
}

function confirmed({ book }: FaceContext, payment: SandboxPayment, name: string): SandboxPayment {
  const method = methods[name]
  if (method === undefined) throw new SandboxRefusal('bad_request', `No such PaymentMethod: '${name.slice(0, 100)}'`)
  if (detailsOf(payment).session !== undefined)
    throw new SandboxRefusal('wrong_state', 'This PaymentIntent is confirmed by its Checkout Session.')
  const kept = book.keep(payment.id, { isChallenged: method === 'card_challenge' })
  return method === 'card_challenge' ? kept : book.answer(payment.id, { answer: 'approve', method })
}

/** Of the payment or, by the name of a session, none. */
function ofItsIntent(context: FaceContext, id: string): SandboxPayment {
  const payment = find(context, id)
  if (payment.id !== id) throw new SandboxRefusal('no_payment', `No such payment_intent: '${id}'`)
  return payment
}

function getIntent(context: FaceContext, call: FaceCall, id: string) {
  const { expand } = readForm(call, ['client_secret'])
  return intentObject(ofItsIntent(context, id), pagesOf(context), expand)
}

function confirmIntent(context: FaceContext, call: FaceCall, id: string) {
  const form = readForm(call, ['payment_method', 'return_url'])
  const payment = ofItsIntent(context, id)
  if (payment.state !== 'requires_action')
    throw new SandboxRefusal('wrong_state', `You cannot confirm this PaymentIntent: it is ${payment.state}.`)
  const after = confirmed(context, payment, needed(form, 'payment_method'))
  // What the buyer's bank refuses is written, and told as an error: see `declined`.
  return after.state === 'requires_action' && detailsOf(after).isChallenged !== true
    ? new Declined(intentObject(after, pagesOf(context)))
    : intentObject(after, pagesOf(context), form.expand)
}

/** An answer of 402 after something was written. */
class Declined {
  readonly intent: ReturnType<typeof intentObject>

  constructor(intent: ReturnType<typeof intentObject>) {
    this.intent = intent
  }

  toAnswer(): FaceAnswer {
    const { last_payment_error: error } = this.intent
    return { status: 402, body: { error: { ...error, payment_intent: this.intent } } }
  }
}

function captureIntent(context: FaceContext, call: FaceCall, id: string) {
  const form = readForm(call, ['amount_to_capture', 'metadata', 'final_capture'])
  const payment = ofItsIntent(context, id)
  const written = form.count('amount_to_capture')
  const amountMinor = written === undefined ? undefined : readAmount(written, payment.currency)
  if (amountMinor === null) throw new SandboxRefusal('bad_request', 'Invalid amount: amount_to_capture')
  const { book } = context
  // First what else it says: the webhook of the capture tells of it.
  const metadata = { ...detailsOf(payment).intentMetadata, ...form.map('metadata') }
  return book.atomically(() => {
    if (payment.state === 'authorized') book.keep(id, { intentMetadata: metadata })
    return intentObject(
      book.capture(id, { isFinal: true, ...(amountMinor === undefined ? {} : { amountMinor }) }),
      pagesOf(context),
      form.expand,
    )
  })
}

function cancelIntent(context: FaceContext, call: FaceCall, id: string) {
  const { expand } = readForm(call, ['cancellation_reason'])
  const payment = ofItsIntent(context, id)
  const isCancelable = payment.state === 'authorized' || (payment.state === 'requires_action' && detailsOf(payment).session === undefined)
  if (!isCancelable)
    throw new SandboxRefusal('wrong_state', `You cannot cancel this PaymentIntent because it has a status of ${payment.state}.`)
  return intentObject(context.book.cancel(id), pagesOf(context), expand)
}

function createRefund(context: FaceContext, call: FaceCall) {
  const form = readForm(call, ['payment_intent', 'charge', 'amount', 'metadata', 'reason'])
  const named = form.text('payment_intent') ?? form.text('charge')?.replace(/^ch_/, 'pi_')
  if (named === undefined)
    throw new SandboxRefusal('bad_request', 'One of the following params should be provided for this request: payment_intent or charge.')
  const payment = ofItsIntent(context, named)
  const written = form.count('amount')
  const amountMinor = written === undefined ? undefined : readAmount(written, payment.currency)
  if (amountMinor === null) throw new SandboxRefusal('bad_request', 'Invalid amount: amount')
  const { book } = context
  const metadata = form.map('metadata')
  const reference = metadata['kingpost_refund'] ?? book.newId('stxn')
  return book.atomically(() => {
    book.keep(payment.id, { refundMetadata: { ...detailsOf(payment).refundMetadata, [reference]: metadata } })
    const after = book.refund(payment.id, { reference, ...(amountMinor === undefined ? {} : { amountMinor }) })
    return refundObject(after, after.refunds.at(-1)!)
  })
}

function getRefund(context: FaceContext, call: FaceCall, id: string) {
  readForm(call, [])
  const payment = find(context, id)
  const refund = payment.refunds.find((one) => one.id === id)
  if (refund === undefined) throw new SandboxRefusal('no_operation', `No such refund: '${id}'`)
  return refundObject(payment, refund)
}

function getCharge(context: FaceContext, call: FaceCall, id: string) {
  const { expand } = readForm(call, [])
  const payment = find(context, id.replace(/^ch_/, 'pi_'))
  if (chargeId(payment) !== id) throw new SandboxRefusal('no_operation', `No such charge: '${id}'`)
  return chargeObject(payment, expand)
}

function getDispute(context: FaceContext, call: FaceCall, id: string) {
  readForm(call, [])
  const payment = find(context, id)
  const dispute = payment.disputes.find((one) => one.id === id)
  if (dispute === undefined) throw new SandboxRefusal('no_operation', `No such dispute: '${id}'`)
  const lines = context.book.lines({ since: dispute.openedAt, limit: 1_000_000 }).filter(({ operation }) => operation === id)
  return disputeObject(payment, dispute, lines)
}

/** https://docs.stripe.com/api/errors */
function refuse({ code, message }: Parameters<Face['refuse']>[0], call: FaceCall): FaceAnswer {
  const error = (status: number, more: object) => ({ status, body: { error: { message, type: 'invalid_request_error', ...more } } })
  switch (code) {
    case 'unauthorized':
      return error(401, { message: 'Invalid API Key provided.' })
    case 'no_route':
      return error(404, { message: `Unrecognized request URL (${call.method}: ${call.path.slice(0, 200)}).` })
    case 'no_payment':
    case 'no_operation':
      return error(404, { code: 'resource_missing' })
    case 'wrong_state':
      return error(400, call.path.startsWith('/v1/payment_intents') ? { code: 'payment_intent_unexpected_state' } : {})
    case 'too_much':
      return error(400, call.path === '/v1/refunds' ? { param: 'amount' } : { code: 'amount_too_large', param: 'amount_to_capture' })
    case 'declined':
      return error(402, { type: 'card_error', code: 'card_declined', decline_code: 'generic_decline' })
    case 'key_reused':
      return error(400, {
        type: 'idempotency_error',
        message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.',
      })
    case 'key_in_use':
      return error(409, { code: 'idempotency_key_in_use' })
    case 'rate_limited':
      return error(429, { code: 'rate_limit' })
    case 'unavailable':
      return error(500, { type: 'api_error' })
    default:
      return error(400, { code: 'parameter_unknown' })
  }
}
