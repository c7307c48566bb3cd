// The adapter of Stripe and Stripe's own library, each over sockets against the face; the face's objects against the library's types.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import Stripe from 'stripe'
import { createDice } from '../../../test/simulation/world.ts'
import { type BookOnClock, openBookOnClock } from '../../../test/support/sandbox-book.ts'
import { systemClock } from '../../base/clock.ts'
import { systemEgress } from '../../base/egress.ts'
import { createIdSource } from '../../base/ids.ts'
import type { PaymentProvider, ProviderResult, SettlementLine, SettlementPage } from '../../domains/payments/provider.ts'
import { createStripeProvider } from '../../payment-providers/stripe/adapter.ts'
import { createFacePages, type FacePages, namingOf } from './serve-face.ts'
import { stripeFace, stripeFaceKeys } from './stripe.ts'
import type { disputeObject, payoutObject, transactionObject } from './stripe-account.ts'
import type { chargeObject, intentObject, refundObject, sessionObject } from './stripe-objects.ts'

/** What the face answers is what the library says that Stripe answers: this compiles. */
const published = {
  intent: (given: ReturnType<typeof intentObject>): Omit<Stripe.PaymentIntent, 'next_action' | 'amount_details'> => given,
  session: (given: ReturnType<typeof sessionObject>): Omit<Stripe.Checkout.Session, 'payment_intent'> => given,
  charge: (given: ReturnType<typeof chargeObject>): Omit<Stripe.Charge, 'refunds' | 'payment_method_details'> => given,
  refund: (given: ReturnType<typeof refundObject>): Stripe.Refund => given,
  dispute: (given: ReturnType<typeof disputeObject>): Omit<Stripe.Dispute, 'evidence'> => given,
  transaction: (given: ReturnType<typeof transactionObject<never>>): Stripe.BalanceTransaction => given,
  payout: (given: ReturnType<typeof payoutObject>): Stripe.Payout => given,
}
assert.ok(published)

const secret = 'sbx_stripe_of_the_test'
const keys = stripeFaceKeys(secret)
let open: BookOnClock
let pages: FacePages
const server = createServer((request, response) => {
  // The library knows one path alone.
  if (request.url!.startsWith('/v1/')) request.url = `/sandbox/stripe${request.url}`
  pages(request, response)
}).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
after(() => server.close().closeAllConnections())
const { port } = server.address() as AddressInfo
const url = `http://127.0.0.1:${port}/sandbox/stripe`

let provider: PaymentProvider
let newId: ReturnType<typeof createIdSource>
const returnUrl = 'http://shop.test/orders/1'

beforeEach(() => {
  open = openBookOnClock({
    dialect: stripeFace.webhooks({ url, secret }),
    settings: stripeFace.settings ?? {},
    naming: (clock, random) => namingOf(stripeFace, clock, random),
  })
  pages = createFacePages({ face: stripeFace, book: open.book, url, secret, clock: systemClock, random: { fraction: () => 0.5 } })
  const now = () => open.book.now()
  newId = createIdSource({ ...systemClock, now }, createDice(3))
  const readKey = () => keys.secretKey
  provider = createStripeProvider({ id: 'stripe', url, egress: systemEgress, now, readKey, readWebhookSecrets: () => [keys.webhookSecret] })
})

function ok<T>(result: ProviderResult<T>): T {
  assert.equal(result.result, 'ok', JSON.stringify(result))
  return (result as { readonly value: T }).value
}
const eur = (amount: number) => ({ amount, currency: 'EUR' })

async function begin(given: Partial<Parameters<PaymentProvider['start']>[0]> = {}) {
  const reference = newId('pay')
  const request = {
    ...{ key: `payment.start:${reference}`, reference, amount: eur(2000), method: null, returnUrl, description: 'Order 1' },
    ...{ webhookUrl: 'http://shop.test/hook', email: 'grace@example.com', ...given },
  }
  const view = ok(await provider.start(request))
  return { request, view, call: (key: string) => ({ key, payment: reference, providerRef: view.providerRef, reference: newId('ref') }) }
}
async function press(page: string, answer: string): Promise<Response> {
  return await fetch(page, { method: 'POST', body: new URLSearchParams({ answer }), redirect: 'manual' })
}
const seen = async (by: { readonly reference: string; readonly providerRef: string | null }) => ok(await provider.fetch(by))!
const factsOf = ({ facts }: { readonly facts: readonly { readonly kind: string; readonly amount: { readonly amount: number } }[] }) =>
  facts.map(({ kind, amount }) => `${kind} ${amount.amount}`)
/** What the webhooks so far told the adapter. */
async function told() {
  const events = []
  for (const { body, headers } of open.told)
    events.push(
      ...((await provider.verifyWebhook({ body: Buffer.from(body!), headers: headers!, now: open.book.now() })) ??
        assert.fail('a webhook was refused')),
    )
  return events
}

test('a page of Stripe: declined, then paid, and each webhook names the payment', async () => {
  const { request, view } = await begin()
  assert.match(view.providerRef, /^cs_test_\w+$/)
  assert.equal(view.action?.type, 'redirect')
  const page = view.action?.type === 'redirect' ? view.action.url : ''
  assert.equal((await fetch(page)).status, 200)
  assert.equal((await press(page, 'decline')).status, 200, 'another try is welcome')
  const open1 = await seen({ reference: request.reference, providerRef: view.providerRef })
  assert.deepEqual([open1.phase, open1.declineReason, factsOf(open1)], ['open', 'The card was declined.', []])
  // Who turns back can come again.
  assert.equal((await press(page, 'cancel')).headers.get('location'), returnUrl)
  const back = await press(page, 'approve')
  assert.deepEqual([back.status, back.headers.get('location')], [303, returnUrl])
  const paid = await seen({ reference: request.reference, providerRef: view.providerRef })
  assert.deepEqual([paid.phase, factsOf(paid), paid.action], ['closed', ['cap_ok 2000'], null])
  open.pass(0)
  const events = await told()
  assert.ok(events.length >= 3 && events.every(({ reference }) => reference === request.reference), JSON.stringify(events))
  const facts = events.flatMap((event) => event.told?.facts ?? [])
  assert.deepEqual(
    facts.map(({ kind, operationRef, amount }) => [kind, operationRef, amount]),
    paid.facts.map(({ kind, operationRef, amount }) => [kind, operationRef, amount]),
    'what an event tells is what its record says',
  )
  assert.deepEqual(await seen({ reference: request.reference, providerRef: null }), paid, 'by our name of it as well')
  open.pass(2 * 3_600_000)
  assert.deepEqual(await seen({ reference: request.reference, providerRef: null }), paid)
  assert.deepEqual(ok(await provider.fetch({ reference: newId('pay'), providerRef: null })), null)
  assert.deepEqual(ok(await provider.fetch({ reference: request.reference, providerRef: 'cs_test_none' })), null)
})

test('a delayed method', async () => {
  for (const [method, phase, facts] of [
    ['delayed_success', 'closed', ['cap_ok 2000']],
    ['delayed_failure', 'closed', ['auth_fail 2000']],
  ] as const) {
    const { request, view } = await begin()
    await press(view.action?.type === 'redirect' ? view.action.url : '', method)
    const by = { reference: request.reference, providerRef: view.providerRef }
    assert.deepEqual([(await seen(by)).phase, (await seen(by)).facts], ['processing', []])
    open.pass(20_000)
    const after = await seen(by)
    assert.deepEqual([after.phase, factsOf(after)], [phase, facts])
  }
})

test('captured later, a part of it, and the rest is given up', async () => {
  const { request, view, call } = await begin({ capture: 'later' })
  await press(view.action?.type === 'redirect' ? view.action.url : '', 'approve')
  const by = { reference: request.reference, providerRef: view.providerRef }
  const authorized = await seen(by)
  assert.deepEqual([factsOf(authorized), authorized.capturableUntil], [['auth_ok 2000'], open.book.now() + 7 * 86_400_000])
  const wanted = { ...call('capture'), amount: eur(1500) }
  assert.equal((await provider.capture!({ ...wanted, isFinal: false })).result, 'refused')
  const taken = ok(await provider.capture!({ ...wanted, isFinal: true }))
  assert.deepEqual(factsOf(taken), ['auth_ok 2000', 'cap_ok 1500', 'void_ok 500'])
  assert.equal(taken.facts.find(({ kind }) => kind === 'cap_ok')?.reference, wanted.reference)
  assert.deepEqual(ok(await provider.capture!({ ...wanted, key: 'again', isFinal: true })), taken, 'captured once, whoever asks again')
  open.pass(0)
  assert.deepEqual(
    (await told()).flatMap((event) => event.told?.facts ?? []),
    [],
    'what is captured later is asked for',
  )
})

test('given up: a page that is open, an authorization; and one that was paid stays so', async () => {
  const opened = await begin()
  assert.deepEqual(factsOf(ok(await provider.cancel(opened.call('cancel')))), ['void_ok 2000'])
  assert.deepEqual(factsOf(ok(await provider.cancel(opened.call('cancel again')))), ['void_ok 2000'])
  const authorized = await begin({ capture: 'later' })
  await press(authorized.view.action?.type === 'redirect' ? authorized.view.action.url : '', 'approve')
  assert.deepEqual(factsOf(ok(await provider.cancel(authorized.call('cancel')))), ['auth_ok 2000', 'void_ok 2000'])
  const form = await begin({ method: 'element' })
  assert.equal(form.view.action?.type, 'clientSecret')
  assert.deepEqual(factsOf(ok(await provider.cancel(form.call('cancel')))), ['void_ok 2000'])
  const paid = await begin()
  await press(paid.view.action?.type === 'redirect' ? paid.view.action.url : '', 'approve')
  assert.deepEqual(factsOf(ok(await provider.cancel(paid.call('cancel')))), ['cap_ok 2000'])
})

async function paidOne() {
  const one = await begin()
  await press(one.view.action?.type === 'redirect' ? one.view.action.url : '', 'approve')
  return one
}

test('given back in parts, once for each key, never more than was taken, and from the dashboard', async () => {
  const { request, view, call } = await paidOne()
  const first = { ...call('refund'), amount: eur(700) }
  const once = ok(await provider.refund(first))
  assert.deepEqual(factsOf(once), ['cap_ok 2000', 'ref_ok 700'])
  assert.equal(once.facts.at(-1)?.reference, first.reference)
  assert.deepEqual(ok(await provider.refund(first)), once)
  const tooMuch = await provider.refund({ ...call('refund 2'), amount: eur(1301) })
  assert.deepEqual(tooMuch, { result: 'refused', reason: 'Stripe refused it, for its amount.' })
  open.book.refundInDashboard(open.book.find(view.providerRef)!.id, 1300)
  open.pass(0)
  assert.equal((await told()).at(-1)?.reference, request.reference)
  const after = await seen({ reference: request.reference, providerRef: view.providerRef })
  assert.deepEqual(factsOf(after).toSorted(), ['cap_ok 2000', 'ref_ok 1300', 'ref_ok 700'])
})

test('a dispute: withdrawn, then lost; and another that is won', async () => {
  for (const [step, facts, status] of [
    ['lose', ['cap_ok 2000', 'disp_withdrawn 2000', 'disp_lost 2000'], 'lost'],
    ['win', ['cap_ok 2000', 'disp_withdrawn 2000', 'disp_reinstated 2000'], 'won'],
  ] as const) {
    const { request, view } = await paidOne()
    const by = { reference: request.reference, providerRef: view.providerRef }
    const { id } = open.book.find(view.providerRef)!
    const [dispute] = open.book.dispute(id).disputes
    open.pass(0)
    assert.equal((await told()).at(-1)?.reference, request.reference, 'whose it is was asked for')
    const disputed = await seen(by)
    assert.deepEqual(factsOf(disputed), ['cap_ok 2000', 'disp_withdrawn 2000'])
    assert.deepEqual([disputed.disputes?.[0]?.status, disputed.disputes?.[0]?.ref], ['needs_response', dispute!.id])
    open.book.moveDispute(dispute!.id, step)
    const ended = await seen(by)
    assert.deepEqual([factsOf(ended), ended.disputes?.[0]?.status], [facts, status])
  }
})

test('whatever goes wrong on the way is uncertain, and a repeat acts once', async () => {
  for (const kind of [
    'effect_no_answer',
    'no_effect_no_answer',
    'half_body',
    'html',
    'redirect',
    'rate_limit',
    'outage',
    'key_in_use',
  ] as const) {
    const { call, request, view } = await paidOne()
    // A call on a kept connection that is cut goes out once more by itself.
    open.book.faults.plan({ call: 'refund', kind, count: 2 })
    const asked = { ...call(`refund ${kind}`), amount: eur(500) }
    const first = await provider.refund(asked)
    open.book.faults.clear()
    assert.equal(first.result, 'uncertain', `${kind} ${JSON.stringify(first)}`)
    if (kind === 'rate_limit') assert.ok(first.result === 'uncertain' && first.afterMs === 1_000)
    assert.deepEqual(factsOf(ok(await provider.refund(asked))), ['cap_ok 2000', 'ref_ok 500'], kind)
    assert.equal((await seen({ reference: request.reference, providerRef: view.providerRef })).facts.length, 2, kind)
  }
})

test('a failure that Stripe repeats under a key: what was made is found, and what was not is made under another', async () => {
  const { call, view } = await paidOne()
  for (const kind of ['effect_500', 'no_effect_500'] as const) {
    open.book.faults.plan({ call: 'refund', kind, count: 1 })
    const asked = { ...call(`refund ${kind}`), amount: eur(500) }
    assert.equal((await provider.refund(asked)).result, 'uncertain')
    const facts = factsOf(ok(await provider.refund(asked)))
    assert.equal(facts.filter((one) => one === 'ref_ok 500').length, kind === 'effect_500' ? 1 : 2)
  }
  assert.equal(open.book.find(view.providerRef)?.refunds.length, 2)
  open.book.faults.plan({ call: 'start', kind: 'effect_500', count: 1 })
  const reference = newId('pay')
  const start = { key: 'start', reference, amount: eur(100), method: null, returnUrl, description: 'x', webhookUrl: '' }
  assert.equal((await provider.start(start)).result, 'uncertain')
  assert.equal(ok(await provider.start(start)).phase, 'open')
  assert.equal(open.book.all().filter((one) => one.reference === reference).length, 1)
})

test('a key that Stripe has forgotten: a start and a refund that came about are found', async () => {
  const { request, view, call } = await paidOne()
  const asked = { ...call('refund'), amount: eur(500) }
  open.book.faults.plan({ call: 'refund', kind: 'effect_no_answer', count: 2 })
  assert.equal((await provider.refund(asked)).result, 'uncertain')
  open.book.faults.clear()
  open.pass(25 * 3_600_000)
  assert.deepEqual(factsOf(ok(await provider.refund(asked))), ['cap_ok 2000', 'ref_ok 500'])
  assert.equal(ok(await provider.start(request)).providerRef, view.providerRef)
  assert.equal(open.book.all().length, 1)
})

test('what cannot work is refused with a reason for people', async () => {
  const start = { key: 'k', reference: newId('pay'), returnUrl, description: 'x', webhookUrl: '', method: null }
  const refused = async (given: object) => {
    const answer = await provider.start({ ...start, amount: eur(100), ...given })
    return answer.result === 'refused' ? answer.reason : assert.fail(JSON.stringify(answer))
  }
  assert.equal(await refused({ method: 'card_success' }), 'There is no such method.')
  assert.match(await refused({ amount: { amount: 1234, currency: 'KWD' } }), /cannot take exactly this amount of KWD/)
  const other = createStripeProvider({
    ...{
      id: 'stripe',
      url,
      egress: systemEgress,
      now: () => open.book.now(),
      readKey: () => 'sk_test_revoked',
      readWebhookSecrets: () => [],
    },
  })
  assert.deepEqual(await other.start({ ...start, amount: eur(100) }), { result: 'uncertain', reason: 'Stripe refused our key.' })
})

test('the account: each line once with its fee, and again with its payout', async () => {
  const { request, call } = await paidOne()
  ok(await provider.refund({ ...call('refund'), amount: eur(500) }))
  open.pass(40 * 86_400_000)
  await paidOne()
  const payout = open.book.payOut('EUR')
  const lines: SettlementLine[] = []
  let after: string | null = null
  do {
    const page: SettlementPage = ok(await provider.list!(Date.UTC(2026, 10, 20), after))
    lines.push(...page.lines)
    after = page.next
  } while (after !== null)
  const first = lines.filter((line, index) => lines.findIndex(({ ref }) => ref === line.ref) === index)
  assert.deepEqual(
    first.map(({ kind, amount, fee, reference }) => [kind, amount.amount, fee.amount, reference === request.reference]),
    [
      ['payment', 2000, 55, true],
      ['refund', -500, 0, true],
      ['payment', 2000, 55, false],
      ['payout', -3390, 0, false],
    ],
  )
  assert.deepEqual(
    new Set(lines.filter(({ payoutRef }) => payoutRef === payout.id).map(({ ref }) => ref)),
    new Set(first.map(({ ref }) => ref)),
  )
  assert.deepEqual(
    lines.map(({ at }) => at).slice(0, 4),
    lines
      .map(({ at }) => at)
      .slice(0, 4)
      .toSorted((a, b) => a - b),
  )
  const facts = (await seen({ reference: request.reference, providerRef: null })).facts.map(({ operationRef }) => operationRef)
  assert.deepEqual(
    first.slice(0, 2).map(({ operationRef }) => operationRef),
    facts,
    'a line names the operation as its fact does',
  )
})

test("Stripe's own library", async () => {
  const stripe = new Stripe(keys.secretKey, { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 })
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: returnUrl,
    line_items: [{ quantity: 2, price_data: { currency: 'isk', unit_amount: 50_000, product_data: { name: 'Book' } } }],
    metadata: { a: 'b' },
  })
  assert.deepEqual([session.status, session.amount_total, session.currency, session.metadata], ['open', 100_000, 'isk', { a: 'b' }])
  assert.equal(open.book.find(session.id)?.amountMinor, 1000)
  await assert.rejects(
    stripe.checkout.sessions.retrieve('cs_test_none'),
    (error) => error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing',
  )
  await assert.rejects(
    stripe.paymentIntents.create({ amount: 5, currency: 'eur', confirm: true, payment_method: 'pm_none' }),
    /No such PaymentMethod/,
  )
  const intent = await stripe.paymentIntents.create(
    { amount: 2000, currency: 'eur', automatic_payment_methods: { enabled: true } },
    { idempotencyKey: 'one' },
  )
  assert.equal(intent.status, 'requires_payment_method')
  assert.equal(
    (
      await stripe.paymentIntents.create(
        { amount: 2000, currency: 'eur', automatic_payment_methods: { enabled: true } },
        { idempotencyKey: 'one' },
      )
    ).id,
    intent.id,
  )
  await assert.rejects(
    stripe.paymentIntents.create({ amount: 2001, currency: 'eur' }, { idempotencyKey: 'one' }),
    (error) => error instanceof Stripe.errors.StripeIdempotencyError,
  )
  await assert.rejects(
    stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_chargeDeclined' }),
    (error) => error instanceof Stripe.errors.StripeCardError && error.decline_code === 'generic_decline',
  )
  const challenged = await stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_authenticationRequired' })
  assert.equal(challenged.status, 'requires_action')
  await press(challenged.next_action!.redirect_to_url!.url!, 'approve')
  const paid = await stripe.paymentIntents.retrieve(intent.id, { expand: ['latest_charge.refunds'] })
  assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 2000])
  const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 500 })
  assert.deepEqual([refund.status, (await stripe.refunds.list({ payment_intent: intent.id })).data.length], ['succeeded', 1])
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 1501 }), Stripe.errors.StripeInvalidRequestError)
  const lines = await stripe.balanceTransactions.list({ expand: ['data.source'] })
  assert.deepEqual(
    lines.data.map(({ type, net }) => [type, net]),
    [
      ['refund', -500],
      ['charge', 1945],
    ],
  )
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amont: 5 } as never), /unknown parameter: amont/)
  const denied = new Stripe('sk_test_wrong', { host: '127.0.0.1', port, protocol: 'http' })
  await assert.rejects(denied.refunds.list(), Stripe.errors.StripeAuthenticationError)
  open.pass(0)
  for (const { body, headers } of open.told) {
    const event = stripe.webhooks.constructEvent(body!, headers!['stripe-signature']!, keys.webhookSecret, 1e9)
    assert.equal(event.object, 'event')
  }
})
