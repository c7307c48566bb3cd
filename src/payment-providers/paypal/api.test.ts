import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderOf, payPalDouble, token } from '../../../test/support/paypal-double.ts'
import type { EgressRequest } from '../../base/egress.ts'

const path = '/v2/checkout/orders/5O190127TN364715T'
const look = { reference: 'pay_1', providerRef: '5O190127TN364715T' }
const order = {
  key: 'payment.start:pay_1',
  reference: 'pay_1',
  amount: { amount: 2000, currency: 'EUR' },
  method: null,
  returnUrl: 'http://s.test',
  description: 'Order',
  webhookUrl: '',
}
const bearerOf = ({ headers }: EgressRequest) => headers?.['authorization']
const isToken = ({ url }: EgressRequest) => url.endsWith('/v1/oauth2/token')

test('calls that need a token at the same time ask for one, and it is kept until a minute before its end', async () => {
  const { provider, asked, time } = payPalDouble({ [`GET ${path}`]: { body: orderOf('CREATED') } })
  await Promise.all([provider.fetch(look), provider.fetch(look), provider.fetch(look)])
  assert.equal(asked.filter(isToken).length, 1)
  assert.equal(bearerOf(asked[0]!), `Basic ${Buffer.from('client:secret-of-the-shop').toString('base64')}`)
  assert.equal(asked[0]!.body, 'grant_type=client_credentials')
  assert.equal(bearerOf(asked.at(-1)!), 'Bearer A21.token')
  time.now += (32_400 - 61) * 1_000
  await provider.fetch(look)
  assert.equal(asked.filter(isToken).length, 1)
  time.now += 1_000
  await provider.fetch(look)
  assert.equal(asked.filter(isToken).length, 2)
})

test('a token that was ended is asked for anew, once, and the call goes out again under its key', async () => {
  let tokens = 0
  const refused = { status: 401, body: { name: 'AUTHENTICATION_FAILURE', message: 'Authentication failed.' } }
  let isRefusedAlways = false
  const { provider, asked } = payPalDouble({
    'POST /v1/oauth2/token': () => ({ body: { ...token.body, access_token: `token-${++tokens}` } }),
    'POST /v2/checkout/orders': (request) =>
      bearerOf(request) === 'Bearer token-1' || isRefusedAlways ? refused : { status: 201, body: orderOf('PAYER_ACTION_REQUIRED') },
  })
  assert.equal((await provider.start(order)).result, 'ok')
  const starts = asked.filter((one) => !isToken(one))
  assert.deepEqual(
    starts.map((one) => [bearerOf(one), one.headers?.['paypal-request-id']]),
    [
      ['Bearer token-1', 'payment.start:pay_1'],
      ['Bearer token-2', 'payment.start:pay_1'],
    ],
  )
  isRefusedAlways = true
  const before = asked.length
  assert.deepEqual(await provider.start(order), {
    result: 'refused',
    reason: 'PayPal refuses it: Authentication failed. (AUTHENTICATION_FAILURE)',
    isOurs: true,
  })
  assert.equal(asked.slice(before).filter((one) => !isToken(one)).length, 2)
})

test('keys that were exchanged are used from the next call on, and what is told of wrong ones holds none of them', async () => {
  let clientSecret = 'secret-one'
  const refused = { status: 401, body: { error: 'invalid_client', error_description: 'Client Authentication failed' } }
  const { provider, asked } = payPalDouble(
    {
      'POST /v1/oauth2/token': (request) =>
        Buffer.from(bearerOf(request)!.slice(6), 'base64').toString().endsWith('two') ? token : refused,
      [`GET ${path}`]: { body: orderOf('CREATED') },
    },
    { keys: () => ({ clientId: 'client', clientSecret, webhookIds: [] }) },
  )
  const answer = await provider.fetch(look)
  assert.equal(answer.result, 'uncertain')
  assert.match(
    answer.result === 'uncertain' ? answer.reason : '',
    /does not accept the client id and secret of this shop \(invalid_client\)/,
  )
  assert.doesNotMatch(JSON.stringify(answer), /secret-one/)
  clientSecret = 'secret-two'
  assert.equal((await provider.fetch(look)).result, 'ok')
  assert.equal(asked.filter(isToken).length, 2)
})

test('an answer that PayPal did not plainly give is uncertain; a plain no is refused', async () => {
  const html = '<!doctype html><title>Access Denied</title>'
  const no = (issue: string) => ({ name: 'UNPROCESSABLE_ENTITY', message: 'No.', details: [{ issue, description: 'So it is.' }] })
  const rows: [number, unknown, 'ok' | 'refused' | 'uncertain'][] = [
    [201, orderOf('PAYER_ACTION_REQUIRED'), 'ok'],
    [200, orderOf('PAYER_ACTION_REQUIRED'), 'ok'],
    [200, html, 'uncertain'],
    [200, '{"id": "5O1', 'uncertain'],
    [200, '[]', 'uncertain'],
    [200, {}, 'uncertain'],
    [200, { ...orderOf('PAYER_ACTION_REQUIRED'), purchase_units: [] }, 'uncertain'],
    [200, { ...orderOf('PAYER_ACTION_REQUIRED'), id: '../../x' }, 'uncertain'],
    [204, '', 'uncertain'],
    [302, '', 'uncertain'],
    [307, orderOf('PAYER_ACTION_REQUIRED'), 'uncertain'],
    [400, no('INVALID_PARAMETER_SYNTAX'), 'refused'],
    [403, html, 'uncertain'],
    [403, no('PERMISSION_DENIED'), 'refused'],
    [409, no('PREVIOUS_REQUEST_IN_PROGRESS'), 'uncertain'],
    [422, no('CURRENCY_NOT_SUPPORTED'), 'refused'],
    [422, no('ORDER_COMPLETION_IN_PROGRESS'), 'uncertain'],
    [422, html, 'uncertain'],
    [429, { name: 'RATE_LIMIT_REACHED', message: 'Too many requests.' }, 'uncertain'],
    [500, no('INTERNAL_SERVER_ERROR'), 'uncertain'],
    [503, html, 'uncertain'],
  ]
  for (const [status, body, result] of rows) {
    const { provider } = payPalDouble({ 'POST /v2/checkout/orders': { status, body } })
    const answer = await provider.start(order)
    assert.equal(answer.result, result, `${status} ${JSON.stringify(body)}`)
  }
})

test('no connection is uncertain, and a long reason is cut', async () => {
  const { provider } = payPalDouble({
    'POST /v2/checkout/orders': () => {
      throw new Error(`connect ECONNREFUSED ${'x'.repeat(5_000)}`)
    },
  })
  const answer = await provider.start(order)
  assert.ok(
    answer.result === 'uncertain' &&
      answer.reason.startsWith('PayPal did not answer. connect ECONNREFUSED') &&
      answer.reason.length <= 1_000,
  )
})

test('a pause that PayPal asks for is kept', async () => {
  const limited = { status: 429, body: { name: 'RATE_LIMIT_REACHED', message: 'Too many requests.' } }
  const { provider } = payPalDouble({ [`GET ${path}`]: limited })
  assert.deepEqual(await provider.fetch(look), {
    result: 'uncertain',
    reason: 'PayPal answered 429 (RATE_LIMIT_REACHED).',
    afterMs: 10_000,
  })
  const egress = {
    async request({ url }: EgressRequest) {
      if (url.endsWith('/oauth2/token')) return { status: 200, body: JSON.stringify(token.body) }
      return { status: 503, body: '', headers: { 'retry-after': '30' } }
    },
  }
  assert.deepEqual(await payPalDouble({}, { egress }).provider.fetch(look), {
    result: 'uncertain',
    reason: 'PayPal answered 503.',
    afterMs: 30_000,
  })
})

for (const said of ['1e300', '99999999999', '-5', '0', 'Wed, 21 Oct 2026 07:28:00 GMT', '1.5'])
  test(`a pause of ${said} is none to be kept`, async () => {
    const { provider } = payPalDouble(
      {},
      {
        egress: {
          request: async ({ url }) =>
            url.endsWith('/oauth2/token')
              ? { status: 200, body: JSON.stringify(token.body) }
              : { status: 429, body: '', headers: { 'retry-after': said } },
        },
      },
    )
    const answer = await provider.fetch(look)
    assert.deepEqual([answer.result, answer.result === 'uncertain' && answer.afterMs], ['uncertain', 10_000])
  })
