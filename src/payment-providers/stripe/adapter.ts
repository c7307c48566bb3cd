// Stripe as a payment provider: a page of its own by redirect (`checkout`, also when none is named), or its form in a page of ours
// (`element`). It keeps nothing: what it must know it asks Stripe for.
import type { Egress } from '../../base/egress.ts'
import type {
  CaptureRequest,
  PaymentCall,
  PaymentProvider,
  ProviderView,
  RefundRequest,
  StartRequest,
} from '../../domains/payments/provider.ts'
import { toStripe } from './amounts.ts'
import { createStripeApi, stripeVersion } from './api.ts'
import { createDesk, type Desk, type Known, type LookUp, once, refused, unlessDone, type Viewed } from './desk.ts'
import { viewing } from './find.ts'
import { linesOf } from './lines.ts'
import { stripeMethods } from './methods.ts'
import { markIn, namedAs, nameIn, refundMark, wordIn } from './read.ts'
import { cancelForm, captureForm, expireForm, intentForm, refundForm, sessionForm } from './requests.ts'
import { viewOf } from './view.ts'
import { createWebhookReader } from './webhook.ts'

export const stripeUrl = 'https://api.stripe.com'

export type StripeParts = {
  readonly id: string
  readonly url: string
  readonly egress: Egress
  readonly now: () => number
  /** As of now: both may have changed since the last call. */
  readonly readKey: () => string
  readonly readWebhookSecrets: () => readonly string[]
}

export function createStripeProvider(parts: StripeParts): PaymentProvider {
  const desk = createDesk(createStripeApi(parts), parts.now)
  const { finder } = desk
  return {
    id: parts.id,
    apiVersion: stripeVersion,
    methods: stripeMethods,
    capabilities: { capturesLater: true, capturesParts: true, capturesOften: false, lists: true, currencies: null },
    start: (request) => start(desk, request),
    capture: (request) => capture(desk, request),
    cancel: (request) => cancel(desk, request),
    refund: (request) => refund(desk, request),
    fetch: ({ reference, providerRef }) =>
      viewing(() => (providerRef === null ? finder.byReference(reference) : finder.byName(providerRef))),
    list: (since, after) => linesOf(finder, { since, after, now: parts.now() }),
    verifyWebhook: createWebhookReader({ finder, readSecrets: parts.readWebhookSecrets }),
  }
}

async function start(desk: Desk, request: StartRequest): Promise<Viewed> {
  const { key, reference, amount: asked, method } = request
  if (method !== null && !stripeMethods.some((one) => one === method)) return refused('There is no such method.')
  const amount = toStripe(asked)
  if (amount === null || amount <= 0) return refused(`Stripe cannot take exactly this amount of ${asked.currency}.`)
  const find: LookUp = () => viewing(() => desk.finder.byReference(reference))
  if (desk.isOld(reference)) {
    const found = await find()
    if (found.result !== 'ok') return found
    if (found.value !== null) return { result: 'ok', value: found.value }
  }
  const whole = { ...request, amount, currency: asked.currency }
  const call =
    method === 'element' ? { path: 'payment_intents', form: intentForm(whole) } : { path: 'checkout/sessions', form: sessionForm(whole) }
  return await desk.call({ ...call, key, find }, (object) => desk.viewOfNew(object, reference))
}

const has = (view: ProviderView, ...kinds: readonly string[]) => view.facts.some(({ kind }) => kinds.includes(kind))
const isTakenOrGivenUp = ({ view }: Known) => has(view, 'cap_ok', 'void_ok')
const isUncaptured = (view: ProviderView) => has(view, 'auth_ok') && !has(view, 'cap_ok', 'void_ok')

async function capture(desk: Desk, request: CaptureRequest): Promise<Viewed> {
  const known = await desk.get(request)
  if (known.result !== 'ok') return known
  if (known.value === null || known.value.intent === null) return refused('Stripe has no such payment.')
  const { view, intent, found } = known.value
  if (isTakenOrGivenUp(known.value)) return { result: 'ok', value: view }
  const authorized = view.facts.find(({ kind }) => kind === 'auth_ok')?.amount.amount ?? 0
  if (!request.isFinal && request.amount.amount < authorized) return refused('Stripe captures once: what is not captured then is given up.')
  const amount = toStripe(request.amount)
  if (amount === null || amount <= 0) return refused('Stripe cannot capture exactly this amount.')
  const find: LookUp = () => once(desk, request, isTakenOrGivenUp)
  const call = { path: `payment_intents/${intent}/capture`, form: captureForm(amount, request.reference), key: request.key, find }
  return await unlessDone(await desk.call(call, (object) => desk.viewWith(found.session, namedAs(object, intent))), find)
}

async function cancel(desk: Desk, request: PaymentCall): Promise<Viewed> {
  const known = await desk.get(request)
  if (known.result !== 'ok') return known
  if (known.value === null) return refused('Stripe has no such payment.')
  const { view, intent, found } = known.value
  if (view.phase !== 'open' && !isUncaptured(view)) return { result: 'ok', value: view }
  // A page that is open is closed, and its PaymentIntent with it.
  const { session } = found
  const page = session !== null && wordIn(session, 'status') === 'open' ? nameIn(session, 'id') : null
  const call =
    page === null
      ? { path: `payment_intents/${intent}/cancel`, form: cancelForm }
      : { path: `checkout/sessions/${page}/expire`, form: expireForm }
  const find: LookUp = () => once(desk, request, (one) => one.view.phase !== 'open' && !isUncaptured(one.view))
  const answer = await desk.call({ ...call, key: request.key, find }, (object) =>
    page === null ? desk.viewWith(session, namedAs(object, intent ?? '')) : desk.viewOf(namedAs(object, page)),
  )
  return await unlessDone(answer, find)
}

async function refund(desk: Desk, request: RefundRequest): Promise<Viewed> {
  const known = await desk.get(request)
  if (known.result !== 'ok') return known
  if (known.value === null || known.value.intent === null) return refused('Stripe has no such payment.')
  const { intent, found, view } = known.value
  const amount = toStripe(request.amount)
  if (amount === null || amount <= 0) return refused('Stripe cannot give back exactly this amount.')
  // The list of a payment's refunds is complete at once.
  const isThere = ({ found: { refunds } }: Known) => refunds.some((one) => markIn(one, refundMark) === request.reference)
  if (desk.isOld(request.reference) && isThere(known.value)) return { result: 'ok', value: view }
  const find: LookUp = () => once(desk, request, isThere)
  const call = { path: 'refunds', form: refundForm(request, { intent, amount }), key: request.key, find }
  return await desk.call(call, async () => viewOf((await desk.finder.byName(request.providerRef)) ?? found))
}
