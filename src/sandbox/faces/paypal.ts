// The sandbox as PayPal: orders that a buyer approves and the shop captures or authorizes, refunds, disputes, transactions, and
// webhooks that are signed by a certificate of its own. Forms: PayPal's OpenAPI documents (test/published/paypal).
// A buyer who presses "Decline" has chosen a card that is refused: PayPal learns that when the shop takes the money.
import { isEqualSecret, signHmac } from '../../base/secret.ts'
import type { SandboxPayment } from '../payment.ts'
import { capturedOf } from '../payment.ts'
import { SandboxRefusal } from '../refusal.ts'
import type { Face, FaceAnswer, FaceCall, FaceContext, FaceRoute } from './face.ts'
import { payPalErrors, refusal } from './paypal-errors.ts'
import {
  authorizationView,
  captureView,
  disputeView,
  minorOf,
  orderView,
  refundView,
  shownCaptures,
  statusOf,
  transactionsOf,
} from './paypal-views.ts'
import { certificateOf, payPalWebhooks } from './paypal-webhooks.ts'

const hourMs = 3_600_000
export const payPalClientId = 'sandbox-app'

export const payPalFace: Face = {
  name: 'paypal',
  title: 'PayPal',
  // As the documents say: an order waits three hours for its buyer, an authorization 29 days for the shop, a key six hours.
  settings: { openMs: 3 * hourMs, authorizationMs: 29 * 24 * hourMs, keysKeptMs: 6 * hourMs, feePpm: 24_900, feeFixedMinor: 35 },
  nameOf: (kind, unique) => {
    const text = unique.toUpperCase()
    return kind === 'sdisp' ? `PP-R-${text.slice(-3)}-${text.slice(-12, -3)}` : text.slice(-17)
  },
  isAuthorized,
  route,
  refuse: ({ code, message }, call) => payPalErrors(code, message, call.path),
  webhooks: payPalWebhooks,
  byHand: ({ book }) => namedBy(book, { intent: 'CAPTURE', invoice: '', unit: 'default' }),
  returnUrl({ id, state, returnUrl, cancelUrl }) {
    const url = new URL(state === 'canceled' && cancelUrl !== null ? cancelUrl : returnUrl)
    url.searchParams.set('token', id)
    return url.href
  },
}

const tokenPath = '/v1/oauth2/token'
const certificatePath = /^\/v1\/notifications\/certs\/([\w-]{1,100})$/
const tokenSeconds = 32_400

/** A token says until when it is good. */
function isAuthorized({ path, headers }: FaceCall, { secret, book }: FaceContext): boolean {
  if (certificatePath.test(path)) return true
  const given = headers['authorization'] ?? ''
  if (path === tokenPath) return isEqualSecret(given, `Basic ${Buffer.from(`${payPalClientId}:${secret}`).toString('base64')}`)
  const [, until, proof] = /^Bearer A21\.(\d{1,15})\.([0-9a-f]{64})$/.exec(given) ?? []
  return until !== undefined && Number(until) > book.now() && isEqualSecret(proof!, signHmac(secret, `token ${until}`))
}

/** What a call does is carried out under its key where it has one, of its own for each address. */
function route(call: FaceCall, context: FaceContext): FaceRoute | null {
  const id = call.headers['paypal-request-id']
  const key = call.method === 'POST' && id !== undefined ? `${call.path} ${id}` : null
  for (const [method, pattern, name, run] of routes) {
    const match = method === call.method ? pattern.exec(call.path) : null
    if (match) return { name, key, run: () => run({ call, context, id: match[1] ?? '' }) }
  }
  return null
}

type Asked = { readonly call: FaceCall; readonly context: FaceContext; readonly id: string }

const routes: readonly (readonly [string, RegExp, FaceRoute['name'], (asked: Asked) => FaceAnswer])[] = [
  ['POST', /^\/v1\/oauth2\/token$/, 'other', giveToken],
  ['GET', certificatePath, 'other', giveCertificate],
  ['POST', /^\/v2\/checkout\/orders$/, 'start', createOrder],
  ['GET', /^\/v2\/checkout\/orders\/(\w+)$/, 'fetch', ({ context, id }) => ok(orderView(context, orderAt(context, id)))],
  ['POST', /^\/v2\/checkout\/orders\/(\w+)\/capture$/, 'resume', (asked) => takeOrder(asked, 'CAPTURE')],
  ['POST', /^\/v2\/checkout\/orders\/(\w+)\/authorize$/, 'resume', (asked) => takeOrder(asked, 'AUTHORIZE')],
  [
    'GET',
    /^\/v2\/payments\/authorizations\/(\w+)$/,
    'fetch',
    ({ context, id }) => ok(authorizationView(context, authorizedAt(context, id))),
  ],
  ['POST', /^\/v2\/payments\/authorizations\/(\w+)\/capture$/, 'capture', captureAuthorization],
  ['POST', /^\/v2\/payments\/authorizations\/(\w+)\/void$/, 'cancel', voidAuthorization],
  ['GET', /^\/v2\/payments\/captures\/(\w+)$/, 'fetch', showCapture],
  ['POST', /^\/v2\/payments\/captures\/(\w+)\/refund$/, 'refund', refundCapture],
  ['GET', /^\/v1\/customer\/disputes$/, 'fetch', listDisputes],
  ['GET', /^\/v1\/customer\/disputes\/([\w-]+)$/, 'fetch', showDispute],
  ['GET', /^\/v1\/reporting\/transactions$/, 'list', ({ call, context }) => ok(transactionsOf(context, call.query))],
]

const ok = (body: unknown, status = 200): FaceAnswer => ({ status, body })

function giveToken({ context: { secret, book } }: Asked): FaceAnswer {
  const until = book.now() + tokenSeconds * 1_000
  return ok({
    scope: 'https://uri.paypal.com/services/payments/payment',
    access_token: `A21.${until}.${signHmac(secret, `token ${until}`)}`,
    token_type: 'Bearer',
    app_id: 'APP-80W284485P519543T',
    expires_in: tokenSeconds,
    nonce: '',
  })
}

function giveCertificate({ context, id }: Asked): FaceAnswer {
  const { name, pem } = certificateOf(context.secret, context.book.now())
  if (id !== name) throw new SandboxRefusal('no_operation', 'There is no such certificate.')
  return { status: 200, body: pem }
}

/** @throws SandboxRefusal */
function orderAt({ book }: FaceContext, id: string): SandboxPayment {
  const payment = book.get(id)
  // An order that nobody approved in time is gone.
  if (payment === null || statusOf(payment) === null) throw new SandboxRefusal('no_payment', 'There is no such order.')
  return payment
}

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function createOrder({ call, context }: Asked): FaceAnswer {
  const body = call.json()
  const [unit, ...others] = Array.isArray(body['purchase_units']) ? body['purchase_units'].map(fieldsOf) : []
  const amount = minorOf(unit?.['amount'])
  const intent = body['intent']
  if (unit === undefined || others.length > 0 || (intent !== 'CAPTURE' && intent !== 'AUTHORIZE'))
    throw new SandboxRefusal('bad_request', 'An order has an intent and one purchase unit.')
  if (amount === null) return refusal(422, 'DECIMAL_PRECISION')
  const { experience_context: experience } = fieldsOf(fieldsOf(body['payment_source'])['paypal'])
  const { return_url: returnUrl, cancel_url: cancelUrl } = fieldsOf(experience)
  if (!URL.canParse(textOf(returnUrl))) throw new SandboxRefusal('bad_request', 'return_url is no address.')
  const { book } = context
  const payment = book.create({
    reference: textOf(unit['custom_id']),
    amountMinor: amount.amount,
    currency: amount.currency,
    method: 'card_challenge',
    returnUrl: textOf(returnUrl),
    cancelUrl: URL.canParse(textOf(cancelUrl)) ? textOf(cancelUrl) : null,
    captureMethod: intent === 'CAPTURE' ? 'now' : 'later',
    isTakenByShop: true,
    description: textOf(unit['description']),
    ...namedBy(book, { intent, invoice: textOf(unit['invoice_id']), unit: textOf(unit['reference_id']) || 'default' }),
  })
  return ok(orderView(context, payment), 201)
}

/** What is taken at once has its name before it is: a pending capture and the paid one are the same. */
function namedBy(
  book: FaceContext['book'],
  given: { readonly intent: 'CAPTURE' | 'AUTHORIZE'; readonly invoice: string; readonly unit: string },
) {
  const [capture, authorization] = [book.newId('scap'), book.newId('scap')]
  return { details: { ...given, capture, authorization }, names: [capture, authorization] }
}

function takeOrder({ context, id }: Asked, step: 'CAPTURE' | 'AUTHORIZE'): FaceAnswer {
  const payment = orderAt(context, id)
  const isDone = step === 'CAPTURE' ? 'ORDER_ALREADY_CAPTURED' : 'ORDER_ALREADY_AUTHORIZED'
  if (payment.details['intent'] !== step) return refusal(422, 'ACTION_DOES_NOT_MATCH_INTENT')
  const status = statusOf(payment)
  if (status === 'COMPLETED') return refusal(422, isDone)
  if (status !== 'APPROVED') return refusal(422, 'ORDER_NOT_APPROVED')
  // Of orders with one invoice the first that is taken counts.
  const other = context.book.findByReference(payment.reference)
  if (other !== null && other.id !== id && capturedOf(other) > 0) return refusal(422, 'DUPLICATE_INVOICE_ID')
  const after = payment.state === 'failed' ? payment : context.book.resume(id)
  if (statusOf(after) === 'APPROVED') return refusal(422, step === 'CAPTURE' ? 'INSTRUMENT_DECLINED' : 'PAYER_CANNOT_PAY')
  return ok(orderView(context, after), 201)
}

/** @throws SandboxRefusal */
function authorizedAt({ book }: FaceContext, id: string): SandboxPayment {
  const payment = book.find(id)
  if (payment?.details['authorization'] !== id || payment.authorizedAt === null)
    throw new SandboxRefusal('no_operation', 'There is no such authorization.')
  return payment
}

function captureAuthorization({ call, context, id }: Asked): FaceAnswer {
  const payment = authorizedAt(context, id)
  const body = call.json()
  const amount = body['amount'] === undefined ? undefined : minorOf(body['amount'])
  if (amount === null) return refusal(422, 'DECIMAL_PRECISION')
  if (amount !== undefined && amount.currency !== payment.currency) return refusal(422, 'AUTH_CAPTURE_CURRENCY_MISMATCH')
  if (payment.state === 'canceled' || payment.endedBy !== null) return refusal(422, 'AUTHORIZATION_VOIDED')
  if (payment.state !== 'authorized') return refusal(422, 'AUTHORIZATION_ALREADY_CAPTURED')
  const after = context.book.capture(payment.id, {
    reference: textOf(body['invoice_id']),
    isFinal: body['final_capture'] === true,
    ...(amount === undefined ? {} : { amountMinor: amount.amount }),
  })
  return ok(captureView(context, after, after.captures.at(-1)!), 201)
}

function voidAuthorization({ context, id }: Asked): FaceAnswer {
  const payment = authorizedAt(context, id)
  if (payment.state === 'canceled' || payment.endedBy !== null) return refusal(422, 'PREVIOUSLY_VOIDED')
  if (payment.state !== 'authorized') return refusal(422, 'PREVIOUSLY_CAPTURED')
  return ok(authorizationView(context, context.book.cancel(payment.id)))
}

/** @throws SandboxRefusal */
function capturedAt({ book }: FaceContext, id: string) {
  const payment = book.find(id)
  const found = payment && shownCaptures(payment).find((one) => one.id === id)
  if (!payment || !found) throw new SandboxRefusal('no_operation', 'There is no such capture.')
  return { payment, found }
}

function showCapture({ context, id }: Asked): FaceAnswer {
  const { payment, found } = capturedAt(context, id)
  return ok(captureView(context, payment, found))
}

function refundCapture({ call, context, id }: Asked): FaceAnswer {
  const { payment, found } = capturedAt(context, id)
  const body = call.json()
  const amount = body['amount'] === undefined ? undefined : minorOf(body['amount'])
  if (amount === null) return refusal(422, 'DECIMAL_PRECISION')
  if (amount !== undefined && amount.currency !== payment.currency) return refusal(422, 'REFUND_CAPTURE_CURRENCY_MISMATCH')
  if (found.state !== 'succeeded') return refusal(422, 'PENDING_CAPTURE')
  const after = context.book.refund(payment.id, {
    reference: textOf(body['custom_id']),
    capture: found.bookId,
    ...(amount === undefined ? {} : { amountMinor: amount.amount }),
  })
  return ok(refundView(context, after, after.refunds.at(-1)!), 201)
}

/** Only those of one transaction are asked for. */
function listDisputes({ call, context }: Asked): FaceAnswer {
  const id = call.query.get('disputed_transaction_id') ?? ''
  const payment = context.book.find(id)
  const items = payment === null ? [] : payment.disputes.map((one) => disputeView(context, payment, one))
  const summaries = items.map(({ disputed_transactions: _, money_movements: __, dispute_outcome: ___, ...rest }) => rest)
  return ok(summaries.length === 0 ? {} : { items: summaries })
}

function showDispute({ context, id }: Asked): FaceAnswer {
  const payment = context.book.find(id)
  const dispute = payment?.disputes.find((one) => one.id === id)
  if (!payment || !dispute) throw new SandboxRefusal('no_operation', 'There is no such dispute.')
  return ok(disputeView(context, payment, dispute))
}
