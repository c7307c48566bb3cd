import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, describe, test } from 'node:test'
import { type BookOnClock, openBookOnClock } from '../../../test/support/sandbox-book.ts'
import { systemClock } from '../../base/clock.ts'
import { signHmac } from '../../base/secret.ts'
import { refundedOf, type SandboxPayment } from '../payment.ts'
import { SandboxRefusal } from '../refusal.ts'
import { type Face, type FaceContext, pageUrl } from './face.ts'
import { createFacePages } from './serve-face.ts'

const view = (payment: SandboxPayment) => ({ id: payment.id, state: payment.state, refunded: refundedOf(payment) })

/** The smallest dialect that there can be. */
const tiny: Face = {
  name: 'tiny',
  title: 'Tiny',
  isAuthorized: ({ headers }, { secret }) => headers['authorization'] === `Bearer ${secret}`,
  route(call, context) {
    const key = call.headers['idempotency-key'] ?? null
    const [, id, action] = /^\/payments(?:\/(\w+))?(?:\/(refund))?$/.exec(call.path) ?? []
    if (call.method === 'POST' && call.path === '/payments') return { name: 'start', key, run: () => start(call.form(), context) }
    if (call.method === 'POST' && action === 'refund') {
      const amountMinor = Number(call.json()['amount'])
      return { name: 'refund', key, run: () => ({ status: 200, body: view(context.book.refund(id!, { reference: '', amountMinor })) }) }
    }
    if (call.method === 'GET' && id !== undefined)
      return { name: 'fetch', run: () => ({ status: 200, body: view(context.book.get(id) ?? missing()) }) }
    return null
  },
  refuse: ({ code, message }) => ({
    status: { no_route: 404, unauthorized: 401, rate_limited: 429, unavailable: 500 }[code as never] ?? 400,
    body: { code, message },
  }),
  webhooks: ({ secret }) => ({
    contentType: 'application/json',
    announce: ({ news, payment }) => news.map(({ kind }) => ({ eventId: `${payment?.id}:${kind}`, body: JSON.stringify({ kind }) })),
    sign: ({ body }, { isWrong }) => ({ 'tiny-signature': signHmac(isWrong ? 'wrong' : secret, body) }),
  }),
}

function missing(): never {
  throw new SandboxRefusal('no_payment', 'There is no such payment.')
}

function start(form: URLSearchParams, context: FaceContext) {
  const payment = context.book.create({
    reference: form.get('reference') ?? '',
    amountMinor: Number(form.get('amount')),
    currency: 'EUR',
    method: form.get('method') ?? 'card_challenge',
    returnUrl: 'http://shop.test/thanks',
    cancelUrl: 'http://shop.test/cart',
  })
  return { status: 201, body: { ...view(payment), url: pageUrl(context, payment) } }
}

const secret = 'sbx_tiny'
let open: BookOnClock
let pages: ReturnType<typeof createFacePages>
const server = createServer((request, response) => pages(request, response)).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
after(() => server.close().closeAllConnections())
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/tiny`

beforeEach(() => {
  open = openBookOnClock({ dialect: tiny.webhooks({ url, secret }) })
  pages = createFacePages({ face: tiny, book: open.book, url, secret, clock: systemClock, random: { fraction: () => 0.5 } })
})

type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Record<string, unknown> }
async function call(
  method: string,
  path: string,
  given: { body?: string | object; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const isJson = typeof given.body === 'object'
  const type = isJson ? { 'content-type': 'application/json' } : {}
  const answer = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${secret}`, ...type, ...given.headers },
    ...(given.body === undefined ? {} : { body: isJson ? JSON.stringify(given.body) : (given.body as string) }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, text, body: parse(text) }
}
function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
const startPaid = async (key: string) => {
  const answer = await call('POST', '/payments', {
    body: 'reference=pay_1&amount=1000&method=card_success',
    headers: { 'idempotency-key': key },
  })
  open.pass(50)
  return answer
}
const plan = (fault: object) => call('POST', '/faults', { body: fault })

describe('a face', () => {
  test('puts calls, refusals and pages into its words', async () => {
    const made = await call('POST', '/payments', { body: 'reference=pay_1&amount=1000' })
    assert.deepEqual([made.status, made.body['state']], [201, 'requires_action'])
    const page = await (await fetch(made.body['url'] as string)).text()
    assert.match(page, /Tiny sandbox/)
    const pressed = await fetch(made.body['url'] as string, { method: 'POST', body: 'answer=approve', redirect: 'manual' })
    assert.deepEqual([pressed.status, pressed.headers.get('location')], [303, 'http://shop.test/thanks'])
    assert.equal((await call('GET', `/payments/${made.body['id']}`)).body['state'], 'succeeded')
    const refused = await call('POST', `/payments/${made.body['id']}/refund`, { body: { amount: 2_000 } })
    assert.deepEqual([refused.status, refused.body['code']], [400, 'too_much'])
    assert.equal((await call('GET', '/nothing')).status, 404)
    assert.equal((await call('GET', '/payments/none', { headers: { authorization: 'Bearer other' } })).status, 401)
    assert.equal((await call('POST', `/payments/${made.body['id']}/refund`, { body: '[' })).body['code'], 'bad_request')
    assert.equal((await call('POST', '/payments', { body: 'x'.repeat(200_000) })).status, 413)
  })

  test('sends whoever turns back to where the shop says', async () => {
    const made = await call('POST', '/payments', { body: 'reference=pay_1&amount=1000' })
    const pressed = await fetch(made.body['url'] as string, { method: 'POST', body: 'answer=cancel', redirect: 'manual' })
    assert.equal(pressed.headers.get('location'), 'http://shop.test/cart')
  })

  test('answers a repeated key as the first time, and refuses it with another body', async () => {
    const first = await startPaid('k')
    const second = await startPaid('k')
    assert.deepEqual([second.status, second.text], [201, first.text])
    const other = await call('POST', '/payments', { body: 'reference=pay_1&amount=999', headers: { 'idempotency-key': 'k' } })
    assert.equal(other.body['code'], 'key_reused')
    assert.equal(open.book.all().length, 1)
  })

  test('has its own book, knobs and dashboard', async () => {
    const { body } = await startPaid('k')
    assert.equal((await call('PUT', '/settings', { body: { feeFixedMinor: 30 } })).body['feeFixedMinor'], 30)
    assert.equal((await call('PUT', '/settings', { body: { nonsense: 1 } })).status, 400)
    const disputed = (await call('POST', `/dashboard/${body['id']}/dispute`, { body: { reason: 'not_received', amountMinor: 400 } })).body
    const [dispute] = disputed['disputes'] as { id: string }[]
    assert.equal((await call('POST', `/dashboard/disputes/${dispute!.id}/lose`, { body: {} })).status, 200)
    assert.equal((await call('POST', `/dashboard/${body['id']}/refund`, { body: { amountMinor: 700 } })).status, 409)
    assert.equal((await call('POST', '/dashboard/payout', { body: { feeMinor: 20 } })).body['amountMinor'], 580)
    const book = (await call('GET', '/book')).body
    assert.deepEqual([book['balances'], (book['payouts'] as unknown[]).length], [{ EUR: 0 }, 1])
    assert.match((await call('GET', '/dashboard')).text, /Pay out/)
  })
})

describe('a fault', () => {
  const cases: readonly [kind: string, isDone: boolean, status: number | null][] = [
    ['effect_no_answer', true, null],
    ['no_effect_no_answer', false, null],
    ['effect_500', true, 500],
    ['no_effect_500', false, 500],
    ['rate_limit', false, 429],
    ['outage', false, 500],
    ['html', true, 200],
    ['half_body', true, 201],
    ['redirect', true, 302],
  ]
  for (const [kind, isDone, status] of cases)
    test(`${kind} strikes one call, and a repeat acts once`, async () => {
      assert.equal((await plan({ call: 'start', kind, count: 1 })).status, 200)
      const struck = await startPaid('k').then(
        (answer) => answer,
        () => null,
      )
      assert.equal(struck?.status ?? null, status)
      assert.deepEqual(struck?.body ?? {}, status === 500 || status === 429 ? struck!.body : {})
      if (kind === 'rate_limit') assert.equal(struck!.headers.get('retry-after'), '1')
      assert.equal(open.book.all().length, isDone ? 1 : 0)
      assert.equal((await startPaid('k')).status, 201)
      assert.equal(open.book.all().length, 1)
    })

  test('is refused when it is none', async () => {
    for (const fault of [
      {},
      { call: 'start' },
      { call: 'start', kind: 'drop' },
      { call: 'webhook', kind: 'html' },
      { call: 'start', kind: 'html', count: -1 },
    ])
      assert.equal((await plan(fault)).status, 400, JSON.stringify(fault))
  })

  test('of a webhook repeats, drops, spoils or distorts it', async () => {
    await plan({ call: 'webhook', kind: 'drop', count: 3 })
    await startPaid('a')
    assert.equal(open.told.length, 0)
    await plan({ call: 'webhook', kind: 'repeat', count: 1 })
    await plan({ call: 'webhook', kind: 'bad_signature', count: 1 })
    await startPaid('b')
    const signed = open.told.map(({ headers, body }) => headers!['tiny-signature'] === signHmac(secret, body!))
    assert.deepEqual(signed, [true, true, false, true])
  })
})
