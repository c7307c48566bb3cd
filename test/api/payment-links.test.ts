// Payment links: what is open of an order is paid by whoever has the address, once, and nothing else is seen by it.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { invoice, sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { payments } from '../../src/domains/payments/collections.ts'
import { createOfflineProvider } from '../../src/payment-providers/offline/adapter.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, checkOut, createTestClock, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { createMailbox, type Mail, secretIn } from '../support/mailbox.ts'

let world: World
let sent: Mail[]
beforeEach(async () => {
  const mailbox = createMailbox()
  sent = mailbox.sent
  const clock = createTestClock()
  const offline = createOfflineProvider({ id: 'invoice', clock, transfer: null })
  const shop = { ...(testConfig.shop as object), currency: 'EUR', payments: [sandbox(), invoice()] }
  world = await openWorld({ ...mailbox, clock, payments: [offline], config: { ...testConfig, shop } })
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const read = () => world.engine.parts.storage.reader
const post = (as: As, path: string, body: object = {}) => world.call(as, { method: 'POST', url: `/api/${path}`, body })
const orderOf = async (id: string) => (await read().get(orders, id))!
const tokenOf = ({ body }: { body: { url: string } }) => body.url.split('#token=')[1]!
const open = (token: string) => post('guest', 'paymentLinks/open', { token })
const pay = (token: string, method = 'card_success') => post('guest', 'paymentLinks/pay', { token, provider: 'sandbox', method })

async function ordered(method: string, provider?: string): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), method, provider)
  await work(world)
  return body.order.id
}

test('an order that was declined is paid by whoever has its link, and by it alone', async () => {
  const order = await ordered('card_declined')
  const made = await post('staff', `orders/${order}/payment-link`, { mail: true })
  assert.deepEqual([made.status, made.body.due], [201, eur(1390)])
  const token = tokenOf(made)
  assert.match(token, /^paylink_[\w-]{43}$/)
  await work(world)
  const mail = sent.find(({ subject }) => subject.startsWith('Pay for your order'))!
  assert.deepEqual([mail.to, secretIn(mail)], ['owner@example.com', token])
  assert.ok(!((await world.snapshot()) + JSON.stringify(world.log)).includes(token), 'its secret is kept nowhere')

  const seen = await open(token)
  assert.deepEqual([seen.body.state, seen.body.due, Object.keys(seen.body).length], ['open', eur(1390), 7])
  assert.ok(!seen.text.includes('example.com') && !seen.text.includes('Main Street'))
  for (const [as, headers] of [
    ['guest', { 'cart-token': token }],
    ['other', { 'cart-token': token }],
  ] as const)
    assert.equal((await world.call(as, { method: 'GET', url: `/api/orders/${order}`, headers })).status, 404)
  assert.equal((await pay(token)).status, 201)
  await work(world)
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['placed', 'paid'])
  assert.deepEqual([(await open(token)).body.state, (await pay(token)).body.code], ['paid', 'payment_not_needed'])
})

test('its goods are kept as long as the link is good, and then no longer', async () => {
  const order = await ordered('card_declined')
  const token = tokenOf(await post('staff', `orders/${order}/payment-link`, { expiresAt: '2026-11-24T14:00:00Z' }))
  await work(world, 60 * 60_000)
  assert.equal((await orderOf(order)).status, 'pending_payment')
  // Whoever placed it may still try by themselves, and keeps no less.
  assert.equal((await post('owner', `orders/${order}/payments`, { provider: 'sandbox', method: 'card_declined' })).status, 201)
  assert.equal((await orderOf(order)).expiresAt, Date.parse('2026-11-24T14:00:00Z'))
  await work(world, 61 * 60_000)
  assert.equal((await orderOf(order)).status, 'expired')
  assert.deepEqual([(await open(token)).body.code, (await pay(token)).body.code], ['payment_link_invalid', 'payment_link_invalid'])
})

test('a newer one ends it, and so does the end of its order', async () => {
  const order = await ordered('card_declined')
  const first = tokenOf(await post('staff', `orders/${order}/payment-link`))
  const second = tokenOf(await post('staff', `orders/${order}/payment-link`))
  assert.deepEqual([(await open(first)).status, (await pay(first)).status, (await open(second)).status], [403, 403, 200])
  await post('owner', `orders/${order}/cancel`)
  assert.deepEqual([(await open(second)).body.state, (await pay(second)).body.code], ['closed', 'payment_not_needed'])
  assert.equal((await post('staff', `orders/${order}/payment-link`)).body.code, 'order_state_conflict')
})

test('an invoice is paid by it, also after a challenge, and is given up then', async () => {
  const order = await ordered('invoice', 'invoice')
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['placed', 'authorized'])
  const token = tokenOf(await post('staff', `orders/${order}/payment-link`))
  const started = await pay(token, 'card_challenge')
  assert.equal(started.body.payment.action.type, 'redirect')
  await work(world, 60_000)
  // It waits for its customer, although its order is placed.
  const { action } = (await open(token)).body
  assert.equal(action.type, 'redirect')
  world.book.answer(world.book.all()[0]!.id, { answer: 'approve' })
  await work(world, 10_000)
  const after = await orderOf(order)
  assert.deepEqual([after.status, after.paymentStatus, after.holds], ['placed', 'paid', []])
  assert.deepEqual((await findAll(read(), payments, eq('order', order))).map(({ provider, status }) => [provider, status]).toSorted(), [
    ['invoice', 'canceled'],
    ['sandbox', 'captured'],
  ])
  assert.equal((await post('staff', `orders/${order}/payment-link`)).body.code, 'payment_not_needed')
})

test('what was refunded is not asked for again, and two who pay at once pay once', async () => {
  const paid = await ordered('card_success')
  await post('staff', `orders/${paid}/refunds`, { amount: eur(100) })
  await work(world, 10_000)
  assert.equal((await post('staff', `orders/${paid}/payment-link`)).body.code, 'payment_not_needed')
  const order = await ordered('card_declined')
  const token = tokenOf(await post('staff', `orders/${order}/payment-link`))
  const answers = await Promise.all([pay(token), pay(token), pay(token)])
  await work(world, 10_000)
  assert.ok(answers.some(({ status }) => status === 201))
  assert.equal((await orderOf(order)).paymentStatus, 'paid')
})

for (const [what, expiresAt] of [
  ['a time that is over', '2020-01-01T00:00:00Z'],
  ['a time too far away', '2030-01-01T00:00:00Z'],
] as const)
  test(`a link until ${what} is refused`, async () => {
    const { status, body } = await post('staff', `orders/${await ordered('card_declined')}/payment-link`, { expiresAt })
    assert.deepEqual([status, body.errors[0].path], [400, '/expiresAt'])
  })
