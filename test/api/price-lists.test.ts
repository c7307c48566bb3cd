// Price lists: what each customer is told and pays, in every currency of the shop, and what an order keeps of it.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { EngineError } from '../../src/base/engine-error.ts'
import { limits } from '../../src/base/limits.ts'
import { sandbox } from '../../src/config/payment-makers.ts'
import { eq } from '../../src/contract/filter.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { listPrices, priceLists } from '../../src/domains/catalog/price-lists.ts'
import { checkTakes } from '../../src/domains/orders/order-view.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { priceInvariants } from '../../src/observe/invariants/prices.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, address, checkOut, createTestClock, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'
import { checkRefusal } from '../support/scenario.ts'

let world: World
const hour = 3_600_000
before(async () => {
  const shop = {
    ...(testConfig.shop as object),
    currency: 'EUR',
    currencies: ['CHF', 'JPY', 'KWD'],
    customerGroups: ['wholesale', 'staff'],
    payments: [sandbox()],
  }
  world = await openWorld({ config: { ...testConfig, shop: shop as never }, clock: createTestClock() })
  await world.engine.start()
  await world.write(async (tx) => {
    const level = await tx.get(stockLevels, world.ids['variantLevel']!)
    await tx.update(stockLevels, level!, { add: { onHand: 1_000, available: 1_000 } })
    await tx.update(users, (await tx.get(users, world.ids['other']!))!, { set: { customerGroup: 'wholesale' } })
  })
})
after(() => closeWithBooks(world))
// Each test has lists of its own.
beforeEach(async () => {
  for (const { id } of await findAll(world.engine.parts.storage.reader, priceLists)) await send('staff', 'DELETE', `priceLists/${id}`)
  await send('staff', 'PATCH', `shippingMethods/${world.ids['shipping']}`, { otherPrices: null })
})

const of = (currency: string) => (amount: number) => ({ amount, currency })
const [eur, chf, jpy] = [of('EUR'), of('CHF'), of('JPY')]
const send = (as: As, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  world.call(as, { method, url: `/api/${path}`, headers, ...(body === undefined ? {} : { body }) })

type Row = { readonly price: object; readonly variant?: string; readonly fromQuantity?: number; readonly compareAtPrice?: object }
async function list(fields: object, ...rows: readonly Row[]): Promise<string> {
  const made = await send('staff', 'POST', 'priceLists', { title: 'A list', currency: 'EUR', ...fields })
  assert.equal(made.status, 201, made.text)
  for (const { variant = 'variant', ...row } of rows) {
    const priced = await send('staff', 'POST', 'listPrices', { list: made.body.id, variant: world.ids[variant], ...row })
    assert.equal(priced.status, 201, priced.text)
  }
  return made.body.id
}
async function fill(as: As, body: object = {}, quantity = 1) {
  const made = await send(as, 'POST', 'carts', {
    email: `${as}@example.com`,
    shippingAddress: address,
    lines: [{ variant: world.ids['variant'], quantity }],
    ...body,
  })
  assert.equal(made.status, 201, made.text)
  return { ...made.body, headers: { 'cart-token': made.body.token } }
}
const shown = (cart: { lines: readonly { unitPrice: object; priceList: { title: string; fromQuantity: number } | null }[] }) =>
  cart.lines.map(({ unitPrice, priceList }) => [unitPrice, priceList?.title ?? null, priceList?.fromQuantity ?? null])
const pricesTo = async (as: As) => (await send(as, 'GET', `variants/${world.ids['variant']}`)).body.prices

test('a price from a quantity on, for a group, and for a time: the line says of which list it is', async () => {
  await list({ title: 'Packs' }, { price: eur(950), fromQuantity: 10 }, { price: eur(900), fromQuantity: 100 })
  await list({ title: 'Wholesale', customerGroups: ['wholesale'] }, { price: eur(700) })
  const soon = new Date(world.clock.now() + hour).toISOString()
  await list({ title: 'Tomorrow', startsAt: soon }, { price: eur(1) })
  await list({ title: 'Yesterday', endsAt: new Date(world.clock.now()).toISOString() }, { price: eur(2) })
  await list({ title: 'Paused', active: false }, { price: eur(3) })
  await list({ title: 'Dearer' }, { price: eur(2_000) })
  assert.deepEqual(shown(await fill('guest')), [[eur(1_000), null, null]])
  assert.deepEqual(shown(await fill('guest', {}, 9)), [[eur(1_000), null, null]])
  assert.deepEqual(shown(await fill('guest', {}, 10)), [[eur(950), 'Packs', 10]])
  assert.deepEqual(shown(await fill('guest', {}, 100)), [[eur(900), 'Packs', 100]])
  assert.deepEqual(shown(await fill('other', {}, 100)), [[eur(700), 'Wholesale', 1]])
  assert.deepEqual(shown(await fill('owner')), [[eur(1_000), null, null]])
})

test('each caller is told what they pay, and nobody a price of a group that is not theirs', async () => {
  await list({ title: 'Wholesale', customerGroups: ['wholesale'] }, { price: eur(701) })
  await list({ title: 'Swiss', currency: 'CHF' }, { price: chf(1_150) })
  await list({ title: 'Packs' }, { price: eur(950), fromQuantity: 10 }, { price: eur(990), fromQuantity: 20 })
  const own = { compareAtPrice: null, priorPrice: null }
  const everybody = [
    { price: eur(1_000), fromQuantity: 1, priceList: null, ...own },
    { price: eur(950), fromQuantity: 10, priceList: 'Packs', ...own },
    { price: chf(1_150), fromQuantity: 1, priceList: 'Swiss', ...own },
  ]
  assert.deepEqual(await pricesTo('guest'), everybody)
  assert.deepEqual(await pricesTo('owner'), everybody)
  const theirs = [{ price: eur(701), fromQuantity: 1, priceList: 'Wholesale', ...own }, everybody[2]]
  assert.deepEqual(await pricesTo('other'), theirs)
  // In a list of products too, with its variants; and nowhere else.
  const page = (as: As) => send(as, 'GET', `products?filter[id]=${world.ids['product']}&expand=variants`)
  const [{ prices, variants }] = (await page('other')).body.items
  assert.deepEqual(variants.find(({ id }: { id: string }) => id === world.ids['variant']).prices, theirs)
  // The sample of this product costs nothing.
  assert.deepEqual([prices[0].price, prices[1].price], [eur(0), chf(1_150)])
  for (const as of ['guest', 'owner'] as const) {
    const told = [(await page(as)).text, (await send(as, 'GET', `variants/${world.ids['variant']}`)).text].join()
    assert.ok(!told.includes('701') && !told.includes('Wholesale'), told)
    assert.deepEqual([(await send(as, 'GET', 'listPrices')).body.items, (await send(as, 'GET', 'priceLists')).body.items], [[], []])
  }
  // One validator of one customer is none of another.
  const etag = (await send('guest', 'GET', `variants/${world.ids['variant']}`)).headers['etag'] as string
  assert.equal((await send('other', 'GET', `variants/${world.ids['variant']}`, undefined, { 'if-none-match': etag })).status, 200)
})

test('a cart in another currency is priced, sent and paid in it; what has no price there is not for sale', async () => {
  await list({ title: 'Swiss', currency: 'CHF' }, { price: chf(1_150) })
  await send('staff', 'PATCH', `shippingMethods/${world.ids['shipping']}`, { otherPrices: [{ price: chf(690), freeFrom: chf(5_000) }] })
  const cart = await fill('guest', { currency: 'CHF', shippingMethod: world.ids['shipping'] })
  assert.deepEqual(
    [cart.currency, shown(cart), cart.totals.shipping, cart.totals.total],
    ['CHF', [[chf(1_150), 'Swiss', 1]], chf(690), chf(1_840)],
  )
  const add = await send('guest', 'POST', `carts/${cart.id}/lines`, { variant: world.ids['hardcover'] }, cart.headers)
  checkRefusal(add, 422, 'not_for_sale', '/variant')
  assert.equal(add.body.errors[0].message, 'has no price in CHF')
  const methods = await send('guest', 'GET', `carts/${cart.id}/shippingMethods`, undefined, cart.headers)
  assert.deepEqual(
    methods.body.items.map(({ price }: { price: object }) => price),
    [chf(690)],
  )
  const order = await checkOut(world, 'guest', cart)
  assert.equal(order.status, 201, order.text)
  await work(world)
  const { body } = await send('staff', 'GET', `orders/${order.body.order.id}`)
  assert.deepEqual([body.status, body.paymentStatus, body.total], ['placed', 'paid', chf(1_840)])
  assert.deepEqual(body.lines[0].priceList.title, 'Swiss')
  const entries = (await send('staff', 'GET', `ledgerEntries?filter[order]=${body.id}`)).body.items as { amount: { currency: string } }[]
  assert.deepEqual([entries.length > 0, new Set(entries.map(({ amount }) => amount.currency))], [true, new Set(['CHF'])])
})

test('the currency of a cart can be changed: its lines stay, and say so where they have no price in it', async () => {
  await list({ title: 'Swiss', currency: 'CHF' }, { price: chf(1_150) })
  const cart = await fill('guest', {
    shippingMethod: world.ids['shipping'],
    lines: [{ variant: world.ids['variant'] }, { variant: world.ids['hardcover'] }],
  })
  const set = (body: object) => send('guest', 'PATCH', `carts/${cart.id}`, body, cart.headers)
  const swiss = await set({ currency: 'CHF' })
  assert.deepEqual(
    swiss.body.lines.map(({ available, unitPrice }: { available: boolean; unitPrice: object }) => [available, unitPrice]),
    [
      [true, chf(1_150)],
      [false, chf(0)],
    ],
  )
  assert.deepEqual(
    swiss.body.lines.map(({ reason }: { reason: object | null }) => reason),
    [null, { code: 'currency', message: 'has no price in CHF' }],
  )
  // Nothing of the other currency is told as one of this: 10.00 EUR were never CHF.
  const changes = async () => (await send('guest', 'GET', `carts/${cart.id}/changes`, undefined, cart.headers)).body
  const { items, mark } = await changes()
  assert.deepEqual(
    items.map(({ code, before, after }: Record<string, unknown>) => [code, before, after]),
    [['no_price', null, null]],
  )
  await send('guest', 'POST', `carts/${cart.id}/seen`, { mark }, cart.headers)
  const refusedInChf = await checkOut(world, 'guest', cart)
  checkRefusal(refusedInChf, 422, 'not_for_sale', `/lines/${cart.lines[1].id}`)
  assert.match(refusedInChf.body.detail, /^It has no price in CHF: “.*”/)
  await list({ title: 'Swiss again', currency: 'CHF' }, { price: chf(1_100) })
  assert.deepEqual((await changes()).items[0], {
    code: 'price_down',
    line: cart.lines[0].id,
    title: cart.lines[0].title,
    before: chf(1_150),
    after: chf(1_100),
  })
  await send('staff', 'DELETE', `priceLists/${(await send('staff', 'GET', 'priceLists?filter[title]=Swiss again')).body.items[0].id}`)
  // This method has no price in it: no false zero.
  await send('staff', 'PATCH', `shippingMethods/${world.ids['shipping']}`, { otherPrices: null })
  const without = await send('guest', 'GET', `carts/${cart.id}`, undefined, cart.headers)
  assert.deepEqual([without.body.shippingMethod, without.body.totals.shipping], [null, chf(0)])
  const refused = await set({ shippingMethod: world.ids['shipping'] })
  checkRefusal(refused, 422, 'reference_not_found', '/shippingMethod')
  await send('guest', 'DELETE', `carts/${cart.id}/lines/${cart.lines[1].id}`, undefined, cart.headers)
  const none = await checkOut(world, 'guest', cart)
  checkRefusal(none, 422, 'cart_incomplete', '/shippingMethod')
  assert.match(none.body.detail, /has no price in CHF/)
  checkRefusal(await set({ currency: 'USD' }), 400, 'validation_failed', '/currency')
  const back = await set({ currency: 'EUR' })
  assert.deepEqual([back.body.totals.total, back.body.lines[0].unitPrice], [eur(1_390), eur(1_000)])
})

for (const [currency, amounts] of Object.entries({ JPY: [999, 1_998], KWD: [9_999, 19_998], CHF: [999, 1_998] }))
  test(`amounts are whole minor units of ${currency}`, async () => {
    const money = of(currency)
    await list({ currency }, { price: money(amounts[0]!) })
    const method = await send('staff', 'POST', 'shippingMethods', { title: 'Here', price: eur(0), otherPrices: [{ price: money(1) }] })
    const cart = await fill('guest', { currency, shippingMethod: method.body.id }, 2)
    assert.deepEqual([cart.totals.subtotal, cart.totals.total], [money(amounts[1]!), money(amounts[1]! + 1)])
    // 7 % are in it: rounded once.
    assert.deepEqual(cart.totals.tax, money(Math.round(((amounts[1]! + 1) * 7) / 107)))
    await send('staff', 'DELETE', `shippingMethods/${method.body.id}`)
  })

test('discounts with amounts, gift cards and credit of another currency are not taken, and say why', async () => {
  await list({ title: 'Swiss', currency: 'CHF' }, { price: chf(1_150) })
  await send('staff', 'PATCH', `shippingMethods/${world.ids['shipping']}`, { otherPrices: [{ price: chf(690) }] })
  const code = async (value: object | number, more: object = {}) =>
    (await send('staff', 'POST', 'discounts', { title: 'Off', code: `c${Math.random()}`, kind: 'fixed', value, combines: true, ...more }))
      .body.code
  const euros = await code(eur(100))
  const francs = await code(chf(50))
  const percent = await code(10, { kind: 'percent' })
  checkRefusal(
    await send('staff', 'POST', 'discounts', { title: 'Off', code: 'both', kind: 'fixed', value: eur(1), minimumSum: chf(1) }),
    400,
    'validation_failed',
    '/minimumSum/currency',
  )
  const cart = await fill('guest', { currency: 'CHF', shippingMethod: world.ids['shipping'], discountCodes: [euros, francs, percent] })
  const told = Object.fromEntries(
    cart.discounts.map((one: { code: string; amount: object; reason: { code: string } | null }) => [one.code, one]),
  )
  assert.deepEqual([told[francs].amount, told[percent].amount], [chf(50), chf(115)])
  assert.deepEqual([told[euros].amount, told[euros].reason.code], [chf(0), 'other_currency'])
  assert.match(told[euros].reason.message, /EUR.*CHF/)
  const card = await send('staff', 'POST', 'giftCards', { value: eur(5_000) })
  const again = await send(
    'guest',
    'POST',
    `carts/${cart.id}/checkout`,
    { giftCards: [card.body.code], payment: { provider: 'sandbox' } },
    cart.headers,
  )
  checkRefusal(again, 422, 'gift_card_unusable', '/giftCards/0')
  const swissCard = await send('staff', 'POST', 'giftCards', { value: chf(5_000) })
  const paid = await send('guest', 'POST', `carts/${cart.id}/checkout`, { giftCards: [swissCard.body.code] }, cart.headers)
  assert.equal(paid.status, 201, paid.text)
  assert.equal((await send('staff', 'POST', `users/${world.ids['owner']}/credit`, { amount: jpy(500), reason: 'Late' })).status, 201)
  const bad = await send('staff', 'POST', `users/${world.ids['owner']}/credit`, { amount: of('USD')(500), reason: 'Late' })
  checkRefusal(bad, 400, 'validation_failed', '/amount/currency')
})

test('a list that ends while a cart is open: the cart shows the other price, and what was expected is not charged otherwise', async () => {
  const endsAt = new Date(world.clock.now() + hour).toISOString()
  const id = await list({ title: 'Today', endsAt }, { price: eur(800) })
  const cart = await fill('guest', { shippingMethod: world.ids['shipping'] })
  assert.deepEqual(shown(cart), [[eur(800), 'Today', 1]])
  await send('staff', 'PATCH', `priceLists/${id}`, { endsAt: new Date(world.clock.now()).toISOString() })
  assert.deepEqual(shown((await send('guest', 'GET', `carts/${cart.id}`, undefined, cart.headers)).body), [[eur(1_000), null, null]])
  const payment = { provider: 'sandbox', method: 'card_success' }
  const refused = await send('guest', 'POST', `carts/${cart.id}/checkout`, { payment, expectedTotal: cart.totals.total }, cart.headers)
  checkRefusal(refused, 409, 'total_changed')
  const order = await send('guest', 'POST', `carts/${cart.id}/checkout`, { payment, expectedTotal: eur(1_390) }, cart.headers)
  assert.equal(order.status, 201, order.text)
})

test('what was agreed stays: an order keeps its prices and the names of their lists', async () => {
  const id = await list({ title: 'Before' }, { price: eur(800) })
  const cart = await fill('guest', { shippingMethod: world.ids['shipping'] })
  const { body } = await checkOut(world, 'guest', cart)
  await send('staff', 'PATCH', `priceLists/${id}`, { title: 'After', active: false })
  const order = (await send('staff', 'GET', `orders/${body.order.id}`)).body
  assert.deepEqual([order.lines[0].unitPrice, order.lines[0].priceList], [eur(800), { id, title: 'Before', fromQuantity: 1 }])
})

test('a draft is in one currency of the shop, at the prices of its customer', async () => {
  await list({ title: 'Wholesale in francs', currency: 'CHF', customerGroups: ['wholesale'] }, { price: chf(777) })
  await send('staff', 'PATCH', `shippingMethods/${world.ids['shipping']}`, { otherPrices: [{ price: chf(690) }] })
  const draft = (lines: object[]) =>
    send('staff', 'POST', 'orders', {
      currency: 'CHF',
      customer: world.ids['other'],
      shippingAddress: address,
      shippingMethod: world.ids['shipping'],
      lines,
    })
  const made = await draft([{ variant: world.ids['variant'] }, { variant: world.ids['hardcover'], unitPrice: chf(2_000) }])
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(
    [made.body.total, made.body.lines[0].priceList.title, made.body.lines[1].priceList],
    [chf(3_467), 'Wholesale in francs', undefined],
  )
  checkRefusal(
    await draft([{ variant: world.ids['hardcover'], unitPrice: eur(1) }]),
    400,
    'validation_failed',
    '/lines/0/unitPrice/currency',
  )
  checkRefusal(await draft([{ variant: world.ids['hardcover'] }]), 422, 'not_for_sale', '/lines/0/variant')
})

test('a reduced price for everybody names the lowest of the 30 days before it began', async () => {
  const days = (count: number) => new Date(world.clock.now() + count * 24 * hour).toISOString()
  // It was 23.00 by a list that ended a week before the sale began, and 20.00 by one that is for others.
  await list({ title: 'Spring', startsAt: days(-60), endsAt: days(-8) }, { variant: 'hardcover', price: eur(2_300) })
  await list({ title: 'Wholesale', customerGroups: ['wholesale'] }, { variant: 'hardcover', price: eur(2_000) })
  await world.write(async (tx) => {
    for (const row of await findAll(tx, listPrices))
      await tx.touch(listPrices, row.id, { set: { since: world.clock.now() - 61 * 24 * hour } })
  })
  await list({ title: 'Sale', startsAt: days(-1) }, { variant: 'hardcover', price: eur(1_900), compareAtPrice: eur(2_500) })
  const told = (await send('guest', 'GET', `variants/${world.ids['hardcover']}`)).body.prices
  assert.deepEqual(told, [{ price: eur(1_900), fromQuantity: 1, compareAtPrice: eur(2_500), priorPrice: eur(2_300), priceList: 'Sale' }])
})

test('what cannot be is refused when it is written', async () => {
  const id = await list({ title: 'Swiss', currency: 'CHF' })
  const price = (fields: object) =>
    send('staff', 'POST', 'listPrices', { list: id, variant: world.ids['variant'], price: chf(1), ...fields })
  checkRefusal(await price({ price: eur(1) }), 400, 'validation_failed', '/price/currency')
  checkRefusal(await price({ compareAtPrice: eur(1) }), 400, 'validation_failed', '/compareAtPrice/currency')
  checkRefusal(await price({ price: chf(-1) }), 400, 'validation_failed', '/price/amount')
  checkRefusal(await price({ price: chf(limits.cartAmountMax + 1) }), 400, 'validation_failed', '/price/amount')
  checkRefusal(await price({ fromQuantity: 0 }), 400, 'validation_failed', '/fromQuantity')
  checkRefusal(await price({ variant: 'var_none' }), 422, 'reference_not_found', '/variant')
  assert.equal((await price({})).status, 201)
  checkRefusal(await price({}), 409, 'already_exists')
  for (let from = 2; from <= limits.priceBreaksMax; from++) assert.equal((await price({ fromQuantity: from })).status, 201)
  checkRefusal(await price({ fromQuantity: 99 }), 400, 'validation_failed', '/fromQuantity')
  const set = (fields: object) => send('staff', 'PATCH', `priceLists/${id}`, fields)
  checkRefusal(await set({ currency: 'EUR' }), 400, 'validation_failed', '/currency')
  checkRefusal(await set({ customerGroups: ['nobody'] }), 400, 'validation_failed', '/customerGroups/0')
  checkRefusal(await set({ startsAt: '2026-01-02T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' }), 400, 'validation_failed', '/endsAt')
  checkRefusal(await send('staff', 'POST', 'priceLists', { title: 'Dollars', currency: 'USD' }), 400, 'validation_failed', '/currency')
  for (const as of ['guest', 'owner'] as const) {
    assert.equal((await send(as, 'POST', 'priceLists', { title: 'Mine', currency: 'EUR' })).status, as === 'guest' ? 401 : 403)
    assert.equal((await send(as, 'PATCH', `priceLists/${id}`, { active: false })).status, 404)
  }
  // With a list its prices go.
  assert.equal((await send('staff', 'DELETE', `priceLists/${id}`)).status, 204)
  assert.equal((await send('staff', 'GET', `listPrices?filter[list]=${id}`)).body.items.length, 0)
})

test('a list that is edited while checkouts run: each order costs what was shown, or is refused', async () => {
  const id = await list({ title: 'Moving' }, { price: eur(900) })
  const [row] = (await send('staff', 'GET', `listPrices?filter[list]=${id}`)).body.items
  const carts = await Promise.all(Array.from({ length: 12 }, () => fill('guest', { shippingMethod: world.ids['shipping'] })))
  const payment = { provider: 'sandbox', method: 'card_success' }
  const edits = (async () => {
    for (const amount of [901, 902, 903, 900, 904]) await send('staff', 'PATCH', `listPrices/${row.id}`, { price: eur(amount) })
  })()
  const answers = await Promise.all(
    carts.map(({ id: cart, headers, totals }) =>
      send('guest', 'POST', `carts/${cart}/checkout`, { payment, expectedTotal: totals.total }, headers),
    ),
  )
  await edits
  for (const [index, { status, body }] of answers.entries())
    if (status === 201) assert.deepEqual(body.order.total, carts[index]!.totals.total)
    else assert.deepEqual([status, body.code], [409, 'total_changed'])
  // Looked at again, each goes through.
  for (const [index, { status }] of answers.entries()) {
    const { id: cart, headers } = carts[index]!
    if (status === 201) continue
    const { totals } = (await send('guest', 'GET', `carts/${cart}`, undefined, headers)).body
    const { body } = await send('guest', 'POST', `carts/${cart}/checkout`, { payment, expectedTotal: totals.total }, headers)
    assert.deepEqual(body.order.total, totals.total)
  }
  await work(world)
})

test('what contradicts its list is found by verify', async () => {
  const id = await list({ title: 'Euros' }, { price: eur(900) })
  const verify = async () => {
    const { storage, model } = world.engine.parts
    const { reader: read, commitsAfter } = storage
    return (await verifyDatabase({ read, model, commitsAfter, now: world.clock.now(), groups: [priceInvariants] })).map(
      ({ invariant }) => invariant,
    )
  }
  assert.deepEqual(await verify(), [])
  const [row] = await findAll(world.engine.parts.storage.reader, listPrices, eq('list', id))
  await world.write(async (tx) => void (await tx.touch(listPrices, row!.id, { set: { price: chf(900) } })))
  assert.deepEqual(await verify(), ['prices.in_currency_of_list'])
  await world.write(async (tx) => {
    await tx.touch(listPrices, row!.id, { set: { price: eur(900) } })
    for (let from = 2; from <= limits.priceBreaksMax + 1; from++)
      await tx.insert(listPrices, { ...row!, id: world.engine.newId('lprc'), price: eur(900), fromQuantity: from })
  })
  assert.deepEqual(await verify(), ['prices.counted'])
})

test('a provider that does not take the currency of an order is refused, and those that do are named', () => {
  const { project } = world.engine.parts
  const [known] = project.paymentProviders
  const paymentProviders = [
    { ...known!, id: 'paypal', currencies: ['EUR'] },
    { ...known!, id: 'stripe', currencies: null },
  ]
  const ask = (provider: string, currency: string) => () =>
    checkTakes({ ...project, paymentProviders }, { provider }, { currency, at: '/payment' })
  assert.throws(ask('paypal', 'KWD'), (error: EngineError) => {
    assert.deepEqual(
      [error.code, error.errors],
      ['provider_unknown', [{ path: '/payment/provider', code: 'currency', message: 'takes no KWD: stripe would' }]],
    )
    return true
  })
  for (const [provider, currency] of [
    ['paypal', 'EUR'],
    ['stripe', 'KWD'],
  ] as const)
    assert.doesNotThrow(ask(provider, currency))
})
