// Answers that are whole, and of something else than what was asked for: a cache or a proxy between us, or a provider that errs. What
// they say of money would be booked on the wrong payment, so nothing of them is believed, whatever the provider.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eur, operation, orderOf, payPalDouble } from '../../test/support/paypal-double.ts'
import { createIdSource } from '../base/ids.ts'
import type { PaymentProvider, StartRequest } from '../domains/payments/provider.ts'
import { createMollieProvider } from './mollie/adapter.ts'
import { createStripeProvider } from './stripe/adapter.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const newId = createIdSource({ now: () => now } as never, { bytes: (count: number) => new Uint8Array(count), fraction: () => 0 } as never)
const [ours, others, refund] = [newId('pay'), newId('pay'), newId('ref')]
const seconds = now / 1_000
const euros = (amount: number) => ({ amount, currency: 'EUR' })

type Answering = (method: string, path: string) => object
const egressOf = (answer: Answering) => ({
  request: async ({ method, url }: { readonly method: string; readonly url: string }) => ({
    status: 200,
    body: JSON.stringify(answer(method, url.replace(/^https:\/\/[^/]+/, ''))),
  }),
})

const stripe = (answer: Answering) =>
  createStripeProvider({
    id: 'stripe',
    url: 'https://api.stripe.com',
    egress: egressOf(answer),
    now: () => now,
    readKey: () => 'sk_test_1',
    readWebhookSecrets: () => [],
  })
const mollie = (answer: Answering) =>
  createMollieProvider({
    id: 'mollie',
    egress: egressOf(answer),
    clock: { now: () => now },
    url: 'https://api.mollie.com',
    apiKey: () => 'test_1',
    accessToken: () => 'access_1',
    webhookSecrets: () => [],
    addressSecret: 'secret',
  })
const paypal = (answer: Answering) =>
  payPalDouble({
    'GET /v1/customer/disputes': { body: {} },
    'GET /v2/checkout/orders/OURS': () => ({ body: answer('GET', '') }),
    'POST /v2/checkout/orders': () => ({ status: 201, body: answer('POST', '') }),
    'GET /v1/reporting/transactions': () => ({ body: answer('GET', '/v1/reporting/transactions') }),
  }).provider

const charge = {
  id: 'ch_1',
  object: 'charge',
  status: 'succeeded',
  created: seconds,
  amount: 1_390,
  refunds: { data: [], has_more: false },
  disputed: false,
}
const intentOf = (id: string, payment: string) => ({
  id,
  object: 'payment_intent',
  status: 'succeeded',
  created: seconds,
  amount: 1_390,
  amount_received: 1_390,
  currency: 'eur',
  latest_charge: charge,
  metadata: { kingpost_payment: payment, kingpost_capture: 'now' },
})
const sessionOf = (id: string, payment: string) => ({
  id,
  object: 'checkout.session',
  status: 'complete',
  payment_status: 'paid',
  amount_total: 1_390,
  currency: 'eur',
  payment_intent: intentOf('pi_9', payment),
  metadata: { kingpost_payment: payment, kingpost_capture: 'now' },
})
const molliePayment = (id: string, payment: string) => ({
  resource: 'payment',
  id,
  mode: 'test',
  createdAt: '2026-11-30T11:59:00+00:00',
  paidAt: '2026-11-30T11:59:30+00:00',
  amount: { currency: 'EUR', value: '13.90' },
  method: 'ideal',
  metadata: { payment },
  status: 'paid',
  _links: {},
})
const payPalOrder = (id: string, payment: string) => {
  const order = orderOf('COMPLETED', { captures: [operation('CAP1', 'COMPLETED', '13.90')] }) as Record<string, unknown>
  const [unit] = order['purchase_units'] as Record<string, unknown>[]
  return { ...order, id, purchase_units: [{ ...unit, custom_id: payment, amount: eur('13.90') }] }
}

const providers: readonly {
  readonly name: string
  readonly ref: string
  readonly open: (answer: Answering) => PaymentProvider
  readonly object: (id: string, payment: string) => object
  readonly other: string
}[] = [
  { name: 'a session of Stripe', ref: 'cs_1', other: 'cs_2', open: stripe, object: sessionOf },
  { name: 'a PaymentIntent of Stripe', ref: 'pi_1', other: 'pi_2', open: stripe, object: intentOf },
  { name: 'Mollie', ref: 'tr_1', other: 'tr_2', open: mollie, object: molliePayment },
  { name: 'PayPal', ref: 'OURS', other: 'OTHER', open: paypal, object: payPalOrder },
]
const start: StartRequest = {
  key: `payment.start:${ours}`,
  reference: ours,
  amount: euros(1_390),
  method: null,
  returnUrl: 'https://shop.example/orders/1',
  description: 'Order 1',
  webhookUrl: 'https://shop.example/api/payments/webhooks/x',
}

for (const { name, ref, other, open, object } of providers)
  describe(name, () => {
    test('the same object is believed', async () => {
      const answer = await open(() => object(ref, ours)).fetch({ reference: ours, providerRef: ref })
      assert.equal(answer.result, 'ok')
      assert.deepEqual(answer.result === 'ok' && answer.value?.facts.map(({ kind }) => kind), ['cap_ok'])
    })

    test('another object than was asked for', async () => {
      const provider = open(() => object(other, others))
      const call = { key: 'k', payment: ours, providerRef: ref }
      const answers = {
        fetch: await provider.fetch({ reference: ours, providerRef: ref }),
        refund: await provider.refund({ ...call, reference: refund, amount: euros(100) }),
        cancel: await provider.cancel(call),
        capture: await provider.capture!({ ...call, reference: newId('cap'), amount: euros(100), isFinal: true }),
      }
      for (const [what, answer] of Object.entries(answers)) assert.equal(answer.result, 'uncertain', `${what}: ${JSON.stringify(answer)}`)
    })

    test("somebody else's payment as the answer to a start", async () => {
      const method = ref.startsWith('pi_') ? 'element' : null
      const answer = await open(() => object(other, others)).start({ ...start, method })
      assert.equal(answer.result, 'uncertain', JSON.stringify(answer))
    })
  })

// Keys that every object of JavaScript has: looked up in a table of names they would be found.
for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty'])
  test(`a line of an account of the kind ${word} is an adjustment`, async () => {
    const transaction = { id: 'txn_1', reporting_category: word, amount: 5, fee: 0, currency: 'eur', created: seconds, source: null }
    const balance = {
      resource: 'balance-transaction',
      id: 'baltr_1',
      type: word,
      initialAmount: { currency: 'EUR', value: '0.05' },
      resultAmount: { currency: 'EUR', value: '0.05' },
      createdAt: '2026-11-30T11:59:00+00:00',
      context: {},
    }
    const lists = [
      await stripe(() => ({ data: [transaction], has_more: false })).list!(now - 1_000, null),
      await mollie(() => ({ _embedded: { balance_transactions: [balance] }, _links: { next: null } })).list!(now - 600_000, null),
    ]
    for (const answer of lists) {
      assert.ok(answer.result === 'ok', JSON.stringify(answer))
      assert.deepEqual(
        answer.value.lines.map(({ kind }) => kind),
        ['adjustment'],
      )
    }
    const dispute = { id: 'du_1', status: word, amount: 5, currency: 'eur', balance_transactions: [] }
    const disputed = await stripe((_, path) =>
      path.includes('/disputes')
        ? { data: [dispute], has_more: false }
        : { ...intentOf('pi_1', ours), latest_charge: { ...charge, disputed: true } },
    ).fetch({ reference: ours, providerRef: 'pi_1' })
    assert.equal(disputed.result, 'uncertain')
  })
