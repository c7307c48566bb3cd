// Ways to pay that no company stands behind: what came in is booked by staff.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { bankTransfer, cashOnDelivery } from '../../src/config/payment-makers.ts'
import { and, eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { payments, refunds } from '../../src/domains/payments/collections.ts'
import { createOfflineProvider } from '../../src/payment-providers/offline/adapter.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { checkOut, createTestClock, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

const day = 86_400_000
const account = { holder: 'The Bookshop', iban: 'AT611904300234573201', bic: null }
let world: World
beforeEach(async () => {
  const clock = createTestClock()
  const shop = {
    ...(testConfig.shop as object),
    currency: 'EUR',
    payments: [{ provider: 'sandbox' as const }, bankTransfer({ holder: account.holder, iban: account.iban }), cashOnDelivery()],
  }
  world = await openWorld({
    clock,
    config: { ...testConfig, shop },
    payments: [
      createOfflineProvider({ id: 'bank-transfer', clock, transfer: account }),
      createOfflineProvider({ id: 'cash-on-delivery', clock, transfer: null }),
    ],
  })
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const total = { amount: 1390, currency: 'EUR' }

async function begin(provider: string) {
  const { status, body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), provider, provider)
  assert.equal(status, 201, JSON.stringify(body))
  return { order: body.order.id as string, payment: body.payment.id as string, body }
}
const post = (path: string, body: object) => world.call('staff', { method: 'POST', url: `/api/${path}`, body })
const book = (payment: string, body: object) => post(`payments/${payment}/receipt`, { reference: 'statement 7, line 3', ...body })
const receivable = async (order: string) => {
  const entries = await findAll(read(), ledgerEntries, eq('order', order))
  return entries.filter(({ account }) => account === `A:receivable:${order}`).reduce((sum, { amount }) => sum + amount.amount, 0)
}

test('an order waits for its bank transfer for two weeks, and is placed by the receipt', async () => {
  const { order, payment, body } = await begin('bank-transfer')
  assert.deepEqual(body.payment.action, { type: 'transfer', ...account, reference: (await orderOf(order)).number })
  assert.deepEqual([body.payment.status, body.order.status], ['requires_action', 'pending_payment'])
  await work(world, 60_000)
  assert.ok((await orderOf(order)).expiresAt! - world.clock.now() > 13 * day)
  const { status, body: booked } = await book(payment, {})
  assert.deepEqual([status, booked.captured], [200, total])
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['placed', 'paid'])
  // The same line of the statement again.
  assert.equal((await book(payment, {})).status, 200)
  assert.deepEqual((await read().get(payments, payment))!.captured, total)
  const again = await book(payment, { reference: 'statement 8' })
  assert.deepEqual([again.status, again.body.code], [409, 'payment_state_conflict'])
})

test('another amount under a reference that is booked is refused, and so is what no ledger could count', async () => {
  const { order, payment } = await begin('bank-transfer')
  assert.equal((await book(payment, { amount: { amount: 1000, currency: 'EUR' } })).status, 200)
  const other = await book(payment, { amount: { amount: 390, currency: 'EUR' } })
  assert.deepEqual([other.status, other.body.code], [409, 'payment_state_conflict'])
  for (const amount of [limits.moneyMovedMax + 1, Number.MAX_SAFE_INTEGER]) {
    const { status, body } = await book(payment, { reference: 'typed wrong', amount: { amount, currency: 'EUR' } })
    assert.deepEqual([status, body.errors[0].path], [400, '/amount/amount'])
  }
  assert.equal((await book(payment, { reference: 'statement 8' })).status, 200)
  assert.equal((await orderOf(order)).paymentStatus, 'paid')
})

test('where to send the money is written once', async () => {
  const { order, payment } = await begin('bank-transfer')
  await work(world, 60_000)
  const mails = () => findAll(read(), emails, and(eq('record', order), eq('template', 'transfer_instructions')))
  const [mail, ...more] = await mails()
  assert.ok(mail)
  assert.deepEqual(more, [])
  const { number, expiresAt } = await orderOf(order)
  const day = new Date(expiresAt!).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
  for (const said of [/13\.90 EUR by /, /IBAN: AT61 1904 3002 3457 3201\n/, /Account holder: The Bookshop\n/]) assert.match(mail.text, said)
  assert.ok(mail.text.includes(`by ${day} to:`) && mail.text.includes(`Reference: ${number}\n`), mail.text)
  assert.doesNotMatch(mail.text, /BIC/, 'none was given')
  assert.match(mail.html!, /white-space:nowrap">AT61 1904 3002 3457 3201</)
  // A part that came in changes the payment, and says nothing of where to send it.
  await book(payment, { amount: { amount: 1000, currency: 'EUR' }, reference: 'a' })
  await work(world, 60_000)
  assert.equal((await mails()).length, 1)
})

test('a stranger who orders in somebody’s name has them written to no more often than the bound allows', async () => {
  for (let count = 0; count < limits.strangerMailsAtOnce + 2; count++) await begin('bank-transfer')
  await work(world)
  const mails = await findAll(read(), emails, eq('template', 'transfer_instructions'))
  assert.equal(mails.length, limits.strangerMailsAtOnce)
})

test('an order on delivery is told nothing of a transfer', async () => {
  const { order } = await begin('cash-on-delivery')
  await work(world, 60_000)
  const mails = await findAll(read(), emails, eq('record', order))
  assert.deepEqual(
    mails.map(({ template }) => template),
    ['order_receipt'],
  )
})

test('of a transfer in two parts the order is placed by the second', async () => {
  const { order, payment } = await begin('bank-transfer')
  await book(payment, { amount: { amount: 1000, currency: 'EUR' }, reference: 'a' })
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['pending_payment', 'partially_paid'])
  await book(payment, { amount: { amount: 390, currency: 'EUR' }, reference: 'b' })
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['placed', 'paid'])
})

test('a customer who changes their mind pays by card, and a transfer that comes all the same is owed back', async () => {
  const { order, payment } = await begin('bank-transfer')
  const again = await world.call('owner', { method: 'POST', url: `/api/orders/${order}/payments`, body: { provider: 'sandbox' } })
  assert.equal(again.status, 201, JSON.stringify(again.body))
  await work(world)
  assert.deepEqual([(await orderOf(order)).paymentStatus, (await read().get(payments, payment))!.status], ['paid', 'canceled'])
  await book(payment, { amount: total })
  await work(world)
  // Which of the two goes back is the engine's choice: the later attempt, by its provider.
  const owed = await findAll(read(), refunds, eq('order', order))
  assert.deepEqual(
    owed.map(({ amount, status }) => [amount, status]),
    [[total, 'succeeded']],
  )
  assert.equal((await orderOf(order)).paymentStatus, 'paid')
})

test('nobody transferred anything: the order expires, and its stock is free', async () => {
  const { order, payment } = await begin('bank-transfer')
  await world.write(async (tx, now) => void (await tx.update(orders, (await tx.get(orders, order))!, { set: { expiresAt: now } })))
  await work(world, 20 * 60_000)
  assert.deepEqual([(await orderOf(order)).status, (await read().get(payments, payment))!.status], ['expired', 'canceled'])
})

test('an order that is paid on delivery is placed at once, and owed until the money is booked', async () => {
  const { order, payment } = await begin('cash-on-delivery')
  assert.deepEqual([(await orderOf(order)).status, (await orderOf(order)).paymentStatus], ['placed', 'authorized'])
  assert.equal(await receivable(order), 1390)
  const part = await book(payment, { amount: { amount: 400, currency: 'EUR' } })
  assert.deepEqual([part.status, part.body.captured.amount, await receivable(order)], [200, 400, 990])
  await book(payment, { reference: 'till 2' })
  assert.deepEqual([(await orderOf(order)).paymentStatus, await receivable(order), (await orderOf(order)).holds], ['paid', 0, []])
  const capture = await post(`payments/${payment}/capture`, {})
  assert.deepEqual([capture.status, capture.body.code], [409, 'payment_state_conflict'])
})

test('canceled before it was delivered, nothing is owed any more', async () => {
  const { order, payment } = await begin('cash-on-delivery')
  assert.equal((await post(`orders/${order}/cancel`, {})).status, 200)
  await work(world)
  assert.deepEqual([await receivable(order), (await read().get(payments, payment))!.status], [0, 'canceled'])
  assert.equal((await orderOf(order)).paymentStatus, 'voided')
})

test('what nobody paid is given up by staff, and the order says so', async () => {
  const { order, payment } = await begin('cash-on-delivery')
  assert.equal((await post(`payments/${payment}/capture`, {})).body.code, 'not_supported_by_provider')
  assert.equal((await post(`payments/${payment}/void`, {})).status, 200)
  await work(world)
  assert.deepEqual((await orderOf(order)).holds, ['payment_incomplete'])
  assert.equal(await receivable(order), 1390)
})

test('what staff give back, they give back by hand and say how', async () => {
  const { order, payment } = await begin('cash-on-delivery')
  await book(payment, {})
  const { body } = await post(`orders/${order}/refunds`, { amount: { amount: 500, currency: 'EUR' } })
  await work(world)
  const [refund] = await findAll(read(), refunds, eq('order', order))
  assert.deepEqual([refund!.id, refund!.status], [body.id, 'failed'])
  assert.equal((await post(`refunds/${body.id}/settle`, { note: 'By bank transfer.' })).status, 200)
})

test('a provider that tells itself what came in takes no receipt', async () => {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), 'card_challenge', 'sandbox')
  assert.equal((await book(body.payment.id, {})).body.code, 'not_supported_by_provider')
})
