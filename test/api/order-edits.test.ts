// Adding to an order that is placed: what was agreed stays to the cent, what is added is owed, and nothing is sent until it is paid.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { taxIncluded } from '../../src/base/money.ts'
import { eq } from '../../src/contract/filter.ts'
import { type Order, orders } from '../../src/domains/orders/collections.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, address, checkOut, fillCart, openWorld, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const call = (as: As, method: string, path: string, body?: object) => world.call(as, { method, url: `/api/${path}`, ...(body && { body }) })
const post = (as: As, path: string, body: object = {}) => call(as, 'POST', path, body)
const orderOf = async (id: string) => (await call('staff', 'GET', `orders/${id}`)).body
const edit = async (id: string, body: object) => {
  const answer = await post('staff', `orders/${id}/edits`, body)
  assert.equal(answer.status, 200, answer.text)
  return answer.body
}
const hardcover = (more: object = {}) => ({ add: [{ variant: world.ids['hardcover'], ...more }] })

/** One paperback at 10.00 and shipping at 3.90, paid. */
async function placed(method = 'card_success'): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), method)
  await work(world)
  return body.order.id
}

async function payDue(id: string, due: number): Promise<void> {
  const link = await post('staff', `orders/${id}/payment-link`)
  assert.deepEqual(link.body.due, eur(due), link.text)
  const token = link.body.url.split('#token=')[1]
  assert.equal((await post('guest', 'paymentLinks/pay', { token, provider: 'sandbox', method: 'card_success' })).status, 201)
  await work(world)
}

test('what is added is owed, held for, and paid by a link', async () => {
  const id = await placed()
  const before = await orderOf(id)
  const after = await edit(id, hardcover({ quantity: 2, unitPrice: eur(2000) }))
  assert.deepEqual([after.total, after.totals.subtotal, after.totals.shipping], [eur(5390), eur(5000), eur(390)])
  assert.deepEqual([after.status, after.paymentStatus, after.holds], ['placed', 'partially_paid', ['payment_due']])
  assert.deepEqual(after.lines[0], before.lines[0])
  // Rounded once over all that has the rate, as at the beginning.
  const [{ ratePpm, tax, net }] = after.taxes
  assert.deepEqual([tax, net], [taxIncluded(eur(5390), ratePpm), eur(5390 - taxIncluded(eur(5390), ratePpm).amount)])
  const parts = [...after.lines, ...after.shipping.parts].reduce((sum, part) => sum + (part.tax?.amount ?? 0), 0)
  assert.equal(parts, tax.amount)
  const [level] = await findAll(world.engine.parts.storage.reader, stockLevels, eq('variant', world.ids['hardcover']!))
  assert.deepEqual([level!.available, level!.held, level!.committed], [1, 0, 2])
  assert.equal((await post('staff', `orders/${id}/fulfillments`)).body.code, 'order_held')
  await payDue(id, 4000)
  const paid = await orderOf(id)
  assert.deepEqual([paid.paymentStatus, paid.holds], ['paid', []])
  assert.equal((await post('staff', `orders/${id}/fulfillments`)).status, 201)
})

test('an order that was sent and settled is open again, and completed once the rest is sent and paid', async () => {
  const id = await placed()
  await post('staff', `orders/${id}/fulfillments`)
  assert.equal((await orderOf(id)).status, 'completed')
  const after = await edit(id, hardcover())
  assert.deepEqual([after.status, after.fulfillmentStatus], ['placed', 'partially_fulfilled'])
  await payDue(id, 2500)
  await post('staff', `orders/${id}/fulfillments`)
  const done = await orderOf(id)
  assert.deepEqual([done.status, done.fulfillmentStatus, done.paymentStatus], ['completed', 'fulfilled', 'paid'])
})

test('no more is added than a cart holds', async () => {
  const order = await orderOf(await placed())
  const most = limits.cartAmountMax - order.totals.subtotal.amount - order.totals.shipping.amount
  const beyond = await post('staff', `orders/${order.id}/edits`, hardcover({ unitPrice: eur(most + 1) }))
  assert.deepEqual([beyond.status, beyond.body.code, beyond.body.errors[0].path], [422, 'amount_too_large', '/add/0/variant'])
  const two = { add: [hardcover({ unitPrice: eur(most) }).add[0], hardcover({ unitPrice: eur(1) }).add[0]] }
  assert.equal((await post('staff', `orders/${order.id}/edits`, two)).body.errors[0].path, '/add/1/variant')
  assert.equal((await edit(order.id, hardcover({ unitPrice: eur(most) }))).totals.subtotal.amount, order.totals.subtotal.amount + most)
})

test('what is given for nothing is owed by nobody', async () => {
  const id = await placed()
  const after = await edit(id, hardcover({ unitPrice: eur(0) }))
  assert.deepEqual([after.total, after.paymentStatus, after.holds], [eur(1390), 'paid', []])
})

test('canceled before it is paid, what was added costs nothing, and what was paid goes back with the rest', async () => {
  const id = await placed()
  const { lines } = await edit(id, hardcover())
  const less = await post('staff', `orders/${id}/cancel`, { lines: [{ line: lines[1].id, quantity: 1 }] })
  assert.deepEqual([less.status, less.body.paymentStatus], [200, 'paid'], less.text)
  await work(world)
  assert.deepEqual((await orderOf(id)).holds, [])
  assert.equal((await post('staff', `orders/${id}/cancel`)).status, 200)
  await work(world)
  const [payment] = (await call('staff', 'GET', `payments?filter[order]=${id}`)).body.items
  assert.deepEqual([payment.captured, payment.refunded], [eur(1390), eur(1390)])
})

test('given back in part before and after: every cent has its place', async () => {
  const id = await placed()
  const refund = async (body: object) => assert.equal((await post('staff', `orders/${id}/refunds`, body)).status, 201)
  await refund({ amount: eur(333) })
  await work(world)
  const { lines } = await edit(id, hardcover({ quantity: 3, unitPrice: eur(333) }))
  await payDue(id, 999)
  await refund({ lines: [{ line: lines[1].id, quantity: 2 }] })
  await refund({ amount: eur(7) })
  await work(world)
  assert.equal((await orderOf(id)).paymentStatus, 'partially_refunded')
})

test('two who add at once both do, and the last unit is added once', async () => {
  const id = await placed()
  const both = await Promise.all([post('staff', `orders/${id}/edits`, hardcover()), post('staff', `orders/${id}/edits`, hardcover())])
  assert.deepEqual(
    both.map(({ status }) => status),
    [200, 200],
  )
  const more = await Promise.all([post('staff', `orders/${id}/edits`, hardcover()), post('staff', `orders/${id}/edits`, hardcover())])
  assert.deepEqual(more.map(({ status }) => status).toSorted(), [200, 409])
  const { lines, total } = await orderOf(id)
  assert.deepEqual([lines.length, total], [4, eur(1390 + 3 * 2500)])
})

test('an address may be mended while nothing was sent, within the place of its taxes', async () => {
  const id = await placed()
  const moved = await edit(id, { shippingAddress: { ...address, line1: 'Another street 2' }, note: 'Ring twice' })
  assert.deepEqual([moved.addresses.shipping.line1, moved.note, moved.total], ['Another street 2', 'Ring twice', eur(1390)])
  const refused = async (body: object, status: number, path: string) => {
    const answer = await post('staff', `orders/${id}/edits`, body)
    assert.deepEqual([answer.status, answer.body.errors?.[0]?.path], [status, path], answer.text)
  }
  const abroad = { name: 'Ada', line1: 'Rue 1', city: 'Paris', postalCode: '75001', country: 'FR' }
  await refused({ shippingAddress: abroad }, 409, '/shippingAddress/country')
  await refused({ lines: [] }, 409, '/lines')
  await refused({ email: 'other@example.com' }, 409, '/email')
  await refused({ vatId: 'FR40303265045' }, 409, '/vatId')
  await refused({ add: [{ variant: 'var_none' }] }, 422, '/add/0/variant')
  await refused(hardcover({ quantity: 9 }), 409, '/add/0/quantity')
})

test('its customer reads that an order waits, and not what staff suspect', async () => {
  const id = await placed()
  await post('staff', `orders/${id}/hold`, { hold: 'fraud' })
  const listed = async (as: As) => (await call(as, 'GET', `orders?filter[id]=${id}`)).body.items[0].holds
  assert.deepEqual([(await orderOf(id)).holds, await listed('staff')], [['fraud'], ['fraud']])
  await post('staff', `orders/${id}/release`, { hold: 'fraud' })
  await post('staff', `orders/${id}/hold`, { hold: 'address' })
  await edit(id, hardcover())
  assert.deepEqual(
    [(await call('owner', 'GET', `orders/${id}`)).body.holds, await listed('owner')],
    [
      ['review', 'payment_due'],
      ['review', 'payment_due'],
    ],
  )
  assert.equal(typeof (await call('owner', 'GET', `orders/${id}`)).body.updatedAt, 'string')
  // Nor do they find out by asking.
  assert.equal((await call('owner', 'GET', 'orders?filter[holds][contains]=fraud')).status, 400)
  assert.match((await post('owner', `orders/${id}/cancel`, {})).text, /"holds":\["review","payment_due"\]/)
  // Its money is on its way back.
  await work(world)
})

test('what was given back altogether is not sent', async () => {
  const id = await placed()
  assert.equal((await post('staff', `orders/${id}/refunds`)).status, 201)
  await work(world)
  const refused = await post('staff', `orders/${id}/fulfillments`)
  assert.deepEqual([refused.status, refused.body.code], [409, 'order_state_conflict'])
  assert.match(
    refused.body.detail,
    /given back\. Cancel what was not sent, or make another order for it\. The shop can add to it or cancel it/,
  )
  assert.equal((await post('staff', `orders/${id}/cancel`)).body.status, 'canceled')
})

test('each refusal by the state of an order, a parcel or a return says what can be done instead', async () => {
  const asked = async (path: string, body: object, says: RegExp) => {
    const { status, body: problem } = await post('staff', path, body)
    assert.deepEqual([status, says.test(problem.detail ?? '')], [409, true], `${path}: ${problem.detail}`)
  }
  const id = await placed()
  const line = (await orderOf(id)).lines[0].id
  const unsent = /The shop can send it, add to it, cancel it or give money back; its customer can cancel it\.$/
  await asked(`orders/${id}/edits`, { lines: [] }, unsent)
  await asked(`orders/${id}/returns`, { lines: [{ line, quantity: 1, reason: 'Torn' }] }, unsent)
  await asked(`orders/${id}/release`, { hold: 'fraud' }, unsent)
  await asked(`orders/${id}/withdraw`, {}, unsent)
  const parcel = (await post('staff', `orders/${id}/fulfillments`)).body.id
  const sent = /The shop can add to it or give money back; what was sent can be sent back\.$/
  await asked(`orders/${id}/cancel`, {}, sent)
  await asked(`orders/${id}/cancel`, { lines: [{ line, quantity: 1 }] }, sent)
  await asked(`orders/${id}/fulfillments`, {}, sent)
  await asked(`orders/${id}/hold`, { hold: 'fraud' }, sent)
  await post('staff', `fulfillments/${parcel}/deliver`)
  await asked(`fulfillments/${parcel}/deliver`, {}, /nothing more is to be said/)
  await asked(`fulfillments/${parcel}/cancel`, {}, /come back by a return/)
  const back = (await post('staff', `orders/${id}/returns`, { lines: [{ line, quantity: 1, reason: 'Torn' }] })).body.id
  await asked(`returns/${back}/receive`, {}, /requested\. Approve or reject it\.$/)
  await post('staff', `returns/${back}/approve`)
  await asked(`returns/${back}/complete`, {}, /approved\. Take its units back, or reject it\.$/)
  await post('staff', `returns/${back}/reject`)
  await asked(`returns/${back}/approve`, {}, /stay with the customer/)
  // Nothing that is refused is offered: sold without tax, and sold elsewhere.
  const exchange = { lines: [{ line, quantity: 1, reason: 'Torn' }], add: [{ variant: world.ids['variant'] }] }
  const set = (more: Partial<Order>) =>
    world.write(async (tx) => void (await tx.update(orders, (await tx.get(orders, id))!, { set: more })))
  await set({ taxExemption: 'customer_group' })
  await asked(`orders/${id}/exchanges`, exchange, /make another order\. The shop can give money back; what was sent can be sent back\.$/)
  await set({ taxExemption: null, importedAt: 1 })
  await asked(`orders/${id}/exchanges`, exchange, /settled there\. Notes can be written on it\.$/)
  await asked(`orders/${id}/cancel`, {}, /as a whole\. Notes can be written on it\.$/)
  await set({ importedAt: null })
  const other = await placed()
  await post('staff', `orders/${other}/cancel`)
  for (const what of ['cancel', 'edits', 'fulfillments', 'payment-link', 'hold', 'withdraw'])
    await asked(`orders/${other}/${what}`, what === 'hold' ? { hold: 'fraud' } : {}, /Make another order\.$/)
  await asked(`orders/${other}/payments`, { provider: 'sandbox' }, /Make another order\.$/)
})

test('free text has something to read, and turns nothing round', async () => {
  const id = await placed()
  const line = (await orderOf(id)).lines[0].id
  const back = (reason: string) => post('staff', `orders/${id}/returns`, { lines: [{ line, quantity: 1, reason }] })
  for (const text of ['  ', '\u00ad\u3164', 'paid \u202eREDNES', 'a\u2067b', 'bell \u0007']) {
    for (const answer of [await post('staff', `orders/${id}/notes`, { text }), await back(text)])
      assert.deepEqual([answer.status, answer.body.errors[0].code], [400, 'format'], JSON.stringify(text))
  }
  for (const text of ['Ring\ntwice', 'שלום \u200fabc', '👍'])
    assert.equal((await post('staff', `orders/${id}/notes`, { text })).status, 201, text)
  const blank = await edit(id, { note: ' \n ' })
  assert.equal(blank.note, null)
  assert.equal((await post('staff', `orders/${id}/edits`, { note: 'a\u202eb' })).status, 400)
})
