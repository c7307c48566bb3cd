// What the adapter asks of Mollie, and what it makes of answers, by a double that answers one call after another. That both sides fit
// together is tested over sockets, against the sandbox's face.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EgressAnswer, EgressRequest } from '../../base/egress.ts'
import { createIdSource } from '../../base/ids.ts'
import { signHmac } from '../../base/secret.ts'
import type { StartRequest, Webhook } from '../../domains/payments/provider.ts'
import { createMollieProvider } from './adapter.ts'
import { asUuid } from './api.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const newId = createIdSource({ now: () => now } as never, { bytes: (count: number) => new Uint8Array(count), fraction: () => 0 } as never)
const ours = newId('pay')
const refundId = newId('ref')
const captureId = newId('cap')
const addressSecret = 'kept by the shop'
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const value = (text: string) => ({ currency: 'EUR', value: text })

type Answer = EgressAnswer | Error
const json = (status: number, body: object): EgressAnswer => ({ status, body: JSON.stringify(body) })
const problem = (status: number, detail = 'No.') => json(status, { status, title: 'Error', detail, _links: {} })

function open(answers: readonly Answer[], more: { readonly at?: number; readonly key?: string; readonly url?: string } = {}) {
  const asked: (EgressRequest & { readonly json: Record<string, unknown> })[] = []
  const left = [...answers]
  const provider = createMollieProvider({
    id: 'mollie',
    clock: { now: () => more.at ?? now },
    url: more.url ?? 'https://api.mollie.com',
    apiKey: () => more.key ?? 'test_abcdefghijklmnopqrstuvwxyz1234',
    accessToken: () => 'access_abc',
    webhookSecrets: () => ['newer', 'older'],
    addressSecret,
    egress: {
      async request(request) {
        asked.push({ ...request, json: JSON.parse(request.body ?? '{}') as Record<string, unknown> })
        const answer = left.shift()
        assert.ok(answer, `nothing more is to be asked: ${request.method} ${request.url}`)
        if (answer instanceof Error) throw answer
        return answer
      },
    },
  })
  return { provider, asked, left }
}

function payment(more: Record<string, unknown> = {}) {
  return {
    resource: 'payment',
    id: 'tr_5B8cwPMGnU',
    mode: 'test',
    createdAt: '2026-11-30T11:59:00+00:00',
    amount: value('19.99'),
    description: 'Order',
    method: null,
    metadata: { payment: ours },
    status: 'open',
    isCancelable: false,
    profileId: 'pfl_1',
    sequenceType: 'oneoff',
    _links: {
      self: { href: '…', type: 'application/hal+json' },
      checkout: { href: 'https://www.mollie.com/checkout/select-method/5B8cwPMGnU', type: 'text/html' },
    },
    ...more,
  }
}
const paid = (more: Record<string, unknown> = {}) => payment({ status: 'paid', paidAt: '2026-11-30T12:01:00+00:00', _links: {}, ...more })
const list = (name: string, items: readonly object[], next: string | null = null) => ({
  count: items.length,
  _embedded: { [name]: items },
  _links: { self: {}, previous: null, next: next === null ? null : { href: `https://api.mollie.com/v2/${name}?from=${next}&limit=250` } },
})

const order: StartRequest = {
  key: `payment.start:${ours}`,
  reference: ours,
  amount: eur(1_999),
  method: null,
  returnUrl: 'https://shop.example/orders/1',
  description: 'Order',
  webhookUrl: 'https://shop.example/api/payments/webhooks/mollie',
}
const call = { key: 'k', payment: ours, providerRef: 'tr_5B8cwPMGnU' }

test('a payment is begun with our id in its metadata and a webhook address that proves itself', async () => {
  const { provider, asked } = open([json(201, payment())])
  const started = await provider.start({ ...order, email: 'grace@example.com', method: 'creditcard', capture: 'later' })
  assert.deepEqual(started, {
    result: 'ok',
    value: {
      providerRef: 'tr_5B8cwPMGnU',
      facts: [],
      phase: 'open',
      action: { type: 'redirect', url: 'https://www.mollie.com/checkout/select-method/5B8cwPMGnU' },
      declineReason: null,
      capturableUntil: null,
      disputes: [],
    },
  })
  const [{ json: body, headers, url, method }] = asked as [(typeof asked)[number]]
  assert.equal(`${method} ${url}`, 'POST https://api.mollie.com/v2/payments')
  assert.equal(headers!['idempotency-key'], asUuid(order.key))
  assert.match(headers!['idempotency-key']!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(headers!['authorization'], 'Bearer test_abcdefghijklmnopqrstuvwxyz1234')
  const { webhookUrl, ...rest } = body
  assert.deepEqual(rest, {
    amount: value('19.99'),
    description: 'Order',
    redirectUrl: order.returnUrl,
    metadata: { payment: ours },
    method: 'creditcard',
    captureMode: 'manual',
    billingAddress: { email: 'grace@example.com' },
  })
  assert.match(webhookUrl as string, new RegExp(`^${order.webhookUrl}\\?payment=${ours}&proof=[0-9a-f]{64}$`))
})

test('what cannot be begun is refused, and nobody is asked', async () => {
  const { provider } = open([])
  assert.equal((await provider.start({ ...order, method: 'ideal', capture: 'later' })).result, 'refused')
  assert.equal((await provider.start({ ...order, amount: { amount: 100, currency: 'ABC' } })).result, 'refused')
})

test('a shop on this machine gives no address to the real Mollie, and one to a face beside it', async () => {
  const webhookUrl = 'http://localhost:8090/api/payments/webhooks/mollie'
  const far = open([json(201, payment())])
  await far.provider.start({ ...order, webhookUrl })
  assert.equal('webhookUrl' in far.asked[0]!.json, false)
  const near = open([json(201, payment())], { url: 'http://localhost:8090/sandbox/mollie' })
  await near.provider.start({ ...order, webhookUrl })
  assert.equal('webhookUrl' in near.asked[0]!.json, true)
})

test('a start whose key may be forgotten looks first, and makes none where there is one', async () => {
  const late = { at: now + 46 * 60_000 }
  const there = open([json(200, list('payments', [payment({ id: 'tr_other', metadata: null }), payment()])), json(200, paid())], late)
  const found = await there.provider.start(order)
  assert.ok(found.result === 'ok' && found.value.facts[0]?.kind === 'cap_ok')
  const nowhere = open([json(200, list('payments', [])), json(201, payment())], late)
  assert.equal((await nowhere.provider.start(order)).result, 'ok')
  const dark = open([new Error('no answer')], late)
  assert.equal((await dark.provider.start(order)).result, 'uncertain')
  assert.deepEqual([there.left.length, nowhere.left.length], [0, 0])
})

test('by our reference alone: pages back to when it was made, and no further', async () => {
  const old = payment({ id: 'tr_old', metadata: 'no object', createdAt: '2026-11-30T11:00:00+00:00' })
  const young = payment({ id: 'tr_young', metadata: { payment: 7 } })
  const none = open([json(200, list('payments', [young], 'tr_old')), json(200, list('payments', [old], 'tr_older'))])
  assert.deepEqual(await none.provider.fetch({ reference: ours, providerRef: null }), { result: 'ok', value: null })
  assert.match(none.asked[1]!.url, /from=tr_old$/)
  const many = open(Array.from({ length: 10 }, () => json(200, list('payments', [young], 'tr_x'))))
  assert.equal((await many.provider.fetch({ reference: ours, providerRef: null })).result, 'uncertain')
  const broken = open([json(200, list('payments', [{ ...young, createdAt: 'yesterday' }]))])
  assert.equal((await broken.provider.fetch({ reference: ours, providerRef: null })).result, 'uncertain')
  const two = open([json(200, list('payments', [payment({ id: 'tr_b' }), paid({ id: 'tr_a' })])), json(200, paid({ id: 'tr_a' }))])
  assert.equal((await two.provider.fetch({ reference: ours, providerRef: null })).result, 'ok')
  assert.match(two.asked[1]!.url, /payments\/tr_a\?/)
})

const at = (text: string) => Date.parse(text)
async function viewOf(answer: object) {
  const { provider, asked } = open([json(200, answer)])
  const found = await provider.fetch({ reference: ours, providerRef: 'tr_5B8cwPMGnU' })
  assert.match(asked[0]!.url, /embed=captures,refunds,chargebacks$/)
  assert.ok(found.result === 'ok' && found.value !== null, JSON.stringify(found))
  return found.value
}
const kinds = (view: { facts: readonly { kind: string; operationRef: string; amount: { amount: number } }[] }) =>
  view.facts.map(({ kind, operationRef, amount }) => `${kind} ${operationRef} ${amount.amount}`)

test('each status is what it is', async () => {
  const whole = { operationRef: 'tr_5B8cwPMGnU', amount: eur(1_999) }
  assert.deepEqual((await viewOf(paid())).facts, [{ kind: 'cap_ok', ...whole, providerTime: at('2026-11-30T12:01:00Z') }])
  const failed = payment({
    status: 'failed',
    failedAt: '2026-11-30T12:01:00+00:00',
    details: { failureReason: 'insufficient_funds', failureMessage: 'Too little money.', cardNumber: '6787', cardHolder: 'T. TEST' },
  })
  const refused = await viewOf(failed)
  assert.deepEqual(kinds(refused), ['auth_fail tr_5B8cwPMGnU 1999'])
  assert.equal(refused.declineReason, 'Too little money.')
  assert.equal(JSON.stringify(refused).includes('6787'), false)
  for (const status of ['canceled', 'expired'])
    assert.deepEqual(kinds(await viewOf(payment({ status, [`${status}At`]: '2026-11-30T12:01:00+00:00' }))), ['void_ok tr_5B8cwPMGnU 1999'])
  const pending = await viewOf(payment({ status: 'pending' }))
  assert.deepEqual([pending.phase, pending.action, pending.facts], ['processing', null, []])
})

test('a bank transfer is under way from the moment its customer was told where to send it', async () => {
  const transfer = payment({ method: 'banktransfer' })
  const { provider } = open([json(201, transfer)])
  const started = await provider.start({ ...order, method: 'banktransfer' })
  assert.ok(started.result === 'ok' && started.value.phase === 'open')
  const later = await viewOf(transfer)
  assert.deepEqual([later.phase, later.action, later.facts], ['processing', null, []])
})

const manual = (more: Record<string, unknown>) =>
  payment({ captureMode: 'manual', authorizedAt: '2026-11-30T12:01:00+00:00', captureBefore: '2026-12-07T12:01:00+00:00', ...more })
const captured = (id: string, text: string, status = 'succeeded') => ({
  resource: 'capture',
  id,
  mode: 'test',
  amount: value(text),
  status,
  metadata: { capture: captureId },
  createdAt: '2026-11-30T12:02:00+00:00',
  paymentId: 'tr_5B8cwPMGnU',
})

test('manual captures take the money, and what they leave is void once it is over', async () => {
  const held = await viewOf(manual({ status: 'authorized' }))
  assert.deepEqual(kinds(held), ['auth_ok tr_5B8cwPMGnU 1999'])
  assert.deepEqual([held.phase, held.capturableUntil], ['closed', at('2026-12-07T12:01:00Z')])
  const part = await viewOf(
    manual({ status: 'authorized', _embedded: { captures: [captured('cpt_1', '5.00'), captured('cpt_2', '1.00', 'failed')] } }),
  )
  assert.deepEqual(kinds(part), ['auth_ok tr_5B8cwPMGnU 1999', 'cap_ok cpt_1 500', 'cap_fail cpt_2 100'])
  const under = await viewOf(manual({ status: 'authorized', _embedded: { captures: [captured('cpt_1', '5.00', 'pending')] } }))
  assert.deepEqual([under.phase, kinds(under)], ['processing', ['auth_ok tr_5B8cwPMGnU 1999']])
  const over = await viewOf(
    manual({ status: 'paid', paidAt: '2026-11-30T12:03:00+00:00', _embedded: { captures: [captured('cpt_1', '5.00')] } }),
  )
  assert.deepEqual(kinds(over), ['auth_ok tr_5B8cwPMGnU 1999', 'cap_ok cpt_1 500', 'void_ok tr_5B8cwPMGnU 1499'])
  const whole = await viewOf(
    manual({ status: 'paid', paidAt: '2026-11-30T12:03:00+00:00', _embedded: { captures: [captured('cpt_1', '19.99')] } }),
  )
  assert.deepEqual(kinds(whole), ['auth_ok tr_5B8cwPMGnU 1999', 'cap_ok cpt_1 1999'])
  // As Mollie describes one: without the time of its authorization.
  const { authorizedAt: _, ...bare } = manual({
    status: 'paid',
    paidAt: '2026-11-30T12:03:00+00:00',
    amountCaptured: value('5.00'),
  }) as Record<string, unknown>
  assert.deepEqual(kinds(await viewOf({ ...bare, _embedded: { captures: [captured('cpt_1', '5.00')] } })), [
    'cap_ok cpt_1 500',
    'void_ok tr_5B8cwPMGnU 1499',
  ])
  // Chosen on Mollie's page: a method that cannot hold money takes all of it at once.
  assert.deepEqual(kinds(await viewOf({ ...bare, amountCaptured: null })), ['cap_ok tr_5B8cwPMGnU 1999'])
  const { provider } = open([json(200, bare)])
  assert.equal((await provider.fetch({ reference: ours, providerRef: 'tr_5B8cwPMGnU' })).result, 'uncertain')
  // The payment itself takes it here: captures that Mollie makes of it by itself are the same money.
  const auto = await viewOf(paid({ _embedded: { captures: [captured('cpt_1', '19.99')] } }))
  assert.deepEqual(kinds(auto), ['cap_ok tr_5B8cwPMGnU 1999'])
})

const returned = (id: string, status: string, metadata: unknown = { refund: refundId }) => ({
  resource: 'refund',
  id,
  mode: 'test',
  amount: value('4.00'),
  status,
  metadata,
  createdAt: '2026-11-30T12:05:00+00:00',
  paymentId: 'tr_5B8cwPMGnU',
})

test('refunds and chargebacks', async () => {
  const refunds = [
    returned('re_1', 'refunded'),
    returned('re_2', 'failed', null),
    returned('re_3', 'canceled', ['of', 'others']),
    ...['queued', 'pending', 'processing'].map((status, index) => returned(`re_${index + 4}`, status)),
  ]
  const view = await viewOf(paid({ _embedded: { refunds } }))
  assert.deepEqual(kinds(view).slice(1), ['ref_ok re_1 400', 'ref_fail re_2 400', 'ref_fail re_3 400'])
  assert.equal(view.facts[1]!.reference, refundId)
  assert.equal('reference' in view.facts[2]!, false)

  const chargeback = {
    resource: 'chargeback',
    id: 'chb_1',
    amount: value('19.99'),
    createdAt: '2026-12-01T00:00:00+00:00',
    paymentId: 'tr_1',
  }
  const taken = await viewOf(
    paid({ _embedded: { chargebacks: [{ ...chargeback, reason: { code: 'AC01', description: 'Account closed' } }] } }),
  )
  assert.deepEqual(kinds(taken).slice(1), ['disp_withdrawn chb_1 1999'])
  assert.deepEqual(taken.disputes, [
    { ref: 'chb_1', status: 'under_review', amount: eur(1_999), reason: 'Account closed', evidenceDueAt: null },
  ])
  const back = await viewOf(paid({ _embedded: { chargebacks: [{ ...chargeback, reversedAt: '2026-12-09T00:00:00+00:00' }] } }))
  assert.deepEqual(kinds(back).slice(1), ['disp_withdrawn chb_1 1999', 'disp_reinstated chb_1 1999'])
  assert.equal(back.disputes![0]!.status, 'won')
})

test('what cannot be used is uncertain, whatever is wrong with it', async () => {
  const wrong: (Answer | Record<string, unknown>)[] = [
    new Error('lost'),
    { status: 200, body: '<html>' } as EgressAnswer,
    { status: 200, body: JSON.stringify(paid()).slice(0, 200) } as EgressAnswer,
    { status: 302, body: '' } as EgressAnswer,
    { status: 404, body: 'Not found' } as EgressAnswer,
    problem(500),
    problem(503),
    problem(429),
    problem(401),
    problem(409),
    paid({ amount: value('19.9') }),
    paid({ amount: value('1e3') }),
    paid({ amount: value('-1.00') }),
    paid({ amount: value('99999999999999.99') }),
    paid({ amount: { currency: 'ZZZ', value: '1.00' } }),
    paid({ amount: { currency: 'EUR', value: 19.99 } }),
    paid({ status: 'fine' }),
    paid({ id: 'tr_<b>' }),
    paid({ paidAt: 'yesterday' }),
    paid({ _embedded: { refunds: [returned('re_1', 'refunded'), returned('re_1', 'refunded')] } }),
    paid({ _embedded: { refunds: 'none' } }),
    payment({ _links: { checkout: { href: 'javascript:alert(1)' } } }),
  ]
  for (const one of wrong) {
    const answer = one instanceof Error || typeof one['body'] === 'string' ? (one as Answer) : json(200, one)
    const { provider } = open([answer])
    const found = await provider.fetch({ reference: ours, providerRef: 'tr_5B8cwPMGnU' })
    assert.equal(found.result, 'uncertain', JSON.stringify(one))
    assert.equal(JSON.stringify(found).includes('test_abc'), false)
  }
  const { provider } = open([problem(404)])
  assert.deepEqual(await provider.fetch({ reference: ours, providerRef: 'tr_5B8cwPMGnU' }), { result: 'ok', value: null })
  const refused = open([problem(422, 'The amount is higher than the maximum.')])
  assert.deepEqual(await refused.provider.start(order), { result: 'refused', reason: 'Mollie: The amount is higher than the maximum.' })
  // A customer who waits need not wait for somebody to put a key right: nothing was begun.
  const locked = open([problem(401)])
  assert.equal((await locked.provider.start(order)).result, 'refused')
})

test('a refund is sent once, however late it is repeated', async () => {
  const request = { ...call, reference: refundId, amount: eur(400) }
  const first = open([
    json(200, paid()),
    json(201, returned('re_1', 'pending')),
    json(200, paid({ _embedded: { refunds: [returned('re_1', 'pending')] } })),
  ])
  assert.equal((await first.provider.refund(request)).result, 'ok')
  assert.deepEqual(first.asked[1]!.json, { amount: value('4.00'), metadata: { refund: refundId } })
  const again = open([json(200, paid({ _embedded: { refunds: [returned('re_1', 'queued')] } }))])
  assert.equal((await again.provider.refund(request)).result, 'ok')
  // After one that failed, a key that Mollie has not answered by that one.
  const afterFailure = open([
    json(200, paid({ _embedded: { refunds: [returned('re_1', 'failed')] } })),
    json(201, returned('re_2', 'pending')),
    json(200, paid()),
  ])
  await afterFailure.provider.refund(request)
  assert.notEqual(afterFailure.asked[1]!.headers!['idempotency-key'], first.asked[1]!.headers!['idempotency-key'])
  const twice = open([json(200, paid()), problem(409, 'Two identical refunds.')])
  assert.equal((await twice.provider.refund(request)).result, 'uncertain')
})

test('a capture is made once, and the last one releases the rest', async () => {
  const request = { ...call, reference: captureId, amount: eur(500), isFinal: true }
  const held = manual({ status: 'authorized' })
  const after = manual({ status: 'authorized', _embedded: { captures: [captured('cpt_1', '5.00')] } })
  const over = manual({ status: 'paid', paidAt: '2026-11-30T12:03:00+00:00', _embedded: { captures: [captured('cpt_1', '5.00')] } })
  const first = open([json(200, held), json(201, captured('cpt_1', '5.00')), json(200, after), { status: 202, body: '' }, json(200, over)])
  const done = await first.provider.capture!(request)
  assert.ok(done.result === 'ok' && done.value.facts.some(({ kind }) => kind === 'void_ok'))
  assert.match(first.asked[3]!.url, /release-authorization$/)
  assert.deepEqual(first.asked[1]!.json, { amount: value('5.00'), metadata: { capture: captureId } })
  const repeat = open([json(200, over), json(200, over)])
  assert.equal((await repeat.provider.capture!(request)).result, 'ok')
})

test('giving up: canceled while open, released while authorized, and paid meanwhile', async () => {
  const canceled = payment({ status: 'canceled', canceledAt: '2026-11-30T12:01:00+00:00' })
  const open1 = open([json(200, payment({ isCancelable: true })), json(200, canceled), json(200, canceled)])
  const gone = await open1.provider.cancel(call)
  assert.ok(gone.result === 'ok' && gone.value.facts[0]!.kind === 'void_ok')
  assert.equal(open1.asked[1]!.method, 'DELETE')
  const bound = open([json(200, payment())])
  const left = await bound.provider.cancel(call)
  assert.ok(left.result === 'ok' && left.value.phase === 'open')
  const late = open([json(200, payment({ isCancelable: true })), problem(422), json(200, paid())])
  const took = await late.provider.cancel(call)
  assert.ok(took.result === 'ok' && took.value.facts[0]!.kind === 'cap_ok')
  const held = open([json(200, manual({ status: 'authorized' })), { status: 202, body: '' }, json(200, manual({ status: 'authorized' }))])
  assert.equal((await held.provider.cancel(call)).result, 'ok')
})

const addressOf = async () => {
  const { provider, asked } = open([json(201, payment())])
  await provider.start(order)
  return Object.fromEntries(new URL(asked[0]!.json['webhookUrl'] as string).searchParams)
}
const classic = (body: string, query: Record<string, string>): Webhook => ({ body: Buffer.from(body), headers: {}, query, now })

test('a classic webhook counts at an address of ours alone, and its repeats are one event', async () => {
  const query = await addressOf()
  const told = open([json(200, paid()), json(200, paid()), json(200, paid({ _embedded: { refunds: [returned('re_1', 'refunded')] } }))])
  const [first] = (await told.provider.verifyWebhook(classic('id=tr_5B8cwPMGnU', query)))!
  const [repeat] = (await told.provider.verifyWebhook(classic('id=tr_5B8cwPMGnU', query)))!
  const [other] = (await told.provider.verifyWebhook(classic('id=tr_5B8cwPMGnU', query)))!
  assert.equal(first!.eventId, repeat!.eventId)
  assert.notEqual(first!.eventId, other!.eventId)
  assert.deepEqual([first!.reference, first!.providerRef, first!.told!.facts.length], [ours, 'tr_5B8cwPMGnU', 1])

  const deaf = open([])
  const stranger = newId('pay')
  const bad: [string, Record<string, string>][] = [
    ['id=tr_5B8cwPMGnU', {}],
    ['id=tr_5B8cwPMGnU', { ...query, proof: query['proof']!.replace(/^./, (one) => (one === '0' ? '1' : '0')) }],
    ['id=tr_5B8cwPMGnU', { ...query, payment: stranger }],
    ['id=tr_5B8cwPMGnU', { payment: ours }],
    ['id=tr_5B8cwPMGnU&id=tr_other', query],
    ['id=tr_../../refunds', query],
    [`id=tr_${'a'.repeat(65)}`, query],
    ['{"id":"tr_5B8cwPMGnU"}', query],
    ['', query],
    ['x'.repeat(10_000_000), query],
  ]
  for (const [body, at] of bad) assert.equal(await deaf.provider.verifyWebhook(classic(body, at)), null, body.slice(0, 60))
})

test('a classic webhook that Mollie does not answer for, or that names another payment, only names ours', async () => {
  const query = await addressOf()
  for (const answer of [new Error('lost'), problem(404), json(200, paid({ metadata: { payment: newId('pay') } }))]) {
    const { provider } = open([answer])
    const [event] = (await provider.verifyWebhook(classic('id=tr_5B8cwPMGnU', query)))!
    assert.equal(event!.told, undefined)
    assert.equal(event!.reference, ours)
  }
})

const signed = (event: object, secret: string, more: Record<string, string> = {}): Webhook => {
  const body = Buffer.from(JSON.stringify(event))
  return { body, headers: { 'x-mollie-signature': `sha256=${signHmac(secret, body)}`, ...more }, now }
}
const event = (more: object = {}) => ({
  resource: 'event',
  id: 'event_1',
  type: 'payment.paid',
  entityId: 'tr_5B8cwPMGnU',
  createdAt: '…',
  ...more,
})

test('a signed webhook names a payment, whichever secret signed it', async () => {
  const { provider } = open([])
  const named = { eventId: 'event_1', reference: null, providerRef: 'tr_5B8cwPMGnU' }
  for (const secret of ['newer', 'older']) assert.deepEqual(await provider.verifyWebhook(signed(event(), secret)), [named])
  const whole = signed(event({ _embedded: { entity: paid() } }), 'newer')
  assert.deepEqual(await provider.verifyWebhook(whole), [{ ...named, reference: ours }])
  const refund = signed(
    event({ id: 'event_2', type: 'refund.refunded', entityId: 're_1', _embedded: { entity: returned('re_1', 'refunded') } }),
    'newer',
  )
  assert.deepEqual(await provider.verifyWebhook(refund), [{ ...named, eventId: 'event_2' }])
  // What is nobody's payment here is taken and forgotten.
  for (const more of [
    { type: 'payout.completed', entityId: 'po_1' },
    { _embedded: { entity: paid({ metadata: null }) } },
    { _embedded: { entity: paid({ mode: 'live' }) } },
  ])
    assert.deepEqual(await provider.verifyWebhook(signed(event(more), 'newer')), [])
  const good = signed(event(), 'newer')
  const several = { ...good, headers: { 'x-mollie-signature': `sha256=${'0'.repeat(64)}, ${good.headers['x-mollie-signature']}` } }
  assert.equal((await provider.verifyWebhook(several))!.length, 1)
  for (const bad of [
    signed(event(), 'revoked'),
    { ...good, body: Buffer.concat([good.body, Buffer.from(' ')]) },
    { ...good, headers: { 'x-mollie-signature': '' } },
    { ...good, headers: { 'x-mollie-signature': 'sha256=zz' } },
    signed([] as never, 'newer'),
    signed(event({ id: 7 }), 'newer'),
  ])
    assert.equal(await provider.verifyWebhook(bad), null)
  const body = Buffer.from('not json')
  assert.equal(await provider.verifyWebhook({ body, headers: { 'x-mollie-signature': signHmac('newer', body) }, now }), null)
})

const transaction = (id: string, type: string, more: object) => ({
  resource: 'balance-transaction',
  id,
  type,
  initialAmount: value('10.00'),
  resultAmount: value('9.71'),
  createdAt: '2026-11-30T11:00:00+00:00',
  ...more,
})

test('the account is listed from the oldest on, with what Mollie kept', async () => {
  const payout = transaction('baltr_4', 'outgoing-transfer', {
    initialAmount: value('-5.00'),
    resultAmount: value('-5.00'),
    context: { 'outgoing-transfer': { settlementId: 'stl_1', transferId: 'trf_1' } },
  })
  const refund = transaction('baltr_3', 'refund', {
    initialAmount: value('-4.00'),
    resultAmount: value('-4.25'),
    context: { paymentId: 'tr_1', refundId: 're_1' },
  })
  const taken = transaction('baltr_2', 'payment', { context: { payment: { paymentId: 'tr_1' } } })
  const before = transaction('baltr_1', 'payment', { createdAt: '2026-11-01T00:00:00+00:00' })
  const newest = json(200, list('balance_transactions', [payout, refund], 'baltr_2'))
  const oldest = json(200, list('balance_transactions', [taken, before]))
  const { provider, asked } = open([newest, oldest, oldest, newest])
  const first = await provider.list!(at('2026-11-29T00:00:00Z'), null)
  assert.ok(first.result === 'ok')
  const line = { operationRef: 'tr_1', providerRef: 'tr_1', reference: null, at: at('2026-11-30T11:00:00Z'), payoutRef: null }
  assert.deepEqual(first.value.lines, [{ ...line, ref: 'baltr_2', kind: 'payment', amount: eur(1_000), fee: eur(29) }])
  const second = await provider.list!(at('2026-11-29T00:00:00Z'), first.value.next)
  assert.ok(second.result === 'ok')
  assert.deepEqual(
    second.value.lines.map(({ ref, kind, operationRef, amount, fee, payoutRef }) => [
      ref,
      kind,
      operationRef,
      amount.amount,
      fee.amount,
      payoutRef,
    ]),
    [
      ['baltr_3', 'refund', 're_1', -400, 25, null],
      ['baltr_4', 'payout', null, -500, 0, 'stl_1'],
    ],
  )
  assert.equal(second.value.next, null)
  assert.equal(asked[0]!.headers!['authorization'], 'Bearer access_abc')
  assert.equal((await provider.list!(0, '../payments')).result, 'refused')
})
