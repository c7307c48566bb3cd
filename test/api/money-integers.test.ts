// What orders keep in whole minor units is the same on every database; and what is captured and given back is what was agreed.
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { type Order, orders } from '../../src/domains/orders/collections.ts'
import { payments } from '../../src/domains/payments/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { allCurrencies, checkBasket, digestOf } from '../money/baskets.ts'
import { address, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'

let world: World
afterEach(async () => await world.close())

test('the integers of an order in each currency come back as they were written, up to the largest', async () => {
  world = await openWorld()
  const priced = allCurrencies.map((_, seed) => checkBasket(5_000_000 + seed))
  const largest = Number.MAX_SAFE_INTEGER
  const ids = await world.write(async (tx) => {
    const written: string[] = []
    for (const [index, { lines, taxes, taxIncluded, totals, shipping }] of priced.entries()) {
      const id = world.engine.newId('ord')
      const own = {
        id,
        number: `N-${index}`,
        cart: `cart_${index}`,
        tokenHash: 'x',
        email: 'a@example.com',
        status: 'placed',
        paymentStatus: 'paid',
      }
      const total = { ...totals.total, amount: index === 0 ? largest : totals.total.amount }
      const rest = Object.fromEntries(Object.keys(world.engine.parts.model.get(orders).fields).map((name) => [name, null]))
      const row = {
        ...rest,
        ...own,
        fulfillmentStatus: 'unfulfilled',
        holds: [],
        lines,
        addresses: { shipping: address, billing: address },
      }
      await tx.insert(orders, { ...row, shipping, taxes, taxIncluded, totals, total } as unknown as Order)
      written.push(id)
    }
    return written
  })
  const read = await world.engine.parts.storage.reader.getMany(orders, ids)
  const byId = new Map(read.map((order) => [order.id, order]))
  const orderAt = (index: number) => byId.get(ids[index]!)!
  for (const [index, { lines, taxes, totals, shipping, taxIncluded }] of priced.entries()) {
    const kept = orderAt(index)
    assert.deepEqual([kept.lines, kept.taxes, kept.totals, kept.shipping, kept.taxIncluded], [lines, taxes, totals, shipping, taxIncluded])
  }
  assert.equal(orderAt(0).total.amount, largest)
  const integers = ids.map((_, index) => {
    const { totals, lines, taxes } = orderAt(index)
    const sums = [totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total].map(({ amount }) => amount)
    return [sums, lines.map(({ total, tax }) => [total.amount, tax!.amount]), taxes!.map(({ net, tax }) => [net.amount, tax.amount])]
  })
  assert.equal(digestOf(integers), '9e9f52aea2bc24fb')
})

test('lines, shipping and tax are the total, that is captured, and parts of it given back sum to it', async () => {
  const tax = { prices: 'added', ratesPpm: { '*': 107_500 } } as const
  world = await openWorld({ config: { ...testConfig, shop: { currency: 'EUR', tax } } })
  await world.engine.start()
  const price = { amount: 2_499, currency: 'EUR' }
  await world.call('staff', { method: 'PATCH', url: `/api/variants/${world.ids['variant']}`, body: { price } })
  const { body } = await checkOut(world, 'guest', await fillCart(world, 'guest', [{ variant: 'variant', quantity: 3 }]))
  await work(world)
  const order = (await world.call('staff', { method: 'GET', url: `/api/orders/${body.order.id}` })).body
  // 74.97 and 3.90 are 78.87, of which 10.75 % are 8.478525.
  assert.deepEqual([order.status, order.totals.tax.amount, order.total.amount], ['placed', 848, 8_735])
  const captured = async () => {
    const found = await findAll(world.engine.parts.storage.reader, payments, eq('order', order.id))
    return found.map((payment) => [payment.captured.amount, payment.refunded.amount])
  }
  assert.deepEqual(await captured(), [[8_735, 0]])
  const give = (given: object) => world.call('staff', { method: 'POST', url: `/api/orders/${order.id}/refunds`, body: given })
  const parts: number[] = []
  for (let unit = 0; unit < 3; unit++) parts.push((await give({ lines: [{ line: order.lines[0].id, quantity: 1 }] })).body.amount.amount)
  parts.push((await give({ amount: { amount: 1, currency: 'EUR' } })).body.amount.amount, (await give({})).body.amount.amount)
  assert.equal(
    parts.reduce((sum, part) => sum + part, 0),
    8_735,
  )
  await work(world)
  assert.deepEqual(await captured(), [[8_735, 8_735]])
})
