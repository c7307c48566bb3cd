// Drafts: what staff put together is seen by staff alone and holds nothing, until it is to be paid; then it is an order like any other.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { invoice, sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { payments } from '../../src/domains/payments/collections.ts'
import { reservations, stockLevels } from '../../src/domains/stock/collections.ts'
import { createOfflineProvider } from '../../src/payment-providers/offline/adapter.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, address, checkOut, createTestClock, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { eventually } from '../support/eventually.ts'
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

test('an agreed price is what who pays no tax pays, too; more than an order counts is refused', async () => {
  await world.close()
  const shop = {
    currency: 'EUR',
    customerGroups: ['embassies'],
    tax: { prices: 'included', ratesPpm: { '*': 190_000 }, exemptGroups: ['embassies'] },
  }
  world = await openWorld({ config: { ...testConfig, shop: shop as never } })
  await world.engine.start()
  const lines = [{ variant: variant(), unitPrice: eur(500) }, { variant: variant() }]
  const pricesOf = ({ lines: own }: { lines: { unitPrice: object }[] }) => own.map(({ unitPrice }) => unitPrice)
  const taxed = await draft({ lines })
  assert.deepEqual([pricesOf(taxed), taxed.taxExemption, taxed.totals.subtotal], [[eur(500), eur(1000)], null, eur(1500)])
  await world.write(async (tx) => {
    const owner = (await tx.get(users, world.ids['owner']!))!
    await tx.update(users, owner, { set: { customerGroup: 'embassies' } })
  })
  const exempt = await draft({ lines })
  // 10.00 with 19 % is 8.40 without; the 5.00 that were agreed on stay 5.00.
  assert.deepEqual([pricesOf(exempt), exempt.taxExemption, exempt.totals.subtotal], [[eur(500), eur(840)], 'customer_group', eur(1340)])
  const past = await post('staff', 'orders', {
    ...asked(),
    lines: [{ variant: variant(), unitPrice: eur(limits.cartAmountMax + 1) }],
  })
  assert.deepEqual([past.status, past.body.errors[0].path], [400, '/lines/0/unitPrice/amount'])
  const withShipping = await post('staff', 'orders', { ...asked(), lines: [{ variant: variant(), unitPrice: eur(limits.cartAmountMax) }] })
  assert.deepEqual(
    [withShipping.status, withShipping.body.code, withShipping.body.errors[0].path],
    [422, 'amount_too_large', '/shippingMethod'],
  )
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

test('an offer is taken back while nobody has paid: its stock is free, its link ends, and the draft is changed and offered anew', async () => {
  const before = await stock()
  const made = await draft()
  const early = await post('staff', `orders/${made.id}/withdraw`)
  assert.deepEqual([early.status, early.body.code], [409, 'order_state_conflict'])
  const link = await post('staff', `orders/${made.id}/payment-link`)
  const token = link.body.url.split('#token=')[1]
  // Somebody has begun to pay, and is still at the bank.
  await post('guest', 'paymentLinks/pay', { token, provider: 'sandbox', method: 'card_challenge' })
  const withdrawn = await post('staff', `orders/${made.id}/withdraw`)
  assert.deepEqual([withdrawn.status, withdrawn.body.status, withdrawn.body.isOffered], [200, 'draft', null], withdrawn.text)
  assert.deepEqual(await stock(), before)
  assert.equal((await post('guest', 'paymentLinks/open', { token })).body.code, 'payment_link_invalid')
  assert.equal((await call('owner', 'GET', `orders/${made.id}`)).status, 404)
  await work(world)
  const changed = await post('staff', `orders/${made.id}/edits`, { add: [{ variant: variant() }] })
  assert.equal(changed.body.total.amount, 3390)
  const again = await post('staff', `orders/${made.id}/payment-link`)
  await post('guest', 'paymentLinks/pay', { token: again.body.url.split('#token=')[1], provider: 'sandbox', method: 'card_success' })
  await work(world)
  const { body: order } = await call('staff', 'GET', `orders/${made.id}`)
  assert.deepEqual([order.status, order.paymentStatus, order.total], ['placed', 'paid', eur(3390)])
  assert.equal((await post('staff', `orders/${made.id}/withdraw`)).status, 409)
})

test('money that comes for an offer that was taken back goes back, and the draft is offered again only after that', async () => {
  const made = await draft()
  const link = await post('staff', `orders/${made.id}/payment-link`)
  await post('guest', 'paymentLinks/pay', { token: link.body.url.split('#token=')[1], provider: 'sandbox', method: 'card_challenge' })
  // A busy machine answers before the provider has: then there is nothing to approve yet.
  await eventually('the bank asks', async () =>
    (await findAll(reader(), payments, eq('order', made.id)))[0]?.status === 'requires_action' ? true : null,
  )
  // The bank has its yes, and nobody has told us.
  world.book.answer(world.book.all()[0]!.id, { answer: 'approve' })
  assert.equal((await post('staff', `orders/${made.id}/withdraw`)).status, 200)
  await work(world)
  const { body: order } = await call('staff', 'GET', `orders/${made.id}`)
  assert.deepEqual([order.status, order.paymentStatus], ['draft', 'refunded'])
  assert.match(sent.at(-1)!.subject, /^Your payment for order/)
  const again = await post('staff', `orders/${made.id}/payment-link`)
  assert.deepEqual([again.status, again.body.due], [201, eur(2390)], again.text)
  await post('guest', 'paymentLinks/pay', { token: again.body.url.split('#token=')[1], provider: 'sandbox', method: 'card_success' })
  await work(world)
  assert.deepEqual((await call('staff', 'GET', `orders/${made.id}`)).body.paymentStatus, 'paid')
})

test('what its customer ordered is no offer', async () => {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), 'card_declined')
  await work(world)
  const refused = await post('staff', `orders/${body.order.id}/withdraw`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'order_state_conflict'])
  assert.match(refused.body.detail, /no offer\. It can be paid or canceled\./)
})

test('what is added to an order on an invoice is owed with the rest: it is sent, and one receipt pays for all', async () => {
  const made = await draft()
  await post('staff', `orders/${made.id}/payments`, { provider: 'invoice' })
  await work(world)
  const added = await post('staff', `orders/${made.id}/edits`, { add: [{ variant: variant(), unitPrice: eur(700) }] })
  assert.deepEqual([added.body.total, added.body.paymentStatus, added.body.holds], [eur(3090), 'authorized', []], added.text)
  const [payment] = await findAll(reader(), payments, eq('order', made.id))
  assert.deepEqual([payment!.amount, payment!.authorized, payment!.capturable], [eur(3090), eur(3090), eur(3090)])
  assert.equal((await post('staff', `orders/${made.id}/fulfillments`)).status, 201)
  assert.equal((await post('staff', `payments/${payment!.id}/receipt`, { reference: 'statement 1' })).status, 200)
  await work(world)
  const { body: order } = await call('staff', 'GET', `orders/${made.id}`)
  assert.deepEqual([order.status, order.paymentStatus], ['completed', 'paid'])
})
