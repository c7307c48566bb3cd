// Mollie's classic webhooks on their way through the API: nobody signs them, so the address is the proof. What strangers send is
// refused before anything is asked or stored.
// slow: mongodb, mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EgressRequest } from '../../src/base/egress.ts'
import { webhookInbox } from '../../src/domains/payments/collections.ts'
import { createMollieProvider } from '../../src/payment-providers/mollie/adapter.ts'
import { webhookAddress } from '../../src/payment-providers/mollie/webhook.ts'
import { checkOut, fillCart, openWorld, type World } from '../support/api-harness.ts'

const addressSecret = 'kept by the shop'
let world: World
let asked: EgressRequest[] = []
/** What Mollie says of its one payment. */
let record: Record<string, unknown> = {}

before(async () => {
  const mollie = createMollieProvider({
    ...{ id: 'mollie', clock: { now: () => world.clock.now() }, url: 'https://api.mollie.com', addressSecret },
    ...{ apiKey: () => 'test_key', webhookSecrets: () => ['a secret'] },
    egress: {
      async request(request) {
        asked.push(request)
        if (request.method === 'POST') record = { ...made(), ...(JSON.parse(request.body!) as object) }
        return { status: request.method === 'POST' ? 201 : 200, body: JSON.stringify(record) }
      },
    },
  })
  world = await openWorld({ payments: [mollie] })
})
after(() => world.close())

const made = () => ({
  ...{ resource: 'payment', id: 'tr_1', mode: 'test', status: 'open', createdAt: '2026-11-24T10:00:00+00:00' },
  _links: { checkout: { href: 'https://www.mollie.com/checkout/1', type: 'text/html' } },
})
const send = (url: string, body = 'id=tr_1', headers: Record<string, string> = {}) =>
  world.request({
    method: 'POST',
    url: url.replace('http://shop.test', ''),
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
const rows = async () => (await world.engine.parts.storage.reader.find(webhookInbox, { limit: 50 })).length

test('a call to the address of a payment pays its order at once, and a repeat changes nothing', async () => {
  const cart = await fillCart(world, 'guest')
  const answer = await checkOut(world, 'guest', cart, 'ideal', 'mollie')
  assert.equal(answer.body.payment.status, 'requires_action', answer.text)
  const address = record['webhookUrl'] as string
  assert.match(address, /^http:\/\/shop\.test\/api\/payments\/webhooks\/mollie\?payment=pay_\w{26}&proof=[0-9a-f]{64}$/)
  // Opened, and called for nothing.
  assert.equal((await send(address)).status, 200)
  record = { ...record, status: 'paid', paidAt: '2026-11-24T10:01:00+00:00', _links: {} }
  const told = await send(address)
  assert.deepEqual([told.status, told.body], [200, { received: 1 }])
  const order = await world.call('guest', { method: 'GET', url: `/api/orders/${answer.body.order.id}`, headers: cart.headers })
  assert.equal(order.body.paymentStatus, 'paid')
  const before = await world.newest()
  const count = await rows()
  assert.equal((await send(address)).status, 200)
  assert.deepEqual([await rows(), await world.commitsAfter(before)], [count, []])
})

test('what strangers send is refused, and neither asks Mollie nor stores anything', async () => {
  const address = record['webhookUrl'] as string
  const plain = address.split('?')[0]!
  const other = world.engine.newId('pay')
  asked = []
  const stored = await world.snapshot()
  const bad: [string, string, string?, Record<string, string>?][] = [
    ['webhook_rejected', plain],
    ['webhook_rejected', address.replace(/proof=./, (one) => (one.endsWith('0') ? 'proof=1' : 'proof=0'))],
    ['webhook_rejected', address.replace(/pay_\w{26}/, other)],
    ['webhook_rejected', address, 'id=tr_1&id=tr_2'],
    ['webhook_rejected', address, `id=tr_${'x'.repeat(500)}`],
    ['webhook_rejected', address, 'id=tr_1', { 'x-mollie-signature': `sha256=${'0'.repeat(64)}` }],
    ['validation_failed', `${plain}?proof=1&more=2`],
    ['validation_failed', `${address}&provider=sandbox`],
    ['validation_failed', `${plain}?proof=${'0'.repeat(65)}`],
  ]
  for (const [code, url, body, headers] of bad) {
    const answer = await send(url, body, headers)
    assert.deepEqual([answer.status, answer.body.code], [400, code], url)
  }
  assert.equal(asked.length, 0)
  assert.equal(await world.snapshot(), stored)
})

test('a payment that this shop has lost waits in the inbox', async () => {
  const lost = world.engine.newId('pay')
  record = { ...record, id: 'tr_2', metadata: { payment: lost } }
  const count = await rows()
  assert.equal((await send(webhookAddress('/api/payments/webhooks/mollie', lost, addressSecret), 'id=tr_2')).status, 200)
  const waiting = await world.engine.parts.storage.reader.find(webhookInbox, { limit: 50 })
  assert.equal(waiting.length, count + 1)
  const [row] = waiting.filter(({ reference }) => reference === lost)
  assert.deepEqual([row!.state, row!.providerRef], ['waiting', 'tr_2'])
})
