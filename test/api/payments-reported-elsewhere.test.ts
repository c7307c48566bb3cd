// What people have reported of the payments of other shops, tried here: each test names where. What other tests ask is not asked again.
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { signHmac } from '../../src/base/secret.ts'
import { sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { disputes, payments, refunds } from '../../src/domains/payments/collections.ts'
import { effects } from '../../src/effects/effect.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
/** What happens around a call to the provider. */
let around: <T>(name: string, call: () => T) => Promise<T>
async function open(capture: 'placement' | 'manual' = 'placement') {
  around = async (_name, call) => await call()
  const shop = { ...(testConfig.shop as object), currency: 'EUR', payments: [sandbox({ capture })] }
  world = await openWorld({ config: { ...testConfig, shop }, call: (name, call) => around(name, call) as never })
  await world.engine.start()
}
beforeEach(() => open())
afterEach(() => closeWithBooks(world))

const read = () => world.engine.parts.storage.reader
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const post = (path: string, body: object = {}, as: As = 'staff') => world.call(as, { method: 'POST', url: `/api/${path}`, body })
const orderOf = async (id: string) => (await read().get(orders, id))!
const paymentOf = async (id: string) => (await read().get(payments, id))!
const refundsOf = async (order: string) => await findAll(read(), refunds, eq('order', order))
const theirs = () => world.book.all()

async function ordered(quantity = 1, method = 'card_success') {
  const { status, body } = await checkOut(world, 'owner', await fillCart(world, 'owner', [{ variant: 'variant', quantity }]), method)
  assert.equal(status, 201, JSON.stringify(body))
  await work(world)
  return { order: body.order.id as string, payment: body.payment.id as string }
}
async function sendWebhook(event: { id: string; payment: string; reference: string; data?: unknown }) {
  const body = JSON.stringify(event)
  const time = Math.floor(world.clock.now() / 1000)
  const signature = `t=${time},v1=${signHmac(world.webhookSecret, `${time}.${body}`)}`
  const headers = { 'content-type': 'application/json', 'sandbox-signature': signature }
  return await world.request({ method: 'POST', url: '/api/payments/webhooks/sandbox', headers, body })
}
async function manually() {
  await world.close()
  await open('manual')
}

test('woocommerce-gateway-stripe 2724, 838: a refund whose webhook is here before the answer to its call is one refund', async () => {
  const { order, payment } = await ordered()
  around = async (name, call) => {
    const answer = await call()
    // All webhooks of it arrive, and only then what the call answers.
    if (name === 'refund') for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    return answer
  }
  assert.equal((await post(`orders/${order}/refunds`, { amount: eur(98) })).status, 201)
  await work(world, 5_000)
  assert.deepEqual(
    (await refundsOf(order)).map(({ amount, status, reason }) => [amount.amount, status, reason]),
    [[98, 'succeeded', 'requested']],
  )
  assert.deepEqual((await paymentOf(payment)).refunded, eur(98))
})

test('pretix 343, openfoodnetwork 3925: of an order that was paid twice one payment goes back in the dashboard, and it stays paid', async () => {
  const { order } = await ordered(1, 'card_challenge')
  // Nobody hears that the first was paid, and it is not closed before the second is paid as well.
  world.book.set({ webhookLoss: 1 })
  around = async (name, call) => {
    if (name === 'cancel') throw new Error('Nothing was sent.')
    return await call()
  }
  assert.equal((await post(`orders/${order}/payments`, { provider: 'sandbox', method: 'card_challenge' }, 'owner')).status, 201)
  for (const { id } of theirs()) world.book.answer(id, { answer: 'approve' })
  await work(world, 3_000)
  world.book.refundInDashboard(theirs()[0]!.id)
  world.book.set({ webhookLoss: 0 })
  around = async (_name, call) => await call()
  for (const { id } of await findAll(read(), payments, eq('order', order))) await post(`payments/${id}/check`)
  await work(world, 20_000)
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['placed', 'paid'])
  const kept = theirs().reduce((sum, { captures, refunds: back }) => {
    const taken = captures.filter(({ state }) => state === 'succeeded').reduce((all, { amountMinor }) => all + amountMinor, 0)
    return sum + taken - back.reduce((all, { amountMinor }) => all + amountMinor, 0)
  }, 0)
  assert.equal(kept, (await orderOf(order)).total.amount)
})

test('craftcms commerce 1098, killbill 334: what is left is all that a second refund can give', async () => {
  const { order } = await ordered()
  const { amount } = (await orderOf(order)).total
  assert.equal((await post(`orders/${order}/refunds`, { amount: eur(amount - 1) })).status, 201)
  for (const more of [amount, 2]) assert.equal((await post(`orders/${order}/refunds`, { amount: eur(more) })).body.code, 'refund_too_large')
  assert.equal((await post(`orders/${order}/refunds`, {})).body.amount.amount, 1)
  await work(world)
  assert.equal((await orderOf(order)).paymentStatus, 'refunded')
})

test('Vendure 868, 2338: of five units two go back and then three, each with its price', async () => {
  const { order } = await ordered(5)
  const [line] = (await orderOf(order)).lines
  const amounts: number[] = []
  for (const quantity of [2, 3]) {
    const { status, body } = await post(`orders/${order}/refunds`, { lines: [{ line: line!.id, quantity }] })
    assert.equal(status, 201, JSON.stringify(body))
    amounts.push(body.amount.amount)
  }
  assert.deepEqual(amounts, [2_000, 3_000])
  assert.equal((await post(`orders/${order}/refunds`, { lines: [{ line: line!.id, quantity: 1 }] })).status, 400)
  await work(world)
})

test('Mollie for WooCommerce 1252, 1049: a late word that it was paid opens no order that was given back or is disputed', async () => {
  const { order, payment } = await ordered()
  const [paid] = theirs()
  const late = { id: 'evt_late', payment: paid!.id, reference: payment, data: { ...paid!, refunds: [], disputes: [] } }
  assert.equal((await post(`orders/${order}/refunds`, {})).status, 201)
  await work(world)
  world.book.dispute(theirs()[0]!.id, { amountMinor: 1 })
  await work(world, 5_000)
  const before = await orderOf(order)
  assert.deepEqual([before.paymentStatus, before.holds.includes('disputed')], ['refunded', true])
  assert.equal((await sendWebhook(late)).status, 200)
  await work(world, 5_000)
  assert.deepEqual(await orderOf(order), before)
  assert.equal((await findAll(read(), disputes, eq('order', order))).length, 1)
})

test('woocommerce-gateway-stripe 738, 2799: captured in part in the dashboard, a part of that goes back and the order keeps its total', async () => {
  await manually()
  const { order, payment } = await ordered()
  world.book.captureInDashboard(theirs()[0]!.id, 500)
  await work(world, 5_000)
  const { total, paymentStatus, holds } = await orderOf(order)
  assert.deepEqual([total.amount, paymentStatus, holds], [1_390, 'partially_paid', ['payment_incomplete']])
  assert.equal((await post(`orders/${order}/refunds`, { amount: eur(200) })).status, 201)
  await work(world)
  assert.deepEqual([(await paymentOf(payment)).captured.amount, theirs()[0]!.refunds.map(({ amountMinor }) => amountMinor)], [500, [200]])
})

test('woocommerce-gateway-stripe 853, woocommerce-payments 9040: what was never captured is not refunded, and given up it makes no refund', async () => {
  await manually()
  const { order, payment } = await ordered()
  assert.equal((await post(`orders/${order}/refunds`, { amount: eur(1) })).body.code, 'refund_too_large')
  assert.equal((await paymentOf(payment)).capturable!.amount, 1_390)
  assert.equal((await post(`payments/${payment}/void`)).status, 200)
  await work(world, 5_000)
  assert.deepEqual([(await orderOf(order)).paymentStatus, await refundsOf(order)], ['voided', []])
})

test('Medusa 12674, 13301: to capture what is captured already is refused, and gives nothing back', async () => {
  const { order, payment } = await ordered()
  const answers = await Promise.all([
    post(`payments/${payment}/capture`),
    post(`payments/${payment}/capture`),
    post(`payments/${payment}/void`),
  ])
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.code]),
    Array.from({ length: 3 }, () => [409, 'payment_state_conflict']),
  )
  await work(world, 5_000)
  assert.deepEqual([(await orderOf(order)).paymentStatus, await refundsOf(order)], ['paid', []])
})

test('Umbraco Commerce 395: an error instead of the answer to a payment that was taken lets nobody pay again', async () => {
  around = async (name, call) => {
    const answer = await call()
    if (name === 'start') throw new Error('Nothing was answered.')
    return answer
  }
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'))
  const again = await Promise.all(
    Array.from({ length: 3 }, () => post(`orders/${body.order.id}/payments`, { provider: 'sandbox' }, 'owner')),
  )
  assert.deepEqual(
    again.map(({ status, body: answer }) => [status, answer.code]),
    Array.from({ length: 3 }, () => [409, again[0]!.body.code]),
  )
  around = async (_name, call) => await call()
  await work(world, 20_000)
  assert.equal((await orderOf(body.order.id)).paymentStatus, 'paid')
  assert.equal(theirs().length, 1)
})

test('Vendure 2657: webhooks of orders that are over are answered, so that nobody sends them for ever', async () => {
  const { order, payment } = await ordered()
  await post(`orders/${order}/cancel`)
  await work(world)
  const [paid] = theirs()
  for (const id of ['evt_1', 'evt_2']) {
    const { status } = await sendWebhook({ id, payment: paid!.id, reference: payment })
    assert.equal(status, 200)
  }
  await work(world)
})

test('Saleor 14649: customer, webhooks and staff at once leave one payment, one order and one refund', async () => {
  const cart = await fillCart(world, 'owner')
  const checkouts = await Promise.all(Array.from({ length: 6 }, () => checkOut(world, 'owner', cart)))
  const ids = new Set(checkouts.map(({ body }) => body.order?.id))
  assert.equal(ids.size, 1)
  await work(world)
  const [order] = [...ids]
  const answers = await Promise.all(
    Array.from({ length: 9 }, (_, at) => (at % 3 === 0 ? post(`orders/${order}/cancel`, {}, 'owner') : post(`orders/${order}/refunds`))),
  )
  assert.ok(answers.every(({ status }) => [200, 201, 409].includes(status)))
  await work(world, 5_000)
  assert.deepEqual([theirs().length, theirs()[0]!.refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)], [1, 1_390])
  assert.equal((await findAll(read(), effects, eq('state', 'dead'))).length, 0)
})
