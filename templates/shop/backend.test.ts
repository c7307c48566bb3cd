import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestBackend } from 'kingpost/testing'
import { backend } from './kingpost.config.ts'

test('a guest buys a book, and is sent a receipt', async () => {
  await using world = await openTestBackend(backend, { seed: true })
  const guest = world.guest()
  const [book] = (await guest.variants.list({ limit: 1 })).items
  const [parcel] = (await guest.shippingMethods.list()).items
  const cart = await guest.carts.create({ email: 'grace@example.com' })
  await guest.carts.addLine(cart.id, { variant: book!.id, quantity: 1 })
  await guest.carts.update(cart.id, {
    shippingMethod: parcel!.id,
    shippingAddress: { name: 'Grace Hopper', line1: 'Main Street 1', city: 'Vienna', postalCode: '1010', country: 'AT' },
  })
  // In tests the sandbox stands for whomever the config names in shop.payments.
  const [way] = (await guest.call<{ items: { provider: string }[] }>('GET', '/api/payments/methods')).items
  const { order } = await guest.carts.checkOut(cart.id, { payment: { provider: way!.provider, method: 'card_success' } })

  // It tells of the money a moment later.
  await world.advance(5_000)
  assert.equal((await guest.orders.get(order.id)).paymentStatus, 'paid')
  const [receipt] = await world.mails()
  assert.equal(receipt!.to, 'grace@example.com')
  assert.ok(receipt!.text.includes(order.number))
})

test('one review of a book for each customer', async () => {
  await using world = await openTestBackend(backend, { seed: true })
  const ada = await world.signIn('ada@example.com')
  const [book] = (await ada.products.list({ limit: 1 })).items
  await ada.reviews.create({ book: book!.id, stars: 5 })
  await assert.rejects(ada.reviews.create({ book: book!.id, stars: 1 }), { code: 'already_exists' })
})
