// Tax by class, country, region and day: what carts show is what orders keep, what the ledger books, and what refunds give back.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { countries } from '../../src/base/countries.ts'
import { euRates, euRegions, euStateOf } from '../../src/config/eu-taxes.ts'
import { rateOf, regionOf, taxOf } from '../../src/config/tax.ts'
import { eq } from '../../src/contract/filter.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { orderInvariants } from '../../src/observe/invariants/orders.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { address, checkOut, createTestClock, fillCart, openWorld, startMs, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

const rates = [
  { country: 'DE', ratePpm: 190_000, until: '2026-11-24' },
  { country: 'DE', ratePpm: 160_000, from: '2026-11-25' },
  { country: 'DE', class: 'books', ratePpm: 70_000 },
  { country: 'FR', ratePpm: 200_000 },
  { country: 'ES', ratePpm: 210_000 },
  { country: 'ES', region: 'canary_islands', ratePpm: 0 },
  { country: '*', ratePpm: 0 },
] as const
const regions = [{ country: 'ES', region: 'canary_islands', postalCodes: ['35', '38'], names: ['Las Palmas'] }] as const
const shop = {
  currency: 'EUR',
  tax: { prices: 'included', rates, regions },
  customerGroups: ['wholesale'],
  bookkeeping: { timeZone: 'Europe/Berlin' },
} as const

let world: World
beforeEach(async () => {
  world = await openWorld({ config: { ...testConfig, shop } })
  await world.engine.start()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  const violations = await violationsOf(world)
  await world.close()
  assert.deepEqual([errors, violations], [[], []])
})

async function violationsOf({ engine: { parts } }: World): Promise<readonly string[]> {
  const { storage, model, clock } = parts
  const commitsAfter = (position: number, limit: number) => storage.commitsAfter(position, limit)
  const found = await verifyDatabase({ read: storage.reader, model, commitsAfter, now: clock.now(), groups: [orderInvariants] })
  return found.map(({ invariant, found: what }) => `${invariant}: ${what}`)
}

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const asStaff = (method: string, url: string, body?: object) => world.call('staff', { method, url, ...(body ? { body } : {}) })
const give = (order: string, body: object) => asStaff('POST', `/api/orders/${order}/refunds`, body)

type Placed = { readonly id: string; readonly lines: readonly { readonly id: string }[] } & Record<string, unknown>

/** The paperback has the reduced rate, the hardcover the standard one. */
async function fill(to: object = {}, quantities: Readonly<Record<string, number>> = { variant: 2, hardcover: 1 }) {
  await asStaff('PATCH', `/api/variants/${world.ids['variant']}`, { taxClass: 'books' })
  const lines = Object.entries(quantities).map(([variant, quantity]) => ({ variant, quantity }))
  const cart = await fillCart(world, 'guest', lines)
  const set = { shippingAddress: { ...address, ...to } }
  const { status, body, text } = await world.call('guest', {
    method: 'PATCH',
    url: `/api/carts/${cart.id}`,
    headers: cart.headers,
    body: set,
  })
  assert.equal(status, 200, text)
  return { cart, shown: body }
}

async function buy(to: object = {}, quantities?: Readonly<Record<string, number>>): Promise<Placed> {
  const { cart, shown } = await fill(to, quantities)
  const { status, body, text } = await checkOut(world, 'guest', cart)
  assert.equal(status, 201, text)
  await work(world)
  const order = (await asStaff('GET', `/api/orders/${body.order.id}`)).body
  assert.deepEqual([order.totals, order.taxes, order.taxIncluded], [shown.totals, shown.taxes, shown.taxIncluded])
  return order
}

async function booked(order: string): Promise<Record<string, number>> {
  const found = await world.engine.parts.storage.reader.find(ledgerEntries, { where: eq('order', order), limit: 100 })
  const sums: Record<string, number> = {}
  for (const { account, amount } of found) sums[account] = (sums[account] ?? 0) + amount.amount
  return Object.fromEntries(Object.entries(sums).filter(([account, sum]) => sum !== 0 && /^(I|L:tax)/.test(account)))
}

describe('two classes in one order', () => {
  test('are taxed apart, shipping with its goods, and each is booked where it belongs', async () => {
    const { id, lines, taxes, totals, shipping } = await buy()
    // 20.00 of books and 25.00 of the rest; of 3.90 shipping 1.73 goes with the books.
    assert.deepEqual(taxes, [
      { ratePpm: 190_000, taxClass: 'standard', country: 'DE', region: null, net: eur(2_283), tax: eur(434) },
      { ratePpm: 70_000, taxClass: 'books', country: 'DE', region: null, net: eur(2_031), tax: eur(142) },
    ])
    assert.deepEqual(totals, { subtotal: eur(4_500), discount: eur(0), shipping: eur(390), tax: eur(576), total: eur(4_890) })
    assert.deepEqual(
      lines.map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => /tax|total|discount/i.test(name)))),
      [
        { total: eur(2_000), tax: eur(131), taxRatePpm: 70_000, taxClass: 'books' },
        { total: eur(2_500), tax: eur(399), taxRatePpm: 190_000 },
      ],
    )
    assert.deepEqual((shipping as { parts: unknown }).parts, [
      { ratePpm: 190_000, taxClass: 'standard', total: eur(217), tax: eur(35) },
      { ratePpm: 70_000, taxClass: 'books', total: eur(173), tax: eur(11) },
    ])
    assert.deepEqual(await booked(id), {
      'I:sales:DE:70000': -1_869,
      'L:tax:DE:70000': -142,
      'I:sales:DE:190000': -2_101,
      'L:tax:DE:190000': -434,
      'I:shipping:DE:190000': -182,
      'I:shipping:DE:70000': -162,
    })
  })

  test('give back by line what the line was sold for, and the rest in proportion', async () => {
    const { id, lines } = await buy()
    assert.equal((await give(id, { lines: [{ line: lines[0]!.id, quantity: 1 }] })).body.amount.amount, 1_000)
    await work(world)
    const after = await booked(id)
    assert.deepEqual([after['I:sales:DE:70000'], after['L:tax:DE:70000']], [-1_869 + 935, -142 + 65])
    assert.deepEqual([after['I:sales:DE:190000'], after['L:tax:DE:190000'], after['I:shipping:DE:70000']], [-2_101, -434, -162])
    assert.equal((await give(id, { lines: [{ line: lines[0]!.id, quantity: 1 }] })).status, 201)
    await work(world)
    assert.deepEqual([(await booked(id))['I:sales:DE:70000'], (await booked(id))['L:tax:DE:70000']], [undefined, -11])
    assert.deepEqual(await violationsOf(world), [])
    assert.equal((await give(id, { amount: eur(100) })).status, 201)
    await work(world)
    assert.deepEqual(await violationsOf(world), [])
    assert.equal((await give(id, {})).status, 201)
    await work(world)
    assert.deepEqual(await booked(id), {})
  })

  test('what was given back by amount comes off what is given back by line', async () => {
    const { id, lines } = await buy()
    assert.equal((await give(id, { amount: eur(4_000) })).status, 201)
    // 8.90 of 48.90 are left, and as much of each line: 25.00 were paid for this one.
    assert.deepEqual((await give(id, { lines: [{ line: lines[1]!.id, quantity: 1 }] })).body.amount, eur(455))
    await work(world)
    assert.deepEqual(await violationsOf(world), [])
    checkRefusal(await give(id, { amount: eur(436) }), 409, 'refund_too_large')
  })

  test('canceled, nothing is sold', async () => {
    const { id, lines } = await buy()
    await give(id, { lines: [{ line: lines[0]!.id, quantity: 1 }] })
    await work(world)
    assert.equal((await asStaff('POST', `/api/orders/${id}/cancel`)).status, 200)
    await work(world)
    assert.deepEqual(await booked(id), {})
  })
})

describe('the rate', () => {
  const ratesOf = async (to: object) => {
    const { taxes } = (await fill(to)).shown
    return taxes.map(({ ratePpm, region }: { ratePpm: number; region: string | null }) => [ratePpm, region])
  }

  test('is that of where it goes: the region by its postal code or its name, the country, all others', async () => {
    assert.deepEqual(await ratesOf({}), [
      [190_000, null],
      [70_000, null],
    ])
    assert.deepEqual(await ratesOf({ country: 'FR', postalCode: '75001' }), [[200_000, null]])
    assert.deepEqual(await ratesOf({ country: 'ES', postalCode: '28001' }), [[210_000, null]])
    for (const to of [{ postalCode: ' 35 001' }, { postalCode: '28001', region: ' las PALMAS' }])
      assert.deepEqual(await ratesOf({ country: 'ES', ...to }), [
        [0, 'canary_islands'],
        [0, 'canary_islands'],
      ])
    assert.deepEqual(await ratesOf({ country: 'US', postalCode: '94110', region: 'CA' }), [
      [0, null],
      [0, null],
    ])
  })

  test('is that of the day in the shop’s time zone; an order keeps the one it had', async () => {
    // 23:00 UTC of the 24th is the 25th in Berlin.
    await closeAndOpen(shop, Date.parse('2026-11-24T22:59:59.999Z'))
    assert.deepEqual((await ratesOf({}))[0], [190_000, null])
    const { id, taxes } = await buy()
    await world.clock.advance(1)
    assert.deepEqual((await ratesOf({}))[0], [160_000, null])
    assert.deepEqual((await asStaff('GET', `/api/orders/${id}`)).body.taxes, taxes)
  })

  test('is not known before there is an address, where only an address can tell', async () => {
    await closeAndOpen({ ...shop, tax: { prices: 'added', rates: euRates, regions: euRegions } })
    const variant = { variant: world.ids['variant'], quantity: 1 }
    const made = await world.call('guest', { method: 'POST', url: '/api/carts', body: { lines: [variant] } })
    assert.deepEqual([made.body.taxKnown, made.body.taxes, made.body.totals.tax, made.body.totals.total], [false, [], eur(0), eur(1000)])
    const { shown } = await fill({}, { variant: 1 })
    assert.deepEqual([shown.taxKnown, shown.taxes.length], [true, 1])
    // A rate for all other countries is what is to be expected; without any rate nothing is due.
    for (const tax of [shop.tax, { prices: 'added', rates: [] } as const]) {
      await closeAndOpen({ ...shop, tax })
      const cart = await world.call('guest', { method: 'POST', url: '/api/carts', body: {} })
      assert.equal(cart.body.taxKnown, true)
    }
  })

  test('is that of a region also where its postal code is written with the letters of the country', () => {
    const tax = taxOf({ prices: 'included', rates: euRates, regions: euRegions }, 'UTC')
    for (const [country, plain, written] of [
      ['FI', '22100', 'AX-22100'],
      ['DE', '27498', 'D-27498'],
      ['AT', '6691', 'A-6691'],
      ['ES', '35001', 'E-35001'],
      ['PT', '9000-001', 'P-9000-001'],
      ['IT', '23041', 'I-23041'],
    ] as const) {
      const region = regionOf(tax, { country, postalCode: plain })
      assert.notEqual(region, null, country)
      assert.equal(regionOf(tax, { country, postalCode: written }), region)
    }
  })

  test('is found for every country, whatever stands in its addresses', async () => {
    const tax = taxOf({ prices: 'included', rates: euRates, regions: euRegions }, 'UTC')
    const odd = ['', '   ', '0', '35', 'ＢＴ１', '٣٥٠٠١', '🏝️', '\u202e10053', '9'.repeat(20), '97133', 'bt1 1aa', '27498-']
    const inside = new Set<string>()
    for (const country of countries)
      for (const postalCode of [null, undefined, ...odd])
        for (const region of [null, '', 'Las Palmas', '__proto__', 'قرطبة']) {
          const place = { country, region, postalCode }
          const rate = rateOf(tax, 'reduced', { country, region: regionOf(tax, place), at: startMs })
          assert.ok(Number.isInteger(rate) && rate >= 0 && rate <= 270_000, `${country} ${postalCode}`)
          const state = euStateOf(place)
          if (state !== null) inside.add(country)
        }
    assert.equal([...inside].toSorted().join(' '), 'AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK')
    const forms = [
      { country: 'HK', postalCode: null, city: 'Kowloon' },
      { country: 'AE', postalCode: null, city: 'دبي', line1: 'شارع الشيخ زايد', name: 'ليلى' },
      { country: 'JP', postalCode: '100-0001', city: '千代田区', region: '東京都', name: '山田' },
      { country: 'IE', postalCode: 'D02 AF30', city: 'Dublin' },
    ]
    for (const to of forms) assert.deepEqual((await fill(to)).shown.totals.tax.amount, 0, to.country)
  })

  test('of another class changes a total that was agreed', async () => {
    await closeAndOpen({ ...shop, tax: { ...shop.tax, prices: 'added' } })
    const cart = await fillCart(world, 'guest')
    const seen = (await world.call('guest', { method: 'GET', url: `/api/carts/${cart.id}`, headers: cart.headers })).body.totals.total
    await asStaff('PATCH', `/api/products/${world.ids['product']}`, { taxClass: 'books' })
    const body = { payment: { provider: 'sandbox', method: 'card_success' }, expectedTotal: seen }
    const refused = await world.call('guest', { method: 'POST', url: `/api/carts/${cart.id}/checkout`, headers: cart.headers, body })
    checkRefusal(refused, 409, 'total_changed')
    assert.deepEqual(refused.body.params, { expected: eur(1_654), total: eur(1_487) })
  })

  test('of a class that there is not is refused, by name', async () => {
    for (const url of [`/api/products/${world.ids['product']}`, `/api/variants/${world.ids['variant']}`])
      checkRefusal(await asStaff('PATCH', url, { taxClass: 'luxury' }), 400, 'validation_failed', '/taxClass')
  })
})

async function closeAndOpen(changed: object, start = startMs): Promise<void> {
  await world.close()
  world = await openWorld({ config: { ...testConfig, shop: changed as typeof shop }, clock: createTestClock(start) })
  await world.engine.start()
}

test('rounded on each line, the tax is the sum of the lines', async () => {
  await closeAndOpen({ ...shop, tax: { ...shop.tax, rounding: 'line' } })
  const { taxes, lines } = await buy({}, { variant: 1, hardcover: 1 })
  // 10.00 and 1.11 of shipping at 7 %: 65.42 and 7.26 are 65 and 7, together they would be 73.
  assert.deepEqual((taxes as { tax: object }[])[1]!.tax, eur(72))
  assert.deepEqual((lines[0] as unknown as { tax: object }).tax, eur(65))
})

test('an order from before taxes were kept is placed, given back and canceled as it was', async () => {
  const { cart } = await fill()
  const { id, lines } = (await checkOut(world, 'guest', cart)).body.order
  await world.write(async (tx) => {
    const order = (await tx.get(orders, id))!
    const old = order.lines.map(({ taxRatePpm: _, tax: _tax, taxClass: _class, ...line }) => line)
    const { parts: _, ...shipping } = order.shipping!
    await tx.update(orders, order, { set: { taxes: null, taxIncluded: null, lines: old, shipping } })
  })
  await work(world)
  const sold = { 'I:sales': -3_970, 'I:shipping': -344, 'L:tax': -576 }
  assert.deepEqual(await booked(id), sold)
  assert.equal((await give(id, { lines: [{ line: lines[0].id, quantity: 1 }] })).body.amount.amount, 1_000)
  await work(world)
  assert.deepEqual(await booked(id), { 'I:sales': -3_158, 'I:shipping': -274, 'L:tax': -458 })
  assert.deepEqual(await violationsOf(world), [])
  assert.equal((await asStaff('POST', `/api/orders/${id}/cancel`)).status, 200)
  await work(world)
  assert.deepEqual(await booked(id), {})
})

test('a customer group is one that the config names, given by an admin and taken away', async () => {
  await world.write(async (tx) => void (await tx.update(users, (await tx.get(users, world.ids['staff']!))!, { set: { roles: ['admin'] } })))
  const url = `/api/users/${world.ids['owner']}`
  const set = (customerGroup: unknown) => asStaff('PATCH', url, { customerGroup })
  assert.deepEqual((await set('wholesale')).body.customerGroup, 'wholesale')
  checkRefusal(await set('retail'), 400, 'validation_failed', '/customerGroup')
  checkRefusal(await world.call('owner', { method: 'PATCH', url, body: { customerGroup: null } }), 403, 'forbidden')
  assert.equal((await world.call('owner', { method: 'GET', url })).body.customerGroup, 'wholesale')
  assert.deepEqual((await set(null)).body.customerGroup, null)
})

test('another rate at the same place is told with a cart, and that of another place is none', async () => {
  const { cart } = await fill({ country: 'DE', postalCode: '10435' })
  const asGuest = (method: string, path: string, body?: object) =>
    world.call('guest', { method, url: `/api/carts/${cart.id}${path}`, headers: cart.headers, ...(body && { body }) })
  const see = async () => await asGuest('POST', '/seen', { mark: (await asGuest('GET', '/changes')).body.mark })
  type Change = { readonly code: string; readonly before: unknown; readonly after: unknown }
  const told = async () => (await asGuest('GET', '/changes')).body.items.map(({ code, before, after }: Change) => [code, before, after])
  await see()
  await asStaff('PATCH', `/api/variants/${world.ids['variant']}`, { taxClass: 'standard' })
  assert.deepEqual(await told(), [['tax_rate', 70_000, 190_000]])
  assert.deepEqual((await see()).body.items, [])
  assert.deepEqual(await told(), [])
  const moved = await asGuest('PATCH', '', { shippingAddress: { ...address, country: 'FR', postalCode: '75001', city: 'Paris' } })
  assert.equal(moved.status, 200, moved.text)
  assert.deepEqual(await told(), [])
})
