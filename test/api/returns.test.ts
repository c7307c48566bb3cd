// Canceling by line and sending back: units, stock, and money that is given back by the weights that the order was placed with.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { cancellations } from '../../src/domains/orders/cancellations.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { disputes, payments, refunds } from '../../src/domains/payments/collections.ts'
import { returns } from '../../src/domains/returns/collections.ts'
import { stockLevels, stockMovements } from '../../src/domains/stock/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
const open = async (capture: 'placement' | 'shipment' | 'manual') => {
  const shop = { ...(testConfig.shop as object), currency: 'EUR', payments: [sandbox({ capture })] }
  world = await openWorld({ config: { ...testConfig, shop } })
  await world.engine.start()
}
beforeEach(() => open('placement'))
const close = async () => {
  await work(world, 10_000)
  await closeWithBooks(world)
}
afterEach(close)
const openAgain = async (capture: 'shipment' | 'manual') => {
  await close()
  await open(capture)
}

const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const call = (as: As, path: string, body: object = {}, headers = {}) =>
  world.call(as, { method: 'POST', url: `/api/${path}`, body, headers })
const post = (path: string, body: object = {}) => call('staff', path, body)
const eur = (amount: number) => ({ amount, currency: 'EUR' })
const levelOf = async (name: string) => {
  const { onHand, committed, available } = (await read().get(stockLevels, world.ids[`${name}Level`]!))!
  return [onHand, committed, available]
}
const paymentOf = async (order: string) => (await findAll(read(), payments, eq('order', order)))[0]!
const mailsOf = async (order: string, template: string) =>
  (await findAll(read(), emails, eq('record', order))).filter((mail) => mail.template === template)
const salesOf = async (order: string) =>
  (await findAll(read(), ledgerEntries, eq('order', order)))
    .filter(({ account }) => account.startsWith('I:') || account.startsWith('L:tax'))
    .reduce((sum, { amount }) => sum - amount.amount, 0)

/** Three of one, one of another: 3 × 10.00 + 25.00 + 3.90 shipping. */
async function placed(as: 'owner' | 'guest' = 'owner') {
  const cart = await fillCart(world, as, [
    { variant: 'variant', quantity: 3 },
    { variant: 'hardcover', quantity: 1 },
  ])
  const { body } = await checkOut(world, as, cart)
  await work(world)
  const { id, status, lines } = await orderOf(body.order.id)
  assert.equal(status, 'placed')
  return { id, headers: cart.headers, paperback: lines[0]!.id, hardcover: lines[1]!.id }
}
async function sent(as: 'owner' | 'guest' = 'owner') {
  const order = await placed(as)
  assert.equal((await post(`orders/${order.id}/fulfillments`)).status, 201)
  await work(world)
  assert.equal((await orderOf(order.id)).status, 'completed')
  return order
}

test('a line is canceled: its units are free, its money goes back, the rest is sent and completes the order', async () => {
  const { id, paperback } = await placed()
  const { status, body } = await post(`orders/${id}/cancel`, { lines: [{ line: paperback, quantity: 1 }], reason: 'Damaged.' })
  assert.deepEqual([status, body.status, body.lines[0].canceled], [200, 'placed', 1])
  assert.deepEqual(await levelOf('variant'), [10, 2, 8])
  await work(world, 5_000)
  assert.deepEqual([(await paymentOf(id)).refunded, (await orderOf(id)).paymentStatus], [eur(1000), 'partially_refunded'])
  assert.equal(await salesOf(id), 4890)
  const [row] = await findAll(read(), cancellations, eq('order', id))
  assert.deepEqual([row!.refunded, row!.uncharged, row!.reason], [eur(1000), eur(0), 'Damaged.'])
  assert.match((await mailsOf(id, 'order_units_canceled'))[0]!.text, /1 x Emma, Paperback\n[\s\S]*10\.00 EUR go back the way you paid/)
  // What was canceled is not given back once more.
  const again = await post(`orders/${id}/refunds`, { lines: [{ line: paperback, quantity: 3 }] })
  assert.deepEqual([again.status, again.body.errors[0].path], [400, '/lines/0/quantity'])
  const rest = await post(`orders/${id}/fulfillments`)
  assert.deepEqual(
    rest.body.lines.map(({ quantity }: { quantity: number }) => quantity),
    [2, 1],
  )
  await work(world)
  assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).fulfillmentStatus], ['completed', 'fulfilled'])
})

for (const capture of ['shipment', 'manual'] as const)
  test(`what is canceled of an authorization is never charged (${capture})`, async () => {
    await openAgain(capture)
    const { id, paperback, hardcover } = await placed()
    await post(`orders/${id}/cancel`, { lines: [{ line: hardcover, quantity: 1 }] })
    await work(world)
    const less = await orderOf(id)
    assert.deepEqual([less.paymentStatus, less.uncharged?.map(({ amount }) => amount), less.holds], ['authorized', [eur(2500)], []])
    assert.equal(await salesOf(id), 3390)
    await post(`orders/${id}/fulfillments`, { lines: [{ line: paperback, quantity: 3 }] })
    if (capture === 'manual') await post(`payments/${(await paymentOf(id)).id}/capture`, { amount: eur(3390), final: true })
    await work(world, 5_000)
    const done = await orderOf(id)
    assert.deepEqual([done.status, done.paymentStatus, done.holds], ['completed', 'paid', []])
    const { captured, capturable, refunded } = await paymentOf(id)
    assert.deepEqual([captured, capturable, refunded], [eur(3390), null, eur(0)])
    assert.match((await mailsOf(id, 'order_units_canceled'))[0]!.text, /You are not charged for it/)
  })

test('all lines canceled are the whole order, with what it cost beside them', async () => {
  const { id, paperback, hardcover } = await placed()
  const lines = [
    { line: paperback, quantity: 3 },
    { line: hardcover, quantity: 1 },
  ]
  assert.equal((await call('owner', `orders/${id}/cancel`, { lines })).body.status, 'canceled')
  await work(world, 5_000)
  assert.deepEqual([(await paymentOf(id)).refunded, await salesOf(id)], [eur(5890), 0])
})

test('its owner cancels by line until something is sent, then staff alone', async () => {
  const { id, paperback, hardcover } = await placed()
  assert.equal((await call('other', `orders/${id}/cancel`, { lines: [{ line: paperback, quantity: 1 }] })).status, 404)
  assert.equal((await call('owner', `orders/${id}/cancel`, { lines: [{ line: paperback, quantity: 1 }] })).status, 200)
  await post(`orders/${id}/fulfillments`, { lines: [{ line: paperback, quantity: 1 }] })
  assert.equal((await call('owner', `orders/${id}/cancel`, { lines: [{ line: hardcover, quantity: 1 }] })).status, 409)
  assert.equal((await post(`orders/${id}/cancel`, { lines: [{ line: hardcover, quantity: 1 }] })).status, 200)
  assert.equal((await post(`orders/${id}/cancel`, { lines: [{ line: paperback, quantity: 2 }] })).status, 409)
  await work(world, 5_000)
  assert.deepEqual([(await paymentOf(id)).refunded, (await orderOf(id)).fulfillmentStatus], [eur(3500), 'partially_fulfilled'])
})

test('sent back in two parts: one is sold again, one is written off, the money goes back less what is deducted', async () => {
  const { id, paperback } = await sent()
  const asked = await call('owner', `orders/${id}/returns`, {
    lines: [{ line: paperback, quantity: 2, reason: 'Too heavy' }],
    comment: 'Sorry.',
  })
  assert.deepEqual([asked.status, asked.body.status], [201, 'requested'])
  assert.deepEqual([(await orderOf(id)).status, (await orderOf(id)).lines[0]!.returning], ['placed', 2])
  const { id: back } = asked.body
  assert.equal((await post(`returns/${back}/receive`)).status, 409)
  assert.equal((await call('owner', `returns/${back}/approve`)).status, 403)
  assert.equal((await post(`returns/${back}/approve`, { instructions: 'Write RET 7 on it.' })).body.status, 'approved')
  assert.equal((await post(`returns/${back}/receive`, { lines: [{ line: paperback, quantity: 3 }] })).status, 400)
  const part = await post(`returns/${back}/receive`, { lines: [{ line: paperback, quantity: 1 }] })
  assert.deepEqual([part.body.status, part.body.lines[0].received], ['received', 1])
  assert.deepEqual(await levelOf('variant'), [8, 0, 8])
  assert.equal((await post(`returns/${back}/reject`)).status, 409)
  await post(`returns/${back}/receive`, { lines: [{ line: paperback, quantity: 1, restock: false }] })
  assert.deepEqual(await levelOf('variant'), [8, 0, 8])
  const moved = (await findAll(read(), stockMovements, eq('order', id))).filter(({ kind }) => kind !== 'shipped')
  assert.deepEqual(moved.map(({ kind, quantity }) => [kind, quantity]).toSorted(), [
    ['returned', 1],
    ['returned', 1],
    ['written_off', -1],
  ])
  const much = await post(`returns/${back}/complete`, { deduction: eur(2001) })
  assert.deepEqual([much.status, much.body.errors[0].path], [400, '/deduction/amount'])
  const settled = await post(`returns/${back}/complete`, { deduction: eur(300), answer: 'A page is torn.' })
  assert.deepEqual([settled.status, settled.body.refunded, settled.body.deduction], [200, eur(1700), eur(300)])
  await work(world, 10_000)
  const after = await orderOf(id)
  assert.deepEqual(
    [after.status, after.fulfillmentStatus, after.lines[0]!.returned, after.lines[0]!.returning],
    ['completed', 'fulfilled', 2, undefined],
  )
  assert.deepEqual([(await paymentOf(id)).refunded, await salesOf(id)], [eur(1700), 5890 - 1700])
  const texts = await Promise.all(
    ['return_requested', 'return_approved', 'return_completed'].map(async (name) => (await mailsOf(id, name)).map(({ text }) => text)),
  )
  assert.deepEqual(
    texts.map(({ length }) => length),
    [1, 1, 1],
  )
  assert.match(texts[1]![0]!, /Write RET 7 on it\./)
  assert.match(texts[2]![0]!, /17\.00 EUR go back to you\.\n\n3\.00 EUR were deducted\. A page is torn\./)
})

test('all of it sent back makes the order returned; nothing is sent back twice', async () => {
  const { id, paperback, hardcover, headers } = await sent('guest')
  const lines = [
    { line: paperback, quantity: 3, reason: 'damaged' },
    { line: hardcover, quantity: 1, reason: 'damaged' },
  ]
  assert.equal((await call('guest', `orders/${id}/returns`, { lines })).status, 404)
  const asked = await call('guest', `orders/${id}/returns`, { lines }, headers)
  assert.equal(asked.status, 201)
  const twice = await call('guest', `orders/${id}/returns`, { lines: [lines[1]!] }, headers)
  assert.deepEqual(
    [twice.status, twice.body.errors[0].message],
    [409, 'must be 0 or less: so many were sent, and are neither back nor on their way'],
  )
  await post(`returns/${asked.body.id}/approve`)
  await post(`returns/${asked.body.id}/receive`)
  await post(`returns/${asked.body.id}/complete`)
  await work(world, 10_000)
  const after = await orderOf(id)
  assert.deepEqual([after.status, after.fulfillmentStatus], ['completed', 'returned'])
  // Shipping is kept: staff give it back by an amount where the law asks for that.
  assert.deepEqual((await paymentOf(id)).refunded, eur(5500))
  const seen = await world.call('guest', { method: 'GET', url: `/api/returns?filter[order]=${id}`, headers })
  assert.equal(seen.body.items.length, 1)
})

test('rejected, its units can be asked for again', async () => {
  const { id, hardcover } = await sent()
  const lines = [{ line: hardcover, quantity: 1, reason: 'other' }]
  const asked = await call('owner', `orders/${id}/returns`, { lines })
  assert.equal((await post(`returns/${asked.body.id}/reject`, { answer: 'It was read.' })).body.status, 'rejected')
  assert.match((await mailsOf(id, 'return_rejected'))[0]!.text, /It was read\./)
  assert.equal((await orderOf(id)).status, 'completed')
  assert.equal((await call('owner', `orders/${id}/returns`, { lines })).status, 201)
})

test('after its time a customer is told so, and staff still take it back', async () => {
  const { id, hardcover } = await sent()
  const lines = [{ line: hardcover, quantity: 1, reason: 'other' }]
  const { fulfillments } = await import('../../src/domains/fulfillment/collections.ts')
  await world.write(async (tx, now) => {
    for (const one of await findAll(tx, fulfillments, eq('order', id)))
      await tx.update(fulfillments, one, { set: { status: 'delivered', deliveredAt: now - 31 * 86_400_000 } })
  })
  const late = await call('owner', `orders/${id}/returns`, { lines })
  assert.deepEqual([late.status, late.body.code, late.body.params], [409, 'return_too_late', { days: 30 }])
  assert.equal((await post(`orders/${id}/returns`, { lines })).status, 201)
})

test('a return and a refund of the same units at once give back what they cost once', async () => {
  const { id, hardcover } = await sent()
  const asked = await post(`orders/${id}/returns`, { lines: [{ line: hardcover, quantity: 1, reason: 'other' }] })
  await post(`returns/${asked.body.id}/approve`)
  await post(`returns/${asked.body.id}/receive`)
  await Promise.all([
    post(`returns/${asked.body.id}/complete`),
    post(`returns/${asked.body.id}/complete`),
    post(`orders/${id}/refunds`, { lines: [{ line: hardcover, quantity: 1 }] }),
  ])
  await work(world, 10_000)
  assert.deepEqual((await paymentOf(id)).refunded, eur(2500))
  assert.equal((await findAll(read(), refunds, eq('order', id))).length, 1)
  assert.equal((await read().get(returns, asked.body.id))!.status, 'completed')
})

test('what was refunded by line is not given back with its return', async () => {
  const { id, paperback, hardcover } = await sent()
  assert.equal((await post(`orders/${id}/refunds`, { lines: [{ line: hardcover, quantity: 1 }] })).status, 201)
  const asked = await post(`orders/${id}/returns`, { lines: [{ line: hardcover, quantity: 1, reason: 'other' }] })
  await post(`returns/${asked.body.id}/approve`)
  await post(`returns/${asked.body.id}/receive`)
  assert.deepEqual((await post(`returns/${asked.body.id}/complete`)).body.refunded, eur(0))
  // What was deducted of other units is not given back by it either.
  assert.equal(await sentBack(id, paperback, 2, { deduction: eur(500) }), 1500)
  assert.equal((await post(`orders/${id}/refunds`, { lines: [{ line: paperback, quantity: 1 }] })).status, 201)
  assert.equal(await sentBack(id, paperback, 1), 0)
})

test('what was given back before by amount comes off what came back of it', async () => {
  const { id, paperback } = await sent()
  await post(`orders/${id}/refunds`, { amount: eur(4000) })
  const asked = await post(`orders/${id}/returns`, { lines: [{ line: paperback, quantity: 3, reason: 'other' }] })
  await post(`returns/${asked.body.id}/approve`)
  await post(`returns/${asked.body.id}/receive`)
  const { body } = await post(`returns/${asked.body.id}/complete`)
  // Of 40.00, 20.37 were spread over this line: so much less it is worth.
  assert.deepEqual(body.refunded, eur(3000 - 2037))
  assert.equal((await post(`orders/${id}/refunds`)).body.amount.amount, 5890 - 4000 - 963)
  await work(world, 10_000)
  assert.deepEqual([(await paymentOf(id)).refunded, (await orderOf(id)).paymentStatus], [eur(5890), 'refunded'])
})

test('to be exchanged, or as store credit: the payment keeps its money', async () => {
  const { id, paperback } = await sent()
  const asked = await post(`orders/${id}/returns`, { lines: [{ line: paperback, quantity: 1, reason: 'other' }] })
  await post(`returns/${asked.body.id}/approve`)
  await post(`returns/${asked.body.id}/receive`)
  assert.deepEqual((await post(`returns/${asked.body.id}/complete`, { refund: false })).body.refunded, eur(0))
  const next = await post(`orders/${id}/returns`, { lines: [{ line: paperback, quantity: 1, reason: 'other' }] })
  await post(`returns/${next.body.id}/approve`)
  await post(`returns/${next.body.id}/receive`)
  assert.deepEqual((await post(`returns/${next.body.id}/complete`, { to: 'store_credit' })).body.refunded, eur(1000))
  await work(world, 5_000)
  assert.deepEqual((await paymentOf(id)).refunded, eur(0))
  const credit = await world.call('owner', { method: 'GET', url: '/api/storeCredits' })
  assert.deepEqual(credit.body.items[0].balance, eur(1000))
})

/** One paperback goes back for the hardcover, or as many of each as are named. */
const exchange = (id: string, line: string, more: object = {}) =>
  post(`orders/${id}/exchanges`, {
    lines: [{ line, quantity: 1, reason: 'wrong_item' }],
    add: [{ variant: world.ids['hardcover'] }],
    ...more,
  })
const dueByLink = async (id: string) => {
  const { status, body } = await post(`orders/${id}/payment-link`)
  return status === 201 ? body.due.amount : body.code
}

test('an exchange for something dearer is one request: stock of both, and the difference is charged by a link once it is back', async () => {
  const { id, paperback } = await sent()
  const before = [await levelOf('variant'), await levelOf('hardcover')]
  const asked = { lines: [{ line: paperback, quantity: 1, reason: 'wrong_item' }], add: [{ variant: world.ids['hardcover'] }] }
  const newest = await world.newest()
  const quoted = await post(`orders/${id}/exchanges/quote`, asked)
  assert.deepEqual([quoted.status, quoted.body, await world.newest()], [200, { worth: eur(1000), added: eur(2500) }, newest], quoted.text)
  const made = await exchange(id, paperback, { instructions: 'Main Street 1' })
  assert.deepEqual([made.status, made.body.worth, made.body.added], [201, eur(1000), eur(2500)], made.text)
  assert.deepEqual([made.body.return.status, made.body.return.isExchange, made.body.order.holds], ['approved', true, ['exchange']])
  const [onHand, committed, available] = before[1]!
  assert.deepEqual(await levelOf('hardcover'), [onHand, committed! + 1, available! - 1])
  // It waits for what it replaces: neither sent nor asked to be paid.
  assert.equal((await post(`orders/${id}/fulfillments`)).body.code, 'order_held')
  assert.equal(await dueByLink(id), 'payment_not_needed')
  const back = made.body.return.id
  await post(`returns/${back}/receive`)
  assert.equal((await levelOf('variant'))[0], before[0]![0]! + 1)
  const done = await post(`returns/${back}/complete`)
  assert.deepEqual([done.status, done.body.refunded], [200, eur(0)], done.text)
  const open = await orderOf(id)
  assert.deepEqual([open.status, open.paymentStatus, open.holds], ['placed', 'partially_paid', ['payment_due']])
  const link = await post(`orders/${id}/payment-link`)
  assert.deepEqual(link.body.due, eur(1500))
  const token = link.body.url.split('#token=')[1]
  await call('guest', 'paymentLinks/pay', { token, provider: 'sandbox', method: 'card_success' })
  await work(world)
  assert.equal((await post(`orders/${id}/fulfillments`)).status, 201)
  await work(world)
  const after = await orderOf(id)
  assert.deepEqual([after.status, after.paymentStatus, after.holds, await salesOf(id)], ['completed', 'paid', [], 5890 + 1500])
})

test('an exchange for something cheaper gives the difference back, less what is deducted', async () => {
  const { id, hardcover } = await sent()
  const made = await exchange(id, hardcover, { add: [{ variant: world.ids['variant'] }] })
  const back = made.body.return.id
  await post(`returns/${back}/receive`)
  const done = await post(`returns/${back}/complete`, { deduction: eur(300) })
  assert.deepEqual([done.status, done.body.refunded, done.body.deduction], [200, eur(1200), eur(300)], done.text)
  await work(world, 5_000)
  const after = await orderOf(id)
  assert.deepEqual([after.holds, (await paymentOf(id)).refunded, await salesOf(id)], [[], eur(1200), 5890 - 1200])
  assert.equal((await post(`orders/${id}/fulfillments`)).status, 201)
})

test('what never comes back pays for nothing; sent at once, it is settled all the same', async () => {
  const { id, paperback } = await sent()
  const made = await exchange(id, paperback, { lines: [{ line: paperback, quantity: 2, reason: 'wrong_item' }] })
  await post(`returns/${made.body.return.id}/receive`, { lines: [{ line: paperback, quantity: 1, restock: false }] })
  await post(`returns/${made.body.return.id}/complete`)
  assert.deepEqual([(await orderOf(id)).holds, await dueByLink(id)], [['payment_due'], 1500])
  const other = await exchange(id, paperback, { add: [{ variant: world.ids['variant'] }] })
  const refused = await post(`returns/${other.body.return.id}/reject`, { answer: 'Too old.' })
  assert.equal(refused.body.status, 'rejected')
  assert.deepEqual([(await orderOf(id)).holds, await dueByLink(id)], [['payment_due'], 2500])
  // Staff trust this customer.
  const third = await sent()
  const { body } = await exchange(third.id, third.paperback, { add: [{ variant: world.ids['variant'] }] })
  assert.equal((await post(`orders/${third.id}/release`, { hold: 'exchange' })).status, 200)
  assert.equal((await post(`orders/${third.id}/fulfillments`)).status, 201)
  await post(`returns/${body.return.id}/receive`)
  await post(`returns/${body.return.id}/complete`)
  await work(world)
  assert.deepEqual([(await orderOf(third.id)).status, (await orderOf(third.id)).holds], ['completed', []])
})

test('an exchange is whole or not at all, and of two at once the units go back once', async () => {
  const { id, paperback } = await sent()
  const before = await orderOf(id)
  const short = await exchange(id, paperback, { add: [{ variant: world.ids['hardcover'], quantity: 500 }] })
  assert.deepEqual([short.status, short.body.code], [409, 'out_of_stock'])
  assert.deepEqual([(await orderOf(id)).version, (await findAll(read(), returns, eq('order', id))).length], [before.version, 0])
  const all = { lines: [{ line: paperback, quantity: 3, reason: 'other' }], add: [{ variant: world.ids['variant'] }] }
  const both = await Promise.all([exchange(id, paperback, all), exchange(id, paperback, all)])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 409])
  assert.equal((await orderOf(id)).lines.length, 3)
})

/** Of so many units, as it is completed. */
const sentBack = async (id: string, line: string, quantity: number, how: object = {}) => {
  const asked = await post(`orders/${id}/returns`, { lines: [{ line, quantity, reason: 'other' }] })
  await post(`returns/${asked.body.id}/approve`)
  await post(`returns/${asked.body.id}/receive`)
  const { status, body, text } = await post(`returns/${asked.body.id}/complete`, how)
  assert.equal(status, 200, text)
  return body.refunded.amount as number
}
/** Something more, which is paid for: from now on there is money that something else could be paid out of. */
const addPaid = async (id: string, name = 'variant') => {
  assert.equal((await post(`orders/${id}/edits`, { add: [{ variant: world.ids[name] }] })).status, 200)
  const { body } = await post(`orders/${id}/payment-link`)
  const [, token] = body.url.split('#token=')
  assert.equal((await call('guest', 'paymentLinks/pay', { token, provider: 'sandbox', method: 'card_success' })).status, 201)
  await work(world)
  return body.due.amount as number
}
const kept = async (id: string) =>
  (await findAll(read(), payments, eq('order', id))).reduce((sum, { captured, refunded }) => sum + captured.amount - refunded.amount, 0)

test('what was given back by amount is given back once: not with a return, a cancellation, an exchange or by line', async () => {
  // All of it, of what was sent.
  const { id, paperback, hardcover } = await sent()
  await post(`orders/${id}/refunds`)
  await work(world, 5_000)
  assert.equal(await addPaid(id), 1000)
  assert.equal(await sentBack(id, paperback, 3), 0)
  const made = await exchange(id, hardcover)
  assert.deepEqual(made.body.worth, eur(0))
  await post(`returns/${made.body.return.id}/receive`)
  await post(`returns/${made.body.return.id}/complete`)
  await work(world, 5_000)
  assert.deepEqual([await kept(id), await dueByLink(id)], [1000, 2500])
  const [first] = (await orderOf(id)).lines
  assert.equal((await post(`orders/${id}/refunds`, { lines: [{ line: first!.id, quantity: 1 }] })).status, 400)
  // All of it, of what was not.
  const other = await placed()
  await post(`orders/${other.id}/refunds`, { amount: eur(5890) })
  await work(world, 5_000)
  await addPaid(other.id)
  assert.equal((await post(`orders/${other.id}/cancel`, { lines: [{ line: other.paperback, quantity: 3 }] })).status, 200)
  await work(world, 5_000)
  assert.deepEqual([await kept(other.id), await dueByLink(other.id)], [1000, 'payment_not_needed'])
})

test('units that were given back are not sent with what is left, unless they are named', async () => {
  // By their units, before anything was sent.
  const { id, paperback, hardcover } = await placed()
  await post(`orders/${id}/refunds`, { lines: [{ line: paperback, quantity: 2 }] })
  await work(world, 5_000)
  const parcel = await post(`orders/${id}/fulfillments`)
  assert.deepEqual(parcel.body.lines, [
    { line: paperback, quantity: 1 },
    { line: hardcover, quantity: 1 },
  ])
  const none = await post(`orders/${id}/fulfillments`)
  assert.equal(none.status, 409)
  assert.match(none.body.detail, /given back/)
  assert.equal((await post(`orders/${id}/fulfillments`, { lines: [{ line: paperback, quantity: 1 }] })).status, 201)
  assert.equal((await post(`orders/${id}/cancel`, { lines: [{ line: paperback, quantity: 1 }] })).status, 200)
  // All of it by amount; then something is added.
  const other = await placed()
  await post(`orders/${other.id}/refunds`)
  await work(world, 5_000)
  await addPaid(other.id)
  const added = (await orderOf(other.id)).lines.at(-1)!
  assert.deepEqual((await post(`orders/${other.id}/fulfillments`)).body.lines, [{ line: added.id, quantity: 1 }])
  // What is canceled or came back is not among them.
  const third = await placed()
  await post(`orders/${third.id}/cancel`, { lines: [{ line: third.paperback, quantity: 1 }] })
  await post(`orders/${third.id}/fulfillments`, { lines: [{ line: third.paperback, quantity: 1 }] })
  await work(world, 5_000)
  assert.equal(await sentBack(third.id, third.paperback, 1), 1000)
  assert.deepEqual((await post(`orders/${third.id}/fulfillments`)).body.lines, [
    { line: third.paperback, quantity: 1 },
    { line: third.hardcover, quantity: 1 },
  ])
})

test('half of it given back by amount leaves half of each unit, and nothing of what is added later', async () => {
  const { id, paperback, hardcover } = await sent()
  await post(`orders/${id}/refunds`, { amount: eur(2945) })
  await work(world, 5_000)
  assert.deepEqual(
    (await orderOf(id)).allowances?.map(({ line, amount }) => [line, amount.amount]),
    [
      [paperback, 1500],
      [hardcover, 1250],
      [null, 195],
    ],
  )
  await addPaid(id, 'hardcover')
  assert.equal(await sentBack(id, paperback, 1), 500)
  assert.equal((await post(`orders/${id}/refunds`, { lines: [{ line: paperback, quantity: 1 }] })).body.amount.amount, 500)
  assert.deepEqual([await sentBack(id, paperback, 2), await sentBack(id, hardcover, 1)], [500, 1250])
  const added = (await orderOf(id)).lines.at(-1)!
  await work(world, 5_000)
  const { body } = await post(`orders/${id}/refunds`, { lines: [{ line: added.id, quantity: 1 }] })
  assert.equal(body.amount.amount + body.others[0].amount.amount, 2500)
  await work(world, 5_000)
  assert.deepEqual([await kept(id), await salesOf(id)], [195, 195])
})

test('all of it given back while something is exchanged: what is sent for it is owed in full', async () => {
  const { id, paperback } = await sent()
  const made = await exchange(id, paperback)
  await post(`orders/${id}/refunds`)
  await work(world, 5_000)
  await post(`returns/${made.body.return.id}/receive`)
  assert.deepEqual((await post(`returns/${made.body.return.id}/complete`)).body.refunded, eur(0))
  await work(world, 5_000)
  assert.deepEqual([await kept(id), await dueByLink(id), await salesOf(id)], [0, 2500, 2500])
})

test('what was taken for what was sent and given back is not charged for the rest, which is canceled', async () => {
  await openAgain('shipment')
  const { id, paperback, hardcover } = await placed()
  await post(`orders/${id}/fulfillments`, { lines: [{ line: paperback, quantity: 3 }] })
  await work(world, 5_000)
  const { captured } = await paymentOf(id)
  await post(`orders/${id}/refunds`)
  await work(world, 5_000)
  assert.deepEqual([captured, await kept(id)], [eur(3390), 0])
  assert.equal((await post(`orders/${id}/cancel`, { lines: [{ line: hardcover, quantity: 1 }] })).status, 200)
  await work(world, 5_000)
  const { uncharged, holds } = await orderOf(id)
  assert.deepEqual([uncharged?.map(({ amount }) => amount), holds, (await paymentOf(id)).capturable], [[eur(2500)], [], null])
  assert.equal(await sentBack(id, paperback, 3), 0)
})

test('a dashboard names no units either: what it gave back is not given back again', async () => {
  const { id, paperback } = await sent()
  world.book.refundInDashboard((await paymentOf(id)).providerRef!, 5890)
  await work(world, 5_000)
  assert.equal((await orderOf(id)).paymentStatus, 'refunded')
  await addPaid(id)
  assert.equal(await sentBack(id, paperback, 3), 0)
})

test('what a bank has given back for good is not given back again', async () => {
  const { id, paperback } = await sent()
  world.book.dispute((await paymentOf(id)).providerRef!)
  await work(world, 10_000)
  const [open] = await findAll(read(), disputes, eq('order', id))
  world.book.moveDispute(open!.providerRef, 'lose')
  await work(world, 10_000)
  await addPaid(id)
  assert.equal(await sentBack(id, paperback, 3), 0)
  assert.equal(await salesOf(id), 5890 + 1000)
  // What was added is none of what the bank had.
  assert.equal(
    (await post(`orders/${id}/refunds`, { lines: [{ line: (await orderOf(id)).lines[2]!.id, quantity: 1 }] })).body.amount.amount,
    1000,
  )
})

/** Of an order: what its payments keep, what it costs by now, and what of it is to be paid. */
const balanceOf = async (id: string) => {
  await work(world, 5_000)
  return [await kept(id), await salesOf(id), await dueByLink(id)]
}
const refund = async (id: string, lines: readonly (readonly [line: string, quantity: number])[]) => {
  const { status, body } = await post(`orders/${id}/refunds`, { lines: lines.map(([line, quantity]) => ({ line, quantity })) })
  return status === 201 ? body.amount.amount : body.errors?.[0].path
}
const cancel = async (id: string, line: string, quantity: number) =>
  (await post(`orders/${id}/cancel`, { lines: [{ line, quantity }] })).status

test('several returns, refunds and cancellations of one payment keep the sums (medusa #13433, #14500, vendure #868, #2608)', async () => {
  const { id, paperback, hardcover } = await sent()
  const left: unknown[] = []
  for (const one of [paperback, hardcover, paperback]) {
    await sentBack(id, one, 1)
    left.push((await balanceOf(id)).slice(0, 2))
  }
  assert.deepEqual(left, [
    [4890, 4890],
    [2390, 2390],
    [1390, 1390],
  ])
  assert.deepEqual([(await orderOf(id)).total, await dueByLink(id)], [eur(5890), 'payment_not_needed'])
  // Some units, then the others: never those that are back already, and no line twice in one request (medusa #14936).
  assert.deepEqual([await refund(id, [[paperback, 2]]), await refund(id, [[paperback, 1]])], ['/lines/0/quantity', 1000])
  const twice = { lines: [1, 1].map((quantity) => ({ line: paperback, quantity, reason: 'other' })) }
  assert.deepEqual((await post(`orders/${id}/returns`, twice)).body.errors[0].code, 'duplicate')
  assert.deepEqual((await balanceOf(id)).slice(0, 2), [390, 390])
  const other = await placed()
  for (const quantity of [1, 2]) assert.equal(await cancel(other.id, other.paperback, quantity), 200)
  assert.deepEqual(await balanceOf(other.id), [2890, 2890, 'payment_not_needed'])
})

test('what was added and is canceled before it is paid gives nothing of the first payment back (vendure #4013)', async () => {
  const { id } = await placed()
  await post(`orders/${id}/edits`, { add: [{ variant: world.ids['hardcover'] }] })
  assert.deepEqual(await balanceOf(id), [5890, 8390, 2500])
  assert.equal(await cancel(id, (await orderOf(id)).lines[2]!.id, 1), 200)
  assert.deepEqual(await balanceOf(id), [5890, 5890, 'payment_not_needed'])
  const { paymentStatus, holds } = await orderOf(id)
  assert.deepEqual([paymentStatus, holds, (await findAll(read(), refunds, eq('order', id))).length], ['paid', [], 0])
  // Units are whole: half of one is in no cart and in no order (medusa #13734).
  const half = await post(`orders/${id}/edits`, { add: [{ variant: world.ids['hardcover'], quantity: 0.5 }] })
  assert.deepEqual([half.status, half.body.errors[0].path], [400, '/add/0/quantity'])
})

test('a discount and the shipping stay as agreed whatever goes back, and all of it is what was paid (vendure #989, #2393, #2762, #3885)', async () => {
  await close()
  const tax = { prices: 'added', ratesPpm: { '*': 190_000 } } as const
  const shop = { currency: 'EUR', payments: [sandbox()], automaticDiscounts: true, tax } as const
  world = await openWorld({ config: { ...testConfig, shop } })
  await world.engine.start()
  await world.call('staff', { method: 'POST', url: '/api/discounts', body: { title: 'A tenth', kind: 'percent', value: 10, active: true } })
  // 55.00 less 5.50, and 3.90: 53.40 and 19 %, with its tax (medusa #10760).
  const { id, paperback, hardcover } = await placed()
  assert.deepEqual((await orderOf(id)).total, eur(6355))
  assert.equal(await cancel(id, paperback, 1), 200)
  assert.deepEqual((await balanceOf(id)).slice(0, 2), [6355 - 1071, 6355 - 1071])
  assert.equal(await refund(id, [[hardcover, 1]]), 2678)
  assert.equal((await call('owner', `orders/${id}/cancel`)).body.status, 'canceled')
  assert.deepEqual(await balanceOf(id), [0, 0, 'order_state_conflict'])
  // All of it back, shipping too, and then the goods (saleor-dashboard #1452).
  const other = await sent()
  await post(`orders/${other.id}/refunds`)
  assert.deepEqual(await balanceOf(other.id), [0, 0, 'payment_not_needed'])
  assert.equal(await sentBack(other.id, other.paperback, 3), 0)
  assert.equal((await orderOf(other.id)).fulfillmentStatus, 'fulfilled')
})
