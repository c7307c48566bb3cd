// What it costs to send a cart: by zone, weight and sum, free from a sum on, or fetched at the shop.
// databases: sqlite
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { orders } from '../../src/domains/orders/collections.ts'
import { address, checkOut, fillCart, openWorld, type World, work } from '../support/api-harness.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
  await world.engine.start()
})
afterEach(() => world.close())

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const staff = (method: string, path: string, body: object) => world.call('staff', { method, url: `/api/${path}`, body })
const methodOf = async (fields: object) =>
  (await staff('POST', 'shippingMethods', { title: 'Parcel', price: eur(490), ...fields })).body.id as string
const offered = async (cart: { id: string; headers: Record<string, string> }) =>
  (await world.call('guest', { method: 'GET', url: `/api/carts/${cart.id}/shippingMethods`, headers: cart.headers })).body.items as {
    id: string
    price: { amount: number }
  }[]
const change = (cart: { id: string; headers: Record<string, string> }, body: object) =>
  world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })

test('a cart is offered what takes it, at its price, and is ordered at that', async () => {
  await staff('PATCH', `variants/${world.ids['variant']}`, { weight: 900 })
  const parcel = await methodOf({
    rates: [
      { countries: ['DE'], by: 'weight', upTo: 2_000, price: eur(390) },
      { countries: ['DE'], by: 'weight', upTo: 5_000, price: eur(690) },
      { countries: ['AT', 'CH'], price: eur(990) },
    ],
    freeFrom: eur(6_000),
    promise: '2 to 3 working days',
  })
  const fetched = await methodOf({ title: 'At the shop', price: eur(0), isPickup: true, countries: ['DE'] })
  const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 2 }])
  const priceFor = async (id: string) => (await offered(cart)).find((one) => one.id === id)?.price.amount
  assert.deepEqual([await priceFor(parcel), await priceFor(fetched)], [390, 0])
  const chosen = await change(cart, { shippingMethod: parcel })
  assert.deepEqual(chosen.body.totals.shipping, eur(390))
  // Heavier, then beyond what it takes; elsewhere; and free.
  const [line] = chosen.body.lines
  const setQuantity = (quantity: number) =>
    world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}/lines/${line.id}`, headers: cart.headers, body: { quantity } })
  assert.deepEqual((await setQuantity(3)).body.totals.shipping, eur(690))
  await setQuantity(6)
  assert.equal(await priceFor(parcel), undefined)
  const tooHeavy = await checkOut(world, 'guest', cart)
  assert.deepEqual([tooHeavy.status, tooHeavy.body.code, tooHeavy.body.errors[0].code], [422, 'cart_incomplete', 'weight'])
  await setQuantity(2)
  await change(cart, { shippingAddress: { ...address, country: 'FR' } })
  assert.deepEqual((await checkOut(world, 'guest', cart)).body.errors[0].code, 'country')
  assert.deepEqual((await change(cart, { shippingAddress: { ...address, country: 'CH' } })).body.totals.shipping, eur(990))
  await change(cart, { shippingAddress: address })
  const { body } = await checkOut(world, 'guest', cart)
  await work(world)
  const order = (await world.engine.parts.storage.reader.get(orders, body.order.id))!
  assert.deepEqual(
    [order.status, order.shipping?.price, order.shipping?.promise, order.total],
    ['placed', eur(390), '2 to 3 working days', eur(2_390)],
  )
})

test('goods of a sum go for nothing, and rates are in the currency of the shop', async () => {
  const parcel = await methodOf({ freeFrom: eur(2_000) })
  const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 2 }])
  assert.deepEqual((await change(cart, { shippingMethod: parcel })).body.totals.shipping, eur(0))
  const foreign = await staff('POST', 'shippingMethods', { title: 'x', price: eur(1), rates: [{ price: { amount: 1, currency: 'USD' } }] })
  assert.deepEqual([foreign.status, foreign.body.errors[0].path], [400, '/rates/0/price/currency'])
})
