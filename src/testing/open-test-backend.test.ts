import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signedIn } from '../access/rule.ts'
import { stripe } from '../config/payment-makers.ts'
import { defineBackend } from '../engine/backend.ts'
import { defineSecret } from '../extend/own-secret.ts'
import { collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { openTestBackend } from './open-test-backend.ts'

const notes = collection('notes', { fields: { text: field.text({ required: true }) }, access: { read: signedIn, create: signedIn } })
const config = defineBackend({
  name: 'Notes',
  collections: [notes],
  shop: { currency: 'EUR' },
  seed: () => [{ collection: 'notes', records: [{ text: 'first' }] }],
})

test('callers are told of changes as they come, and closing ends what still listens', async () => {
  const world = await openTestBackend(config)
  const ada = await world.signIn('ada@example.com')
  const seen = new Promise<unknown>((tell) => {
    ada.changes({
      collections: ['notes'],
      onOpen: () => void ada.notes.create({ text: 'Hello' }),
      onChange: ({ record }) => tell(record?.['text']),
    })
  })
  assert.equal(await seen, 'Hello')
  await world.close()
  await assert.rejects(ada.auth.me(), { status: 410 })
})

test('the seed is loaded when asked for; roles are given; time is moved', async () => {
  await using world = await openTestBackend(config, { seed: true, now: new Date('2030-01-01T12:00:00Z') })
  const admin = await world.signIn('admin@example.com', { roles: ['admin'] })
  assert.deepEqual((await admin.auth.me()).roles, ['admin'])
  const [note] = (await admin.notes.list()).items
  assert.deepEqual([note?.text, note?.createdAt], ['first', '2030-01-01T12:00:00.000Z'])
  await world.advance(60_000)
  assert.match((await admin.notes.create({ text: 'later' })).createdAt, /^2030-01-01T12:01:00/)
})

test('a config with mistakes is refused with all of them', async () => {
  await assert.rejects(openTestBackend({ name: 'X', shop: { currency: 'EURO' } } as never), {
    name: 'ConfigError',
    message: /shop\.currency/,
  })
})

test('who takes the money of a real shop is played by the sandbox', async () => {
  const keys = { secretKey: defineSecret('STRIPE_SECRET_KEY'), webhookSecret: defineSecret('STRIPE_WEBHOOK_SECRET') }
  const shop = { currency: 'EUR', payments: [stripe(keys), stripe({ ...keys, id: 'stripe-eu', capture: 'manual' })] } as const
  await using world = await openTestBackend(defineBackend({ name: 'Shop', shop }))
  const admin = await world.signIn('admin@example.com', { roles: ['admin'] })
  const product = await admin.products.create({ slug: 'a', title: 'A', status: 'active' })
  const variant = await admin.variants.create({ product: product.id, sku: 'A', title: 'One', price: { amount: 500, currency: 'EUR' } })
  const [level] = (await admin.stockLevels.list({ filter: { variant: variant.id } })).items
  await admin.call('PATCH', `/api/stockLevels/${level!.id}`, { body: { onHand: 9 } })
  const { id: shippingMethod } = await admin.shippingMethods.create({ title: 'Parcel', price: { amount: 0, currency: 'EUR' } })
  const shippingAddress = { name: 'Ada', line1: '1', city: 'Berlin', postalCode: '10115', country: 'DE' }
  for (const [payment, status] of [
    [{ provider: 'stripe' }, 'paid'],
    [{ provider: 'stripe', method: 'checkout' }, 'paid'],
    [{ provider: 'stripe-eu', method: 'card_success' }, 'authorized'],
  ] as const) {
    const guest = world.guest()
    const cart = await guest.carts.create({
      email: 'ada@example.com',
      shippingMethod,
      shippingAddress,
      lines: [{ variant: variant.id, quantity: 1 }],
    })
    const { order } = await guest.carts.checkOut(cart.id, { payment })
    await world.advance(1_000)
    assert.equal((await admin.orders.get(order.id)).paymentStatus, status, JSON.stringify(payment))
  }
})
