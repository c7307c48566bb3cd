// Answers that are whole, and of something else than what was asked for: a cache or a proxy between us, or a provider that errs. What
// they say of money would be booked on the wrong payment, so nothing of them is believed, whatever the provider.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eur, operation, orderOf, payPalDouble } from '../../test/support/paypal-double.ts'
import type { EgressRequest } from '../base/egress.ts'
import { createIdSource } from '../base/ids.ts'
import { limits } from '../base/limits.ts'
import type { PaymentProvider, StartRequest } from '../domains/payments/provider.ts'
import { createMollieProvider } from './mollie/adapter.ts'
import { createStripeProvider } from './stripe/adapter.ts'

const now = Date.parse('2026-11-30T12:00:00Z')
const newId = createIdSource({ now: () => now } as never, { bytes: (count: number) => new Uint8Array(count), fraction: () => 0 } as never)
const [ours, others, refund] = [newId('pay'), newId('pay'), newId('ref')]
const seconds = now / 1_000
const euros = (amount: number) => ({ amount, currency: 'EUR' })

type Answering = (method: string, path: string) => object
/** As the network port does: what is beyond the bound is cut off. */
const cut = ({ charactersMax = limits.outsideAnswerCharactersMax }: EgressRequest, body: unknown) =>
  JSON.stringify(body).slice(0, charactersMax)
const egressOf = (answer: Answering) => ({
  request: async (request: EgressRequest) => ({
    status: 200,
    body: cut(request, answer(request.method, request.url.replace(/^https:\/\/[^/]+/, ''))),
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
    'GET /v2/checkout/orders/OURS': (request) => ({ body: cut(request, answer('GET', '')) }),
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

const numbers = Array.from({ length: 1_500 }, (_, at) => at + 1)
/** As long as what a provider writes beside it. */
const padding = { note: 'x'.repeat(900) }

for (const [name, ref, open, object] of [
  [
    'Stripe',
    'pi_1',
    stripe,
    (path: string) => {
      if (!path.includes('/refunds'))
        return { ...intentOf('pi_1', ours), latest_charge: { ...charge, refunds: { data: [], has_more: true } } }
      const after = Number(/starting_after=re_(\d+)/.exec(path)?.[1] ?? 0)
      const data = numbers
        .slice(after, after + 100)
        .map((at) => ({ id: `re_${at}`, status: 'succeeded', amount: 1, currency: 'eur', created: seconds, ...padding }))
      return { data, has_more: after + 100 < numbers.length }
    },
  ],
  [
    'Mollie',
    'tr_1',
    mollie,
    () => ({
      ...molliePayment('tr_1', ours),
      _embedded: {
        captures: [],
        chargebacks: [],
        refunds: numbers.map((at) => ({
          id: `re_${at}`,
          status: 'refunded',
          amount: { currency: 'EUR', value: '0.01' },
          createdAt: '2026-11-30T11:59:40+00:00',
          ...padding,
        })),
      },
    }),
  ],
  [
    'PayPal',
    'OURS',
    paypal,
    () => {
      const order = orderOf('COMPLETED', {
        captures: [operation('CAP1', 'COMPLETED', '20.00')],
        refunds: numbers.map((at) => operation(`REF${at}`, 'COMPLETED', '0.01', padding)),
      })
      return { ...order, id: 'OURS' }
    },
  ],
] as const)
  test(`a payment at ${name} of which 1,500 parts went back is read whole`, async () => {
    const answer = await open((_, path) => object(path)).fetch({ reference: ours, providerRef: ref })
    assert.ok(answer.result === 'ok', JSON.stringify(answer).slice(0, 200))
    assert.equal(answer.value!.facts.filter(({ kind }) => kind === 'ref_ok').length, numbers.length)
  })
