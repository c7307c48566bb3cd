// Who pays no tax: groups that the shop exempts, and businesses of other EU countries by their VAT number.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { users } from '../../src/domains/accounts/collections.ts'
import { carts } from '../../src/domains/carts/collections.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import type { VatRegister } from '../../src/operation/define.ts'
import { address, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

const seller = {
  name: 'Bücher GmbH',
  address: { line1: 'Kastanienallee 1', postalCode: '10435', city: 'Berlin', country: 'DE' },
  vatId: 'DE136695976',
} as const
const tax = {
  prices: 'included',
  rates: [
    { country: 'DE', ratePpm: 190_000 },
    { country: 'FR', ratePpm: 200_000 },
    { country: 'ES', ratePpm: 210_000 },
    { country: 'GB', ratePpm: 200_000 },
    { country: '*', ratePpm: 0 },
  ],
  exemptGroups: ['embassies'],
} as const
const shopBy = (reverseCharge: 'format' | 'vies', prices: 'included' | 'added' = 'included') =>
  ({ currency: 'EUR', seller, customerGroups: ['embassies'], tax: { ...tax, reverseCharge, prices } }) as const

const french = 'FR40303265045'
const paris = { ...address, city: 'Paris', postalCode: '75001', country: 'FR' }
const eur = (amount: number) => ({ amount, currency: 'EUR' })

let world: World
let said: Awaited<ReturnType<VatRegister['check']>>
let asked: string[]
const vatRegister: VatRegister = {
  async check(vatId, requester) {
    asked.push(`${vatId} by ${requester}`)
    return said
  },
}

async function open(shop: object): Promise<void> {
  asked = []
  said = { state: 'valid', reference: 'WAPI1' }
  world = await openWorld({ config: { ...testConfig, shop: shop as ReturnType<typeof shopBy> }, vatRegister })
  await world.engine.start()
}
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  const { storage, model, clock } = world.engine.parts
  const commitsAfter = (position: number, limit: number) => storage.commitsAfter(position, limit)
  const wrong = await verifyDatabase({ read: storage.reader, model, commitsAfter, now: clock.now(), groups: [orderInvariants] })
  await world.close()
  assert.deepEqual([errors, wrong], [[], []])
})

type HeldCart = Awaited<ReturnType<typeof fillCart>>
const set = (cart: HeldCart, body: object) =>
  world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, headers: cart.headers, body })

async function ordered(cart: HeldCart, body: object = {}) {
  const payment = { payment: { provider: 'sandbox', method: 'card_success' }, ...body }
  const answer = await world.call('guest', { method: 'POST', url: `/api/carts/${cart.id}/checkout`, headers: cart.headers, body: payment })
  await work(world)
  return answer
}

describe('a business of another EU country', () => {
  test('pays the price without the tax that others there pay, and the order keeps the number', async () => {
    await open(shopBy('format'))
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 3 }])
    const gross = (await set(cart, { shippingAddress: paris })).body
    assert.deepEqual([gross.totals.total, gross.totals.tax, gross.taxExemption], [eur(3_390), eur(565), null])
    const { body } = await set(cart, { vatId: 'fr 40.303 265-045' })
    assert.deepEqual([body.vatId, body.vatCheck, body.taxExemption, body.taxIncluded], [french, null, 'reverse_charge', false])
    // 8.33 thrice, and 3.25 of shipping: a unit's price is what it is without tax.
    assert.deepEqual([body.lines[0].unitPrice, body.totals.total, body.totals.tax], [eur(833), eur(2_824), eur(0)])
    const { order } = (await ordered(cart)).body
    assert.deepEqual([order.taxExemption, order.vatId, order.total, order.taxIncluded], ['reverse_charge', french, eur(2_824), false])
    assert.deepEqual(order.taxes, [{ ratePpm: 0, taxClass: 'standard', country: 'FR', region: null, net: eur(2_824), tax: eur(0) }])
    assert.deepEqual(asked, [])
  })

  test('is nobody with an empty field: that is no number, and tax is due', async () => {
    for (const reverseCharge of ['format', 'vies'] as const) {
      await open(shopBy(reverseCharge))
      const cart = await fillCart(world, 'guest')
      for (const vatId of ['', '  ']) {
        const { body } = await set(cart, { shippingAddress: paris, vatId })
        assert.deepEqual([body.vatId, body.taxExemption, body.totals.tax.amount > 0], [null, null, true])
      }
      const made = await world.call('guest', { method: 'POST', url: '/api/carts', body: { vatId: '', shippingAddress: paris } })
      assert.deepEqual([made.status, made.body.vatId, made.body.taxExemption], [201, null, null])
      if (reverseCharge === 'format') await world.close()
    }
    assert.deepEqual(asked, [])
  })

  test('pays the bare price where tax is added', async () => {
    await open(shopBy('format', 'added'))
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 3 }])
    const { body } = await set(cart, { shippingAddress: paris, vatId: french })
    assert.deepEqual([body.totals.total, body.taxExemption], [eur(3_390), 'reverse_charge'])
  })

  const others: readonly (readonly [what: string, to: object, vatId: string])[] = [
    ['is none, of the seller’s country', {}, french],
    ['is none, with a number of the seller’s country', paris, 'DE281942454'],
    ['is none, outside of the EU', { country: 'US', postalCode: '94110' }, french],
    ['is none, on the Canary Islands', { country: 'ES', postalCode: '35001' }, french],
    ['is none, on Réunion, written as France', { country: 'FR', postalCode: '97400' }, french],
    ['is none, in Great Britain', { country: 'GB', postalCode: 'SW1Y 4JH' }, 'XI422650325'],
  ]
  for (const [what, to, vatId] of others)
    test(what, async () => {
      await open(shopBy('format'))
      const { body } = await set(await fillCart(world, 'guest'), { shippingAddress: { ...address, ...to }, vatId })
      assert.deepEqual([body.vatId, body.taxExemption], [vatId, null])
    })

  test('may be one of Northern Ireland', async () => {
    await open(shopBy('format'))
    const belfast = { ...address, city: 'Belfast', postalCode: 'BT1 1AA', country: 'GB' }
    const { body } = await set(await fillCart(world, 'guest'), { shippingAddress: belfast, vatId: 'XI422650325' })
    assert.equal(body.taxExemption, 'reverse_charge')
  })

  test('gives a number that can be one, or is told what is wrong', async () => {
    await open(shopBy('vies'))
    const cart = await fillCart(world, 'guest')
    for (const vatId of ['FR40303265046', 'XX1', 'DE', 'U'.repeat(60)])
      checkRefusal(await set(cart, { vatId }), 400, 'validation_failed', '/vatId')
    checkRefusal(
      await world.call('guest', { method: 'POST', url: '/api/carts', body: { vatId: 'FR1' } }),
      400,
      'validation_failed',
      '/vatId',
    )
    assert.deepEqual(asked, [])
    assert.equal((await set(cart, { vatId: french })).body.vatId, french)
    assert.deepEqual((({ vatId, vatCheck }) => [vatId, vatCheck])((await set(cart, { vatId: null })).body), [null, null])
  })
})

describe('where VIES is asked', () => {
  test('its yes is kept with the order', async () => {
    await open(shopBy('vies'))
    const cart = await fillCart(world, 'guest')
    const { body } = await set(cart, { shippingAddress: paris, vatId: french })
    assert.deepEqual([body.vatCheck.state, body.taxExemption], ['valid', 'reverse_charge'])
    const { order } = (await ordered(cart)).body
    assert.deepEqual(order.vatCheck, { vatId: french, state: 'valid', at: body.vatCheck.at, reference: 'WAPI1' })
    // Once: what it said is good for a day.
    assert.deepEqual(asked, [`${french} by DE136695976`])
  })

  test('a number that it does not know pays tax', async () => {
    await open(shopBy('vies'))
    said = { state: 'invalid', reference: null }
    const { body } = await set(await fillCart(world, 'guest'), { shippingAddress: paris, vatId: french })
    assert.deepEqual([body.vatCheck.state, body.taxExemption], ['invalid', null])
  })

  test('its silence is no answer: tax is due, checkout asks again, and a new total is told first', async () => {
    await open(shopBy('vies'))
    said = { state: 'unavailable', reference: null }
    const cart = await fillCart(world, 'guest')
    const { body } = await set(cart, { shippingAddress: paris, vatId: french })
    assert.deepEqual([body.vatCheck.state, body.taxExemption], ['unavailable', null])
    said = { state: 'valid', reference: 'WAPI2' }
    const changed = await ordered(cart, { expectedTotal: body.totals.total })
    checkRefusal(changed, 409, 'total_changed')
    const { order } = (await ordered(cart, { expectedTotal: changed.body.params.total })).body
    assert.deepEqual([order.taxExemption, order.vatCheck.reference], ['reverse_charge', 'WAPI2'])
    assert.equal(asked.length, 3)
  })

  test('a checkout a day later asks again, and by a no the tax is due', async () => {
    await open(shopBy('vies'))
    const cart = await fillCart(world, 'guest')
    await set(cart, { shippingAddress: paris, vatId: french })
    await world.write(async (tx) => {
      const found = (await tx.get(carts, cart.id))!
      await tx.update(carts, found, { set: { vatCheck: { ...found.vatCheck!, at: '2026-11-22T12:00:00.000Z' } } })
    })
    said = { state: 'invalid', reference: null }
    const { order } = (await ordered(cart)).body
    assert.deepEqual([order.taxExemption, order.vatCheck.state, order.totals.tax], [null, 'invalid', eur(232)])
  })

  test('it is asked by no step of a batch, which is one transaction', async () => {
    await open(shopBy('vies'))
    const batch = (body: object) =>
      world.call('guest', { method: 'POST', url: '/api/batch', body: { operations: [{ method: 'POST', path: '/api/carts', body }] } })
    assert.equal((await batch({ note: 'Ring twice' })).status, 200)
    const answer = await batch({ vatId: french })
    assert.deepEqual([answer.status, answer.body.errors[0].code, answer.body.errors[0].path], [404, 'not_batchable', '/operations/0/path'])
    assert.deepEqual(asked, [])
  })

  test('nobody has it asked by the cart of another', async () => {
    await open(shopBy('vies'))
    const cart = await fillCart(world, 'guest')
    const answer = await world.call('guest', { method: 'PATCH', url: `/api/carts/${cart.id}`, body: { vatId: french } })
    checkRefusal(answer, 404, 'not_found')
    assert.deepEqual(asked, [])
  })
})

test('a draft of staff takes a number, too', async () => {
  await open(shopBy('vies'))
  const body = {
    email: 'ada@example.com',
    shippingAddress: paris,
    shippingMethod: world.ids['shipping'],
    vatId: french,
    lines: [{ variant: world.ids['variant'] }],
  }
  const made = await world.call('staff', { method: 'POST', url: '/api/orders', body })
  assert.deepEqual([made.body.taxExemption, made.body.vatCheck.reference, made.body.total], ['reverse_charge', 'WAPI1', eur(1_158)])
  const url = `/api/orders/${made.body.id}/edits`
  const edited = await world.call('staff', { method: 'POST', url, body: { vatId: null } })
  assert.deepEqual([edited.body.taxExemption, edited.body.vatCheck, edited.body.total], [null, null, eur(1_390)])
})

test('a group that the shop exempts pays no tax anywhere, and only while an account is in it', async () => {
  await open(shopBy('format'))
  const cart = await fillCart(world, 'owner')
  const see = async () => (await world.call('owner', { method: 'GET', url: `/api/carts/${cart.id}` })).body
  const put = (customerGroup: string | null) =>
    world.write(async (tx) => void (await tx.update(users, (await tx.get(users, world.ids['owner']!))!, { set: { customerGroup } })))
  assert.deepEqual([(await see()).totals.total, (await see()).taxExemption], [eur(1_390), null])
  await put('embassies')
  assert.deepEqual([(await see()).totals.total, (await see()).taxExemption], [eur(1_168), 'customer_group'])
  const { body } = await checkOut(world, 'owner', cart)
  await work(world)
  await put(null)
  const order = (await world.call('owner', { method: 'GET', url: `/api/orders/${body.order.id}` })).body
  assert.deepEqual([order.taxExemption, order.total, order.status], ['customer_group', eur(1_168), 'placed'])
})
