// The adapter over real sockets against the sandbox's face of Mollie; and Mollie's own client against the same face, so that what the
// face answers is what Mollie's answers are read as.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import {
  CaptureMethod,
  createMollieClient,
  type MollieClient,
  type PaymentCreateParams,
  PaymentEmbed,
  PaymentMethod,
  PaymentStatus,
  RefundStatus,
} from '@mollie/api-client'
import { eventually } from '../../../test/support/eventually.ts'
import { systemClock } from '../../base/clock.ts'
import { systemEgress } from '../../base/egress.ts'
import { createIdSource } from '../../base/ids.ts'
import { systemRandom } from '../../base/random.ts'
import type { PaymentProvider, ProviderResult, ProviderView, StartRequest, WebhookEvent } from '../../domains/payments/provider.ts'
import { createSandboxBook, type SandboxBook } from '../../sandbox/book.ts'
import { mollieFace } from '../../sandbox/faces/mollie.ts'
import { mollieKeys } from '../../sandbox/faces/mollie-webhooks.ts'
import { createFacePages, namingOf } from '../../sandbox/faces/serve-face.ts'
import { calmSettings } from '../../sandbox/settings.ts'
import { createMemoryStore } from '../../sandbox/store.ts'
import { createMollieProvider } from './adapter.ts'
import { startBody } from './create.ts'
import { mollieMethods } from './methods.ts'

const secret = 'sbx_of_this_test'
const { apiKey, accessToken, webhookSecret } = mollieKeys(secret)
const addressSecret = 'kept by the shop'
const newId = createIdSource(systemClock, systemRandom)

let book: SandboxBook
let face: { url: string; close(): void }
let shop: { url: string; close(): void }
let client: MollieClient
let provider: PaymentProvider
/** How far the adapter's clock is ahead. */
let ahead = 0
let told: { readonly body: string; readonly events: readonly WebhookEvent[] | null }[] = []

/** Mollie's client makes an agent of TLS whatever it is told to speak to, with a list of authorities of its own. */
function withoutTls<T>(work: () => T): T {
  const { Agent: secure } = https
  try {
    https.Agent = Agent as never
    return work()
  } finally {
    https.Agent = secure
  }
}

async function listen(server: ReturnType<typeof createServer>) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

before(async () => {
  // As a shop does it: what is believed is stored, and what is not is refused.
  const shopServer = createServer((request, response) => {
    void (async () => {
      const body = await bytesOf(request)
      const query = Object.fromEntries(new URL(request.url!, 'http://shop').searchParams)
      const headers = request.headers as Record<string, string>
      const events = await provider.verifyWebhook({ body, headers, query, now: Date.now() })
      told.push({ body: body.toString(), events })
      response.writeHead(events === null ? 400 : 200).end()
    })()
  })
  const shopAt = await listen(shopServer)
  shop = { url: `http://127.0.0.1:${shopAt.port}/api/payments/webhooks/mollie`, close: shopAt.close }

  let pages: ReturnType<typeof createFacePages>
  const faceAt = await listen(createServer((request, response) => pages(request, response)))
  const url = `http://127.0.0.1:${faceAt.port}/sandbox/mollie`
  face = { url, close: faceAt.close }
  const parts = { clock: systemClock, random: systemRandom }
  book = createSandboxBook(
    {
      ...{ store: createMemoryStore(), ...parts, newId: namingOf(mollieFace, systemClock, systemRandom) },
      ...{ egress: systemEgress, webhookUrl: shop.url, secret, dialect: mollieFace.webhooks({ url, secret }) },
    },
    { ...calmSettings, ...mollieFace.settings },
  )
  pages = createFacePages({ face: mollieFace, book, url, secret, ...parts })
  book.start()

  client = withoutTls(() => createMollieClient({ apiKey, apiEndpoint: `${url}/v2/` }))

  provider = createMollieProvider({
    ...{ id: 'mollie', egress: systemEgress, clock: { now: () => Date.now() + ahead }, url, addressSecret },
    ...{ apiKey: () => apiKey, accessToken: () => accessToken, webhookSecrets: () => ['an older one', webhookSecret] },
  })
})
after(() => {
  book.stop()
  for (const one of [face, shop]) one.close()
})
beforeEach(() => {
  ahead = 0
  told = []
  book.faults.clear()
  book.set({ ...calmSettings, ...mollieFace.settings })
})

function order(more: Partial<StartRequest> = {}): StartRequest {
  const reference = newId('pay')
  return {
    ...{ key: `payment.start:${reference}`, reference, amount: { amount: 1_999, currency: 'EUR' }, method: null },
    ...{ returnUrl: 'https://shop.example/orders/1', description: 'Order', webhookUrl: shop.url, ...more },
  }
}

function good<T>(answer: ProviderResult<T>): T {
  assert.ok(answer.result === 'ok', JSON.stringify(answer))
  return answer.value
}

async function begin(more: Partial<StartRequest> = {}) {
  const request = order(more)
  const view = good(await provider.start(request))
  assert.ok(view.phase === 'open' && view.action?.type === 'redirect')
  const call = { key: `k:${request.reference}`, payment: request.reference, providerRef: view.providerRef }
  return {
    request,
    view,
    url: view.action.url,
    call,
    look: async () => good(await provider.fetch({ reference: '', providerRef: view.providerRef }))!,
  }
}

/** The customer, on Mollie's page. */
async function press(url: string, answer: string): Promise<void> {
  const { status } = await systemEgress.request({ method: 'POST', url, body: `answer=${answer}` })
  assert.equal(status, 303)
}

const until = (what: string, check: () => unknown) =>
  eventually(what, async () => {
    await check()
    return true
  })

const kinds = ({ facts }: Pick<ProviderView, 'facts'>) => facts.map(({ kind, amount }) => `${kind} ${amount.amount}`)
const toldOf = (id: string) => told.filter(({ events }) => events?.some(({ providerRef }) => providerRef === id))

test('paid, and told by both kinds of webhooks, each of which the adapter believes', async () => {
  const { request, view, url, look } = await begin()
  await press(url, 'approve')
  await until('both webhooks', () => assert.equal(toldOf(view.providerRef).length, 2))
  const classic = told.find(({ body }) => body === `id=${view.providerRef}`)!
  assert.deepEqual(kinds(classic.events![0]!.told!), ['cap_ok 1999'])
  assert.equal(classic.events![0]!.reference, request.reference)
  const signed = told.find(({ body }) => body.includes('"payment.paid"'))!
  assert.equal(signed.events![0]!.reference, request.reference)
  const paid = await look()
  assert.deepEqual([paid.phase, kinds(paid)], ['closed', ['cap_ok 1999']])
  assert.deepEqual(good(await provider.fetch({ reference: request.reference, providerRef: null })), paid)
  assert.equal(good(await provider.fetch({ reference: newId('pay'), providerRef: null })), null)
  assert.equal(good(await provider.fetch({ reference: '', providerRef: 'tr_nobody' })), null)
})

test('declined, canceled, and given up', async () => {
  const declined = await begin({ method: 'creditcard' })
  await press(declined.url, 'decline')
  const failed = await declined.look()
  assert.deepEqual([kinds(failed), failed.declineReason], [['auth_fail 1999'], 'The customer did not confirm the payment.'])
  const left = await begin()
  await press(left.url, 'cancel')
  assert.deepEqual(kinds(await left.look()), ['void_ok 1999'])
  const open = await begin()
  assert.deepEqual(kinds(good(await provider.cancel(open.call))), ['void_ok 1999'])
  const paid = await begin()
  await press(paid.url, 'approve')
  assert.deepEqual(kinds(good(await provider.cancel(paid.call))), ['cap_ok 1999'])
})

test('a transfer is under way until its money has come', async () => {
  book.set({ delayedMs: 100 })
  for (const method of ['banktransfer', null]) {
    const { url, view, look } = await begin({ method })
    await press(url, 'delayed_success')
    const under = await look()
    assert.deepEqual([under.phase, under.facts], ['processing', []])
    await until('a webhook', () => assert.ok(toldOf(view.providerRef).length > 0))
    assert.deepEqual(kinds(await look()), ['cap_ok 1999'])
  }
  const { url, look } = await begin()
  await press(url, 'delayed_failure')
  await until('its failure', async () => assert.deepEqual(kinds(await look()), ['auth_fail 1999']))
})

test('authorized, captured in parts, and the rest released', async () => {
  const { url, call, look } = await begin({ method: 'creditcard', capture: 'later' })
  await press(url, 'approve')
  const held = await look()
  assert.deepEqual(kinds(held), ['auth_ok 1999'])
  assert.ok(held.capturableUntil! > Date.now())
  const capture = (amount: number, isFinal: boolean, reference = newId('cap')) =>
    provider.capture!({ ...call, key: `capture:${reference}`, reference, amount: { amount, currency: 'EUR' }, isFinal })
  const first = newId('cap')
  assert.deepEqual(kinds(good(await capture(500, false, first))), ['auth_ok 1999', 'cap_ok 500'])
  // Whatever became of the key: it is known by our name of it.
  assert.deepEqual(kinds(good(await capture(500, false, first))), ['auth_ok 1999', 'cap_ok 500'])
  assert.equal((await capture(5_000, false)).result, 'refused')
  const done = good(await capture(1_000, true))
  assert.deepEqual(kinds(done), ['auth_ok 1999', 'cap_ok 500', 'cap_ok 1000', 'void_ok 499'])
  assert.equal(done.facts[1]!.reference, first)
  const released = await begin({ method: 'creditcard', capture: 'later' })
  await press(released.url, 'approve')
  assert.deepEqual(kinds(good(await provider.cancel(released.call))), ['auth_ok 1999', 'void_ok 1999'])
})

test('refunds, chargebacks, and the account that explains them', async () => {
  book.set({ feePpm: 18_000, feeFixedMinor: 25 })
  const { url, call, view, look } = await begin()
  await press(url, 'approve')
  const reference = newId('ref')
  const refund = (amount: number, of = reference) =>
    provider.refund({ ...call, key: `refund:${of}`, reference: of, amount: { amount, currency: 'EUR' } })
  assert.deepEqual(kinds(good(await refund(400))), ['cap_ok 1999', 'ref_ok 400'])
  const again = good(await refund(400))
  assert.deepEqual([kinds(again), again.facts[1]!.reference], [['cap_ok 1999', 'ref_ok 400'], reference])
  assert.equal((await refund(2_000, newId('ref'))).result, 'refused')
  book.set({ refundFailures: 1 })
  assert.deepEqual(kinds(good(await refund(100, newId('ref')))).at(-1), 'ref_fail 100')
  const disputed = book.dispute(view.providerRef, { amountMinor: 300, reason: 'Not received' })
  const taken = await look()
  assert.deepEqual(
    [kinds(taken).at(-1), taken.disputes![0]!.status, taken.disputes![0]!.reason],
    ['disp_withdrawn 300', 'under_review', 'Not received'],
  )
  book.moveDispute(disputed.disputes[0]!.id, 'win')
  assert.deepEqual(kinds(await look()).slice(-2), ['disp_withdrawn 300', 'disp_reinstated 300'])
  book.payOut('EUR')

  const lines = []
  for (let after: string | null = null; ; ) {
    const page: { lines: readonly unknown[]; next: string | null } = good(await provider.list!(0, after))
    lines.push(...(page.lines as Awaited<ReturnType<typeof readLines>>))
    after = page.next
    if (after === null) break
  }
  const own = lines.filter(({ providerRef }) => providerRef === view.providerRef)
  assert.deepEqual(
    own.map(({ kind, amount, fee }) => [kind, amount.amount, fee.amount]),
    [
      ['payment', 1_999, 61],
      ['refund', -400, 0],
      ['dispute', -300, 0],
      ['dispute_reversal', 300, 0],
    ],
  )
  // Named as facts name them: what the two say can be compared.
  const named = new Set((await look()).facts.map(({ operationRef }) => operationRef))
  assert.deepEqual(
    own.filter(({ operationRef }) => !named.has(operationRef!)),
    [],
  )
  assert.equal(lines.at(-1)!.kind, 'payout')
})
const readLines = async () => good(await provider.list!(0, null)).lines

test('whatever becomes of an answer, one payment is begun and one refund is made', async () => {
  const losses = [
    'effect_no_answer',
    'effect_500',
    'half_body',
    'html',
    'redirect',
    'no_effect_500',
    'rate_limit',
    'outage',
    'key_in_use',
  ] as const
  for (const kind of losses) {
    const request = order()
    const count = book.all().length
    book.faults.plan({ call: 'start', kind, count: 1 })
    // A kept connection that is closed without a word is tried once more by the network port, under the same key.
    const lost = kind === 'effect_no_answer' ? 'ok' : 'uncertain'
    assert.equal((await provider.start(request)).result, lost, kind)
    const view = good(await provider.start(request))
    assert.equal(book.all().length, count + 1, kind)
    book.answer(view.providerRef, { answer: 'approve' })
    const refund = {
      key: `r:${kind}`,
      payment: request.reference,
      providerRef: view.providerRef,
      reference: newId('ref'),
      amount: { amount: 100, currency: 'EUR' },
    }
    book.faults.plan({ call: 'refund', kind, count: 1 })
    assert.equal((await provider.refund(refund)).result, lost, kind)
    good(await provider.refund(refund))
    assert.equal(book.get(view.providerRef)!.refunds.length, 1, kind)
  }
})

test('after more than an hour Mollie has forgotten the keys, and nothing happens twice', async () => {
  const request = order()
  const first = good(await provider.start(request))
  book.answer(first.providerRef, { answer: 'approve' })
  const refund = {
    key: 'old',
    payment: request.reference,
    providerRef: first.providerRef,
    reference: newId('ref'),
    amount: { amount: 100, currency: 'EUR' },
  }
  good(await provider.refund(refund))
  // No key is known any more from now on.
  book.set({ keysKeptMs: 1 })
  ahead = 2 * 3_600_000
  const count = book.all().length
  assert.equal(good(await provider.start(request)).providerRef, first.providerRef)
  good(await provider.refund(refund))
  assert.deepEqual([book.all().length, book.get(first.providerRef)!.refunds.length], [count, 1])
})

test('badly signed webhooks are refused, and come again well signed', async () => {
  book.faults.plan({ call: 'webhook', kind: 'bad_signature', count: 2 })
  const { url, view } = await begin()
  await press(url, 'approve')
  await until('both webhooks', () => assert.equal(toldOf(view.providerRef).length, 2))
  assert.equal(told.filter(({ events }) => events === null).length, 2)
})

test("Mollie's own client reads all of it", async () => {
  const created = await client.payments.create({
    amount: { value: '10.00', currency: 'EUR' },
    description: 'By the client',
    redirectUrl: 'https://shop.example/',
    metadata: { order: 7 },
  })
  assert.equal(created.status, PaymentStatus.open)
  assert.match(created.getCheckoutUrl()!, /\/pay\/tr_/)
  book.answer(created.id, { answer: 'approve' })
  const paid = await client.payments.get(created.id, { embed: [PaymentEmbed.refunds, PaymentEmbed.chargebacks] })
  assert.deepEqual([paid.status, paid.amount, paid.metadata], [PaymentStatus.paid, { value: '10.00', currency: 'EUR' }, { order: 7 }])
  assert.ok(paid.paidAt)
  const refund = await client.paymentRefunds.create({ paymentId: created.id, amount: { value: '4.00', currency: 'EUR' } })
  assert.equal(refund.status, RefundStatus.refunded)
  assert.equal((await client.paymentRefunds.page({ paymentId: created.id })).length, 1)
  assert.equal((await client.payments.get(created.id)).amountRefunded!.value, '4.00')

  const held = await client.payments.create({
    amount: { value: '5.00', currency: 'EUR' },
    ...{ description: 'Held', redirectUrl: 'https://shop.example/', method: 'creditcard' as never, captureMode: 'manual' as never },
  })
  book.answer(held.id, { answer: 'approve' })
  const captured = await client.paymentCaptures.create({ paymentId: held.id, amount: { value: '2.00', currency: 'EUR' } })
  assert.equal(captured.amount.value, '2.00')
  await client.payments.releaseAuthorization(held.id)
  assert.equal((await client.payments.get(held.id)).status, PaymentStatus.paid)

  const open = await client.payments.create({
    amount: { value: '5.00', currency: 'EUR' },
    description: 'Open',
    redirectUrl: 'https://shop.example/',
  })
  assert.equal((await client.payments.cancel(open.id)).status, PaymentStatus.canceled)
  book.dispute(created.id, { amountMinor: 100 })
  assert.equal((await client.paymentChargebacks.page({ paymentId: created.id }))[0]!.amount.value, '1.00')

  const page = await client.payments.page({ limit: 2 })
  assert.deepEqual(
    page.map(({ id }) => id),
    [open.id, held.id],
  )
  assert.equal((await page.nextPage!())[0]!.id, created.id)
  await assert.rejects(client.payments.get('tr_nobody'), { statusCode: 404 })
  await assert.rejects(
    client.payments.create({ amount: { value: '5', currency: 'EUR' }, description: 'x', redirectUrl: 'https://shop.example/' }),
    {
      statusCode: 422,
    },
  )
})

test("what the adapter sends fits the types of Mollie's client", () => {
  // Its type of an address asks for a street as well, while it says itself to send `billingAddress.email` alone.
  const { method, billingAddress, ...body } = startBody(order({ method: 'creditcard', capture: 'later', email: 'grace@example.com' }), {
    ...{ addressSecret, url: face.url },
  })
  const sent = { ...body, captureMode: CaptureMethod[body.captureMode!] } satisfies PaymentCreateParams
  assert.deepEqual([sent.captureMode, method, billingAddress], ['manual', PaymentMethod.creditcard, { email: 'grace@example.com' }])
  const known: readonly string[] = Object.values(PaymentMethod)
  assert.deepEqual(
    mollieMethods.filter((one) => !known.includes(one)),
    [],
  )
})
