// What is sent of an order: parcels, stock, the money that is captured with them, and whether the order is completed by it.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { fulfillments } from '../../src/domains/fulfillment/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { captures, payments } from '../../src/domains/payments/collections.ts'
import type { Capabilities, PaymentProvider } from '../../src/domains/payments/provider.ts'
import { stockLevels, stockMovements } from '../../src/domains/stock/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
let capabilities: { -readonly [Name in keyof Capabilities]: Capabilities[Name] }
async function open(capture: 'placement' | 'shipment'): Promise<void> {
  const provider = (real: PaymentProvider): PaymentProvider => {
    capabilities = { ...real.capabilities }
    return { ...real, capabilities }
  }
  const shop = { ...(testConfig.shop as object), currency: 'EUR', payments: [sandbox({ capture })] }
  world = await openWorld({ config: { ...testConfig, shop }, provider })
  await world.engine.start()
}
beforeEach(() => open('shipment'))
afterEach(async () => {
  await work(world, 5_000)
  await closeWithBooks(world)
})

const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const post = (path: string, body: object = {}) => world.call('staff', { method: 'POST', url: `/api/${path}`, body })
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const levelOf = async (name: string) => {
  const { onHand, held, committed, available } = (await read().get(stockLevels, world.ids[`${name}Level`]!))!
  return { onHand, held, committed, available }
}
const mailsOf = async (order: string, template: string) =>
  (await findAll(read(), emails, eq('record', order))).filter((mail) => mail.template === template)

/** Two of one, one of another: 2 × 10.00 + 25.00 + 3.90 shipping. */
async function placed(as: 'owner' | 'guest' = 'owner') {
  const cart = await fillCart(world, as, [
    { variant: 'variant', quantity: 2 },
    { variant: 'hardcover', quantity: 1 },
  ])
  const { body } = await checkOut(world, as, cart)
  await work(world)
  const order = await orderOf(body.order.id)
  assert.equal(order.status, 'placed')
  return { id: order.id, lines: order.lines, payment: body.payment.id as string, cart }
}

test('sent in two parcels, it is captured with each, told of each once, and completed with the second', async () => {
  const { id, lines, payment } = await placed()
  const [first, second] = lines
  assert.deepEqual(await levelOf('variant'), { onHand: 10, held: 0, committed: 2, available: 8 })
  const tracking = [{ carrier: 'DHL', number: '00340434161094000001' }]
  const one = await post(`orders/${id}/fulfillments`, { lines: [{ line: first!.id, quantity: 1 }], tracking })
  assert.equal(one.status, 201)
  assert.deepEqual([one.body.status, one.body.lines], ['shipped', [{ line: first!.id, quantity: 1 }]])
  assert.match(one.body.tracking[0].url, /^https:\/\/www\.dhl\.com\/.*00340434161094000001$/)
  assert.deepEqual(await levelOf('variant'), { onHand: 9, held: 0, committed: 1, available: 8 })
  await work(world)
  const part = await orderOf(id)
  assert.deepEqual([part.status, part.fulfillmentStatus, part.paymentStatus], ['placed', 'partially_fulfilled', 'partially_paid'])
  // Shipping is due with the first parcel.
  assert.deepEqual((await read().get(payments, payment))!.captured, eur(1390))

  const rest = await post(`orders/${id}/fulfillments`)
  assert.deepEqual(rest.body.lines, [
    { line: first!.id, quantity: 1 },
    { line: second!.id, quantity: 1 },
  ])
  await work(world)
  const done = await orderOf(id)
  assert.deepEqual([done.status, done.fulfillmentStatus, done.paymentStatus], ['completed', 'fulfilled', 'paid'])
  assert.deepEqual((await read().get(payments, payment))!.captured, eur(4890))
  assert.deepEqual(
    done.lines.map(({ shipped }) => shipped),
    [2, 1],
  )
  assert.deepEqual(await levelOf('variant'), { onHand: 8, held: 0, committed: 0, available: 8 })
  const moved = await findAll(read(), stockMovements, eq('stockLevel', world.ids['variantLevel']!))
  assert.deepEqual(
    moved.filter(({ kind }) => kind === 'shipped').map(({ quantity, order }) => [quantity, order]),
    [
      [-1, id],
      [-1, id],
    ],
  )
  const mails = await mailsOf(id, 'order_shipped')
  assert.deepEqual(mails.map(({ text }) => text.includes('The rest of your order follows')).toSorted(), [false, true])
  assert.ok(mails.every(({ text }) => !text.includes('{{') && !text.includes('\n\n\n')))
  const more = await post(`orders/${id}/fulfillments`)
  assert.deepEqual(
    [more.status, more.body.code, more.body.params],
    [409, 'order_state_conflict', { status: 'completed', fulfillmentStatus: 'fulfilled' }],
  )
})

test('two who send the same unit at once send it once', async () => {
  const { id, lines } = await placed()
  const sent = { lines: [{ line: lines[1]!.id, quantity: 1 }] }
  const answers = await Promise.all([post(`orders/${id}/fulfillments`, sent), post(`orders/${id}/fulfillments`, sent)])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409])
  assert.deepEqual(await levelOf('hardcover'), { onHand: 2, held: 0, committed: 0, available: 2 })
  await work(world)
  assert.deepEqual([(await findAll(read(), captures, eq('order', id))).length, (await mailsOf(id, 'order_shipped')).length], [1, 1])
})

test('of sending and canceling at once one is done', async () => {
  const { id } = await placed()
  const answers = await Promise.all([post(`orders/${id}/fulfillments`), post(`orders/${id}/cancel`)])
  assert.deepEqual(answers.map(({ status }) => (status < 300 ? 'done' : status)).toSorted(), [409, 'done'].toSorted())
  await work(world, 10_000)
  const { status } = await orderOf(id)
  const isSent = answers[0]!.status === 201
  assert.equal(status, isSent ? 'completed' : 'canceled')
  assert.deepEqual(
    await levelOf('variant'),
    isSent ? { onHand: 8, held: 0, committed: 0, available: 8 } : { onHand: 10, held: 0, committed: 0, available: 10 },
  )
})

test('what is sent cannot be canceled, whatever is left', async () => {
  const { id, lines } = await placed()
  await post(`orders/${id}/fulfillments`, { lines: [{ line: lines[0]!.id, quantity: 1 }] })
  const { status, body } = await post(`orders/${id}/cancel`)
  assert.deepEqual([status, body.params], [409, { status: 'placed', fulfillmentStatus: 'partially_fulfilled' }])
})

test('a capture that fails holds the order and loses no parcel; captured after all, it is released', async () => {
  const { id, lines, payment } = await placed()
  world.book.faults.plan({ call: 'capture', kind: 'decline', count: 1 })
  await post(`orders/${id}/fulfillments`, { lines: [{ line: lines[0]!.id, quantity: 1 }] })
  await work(world)
  assert.deepEqual((await orderOf(id)).holds, ['capture_failed'])
  const held = await post(`orders/${id}/fulfillments`)
  assert.deepEqual([held.status, held.body.code, held.body.params], [409, 'order_held', { holds: ['capture_failed'] }])
  assert.match(held.body.detail, /held \(capture failed\)/)
  assert.equal((await findAll(read(), fulfillments, eq('order', id))).length, 1)
  assert.equal((await post(`payments/${payment}/capture`, { amount: eur(1390), final: false })).status, 200)
  await work(world)
  assert.deepEqual((await orderOf(id)).holds, [])
  assert.equal((await post(`orders/${id}/fulfillments`)).status, 201)
  await work(world)
  assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).paymentStatus], ['completed', 'paid'])
})

test('where a provider captures once, all is taken with the first parcel', async () => {
  capabilities.capturesOften = false
  const { id, lines, payment } = await placed()
  await post(`orders/${id}/fulfillments`, { lines: [{ line: lines[0]!.id, quantity: 1 }] })
  await work(world)
  assert.deepEqual((await read().get(payments, payment))!.captured, eur(4890))
  await post(`orders/${id}/fulfillments`)
  await work(world)
  assert.deepEqual([(await orderOf(id)).status, (await findAll(read(), captures, eq('order', id))).length], ['completed', 1])
})

test('a parcel is followed, corrected, delivered; one that did not leave is in the house again', async () => {
  const { id, lines } = await placed()
  const sent = await post(`orders/${id}/fulfillments`, { mail: false })
  const { id: parcel } = sent.body
  const patch = (tracking: object) => world.call('staff', { method: 'PATCH', url: `/api/fulfillments/${parcel}`, body: { tracking } })
  for (const url of ['javascript:alert(1)', 'https://shop@evil.example/', 'ftp://carrier.example/1']) {
    const { status, body } = await patch([{ carrier: 'x', number: '1', url }])
    assert.deepEqual([status, body.errors[0].path], [400, '/tracking/0/url'])
  }
  const followed = await patch([{ carrier: 'Courier', number: '7', url: 'https://courier.example/7' }])
  assert.deepEqual([followed.status, followed.body.tracking[0].url], [200, 'https://courier.example/7'])
  assert.equal((await mailsOf(id, 'order_shipped')).length, 0)
  await work(world)
  assert.equal((await orderOf(id)).status, 'completed')

  const kept = await post(`fulfillments/${parcel}/cancel`)
  assert.deepEqual([kept.status, kept.body.status], [200, 'canceled'])
  const after = await orderOf(id)
  assert.deepEqual(
    [after.status, after.fulfillmentStatus, after.lines.map(({ shipped }) => shipped)],
    ['placed', 'unfulfilled', [undefined, undefined]],
  )
  assert.deepEqual(await levelOf('variant'), { onHand: 10, held: 0, committed: 2, available: 8 })
  assert.equal((await post(`fulfillments/${parcel}/deliver`)).status, 409)
  const again = await post(`orders/${id}/fulfillments`, { lines: lines.map(({ id: line, quantity }) => ({ line, quantity })) })
  assert.equal((await post(`fulfillments/${again.body.id}/deliver`)).body.status, 'delivered')
  const late = await post(`fulfillments/${again.body.id}/cancel`)
  assert.deepEqual([late.status, late.body.params], [409, { status: 'delivered' }])
  assert.equal((await orderOf(id)).status, 'completed')
})

test('held by staff it is not sent until it is released', async () => {
  const { id } = await placed()
  assert.deepEqual((await post(`orders/${id}/hold`, { hold: 'fraud' })).body.holds, ['fraud'])
  assert.equal((await post(`orders/${id}/fulfillments`)).body.code, 'order_held')
  assert.equal((await post(`orders/${id}/release`, { hold: 'stock' })).status, 409)
  assert.deepEqual((await post(`orders/${id}/release`, { hold: 'fraud' })).body.holds, [])
  assert.equal((await post(`orders/${id}/fulfillments`)).status, 201)
})

test('a dispute opens a completed order again, and its end completes it', async () => {
  const cart = await fillCart(world, 'owner')
  const { body } = await checkOut(world, 'owner', cart)
  await work(world)
  const { id } = body.order
  await post(`orders/${id}/fulfillments`)
  await work(world)
  assert.equal((await orderOf(id)).status, 'completed')
  const [theirs] = world.book.all()
  world.book.dispute(theirs!.id)
  const dispute = world.book.all()[0]!.disputes.at(-1)!.id
  await work(world, 10_000)
  assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).holds], ['placed', ['disputed']])
  assert.equal((await post(`orders/${id}/release`, { hold: 'disputed' })).status, 409)
  world.book.moveDispute(dispute, 'win')
  await work(world, 10_000)
  assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).holds], ['completed', []])
})

for (const [what, lines, status, path] of [
  ['no line', [], 400, '/lines'],
  ['nothing of a line', [{ quantity: 0 }], 400, '/lines/0/quantity'],
  ['less than nothing', [{ quantity: -1 }], 400, '/lines/0/quantity'],
  ['half a unit', [{ quantity: 0.5 }], 400, '/lines/0/quantity'],
  ['more than was ordered', [{ quantity: 3 }], 400, '/lines/0/quantity'],
  ['a line twice', [{ quantity: 1 }, { quantity: 1 }], 400, '/lines/1/line'],
  ['a line of another order', [{ line: 'line_x', quantity: 1 }], 400, '/lines/0/line'],
] as const)
  test(`${what} is not sent`, async () => {
    const { id, lines: own } = await placed()
    const given = lines.map((one) => ({ line: own[0]!.id, ...one }))
    const answer = await post(`orders/${id}/fulfillments`, { lines: given })
    assert.deepEqual([answer.status, answer.body.errors[0].path], [status, path])
    assert.equal(await read().count(fulfillments), 0)
  })

test('its customer sees the parcels, nobody else does, and is written to in the language of the order', async () => {
  const cart = await fillCart(world, 'guest')
  const headers = { ...cart.headers, 'accept-language': 'de-AT,de;q=0.9' }
  const { body } = await world.call('guest', {
    method: 'POST',
    url: `/api/carts/${cart.id}/checkout`,
    headers,
    body: { payment: { provider: 'sandbox', method: 'card_success' } },
  })
  await work(world)
  await post(`orders/${body.order.id}/fulfillments`)
  const list = async (as: 'guest' | 'other' | 'staff', own = {}) =>
    (await world.call(as, { method: 'GET', url: `/api/fulfillments?filter[order]=${body.order.id}`, headers: own })).body.items.length
  assert.deepEqual([await list('guest', cart.headers), await list('guest'), await list('other'), await list('staff')], [1, 0, 0, 1])
  const [mail] = await mailsOf(body.order.id, 'order_shipped')
  assert.match(mail!.subject, /^Bestellung .* ist unterwegs$/)
  assert.equal((await world.call('owner', { method: 'POST', url: `/api/orders/${body.order.id}/fulfillments`, body: {} })).status, 403)
})
