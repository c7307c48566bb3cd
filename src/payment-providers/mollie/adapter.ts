// The adapter between our port and Mollie's Payments API. It does I/O alone, never repeats a call and keeps no state.
//
// Mollie keeps an Idempotency-Key for about an hour. What is repeated later is therefore looked for first: a refund and a capture
// always, among those of their payment, by our id in their metadata; a start once its payment is old, in the list of payments.
import type { Clock } from '../../base/clock.ts'
import type { Egress } from '../../base/egress.ts'
import { timeOfId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import type {
  CaptureRequest,
  PaymentCall,
  PaymentProvider,
  ProviderResult,
  ProviderView,
  RefundRequest,
  StartRequest,
  Webhook,
  WebhookEvent,
} from '../../domains/payments/provider.ts'
import { createMollieApi, type MollieAnswer, type MollieApi } from './api.ts'
import { refusalOf, startBody } from './create.ts'
import { mollieMethods } from './methods.ts'
import { idOf, type MolliePayment, readPage, readPayment, referenceIn, timeOf, writeAmount } from './read.ts'
import { listSettlements } from './settlements.ts'
import { stateOf, viewOf } from './view.ts'
import { isSigned, readClassic, readEvent } from './webhook.ts'

export type MollieOptions = {
  /** `mollie`; of a second account the name that the config gives it. */
  readonly id: string
  readonly egress: Egress
  readonly clock: Pick<Clock, 'now'>
  /** `https://api.mollie.com`, or where the sandbox's face is. */
  readonly url: string
  readonly apiKey: () => string
  /** An organization access token with `balances.read`, for `list`. */
  readonly accessToken?: () => string
  /** Of the newer webhooks; none where there are only classic ones. */
  readonly webhookSecrets: () => readonly string[]
  /** Ours: proves that we made the address of a classic webhook. The same in all processes, and kept. */
  readonly addressSecret: string
}

type Given = MollieOptions & { readonly api: MollieApi }

export function createMollieProvider(options: MollieOptions): PaymentProvider {
  const given: Given = { ...options, api: createMollieApi(options) }
  return {
    id: options.id,
    apiVersion: 'v2',
    methods: mollieMethods,
    capabilities: {
      capturesLater: true,
      capturesParts: true,
      capturesOften: true,
      lists: options.accessToken !== undefined,
      currencies: null,
      disputesStayOpen: true,
    },
    start: (request) => start(given, request),
    capture: (request) => capture(given, request),
    cancel: (request) => cancel(given, request),
    refund: (request) => refund(given, request),
    fetch: ({ reference, providerRef }) => (providerRef === null ? findByReference(given, reference) : fetchView(given, providerRef)),
    ...(options.accessToken === undefined ? {} : { list: listing(given, options.accessToken) }),
    verifyWebhook: (webhook) => verifyWebhook(given, webhook),
  }
}

/** Less than the hour for which Mollie knows a key again. */
const keyKeptMs = 45 * 60_000
/** Mollie waits for the answer to its webhook meanwhile, 15 seconds at most. */
const webhookLookMs = 5_000
/** How far Mollie's clock may be behind ours. */
const clockSkewMs = 10 * 60_000
const tooMany = 'Mollie has too many payments since then to look for this one among them.'
/** Less than the lease of an effect, so that what has been found can still be told. */
const searchMs = 20_000
const searchPageSize = 250

async function start(given: Given, request: StartRequest): Promise<ProviderResult<ProviderView>> {
  const refusal = refusalOf(request)
  if (refusal !== null) return { result: 'refused', reason: refusal }
  const madeAt = timeOfId(request.reference)
  if (madeAt === null || given.clock.now() - madeAt > keyKeptMs) {
    const earlier = await findByReference(given, request.reference)
    if (earlier.result !== 'ok' || earlier.value !== null) return earlier as ProviderResult<ProviderView>
  }
  const answer = await given.api({ method: 'POST', path: 'payments', key: request.key, body: startBody(request, given) })
  if (answer.result === 'missing') return { result: 'refused', reason: 'Mollie knows no such account.' }
  // Nothing was begun: its customer must not wait until somebody has put the key right.
  if (answer.result === 'uncertain' && answer.isLocked) return { result: 'refused', reason: answer.reason, isOurs: true }
  const payment = paymentIn(answer)
  if (payment.result !== 'ok') return payment
  return payment.value.reference === request.reference ? { result: 'ok', value: viewOf(payment.value, true) } : another
}

async function capture(given: Given, request: CaptureRequest): Promise<ProviderResult<ProviderView>> {
  const { providerRef, reference, amount, isFinal } = request
  const before = await getPayment(given, providerRef)
  if (before.result !== 'ok') return before
  const own = before.value.captures.filter((one) => one.reference === reference)
  if (!own.some(({ status }) => status !== 'failed')) {
    const value = writeAmount(amount)
    if (value === null) return { result: 'refused', reason: 'Mollie takes no such amount.' }
    const answer = await given.api({
      method: 'POST',
      path: `payments/${providerRef}/captures`,
      key: `${request.key}:${own.length}`,
      body: { amount: value, metadata: { capture: reference } },
    })
    if (answer.result !== 'ok') return answer.result === 'missing' ? gone : answer
  }
  const after = await getPayment(given, providerRef)
  if (after.result !== 'ok') return after
  if (isFinal && after.value.status === 'authorized') return await release(given, request)
  return { result: 'ok', value: viewOf(after.value) }
}

async function cancel(given: Given, request: PaymentCall): Promise<ProviderResult<ProviderView>> {
  const before = await getPayment(given, request.providerRef)
  if (before.result !== 'ok') return before
  const { status, isCancelable } = before.value
  if (status === 'authorized') return await release(given, request)
  // Mollie closes by itself what it lets nobody cancel: an iDEAL payment after a quarter of an hour.
  if ((status !== 'open' && status !== 'pending') || !isCancelable) return { result: 'ok', value: viewOf(before.value) }
  const answer = await given.api({ method: 'DELETE', path: `payments/${request.providerRef}`, key: request.key })
  if (answer.result === 'uncertain') return answer
  // Refused: it has been paid meanwhile, or is not to be canceled any more. Its record tells.
  return await fetchKnown(given, request.providerRef)
}

/** Gives up what is authorized and not captured. Mollie takes the wish, and the bank releases it in its own time. */
async function release(given: Given, { key, providerRef }: PaymentCall): Promise<ProviderResult<ProviderView>> {
  const answer = await given.api({ method: 'POST', path: `payments/${providerRef}/release-authorization`, key: `${key}:release`, body: {} })
  if (answer.result === 'uncertain') return answer
  return await fetchKnown(given, providerRef)
}

async function refund(given: Given, request: RefundRequest): Promise<ProviderResult<ProviderView>> {
  const { providerRef, reference, amount } = request
  const before = await getPayment(given, providerRef)
  if (before.result !== 'ok') return before
  const own = before.value.refunds.filter((one) => one.reference === reference)
  const isThere = own.some(({ status }) => status !== 'failed' && status !== 'canceled')
  if (isThere) return { result: 'ok', value: viewOf(before.value) }
  const value = writeAmount(amount)
  if (value === null) return { result: 'refused', reason: 'Mollie takes no such amount.' }
  const answer = await given.api({
    method: 'POST',
    path: `payments/${providerRef}/refunds`,
    // After one that failed, Mollie would answer that one again under its key.
    key: `${request.key}:${own.length}`,
    body: { amount: value, metadata: { refund: reference } },
  })
  if (answer.result !== 'ok') return answer.result === 'missing' ? gone : answer
  return await fetchKnown(given, providerRef)
}

const gone = { result: 'refused', reason: 'Mollie has no such payment.' } as const

async function fetchKnown(given: Given, id: string): Promise<ProviderResult<ProviderView>> {
  const payment = await getPayment(given, id)
  return payment.result === 'ok' ? { result: 'ok', value: viewOf(payment.value) } : payment
}

async function fetchView(given: Given, id: string): Promise<ProviderResult<ProviderView | null>> {
  const answer = await ask(given, id)
  if (answer.result === 'missing') return { result: 'ok', value: null }
  const payment = paymentNamed(id, answer)
  return payment.result === 'ok' ? { result: 'ok', value: viewOf(payment.value) } : payment
}

async function getPayment(given: Given, id: string, withinMs?: number): Promise<ProviderResult<MolliePayment>> {
  const answer = await ask(given, id, withinMs)
  return answer.result === 'missing' ? gone : paymentNamed(id, answer)
}

/** With all that has happened to it, in one call. */
function ask({ api }: Given, id: string, withinMs?: number): Promise<MollieAnswer> {
  const path = `payments/${encodeURIComponent(id)}?embed=captures,refunds,chargebacks`
  return api({ method: 'GET', path, ...(withinMs === undefined ? {} : { withinMs }) })
}

function paymentIn(answer: Exclude<MollieAnswer, { result: 'missing' }>): ProviderResult<MolliePayment> {
  if (answer.result !== 'ok') return answer
  const payment = readPayment(answer.value)
  return payment === null
    ? { result: 'uncertain', reason: 'Mollie answered a payment that cannot be read.' }
    : { result: 'ok', value: payment }
}

/** What was asked for, and no other: what another says of money is not this payment's. */
function paymentNamed(id: string, answer: Exclude<MollieAnswer, { result: 'missing' }>): ProviderResult<MolliePayment> {
  const payment = paymentIn(answer)
  return payment.result === 'ok' && payment.value.id !== id ? another : payment
}

const another = { result: 'uncertain', reason: 'Mollie answered with another payment than was asked for.' } as const

type Listed = { readonly id: string; readonly reference: string | null; readonly status: unknown; readonly createdAt: number }

/**
 * Mollie finds nothing by metadata. So its payments are read, the newest first, back to when ours was made: a payment of theirs is
 * never older. Null is certain then. Where there are too many of them since, it cannot be known.
 */
async function findByReference(given: Given, reference: string): Promise<ProviderResult<ProviderView | null>> {
  const { clock, api } = given
  const startedAt = clock.now()
  const since = (timeOfId(reference) ?? 0) - clockSkewMs
  const found: Listed[] = []
  let from: string | null = ''
  for (let page = 0; from !== null; page++) {
    if (page === limits.mollieSearchPagesMax || clock.now() - startedAt > searchMs) {
      if (found.length > 0) break
      return { result: 'uncertain', reason: tooMany, isAnswered: true }
    }
    const answer = await api({ method: 'GET', path: `payments?limit=${searchPageSize}${from === '' ? '' : `&from=${from}`}` })
    if (answer.result === 'missing') return { result: 'uncertain', reason: 'Mollie did not list its payments.' }
    if (answer.result !== 'ok') return answer
    const listed: { items: readonly Listed[]; next: string | null } | null = readPage(answer.value, 'payments', listedOf)
    if (listed === null) return { result: 'uncertain', reason: 'Mollie listed payments that cannot be read.' }
    found.push(...listed.items.filter((one) => one.reference === reference))
    from = listed.items.some(({ createdAt }) => createdAt < since) ? null : listed.next
  }
  // Two by one reference: a start was repeated once its key was forgotten. The one that took money counts.
  const best = found.find(({ status }) => status === 'paid' || status === 'authorized' || status === 'pending') ?? found[0]
  return best === undefined ? { result: 'ok', value: null } : await fetchView(given, best.id)
}

function listedOf(item: Readonly<Record<string, unknown>>): Listed {
  const { id, status, createdAt } = item
  return { id: idOf(id), reference: referenceIn(item, 'payment'), status, createdAt: timeOf(createdAt) }
}

function listing({ api, clock }: Given, accessToken: () => string): NonNullable<PaymentProvider['list']> {
  return (since, after) => {
    const endsAt = clock.now() + searchMs
    return listSettlements({ api, token: accessToken(), isOutOfTime: () => clock.now() > endsAt }, since, after)
  }
}

async function verifyWebhook(given: Given, webhook: Webhook): Promise<readonly WebhookEvent[] | null> {
  if (webhook.headers['x-mollie-signature'] !== undefined) {
    const mode = given.apiKey().startsWith('live_') ? 'live' : 'test'
    return isSigned(webhook, given.webhookSecrets()) ? readEvent(webhook.body, mode) : null
  }
  const named = readClassic(webhook, given.addressSecret)
  return named === null ? null : [await eventOf(given, named, webhook.now)]
}

/**
 * A classic call has no id of its own, and its repeats are the same. So the payment is fetched at once, and the event is named by
 * what it says: a repeat that finds nothing new is one event. Facts that were fetched stay true. Without an answer it only names
 * the payment, which is then looked at again and again.
 */
async function eventOf(
  given: Given,
  { id, payment }: { readonly id: string; readonly payment: string },
  now: number,
): Promise<WebhookEvent> {
  const found = await getPayment(given, id, webhookLookMs)
  // Whose it is, Mollie knows better than its address: a call that was sent to another payment's tells nothing of that.
  if (found.result !== 'ok' || found.value.reference !== payment) return { eventId: `${id}:${now}`, reference: payment, providerRef: id }
  const { facts, declineReason, disputes } = viewOf(found.value)
  return {
    eventId: `${id}:${stateOf(found.value)}`,
    reference: payment,
    providerRef: id,
    told: { facts, declineReason, disputes: disputes ?? [] },
  }
}
