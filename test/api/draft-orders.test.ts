// Drafts: what staff put together is seen by staff alone and holds nothing, until it is to be paid; then it is an order like any other.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { invoice, sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { reservations, stockLevels } from '../../src/domains/stock/collections.ts'
import { createOfflineProvider } from '../../src/payment-providers/offline/adapter.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, address, createTestClock, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { createMailbox, type Mail } from '../support/mailbox.ts'

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
const call = (as: As, method: string, path: string, body?: object) => world.call(as, { method, url: `/api/${path}`, ...(body && { body }) })
const post = (as: As, path: string, body: object = {}) => call(as, 'POST', path, body)
const variant = () => world.ids['variant']!
const asked = () => ({
  customer: world.ids['owner'],
  shippingAddress: address,
  shippingMethod: world.ids['shipping'],
  lines: [{ variant: variant(), quantity: 2 }],
})
const draft = async (more: object = {}) => {
  const made = await post('staff', 'orders', { ...asked(), ...more })
  assert.equal(made.status, 201, made.text)
  return made.body
}
const reader = () => world.engine.parts.storage.reader
const stock = async () => {
  const [level] = await findAll(reader(), stockLevels, eq('variant', variant()))
  return [level!.available, level!.held, level!.committed]
}

test('a draft is priced as a cart is, holds nothing, and is seen by staff alone', async () => {
  const before = await stock()
  const made = await draft()
  assert.deepEqual([made.status, made.paymentStatus, made.email, made.total], ['draft', 'none', 'owner@example.com', eur(2390)])
  assert.deepEqual(await stock(), before)
  for (const as of ['owner', 'guest', 'other'] as const) {
    assert.equal((await call(as, 'GET', `orders/${made.id}`)).status, 404)
    assert.equal((await post(as, `orders/${made.id}/payments`, { provider: 'sandbox' })).status, 404)
    assert.equal((await post(as, `orders/${made.id}/cancel`)).status, 404)
  }
  assert.equal((await call('owner', 'GET', 'orders?filter[status]=draft')).body.items.length, 0)
  await work(world)
  assert.deepEqual(sent, [])
})

test('staff agree on prices, change the lines, and what has none of its own follows the catalogue', async () => {
  const made = await draft({ lines: [{ variant: variant(), quantity: 2, unitPrice: eur(500) }] })
  assert.deepEqual([made.lines[0].unitPrice, made.totals.subtotal], [eur(500), eur(1000)])
  const [line] = made.lines
  const added = await post('staff', `orders/${made.id}/edits`, { add: [{ variant: variant() }], lines: [{ line: line.id, quantity: 3 }] })
  assert.deepEqual(
    added.body.lines.map(({ quantity, unitPrice }: { quantity: number; unitPrice: object }) => [quantity, unitPrice]),
    [
      [3, eur(500)],
      [1, eur(1000)],
    ],
  )
  await call('staff', 'PATCH', `variants/${variant()}`, { price: eur(1100) })
  const taken = await post('staff', `orders/${made.id}/edits`, { lines: [{ line: line.id, unitPrice: null }], note: 'As agreed' })
  assert.deepEqual([taken.body.totals.subtotal, taken.body.note], [eur(4400), 'As agreed'])
  const less = await post('staff', `orders/${made.id}/edits`, { lines: [{ line: line.id, quantity: 0 }] })
  assert.deepEqual([less.body.lines.length, less.body.totals.subtotal], [1, eur(1100)])
  const none = await post('staff', `orders/${made.id}/edits`, { lines: [{ line: less.body.lines[0].id, quantity: 0 }] })
  assert.deepEqual([none.status, none.body.errors[0].path], [400, '/lines'])
})

test('a draft that is offered by a link holds its stock, and is placed at its prices by whoever pays', async () => {
  const before = await stock()
  const made = await draft({ lines: [{ variant: variant(), quantity: 2, unitPrice: eur(500) }] })
  await call('staff', 'PATCH', `variants/${variant()}`, { price: eur(1100) })
  const link = await post('staff', `orders/${made.id}/payment-link`, { mail: true })
  assert.deepEqual([link.status, link.body.due], [201, eur(1390)])
  assert.deepEqual(await stock(), [before[0]! - 2, before[1]! + 2, before[2]])
  assert.equal((await call('owner', 'GET', `orders/${made.id}`)).body.status, 'pending_payment')
  const token = link.body.url.split('#token=')[1]
  const paid = await post('guest', 'paymentLinks/pay', { token, provider: 'sandbox', method: 'card_success' })
  assert.equal(paid.status, 201, paid.text)
  await work(world)
  const { body: order } = await call('owner', 'GET', `orders/${made.id}`)
  assert.deepEqual([order.status, order.paymentStatus, order.total], ['placed', 'paid', eur(1390)])
  assert.deepEqual(
    sent.map(({ subject }) => subject.split(' ').slice(0, 2).join(' ')),
    ['Pay for', 'Your order'],
  )
  const late = await post('staff', `orders/${made.id}/edits`, { lines: [] })
  assert.deepEqual([late.status, late.body.errors[0].path], [409, '/lines'])
})

test('staff place one by an invoice; what costs nothing needs none', async () => {
  const made = await draft()
  const placed = await post('staff', `orders/${made.id}/payments`, { provider: 'invoice' })
  await work(world)
  assert.deepEqual([placed.status, (await call('staff', 'GET', `orders/${made.id}`)).body.status], [201, 'placed'], placed.text)
  const pickup = await post('staff', 'shippingMethods', { title: 'Pick up', price: eur(0) })
  const free = await draft({ lines: [{ variant: variant(), unitPrice: eur(0) }], shippingMethod: pickup.body.id })
  assert.deepEqual(free.total, eur(0))
  assert.equal((await post('staff', `orders/${free.id}/payment-link`)).body.code, 'payment_not_needed')
  const given = await post('staff', `orders/${free.id}/payments`, { provider: 'invoice' })
  assert.deepEqual([given.status, given.body.order.status, given.body.payment], [201, 'placed', null], given.text)
})

test('of two who open a draft at once one does, and its stock is held once', async () => {
  const before = await stock()
  const made = await draft()
  await Promise.all([post('staff', `orders/${made.id}/payment-link`), post('staff', `orders/${made.id}/payment-link`)])
  assert.deepEqual(await stock(), [before[0]! - 2, before[1]! + 2, before[2]])
  assert.equal((await findAll(reader(), reservations, eq('order', made.id))).length, 1)
})

test('a draft for more than there is stays one, and can be canceled without a word to its customer', async () => {
  const [available] = await stock()
  const made = await draft({ lines: [{ variant: variant(), quantity: available! + 1 }] })
  const link = await post('staff', `orders/${made.id}/payment-link`, { mail: true })
  assert.deepEqual([link.status, link.body.code], [409, 'out_of_stock'])
  assert.equal((await call('staff', 'GET', `orders/${made.id}`)).body.status, 'draft')
  assert.equal((await post('staff', `orders/${made.id}/cancel`)).body.status, 'canceled')
  await work(world)
  assert.deepEqual(sent, [])
})

test('what is not complete, or of another currency, is refused by its place', async () => {
  const refused = async (body: object, path: string) => {
    const answer = await post('staff', 'orders', { ...asked(), ...body })
    assert.deepEqual([answer.status < 500, answer.body.errors?.[0]?.path], [true, path], answer.text)
  }
  await refused({ lines: [] }, '/lines')
  await refused({ shippingAddress: null }, '/shippingAddress')
  await refused({ customer: 'usr_none' }, '/customer')
  await refused({ customer: undefined }, '/email')
  await refused({ lines: [{ variant: variant() }, { variant: 'var_none' }] }, '/lines/1/variant')
  await refused({ lines: [{ variant: variant(), unitPrice: { amount: 5, currency: 'USD' } }] }, '/lines/0/unitPrice/currency')
  await refused({ lines: [{ variant: variant(), unitPrice: eur(-1) }] }, '/lines/0/unitPrice/amount')
  await refused({ lines: [{ variant: variant(), quantity: 0 }] }, '/lines/0/quantity')
  await refused({ shippingMethod: 'ship_none' }, '/shippingMethod')
})
