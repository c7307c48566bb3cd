// Mollie's face of the sandbox: its Payments API, version 2, as HAL documents, and both kinds of its webhooks. Forms and names are
// those of https://docs.mollie.com/reference. What Mollie would take and this shop never sends is refused: a request that says
// something unknown is a mistake of ours.
import { minorDigits } from '../../base/currencies.ts'
import { isEqualSecret } from '../../base/secret.ts'
import type { SandboxPayment } from '../payment.ts'
import { type RefusalCode, SandboxRefusal } from '../refusal.ts'
import type { Face, FaceAnswer, FaceCall, FaceContext, FaceRoute } from './face.ts'
import { captureOf, capturesOf, chargebacksOf, type Json, link, paymentOf, refundOf, refundsOf, transactionOf } from './mollie-documents.ts'
import { mollieKeys, mollieWebhooks } from './mollie-webhooks.ts'

const prefixes: Readonly<Record<string, string>> = {
  spay: 'tr',
  scap: 'cpt',
  sref: 're',
  sdisp: 'chb',
  stxn: 'baltr',
  spo: 'stl',
  sdel: 'event',
}
const hourMs = 3_600_000

export const mollieFace: Face = {
  name: 'mollie',
  title: 'Mollie',
  settings: { keysKeptMs: hourMs },
  nameOf: (kind, unique) => `${prefixes[kind] ?? kind}_${unique}`,
  isAuthorized({ headers, path }, { secret }) {
    const { apiKey, accessToken } = mollieKeys(secret)
    const given = headers['authorization'] ?? ''
    const isAccounts = path.startsWith('/v2/balances')
    return isEqualSecret(given, `Bearer ${accessToken}`) || (!isAccounts && isEqualSecret(given, `Bearer ${apiKey}`))
  },
  route: (call, context) => routeOf(call, context),
  refuse: ({ code, message }) => refused(code, message),
  webhooks: mollieWebhooks,
}

function routeOf(call: FaceCall, context: FaceContext): FaceRoute | null {
  const { book } = context
  const [, version, what, id, list, ...more] = call.path.split('/')
  if (version !== 'v2' || more.length > 1) return null
  const key = call.headers['idempotency-key'] ?? null
  const route = (name: FaceRoute['name'], run: () => FaceAnswer): FaceRoute => ({ name, run, ...(call.method === 'GET' ? {} : { key }) })
  const at = `${call.method} ${what}`
  if (at === 'GET balances' && id === 'primary' && list === 'transactions') return route('list', () => transactions(call, context))
  if (id === undefined) {
    if (at === 'POST payments') return route('start', () => create(call, context))
    return at === 'GET payments' ? route('fetch', () => listPayments(call, context)) : null
  }
  if (what !== 'payments') return null
  const find = () => book.get(id) ?? fail('no_payment', `No payment exists with token ${id}.`)
  switch (`${call.method} ${list ?? ''}`) {
    case 'GET ':
      return route('fetch', () => ok(paymentOf(find(), context, call.query.get('embed'))))
    case 'DELETE ':
      return route('cancel', () => cancel(find(), context))
    case 'POST release-authorization':
      return route('cancel', () => release(find(), context))
    case 'POST captures':
      return route('capture', () => capture(call, find(), context))
    case 'POST refunds':
      return route('refund', () => refund(call, find(), context))
    case 'GET captures':
      return route('fetch', () => part({ id: more[0], name: 'captures' }, capturesOf(find(), context), context))
    case 'GET refunds':
      return route('fetch', () => part({ id: more[0], name: 'refunds' }, refundsOf(find(), context), context))
    case 'GET chargebacks':
      return route('fetch', () => part({ id: more[0], name: 'chargebacks' }, chargebacksOf(find(), context), context))
    default:
      return null
  }
}

const ok = (body: unknown, status = 200): FaceAnswer => ({
  status,
  body,
  headers: { 'content-type': 'application/hal+json; charset=utf-8' },
})

function fail(code: RefusalCode, message: string): never {
  throw new SandboxRefusal(code, message)
}

const refusals: Readonly<Record<RefusalCode, readonly [number, string]>> = {
  no_payment: [404, 'Not Found'],
  no_operation: [404, 'Not Found'],
  no_route: [404, 'Not Found'],
  no_method: [422, 'Unprocessable Entity'],
  bad_request: [422, 'Unprocessable Entity'],
  too_much: [422, 'Unprocessable Entity'],
  wrong_state: [422, 'Unprocessable Entity'],
  declined: [422, 'Unprocessable Entity'],
  nothing_to_pay_out: [422, 'Unprocessable Entity'],
  key_reused: [422, 'Unprocessable Entity'],
  key_in_use: [409, 'Conflict'],
  unauthorized: [401, 'Unauthorized Request'],
  rate_limited: [429, 'Too Many Requests'],
  unavailable: [503, 'Service Unavailable'],
}

function refused(code: RefusalCode, detail: string): FaceAnswer {
  const [status, title] = refusals[code]
  return ok(
    { status, title, detail, _links: { documentation: link('https://docs.mollie.com/reference/handling-errors', 'text/html') } },
    status,
  )
}

const createFields = [
  'amount',
  'description',
  'redirectUrl',
  'cancelUrl',
  'webhookUrl',
  'metadata',
  'method',
  'captureMode',
  'billingAddress',
  'locale',
]
const heldMethods = ['creditcard', 'applepay', 'mobilepay', 'vipps', 'klarna', 'billie', 'riverty']
const bankTransferMs = 12 * 86_400_000

function create(call: FaceCall, context: FaceContext): FaceAnswer {
  const { book } = context
  const body = onlyOf(call.json(), createFields)
  const { amountMinor, currency } = amountIn(body['amount'])
  const description = textIn(body, 'description')
  const method = body['method'] === undefined || body['method'] === null ? null : textIn(body, 'method')
  const isManual = body['captureMode'] === 'manual'
  if (method !== null && isManual && !heldMethods.includes(method))
    fail('bad_request', `The capture mode manual is not supported by ${method}.`)
  const webhookUrl = body['webhookUrl'] === undefined ? null : urlIn(body, 'webhookUrl')
  const metadata = (body['metadata'] ?? null) as unknown
  const named = (metadata as Json | null)?.['payment']
  const email = (body['billingAddress'] as Json | undefined)?.['email']
  const payment = book.create({
    reference: typeof named === 'string' ? named : '',
    ...{ amountMinor, currency, description, webhookUrl },
    method: 'card_challenge',
    returnUrl: urlIn(body, 'redirectUrl'),
    cancelUrl: body['cancelUrl'] === undefined ? null : urlIn(body, 'cancelUrl'),
    captureMethod: isManual ? 'later' : 'now',
    email: typeof email === 'string' ? email : null,
    details: { metadata, method },
    expiresAt: book.now() + (method === 'banktransfer' ? bankTransferMs : hourMs / 4),
  })
  return ok(paymentOf(payment, context, null), 201)
}

function cancel(payment: SandboxPayment, context: FaceContext): FaceAnswer {
  if (payment.state !== 'requires_action') fail('wrong_state', 'The payment cannot be canceled.')
  return ok(paymentOf(context.book.cancel(payment.id), context, null))
}

function release({ id, state }: SandboxPayment, { book }: FaceContext): FaceAnswer {
  if (state !== 'authorized') fail('wrong_state', 'The payment is not authorized.')
  book.cancel(id)
  return { status: 202, body: '' }
}

function capture(call: FaceCall, payment: SandboxPayment, context: FaceContext): FaceAnswer {
  const body = onlyOf(call.json(), ['amount', 'description', 'metadata'])
  const amount = body['amount'] === undefined ? {} : sameCurrency(amountIn(body['amount']), payment)
  if (payment.captureMethod !== 'later') fail('wrong_state', 'The payment is captured automatically.')
  const after = context.book.capture(payment.id, { reference: nameIn(body, 'capture'), isFinal: false, ...amount })
  return ok(captureOf(after.captures.at(-1)!, after, context), 201)
}

function refund(call: FaceCall, payment: SandboxPayment, context: FaceContext): FaceAnswer {
  const body = onlyOf(call.json(), ['amount', 'description', 'metadata'])
  const amount = sameCurrency(amountIn(body['amount']), payment)
  const after = context.book.refund(payment.id, { reference: nameIn(body, 'refund'), ...amount })
  return ok(refundOf(after.refunds.at(-1)!, after, context), 201)
}

/** Our name in its metadata. Metadata of another form is not kept. */
function nameIn(body: Json, name: string): string {
  const value = (body['metadata'] as Json | null | undefined)?.[name]
  return typeof value === 'string' ? value : ''
}

function sameCurrency(amount: { amountMinor: number; currency: string }, payment: SandboxPayment): { amountMinor: number } {
  if (amount.currency !== payment.currency) fail('bad_request', `The currency must be ${payment.currency}.`)
  return { amountMinor: amount.amountMinor }
}

function onlyOf(body: Json, known: readonly string[]): Json {
  const [unknown] = Object.keys(body).filter((name) => !known.includes(name))
  return unknown === undefined ? body : fail('bad_request', `Non-existent body parameter "${unknown}" for this API call.`)
}

function textIn(body: Json, name: string): string {
  const value = body[name]
  return typeof value === 'string' && value !== '' && value.length <= 255 ? value : fail('bad_request', `The ${name} is invalid.`)
}

function urlIn(body: Json, name: string): string {
  const value = body[name]
  return typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)
    ? value
    : fail('bad_request', `The ${name} is invalid.`)
}

function amountIn(given: unknown): { readonly amountMinor: number; readonly currency: string } {
  const { currency, value, ...rest } = (given ?? {}) as Json
  const digits = typeof currency === 'string' ? minorDigits(currency) : undefined
  const pattern = new RegExp(digits === 0 ? '^\\d{1,15}$' : `^\\d{1,13}\\.\\d{${digits}}$`)
  if (digits === undefined || typeof value !== 'string' || !pattern.test(value) || Object.keys(rest).length > 0)
    return fail('bad_request', 'The amount contains an invalid value.')
  return { amountMinor: Number(value.replace('.', '')), currency: currency as string }
}

/** One of them where an id is given, else all. */
function part(
  { id, name }: { readonly id: string | undefined; readonly name: string },
  all: readonly Json[],
  context: FaceContext,
): FaceAnswer {
  if (id === undefined) return ok(pageOf(name, all, { self: `${context.url}/v2/${name}`, next: null }))
  const found = all.find((one) => one['id'] === id)
  return found ? ok(found) : fail('no_operation', `No ${name.slice(0, -1)} exists with token ${id}.`)
}

function pageOf(name: string, items: readonly Json[], { self, next }: { readonly self: string; readonly next: string | null }): Json {
  const _links = {
    self: link(self),
    previous: null,
    next: next === null ? null : link(next),
    documentation: link('https://docs.mollie.com/reference/pagination', 'text/html'),
  }
  return { count: items.length, _embedded: { [name]: items }, _links }
}

/** The newest first, from an id on. */
function paged<T extends { readonly id: string }>(all: readonly T[], call: FaceCall, { url }: FaceContext) {
  const limit = Number(call.query.get('limit') ?? 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > 250) fail('bad_request', 'The limit is invalid.')
  const from = call.query.get('from')
  const ordered = call.query.get('sort') === 'asc' ? all : all.toReversed()
  const start = from === null ? 0 : ordered.findIndex(({ id }) => id === from)
  if (start < 0) fail('bad_request', 'Invalid cursor value')
  const rest = ordered[start + limit]
  const self = `${url}${call.path}`
  return { items: ordered.slice(start, start + limit), self, next: rest === undefined ? null : `${self}?from=${rest.id}&limit=${limit}` }
}

function listPayments(call: FaceCall, context: FaceContext): FaceAnswer {
  const { items, ...links } = paged(context.book.all(), call, context)
  return ok(
    pageOf(
      'payments',
      items.map((one) => paymentOf(one, context, null)),
      links,
    ),
  )
}

function transactions(call: FaceCall, context: FaceContext): FaceAnswer {
  const { items, ...links } = paged(context.book.lines({ limit: Number.MAX_SAFE_INTEGER }), call, context)
  return ok(
    pageOf(
      'balance_transactions',
      items.map((one) => transactionOf(one, context)),
      links,
    ),
  )
}
