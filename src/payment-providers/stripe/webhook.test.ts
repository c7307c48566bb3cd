import assert from 'node:assert/strict'
import { test } from 'node:test'
import Stripe from 'stripe'
import { EngineError } from '../../base/engine-error.ts'
import type { StripeApi } from './api.ts'
import { createFinder } from './find.ts'
import { createWebhookReader } from './webhook.ts'

const now = Date.UTC(2026, 10, 30)
const [secret, newer, old] = ['whsec_current', 'whsec_newer', 'whsec_old'].map((one) => `${one}_of_the_endpoint`) as [
  string,
  string,
  string,
]
const { webhooks } = new Stripe('sk_test_of_nobody')

/** `answer`: what Stripe says of any object. */
function readerOf(answer: Awaited<ReturnType<StripeApi['get']>> = { result: 'uncertain', reason: 'Nobody asked.', isReplayed: false }) {
  const asked: string[] = []
  const get: StripeApi['get'] = async (path) => {
    asked.push(path)
    return answer
  }
  const finder = createFinder({ get, post: () => assert.fail('a webhook changes nothing there') }, () => now)
  return { read: createWebhookReader({ finder, readSecrets: () => [secret, newer] }), asked }
}

const eventOf = (type: string, object: object, more: object = {}) => ({
  id: 'evt_1',
  object: 'event',
  type,
  created: Math.floor(now / 1000) - 5,
  data: { object },
  ...more,
})
const intent = { id: 'pi_1', object: 'payment_intent', status: 'succeeded', amount_received: 1999, currency: 'eur' }
const marked = { metadata: { kingpost_payment: 'pay_1', kingpost_capture: 'now' } }

function signed(event: unknown, by = secret, at = now) {
  const payload = typeof event === 'string' ? event : JSON.stringify(event)
  const header = webhooks.generateTestHeaderString({ payload, secret: by, timestamp: Math.floor(at / 1000) })
  return { body: Buffer.from(payload), headers: { 'stripe-signature': header }, now }
}
const paid = eventOf('payment_intent.succeeded', { ...intent, ...marked })

test('what the SDK of Stripe signs is taken, by either of two secrets', async () => {
  const { read } = readerOf()
  const fact = { kind: 'cap_ok', operationRef: 'pi_1', amount: { amount: 1999, currency: 'EUR' }, providerTime: now - 5_000 }
  const told = [{ eventId: 'evt_1', reference: 'pay_1', providerRef: 'pi_1', told: { facts: [fact], declineReason: null } }]
  for (const by of [secret, newer]) assert.deepEqual(await read(signed(paid, by)), told)
  const both = {
    ...signed(paid),
    headers: { 'stripe-signature': `${signed(paid).headers['stripe-signature']},v1=${'0'.repeat(64)},v0=aa` },
  }
  assert.deepEqual(await read(both), told)
})

test('whatever is altered is refused', async () => {
  const { read } = readerOf()
  const good = signed(paid)
  const header = good.headers['stripe-signature']
  const body = good.body.toString()
  const altered = [
    { ...good, body: Buffer.from(body.replace('1999', '1998')) },
    { ...good, body: Buffer.from(`${body} `) },
    { ...good, body: Buffer.alloc(0) },
    { ...good, headers: {} },
    { ...good, headers: { 'stripe-signature': '' } },
    { ...good, headers: { 'stripe-signature': header.replace(/t=\d+,/, '') } },
    { ...good, headers: { 'stripe-signature': header.replace(/t=(\d+)/, (_, time) => `t=${Number(time) + 1}`) } },
    { ...good, headers: { 'stripe-signature': header.replace('v1=', 'v0=') } },
    { ...good, headers: { 'stripe-signature': header.slice(0, -1) } },
    { ...good, headers: { 'stripe-signature': header.replace(/.$/, (last) => (last === '0' ? '1' : '0')) } },
    signed(paid, old),
    signed(paid, ''),
    signed(paid, secret, now - 301_000),
    signed(paid, secret, now + 301_000),
    signed('{"object":"event"'),
    signed('[]'),
    signed({ object: 'v2.core.event', id: 'evt_1', type: 'payment_intent.succeeded', data: { object: intent } }),
    signed({ object: 'event', id: 'evt_1', type: 'payment_intent.succeeded', data: {} }),
    signed({ object: 'event', id: 'evt 1\u0000', type: 'payment_intent.succeeded', data: { object: intent } }),
  ]
  for (const one of altered) assert.equal(await read(one), null, `${JSON.stringify(one.headers)} ${one.body}`)
  assert.notEqual(await read(signed(paid, secret, now - 299_000)), null)
})

test('an event names its payment, and tells nothing that may be stale', async () => {
  const session = {
    id: 'cs_1',
    object: 'checkout.session',
    payment_intent: 'pi_1',
    payment_status: 'paid',
    amount_total: 1999,
    currency: 'eur',
  }
  const charge = { id: 'ch_1', object: 'charge', payment_intent: 'pi_1', ...marked }
  const { read, asked } = readerOf()
  const seen = async (type: string, object: object, more: object = {}) =>
    (await read(signed(eventOf(type, object, more))))!.map(({ reference, providerRef, told }) => [
      reference,
      providerRef,
      told?.facts.length ?? 0,
    ])
  assert.deepEqual(await seen('checkout.session.completed', { ...session, ...marked }), [['pay_1', 'cs_1', 1]])
  assert.deepEqual(await seen('checkout.session.completed', { ...session, ...marked, payment_status: 'unpaid' }), [['pay_1', 'cs_1', 0]])
  assert.deepEqual(await seen('checkout.session.expired', { ...session, ...marked }), [['pay_1', 'cs_1', 0]])
  const later = { metadata: { kingpost_payment: 'pay_1', kingpost_capture: 'later' } }
  assert.deepEqual(await seen('checkout.session.completed', { ...session, ...later }), [['pay_1', 'cs_1', 0]])
  assert.deepEqual(await seen('payment_intent.payment_failed', { ...intent, ...marked }), [['pay_1', 'pi_1', 0]])
  assert.deepEqual(await seen('payment_intent.succeeded', { ...intent, ...marked, amount_received: -1 }), [['pay_1', 'pi_1', 0]])
  assert.deepEqual(await seen('payment_intent.succeeded', { ...intent, ...marked, currency: 'xxx' }), [['pay_1', 'pi_1', 0]])
  assert.deepEqual(await seen('charge.refunded', charge), [['pay_1', 'pi_1', 0]])
  // Money that is not ours waits for somebody to look; what took none, or is of another kind, is nobody's.
  assert.deepEqual(await seen('payment_intent.succeeded', intent), [[null, 'pi_1', 0]])
  assert.deepEqual(await seen('payment_intent.payment_failed', intent), [])
  assert.deepEqual(await seen('payment_intent.succeeded', { ...intent, ...marked }, { account: 'acct_1' }), [])
  for (const type of ['payout.paid', 'customer.created', 'charge.succeeded', 'toString']) assert.deepEqual(await seen(type, charge), [])
  assert.deepEqual(asked, [])
})

test('whose dispute it is is asked for, and without an answer Stripe must send it again', async () => {
  const dispute = { id: 'du_1', object: 'dispute', payment_intent: 'pi_1', charge: 'ch_1', metadata: {} }
  const opened = signed(eventOf('charge.dispute.created', dispute))
  const known = readerOf({ result: 'ok', body: { ...intent, ...marked } })
  assert.deepEqual(await known.read(opened), [{ eventId: 'evt_1', reference: 'pay_1', providerRef: 'pi_1' }])
  assert.deepEqual(known.asked, ['payment_intents/pi_1'])
  const missing = readerOf({ result: 'refused', reason: 'None.', status: 404, code: 'resource_missing', isReplayed: false })
  assert.deepEqual(await missing.read(opened), [{ eventId: 'evt_1', reference: null, providerRef: 'pi_1' }])
  await assert.rejects(readerOf().read(opened), (error) => error instanceof EngineError && error.code === 'overloaded')
  const ofDashboard = signed(eventOf('refund.created', { id: 're_1', object: 'refund', payment_intent: 'pi_1', metadata: {} }))
  assert.deepEqual((await known.read(ofDashboard))?.[0]?.reference, 'pay_1')
})
