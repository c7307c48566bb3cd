// PayPal: orders that its customer approves on PayPal's site, and that are captured, or authorized, at our word.
// A start that is repeated answers the same order for six hours (72 by arrangement with PayPal). After that it makes another one,
// which does no harm: an order moves no money until its buyer has seen it, and the address of the first reached nobody.
import type {
  CaptureRequest,
  PaymentCall,
  PaymentProvider,
  ProviderResult,
  ProviderView,
  RefundRequest,
  StartRequest,
} from '../../domains/payments/provider.ts'
import { payPalCurrencies, toPayPal } from './amounts.ts'
import { createPayPalApi, type PayPalApi, type PayPalParts, type PayPalRefusal } from './api.ts'
import { createCertificates } from './certificates.ts'
import { declineOf, standsOtherwise } from './decline.ts'
import { findDisputes } from './disputes.ts'
import { findOrder } from './find-order.ts'
import { payPalMethods } from './methods.ts'
import { type Capture, type Order, type PayPalRefund, readCapture, readOrder, readRefund } from './read.ts'
import { listLines } from './report.ts'
import { declinedView, isLive, isPaid, isWaiting, viewOf, voidOf } from './view.ts'
import { verifyPayPalWebhook } from './webhook.ts'

export type PayPalOptions = PayPalParts & {
  /** `paypal`, or what the config calls a second account. */
  readonly id: string
  /** On PayPal's page; the name of the account when left out. */
  readonly brandName?: string
}

type Viewed = ProviderResult<ProviderView>
type Unknown = Extract<ProviderResult<never>, { result: 'uncertain' }>
type Ordered = { readonly result: 'ok'; readonly value: Order } | Unknown | PayPalRefusal

export function createPayPalProvider(options: PayPalOptions): PaymentProvider {
  const api = createPayPalApi(options)
  const { clock } = options
  const certificates = createCertificates(options)
  return {
    id: options.id,
    apiVersion: 'orders v2, payments v2',
    methods: payPalMethods,
    capabilities: { capturesLater: true, capturesParts: true, capturesOften: true, lists: true, currencies: payPalCurrencies },
    start: (request) => start(api, options, request),
    resume: (request) => resume(api, request),
    capture: (request) => capture(api, request),
    cancel: (request) => cancel(api, request),
    refund: (request) => refund(api, request),
    async fetch({ reference, providerRef }) {
      const order = providerRef === null ? null : await getOrder(api, providerRef)
      if (order?.result === 'ok') return await withDisputes(api, order.value)
      // An order that nobody approved is gone after hours; how long a paid one is kept is not said.
      if (order !== null && !isMissing(order)) return unknown(order)
      const found = await findOrder(api, { reference, now: clock.now() })
      if (found.result !== 'ok' || found.value === null) return found as ProviderResult<null>
      const again = await getOrder(api, found.value)
      return again.result === 'ok' ? await withDisputes(api, again.value) : unknown(again)
    },
    list: (since, after) => listLines(api, { since, after, now: clock.now() }),
    verifyWebhook: (webhook) => verifyPayPalWebhook({ api, certificates, webhookIds: options.keys().webhookIds }, webhook),
  }
}

const unreadable = { result: 'uncertain', reason: 'PayPal answered with something that is not the order it was asked for.' } as const
const isMissing = (answer: { readonly result: string; readonly status?: number }) => answer.result === 'refused' && answer.status === 404
/** A look that is refused says nothing of the payment. */
const unknown = (answer: Unknown | PayPalRefusal): Unknown =>
  answer.result === 'uncertain' ? answer : { result: 'uncertain', reason: answer.reason, isAnswered: true }
/** Nothing was asked for yet: only that the order is gone is for good. */
const withoutOrder = (answer: Unknown | PayPalRefusal) => (isMissing(answer) ? refused(answer) : unknown(answer))
const refused = ({ reason, isOurs }: { readonly reason: string; readonly isOurs?: true }) =>
  ({ result: 'refused', reason, ...(isOurs && { isOurs }) }) as const
const ok = (value: ProviderView): Viewed => ({ result: 'ok', value })

async function getOrder(api: PayPalApi, id: string): Promise<Ordered> {
  const answer = await api({ method: 'GET', path: `/v2/checkout/orders/${encodeURIComponent(id)}` })
  if (answer.result !== 'ok') return answer
  const order = readOrder(answer.value)
  return order === null || order.id !== id ? unreadable : { result: 'ok', value: order }
}

async function start(api: PayPalApi, { brandName }: PayPalOptions, request: StartRequest): Promise<Viewed> {
  const { key, reference, amount, returnUrl, description, capture: when } = request
  const value = toPayPal(amount)
  if (value === null) return refused({ reason: `PayPal takes no such amount in ${amount.currency}.` })
  const body = {
    intent: when === 'later' ? 'AUTHORIZE' : 'CAPTURE',
    // By its number an account that blocks multiple payments of one invoice takes it once.
    purchase_units: [
      { reference_id: 'default', custom_id: reference, invoice_id: reference, description: description.slice(0, 127), amount: value },
    ],
    payment_source: {
      paypal: {
        experience_context: {
          ...(brandName === undefined ? {} : { brand_name: brandName.slice(0, 127) }),
          // The shop has asked for the address, and the amount is the last word.
          shipping_preference: 'NO_SHIPPING',
          user_action: 'PAY_NOW',
          return_url: returnUrl,
          cancel_url: returnUrl,
        },
      },
    },
  }
  const answer = await api({ method: 'POST', path: '/v2/checkout/orders', key, body })
  if (answer.result !== 'ok') return answer.result === 'refused' ? refused(answer) : answer
  const order = readOrder(answer.value)
  // Another's, where it has a name and not the one that was given.
  return order === null || (order.reference ?? reference) !== reference ? unreadable : ok(viewOf(order))
}

async function resume(api: PayPalApi, { key, providerRef }: PaymentCall): Promise<Viewed> {
  const order = await getOrder(api, providerRef)
  if (order.result !== 'ok') return withoutOrder(order)
  if (!isWaiting(order.value) || order.value.status !== 'APPROVED') return ok(viewOf(order.value))
  // What the order was made for is the last word: PayPal refuses the other.
  const step = order.value.intent === 'AUTHORIZE' ? 'authorize' : 'capture'
  const answer = await api({ method: 'POST', path: `/v2/checkout/orders/${order.value.id}/${step}`, key, body: {} })
  if (answer.result === 'ok') {
    const after = readOrder(answer.value)
    return after === null || after.id !== providerRef ? unreadable : ok(viewOf(after))
  }
  if (answer.result === 'uncertain') return answer
  const decline = declineOf(answer.issue)
  if (decline !== null) return ok(declinedView(order.value, decline))
  return standsOtherwise.includes(answer.issue) ? await look(api, providerRef) : refused(answer)
}

async function look(api: PayPalApi, providerRef: string, change: (order: Order) => Order = (order) => order): Promise<Viewed> {
  const order = await getOrder(api, providerRef)
  return order.result === 'ok' ? ok(viewOf(change(order.value))) : unknown(order)
}

async function capture(api: PayPalApi, { key, providerRef, reference, amount, isFinal }: CaptureRequest): Promise<Viewed> {
  const order = await getOrder(api, providerRef)
  if (order.result !== 'ok') return withoutOrder(order)
  const authorization = order.value.authorizations.find(isLive) ?? order.value.authorizations[0]
  if (authorization === undefined) return refused({ reason: 'Nothing is authorized at PayPal that could be captured.' })
  // One that is asked for again long after PayPal has forgotten its key.
  if (order.value.captures.some((one) => one.reference === reference)) return ok(viewOf(order.value))
  const value = toPayPal(amount)
  if (value === null) return refused({ reason: `PayPal takes no such amount in ${amount.currency}.` })
  const body = { amount: value, invoice_id: reference, final_capture: isFinal }
  const answer = await api({ method: 'POST', path: `/v2/payments/authorizations/${authorization.id}/capture`, key, body })
  if (answer.result !== 'ok') return answer.result === 'refused' ? refused(answer) : answer
  const made = readCapture(answer.value, null)
  if (made === null) return unreadable
  // Its order may come to say it a moment later.
  return await look(api, providerRef, (after) => ({ ...after, captures: withOne<Capture>(after.captures, made) }))
}

const withOne = <T extends { readonly id: string }>(list: readonly T[], one: T): readonly T[] =>
  list.some(({ id }) => id === one.id) ? list : [...list, one]

async function cancel(api: PayPalApi, { providerRef }: PaymentCall): Promise<Viewed> {
  const order = await getOrder(api, providerRef)
  if (order.result !== 'ok') return withoutOrder(order)
  // PayPal cannot be told to close an order. It takes the money at our word alone, and forgets the order after hours.
  if (isWaiting(order.value)) return ok({ ...viewOf(order.value), facts: [voidOf(order.value)], phase: 'closed', action: null })
  const live = order.value.authorizations.filter(isLive)
  for (const { id } of live) {
    const answer = await api({ method: 'POST', path: `/v2/payments/authorizations/${id}/void` })
    // Void twice is void; what was captured meanwhile stands in the record.
    const isOver = answer.result === 'refused' && ['PREVIOUSLY_VOIDED', 'PREVIOUSLY_CAPTURED'].includes(answer.issue)
    if (answer.result !== 'ok' && !isOver) return answer.result === 'refused' ? refused(answer) : answer
  }
  return live.length === 0 ? ok(viewOf(order.value)) : await look(api, providerRef)
}

async function refund(api: PayPalApi, { key, providerRef, reference, amount }: RefundRequest): Promise<Viewed> {
  const order = await getOrder(api, providerRef)
  if (order.result !== 'ok') return withoutOrder(order)
  // Whatever became of it: what is tried again is another refund of ours.
  if (order.value.refunds.some((one) => one.reference === reference)) return ok(viewOf(order.value))
  const value = toPayPal(amount)
  const from = captureFor(order.value, amount.amount)
  if (value === null) return refused({ reason: `PayPal takes no such amount in ${amount.currency}.` })
  if (from === undefined)
    return refused({
      reason: 'No capture of this payment has so much left. Give it back in parts, each no larger than what one capture has left.',
    })
  const answer = await api({
    method: 'POST',
    path: `/v2/payments/captures/${from.id}/refund`,
    key,
    body: { amount: value, custom_id: reference },
  })
  if (answer.result !== 'ok') return answer.result === 'refused' ? refused(answer) : answer
  const made = readRefund(answer.value, null)
  if (made === null) return unreadable
  return await look(api, providerRef, (after) => ({ ...after, refunds: withOne<PayPalRefund>(after.refunds, made) }))
}

/** PayPal refunds captures, not orders: the one that has just enough left. */
function captureFor({ captures, refunds }: Order, amount: number): Capture | undefined {
  const leftOf = ({ id, amount: all }: Capture) =>
    refunds
      .filter((one) => (one.capture ?? id) === id && one.status !== 'FAILED' && one.status !== 'CANCELLED')
      .reduce((left, one) => left - one.amount.amount, all.amount)
  return captures
    .filter((one) => isPaid(one) && leftOf(one) >= amount)
    .toSorted((a, b) => leftOf(a) - leftOf(b))
    .at(0)
}

async function withDisputes(api: PayPalApi, order: Order): Promise<Viewed> {
  if (!order.captures.some(isPaid)) return ok(viewOf(order))
  const found = await findDisputes(api, order)
  return found.result === 'ok' ? ok(viewOf(order, found.value)) : unknown(found)
}
