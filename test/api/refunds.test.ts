// Giving money of an order back: an amount, units of lines, or all that is left.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { payments, type Refund, refunds } from '../../src/domains/payments/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const read = () => world.engine.parts.storage.reader
const orderOf = async (id: string) => (await read().get(orders, id))!
const refundsOf = async (order: string): Promise<Refund[]> =>
  (await findAll(read(), refunds, eq('order', order))).toSorted((a, b) => (a.id < b.id ? -1 : 1))

async function paid(quantity = 1): Promise<string> {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner', [{ variant: 'variant', quantity }]))
  await work(world)
  assert.equal((await orderOf(body.order.id)).paymentStatus, 'paid')
  return body.order.id as string
}
const give = (order: string, body: object, as: As = 'staff') =>
  world.call(as, { method: 'POST', url: `/api/orders/${order}/refunds`, body })

test('all that is left goes back, with its reason, and the sale with it', async () => {
  const order = await paid()
  const { total } = await orderOf(order)
  const { status, body } = await give(order, { reason: 'It came too late.' })
  assert.deepEqual([status, body.status, body.amount, body.reason], [201, 'succeeded', total, 'It came too late.'])
  await work(world)
  assert.equal((await orderOf(order)).paymentStatus, 'refunded')
  assert.equal(world.book.all()[0]!.refunds[0]!.amountMinor, total.amount)
  const entries = await findAll(read(), ledgerEntries, eq('order', order))
  const left = Map.groupBy(entries, ({ account }) => account)
  for (const [account, of] of left)
    assert.equal(
      of.reduce((sum, { amount }) => sum + amount.amount, 0),
      0,
      account,
    )
})

test('its customer is told of it once, with the units or without, unless staff tell them', async () => {
  const order = await paid(2)
  const [line] = (await orderOf(order)).lines
  await give(order, { amount: { amount: 100, currency: 'EUR' } })
  await give(order, { lines: [{ line: line!.id, quantity: 1 }] })
  await give(order, { amount: { amount: 50, currency: 'EUR' }, mail: false })
  await work(world)
  const mails = (await findAll(read(), emails, eq('record', order))).filter(({ template }) => template === 'order_refunded')
  assert.deepEqual(mails.map(({ text }) => [/We give you 1.00 EUR of/.test(text), text.includes(`1 x ${line!.title}`)]).toSorted(), [
    [false, true],
    [true, false],
  ])
})

test('an amount goes back, and never more than there is, however many ask at once', async () => {
  const order = await paid()
  const { total } = await orderOf(order)
  const half = { amount: Math.floor(total.amount / 2), currency: total.currency }
  const answers = await Promise.all(Array.from({ length: 5 }, () => give(order, { amount: half })))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 201, 409, 409, 409])
  const { body: refused } = answers.find(({ status }) => status === 409)!
  assert.deepEqual(
    [refused.code, refused.errors[0].path, refused.params.refundable.amount],
    ['refund_too_large', '/amount/amount', total.amount - 2 * half.amount],
  )
  await work(world)
  assert.equal(
    world.book.all()[0]!.refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0),
    half.amount * 2,
  )
  assert.equal((await orderOf(order)).paymentStatus, 2 * half.amount === total.amount ? 'refunded' : 'partially_refunded')
})

test('units of a line go back one by one, and their cents sum to what was paid', async () => {
  const order = await paid(3)
  const [line] = (await orderOf(order)).lines
  for (const unit of [1, 2, 3]) {
    const { status, body } = await give(order, { lines: [{ line: line!.id, quantity: 1 }] })
    assert.equal(status, 201, `unit ${unit}: ${JSON.stringify(body)}`)
  }
  const made = await refundsOf(order)
  assert.deepEqual(
    made.map(({ lines }) => lines![0]!.quantity),
    [1, 1, 1],
  )
  assert.equal(
    made.reduce((sum, { amount }) => sum + amount.amount, 0),
    line!.total.amount,
  )
  const again = await give(order, { lines: [{ line: line!.id, quantity: 1 }] })
  assert.deepEqual([again.status, again.body.errors[0].path, again.body.errors[0].code], [400, '/lines/0/quantity', 'maximum'])
  // The shipping is left.
  const rest = await give(order, {})
  assert.deepEqual([rest.status, rest.body.amount], [201, (await orderOf(order)).totals.shipping])
  assert.deepEqual((await give(order, {})).body.code, 'refund_too_large')
})

test('units that are no whole cents each sum to what was paid for the line', async () => {
  await closeWithBooks(world)
  // 3 x 10.00 and 3.90, each with a tax of 12.3457 %: 38.09, of which 33.71 are the line's.
  const shop = { currency: 'EUR', tax: { prices: 'added', ratesPpm: { '*': 123_457 } } } as const
  world = await openWorld({ config: { ...testConfig, shop } })
  await world.engine.start()
  const order = await paid(3)
  const [line] = (await orderOf(order)).lines
  for (let unit = 0; unit < 3; unit++) assert.equal((await give(order, { lines: [{ line: line!.id, quantity: 1 }] })).status, 201)
  assert.deepEqual(
    (await refundsOf(order)).map(({ amount }) => amount.amount),
    [1124, 1123, 1124],
  )
  assert.equal((await give(order, {})).body.amount.amount, 3809 - 3371)
})

const wrong: readonly [what: string, body: (line: string) => object, path: string][] = [
  ['nothing', () => ({ amount: { amount: 0, currency: 'EUR' } }), '/amount/amount'],
  ['less than nothing', () => ({ amount: { amount: -1, currency: 'EUR' } }), '/amount/amount'],
  ['another currency', () => ({ amount: { amount: 1, currency: 'USD' } }), '/amount/currency'],
  ['beyond safe integers', () => ({ amount: { amount: 2 ** 53, currency: 'EUR' } }), '/amount/amount'],
  ['an amount and lines', (line) => ({ amount: { amount: 1, currency: 'EUR' }, lines: [{ line, quantity: 1 }] }), '/lines'],
  ['a line of another order', () => ({ lines: [{ line: 'lin_x', quantity: 1 }] }), '/lines/0/line'],
  ['no unit', (line) => ({ lines: [{ line, quantity: 0 }] }), '/lines/0/quantity'],
  [
    'the same line twice, too often together',
    (line) => ({
      lines: [
        { line, quantity: 1 },
        { line, quantity: 1 },
      ],
    }),
    '/lines/1/quantity',
  ],
]
for (const [what, body, path] of wrong)
  test(`${what} is refused with its place, and nothing is written`, async () => {
    const order = await paid()
    const answer = await give(order, body((await orderOf(order)).lines[0]!.id))
    assert.deepEqual([answer.status, answer.body.errors?.[0]?.path], [400, path])
    assert.deepEqual(await refundsOf(order), [])
  })

test('units that came to nothing give nothing back, and say so', async () => {
  const order = await paid()
  const edits = { method: 'POST', url: `/api/orders/${order}/edits` } as const
  const add = [{ variant: world.ids['hardcover'], unitPrice: { amount: 0, currency: 'EUR' } }]
  assert.equal((await world.call('staff', { ...edits, body: { add } })).status, 200)
  const answer = await give(order, { lines: [{ line: (await orderOf(order)).lines[1]!.id, quantity: 1 }] })
  assert.deepEqual(
    [answer.status, answer.body.errors?.[0]],
    [400, { path: '/lines', code: 'minimum', message: 'came to nothing: there is nothing to give back for these units' }],
  )
  assert.deepEqual(await refundsOf(order), [])
})

test('a part is given back and no more (medusa #8603), with nothing outstanding (#10491), as often as some is left (#11481)', async () => {
  const order = await paid(3)
  const { total } = await orderOf(order)
  const left: number[] = []
  for (const part of [500, 1, 1_000]) {
    const { status, body } = await give(order, { amount: { amount: part, currency: 'EUR' } })
    assert.deepEqual([status, body.amount.amount], [201, part])
    await work(world)
    const [payment] = await findAll(read(), payments, eq('order', order))
    left.push(payment!.captured.amount - payment!.refunded.amount)
    assert.equal((await orderOf(order)).paymentStatus, 'partially_refunded')
  }
  assert.deepEqual(left, [total.amount - 500, total.amount - 501, total.amount - 1_501])
  assert.equal((await give(order, {})).body.amount.amount, total.amount - 1_501)
})

test('an order that nobody has paid yet gives nothing back', async () => {
  const { body } = await checkOut(world, 'owner', await fillCart(world, 'owner'), 'card_challenge')
  const answer = await give(body.order.id, {})
  assert.deepEqual([answer.status, answer.body.code], [409, 'order_state_conflict'])
})

test('of a canceled order everything is on its way back already', async () => {
  const order = await paid()
  await world.call('owner', { method: 'POST', url: `/api/orders/${order}/cancel` })
  await work(world)
  assert.deepEqual((await give(order, {})).body.code, 'refund_too_large')
})

test('a refund that failed and is tried again pays back the same units', async () => {
  const order = await paid()
  world.book.set({ refundFailures: 1 })
  const [line] = (await orderOf(order)).lines
  const { body } = await give(order, { lines: [{ line: line!.id, quantity: 1 }] })
  await work(world)
  assert.equal((await refundsOf(order))[0]!.status, 'failed')
  world.book.set({ refundFailures: 0 })
  assert.equal((await world.call('staff', { method: 'POST', url: `/api/refunds/${body.id}/retry` })).status, 201)
  await work(world)
  assert.deepEqual(
    (await refundsOf(order)).map(({ status, lines }) => [status, lines![0]!.quantity]),
    [
      ['canceled', 1],
      ['succeeded', 1],
    ],
  )
  assert.equal((await give(order, { lines: [{ line: line!.id, quantity: 1 }] })).status, 400)
})
