// Carts through what can happen to them: things that are withdrawn, prices in a currency that the shop has left,
// addresses as people and machines type them, and how much one order may take.
// slow: mongodb
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { always, eq } from '../../src/contract/filter.ts'
import { cartReminders, carts } from '../../src/domains/carts/collections.ts'
import { forgetCarts } from '../../src/domains/carts/forget-carts.ts'
import { remindCarts } from '../../src/domains/carts/remind-carts.ts'
import { addresses } from '../../src/domains/carts/saved-addresses.ts'
import { shippingMethods } from '../../src/domains/catalog/collections.ts'
import { products } from '../../src/domains/catalog/products.ts'
import { variants } from '../../src/domains/catalog/variants.ts'
import { emails } from '../../src/domains/emails/collections.ts'
import { ledgerEntries } from '../../src/domains/ledger/collections.ts'
import { expireOrders } from '../../src/domains/orders/expire-orders.ts'
import { createStockLevel, reservations, stockLevels } from '../../src/domains/stock/collections.ts'
import { recordInvariants } from '../../src/observe/invariants/records.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { workIn } from '../../src/operation/work.ts'
import type { AnyRecord } from '../../src/schema/collection.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { address, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { checkRefusal } from '../support/scenario.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(async () => {
  const errors = world.log.filter(({ level }) => level === 'error')
  await world.close()
  assert.deepEqual(errors, [])
})

type HeldCart = { readonly id: string; readonly headers: Record<string, string> }
const asGuest = (cart: HeldCart, method: string, path = '', body?: object) =>
  world.call('guest', { method, url: `/api/carts/${cart.id}${path}`, headers: cart.headers, ...(body ? { body } : {}) })
const asStaff = (method: string, url: string, body?: object) => world.call('staff', { method, url, ...(body ? { body } : {}) })

/** A row as an earlier state of the shop has left it: no request can write it any more. */
async function leave(ref: { readonly name: string }, id: string, set: object): Promise<void> {
  await world.write(async (tx) => {
    const found = (await tx.get(ref as typeof carts, id))!
    await tx.update(ref as typeof carts, found, { set: set as never })
  })
}

describe('a cart made in one request', () => {
  const make = (body: object) => world.call('guest', { method: 'POST', url: '/api/carts', body })
  const line = (name: string, quantity?: number) => ({ variant: world.ids[name], ...(quantity ? { quantity } : {}) })

  test('is what the same cart made step by step is, and can be ordered at once', async () => {
    const email = 'One@Example.com'
    const shippingAddress = { ...address, city: `  ${address.city} ` }
    const lines = [line('variant', 2), line('hardcover'), line('variant')]
    const { status, body, headers } = await make({
      email,
      shippingAddress,
      shippingMethod: world.ids['shipping'],
      note: 'Ring twice',
      lines,
    })
    assert.equal(status, 201)
    const stepwise = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 3 },
      { variant: 'hardcover', quantity: 1 },
    ])
    const other = (await asGuest(stepwise, 'GET')).body
    type Shown = Record<'totals' | 'shippingMethod' | 'shippingAddress', unknown> & { lines: Record<string, unknown>[] }
    const shown = ({ lines: of, totals, shippingMethod, shippingAddress: at }: Shown) => ({
      lines: of.map(({ id: _, ...rest }) => rest),
      totals,
      shippingMethod,
      at,
    })
    assert.deepEqual(shown(body), shown(other))
    assert.deepEqual([body.email, body.note, body.status], ['one@example.com', 'Ring twice', 'open'])
    const held = { id: body.id, headers: { 'cart-token': body.token } }
    assert.equal(headers['location'], `/api/carts/${body.id}`)
    assert.equal((await checkOut(world, 'guest', held)).status, 201)
  })

  test('is refused with the place of each mistake, and none is made', async () => {
    const refused = async (body: object, code: string, ...paths: string[]) => {
      const answer = await make(body)
      assert.equal(answer.body.code, code, answer.text)
      assert.deepEqual(
        answer.body.errors.map(({ path }: { path: string }) => path),
        paths,
      )
    }
    await asStaff('PATCH', `/api/products/${world.ids['product']}`, { status: 'archived' })
    await refused({ lines: [line('variant'), line('hardcover')] }, 'not_for_sale', '/lines/0/variant', '/lines/1/variant')
    await asStaff('PATCH', `/api/products/${world.ids['product']}`, { status: 'active' })
    await refused({ lines: [line('variant'), { variant: 'var_none' }] }, 'not_for_sale', '/lines/1/variant')
    await refused({ lines: [line('variant', 99), line('variant', 99_999)] }, 'validation_failed', '/lines/1/quantity')
    await refused({ shippingMethod: 'shp_none' }, 'reference_not_found', '/shippingMethod')
    await refused({ discountCodes: ['HALF'] }, 'discount_unknown', '/discountCodes/0')
    await refused({ currency: 'JPY' }, 'validation_failed', '/currency')
    const large = { amount: limits.cartAmountMax, currency: 'EUR' }
    await asStaff('PATCH', `/api/variants/${world.ids['hardcover']}`, { price: large })
    await refused({ lines: [line('variant'), line('hardcover')] }, 'amount_too_large', '/lines/1/quantity')
    assert.equal(await world.engine.parts.storage.reader.count(carts), 0)
  })
})

describe('a cart that is changed with Prefer: return=minimal', () => {
  const prefer = { prefer: 'respond-async, return=minimal' }
  const asked = (cart: HeldCart, method: string, path: string, body?: object, headers = {}) =>
    asGuest({ ...cart, headers: { ...cart.headers, ...prefer, ...headers } }, method, `/lines${path}`, body)
  const linesOf = async (cart: HeldCart) => (await asGuest(cart, 'GET')).body.lines as { id: string; title: string; quantity: number }[]

  test('answers nothing, and is what it would be otherwise', async () => {
    const [whole, little] = [await fillCart(world, 'guest', []), await fillCart(world, 'guest', [])]
    const both = async (method: string, path: (lines: { id: string }[]) => string, body?: object) => {
      const full = await asGuest(whole, method, `/lines${path(await linesOf(whole))}`, body)
      const { status, text, headers } = await asked(little, method, path(await linesOf(little)), body)
      assert.deepEqual([full.status, status, text, headers['preference-applied']], [full.status, 204, '', 'return=minimal'])
      assert.ok(full.status < 300 && headers['etag'] === undefined)
    }
    await both('POST', () => '', { variant: world.ids['variant'], quantity: 2 })
    await both('POST', () => '', { variant: world.ids['hardcover'] })
    await both('POST', () => '', { variant: world.ids['variant'] })
    await both('POST', () => '', { variant: world.ids['free'] })
    await both('PATCH', ([line]) => `/${line!.id}`, { quantity: 7 })
    await both('DELETE', (lines) => `/${lines[2]!.id}`)
    const [one, other] = [(await asGuest(whole, 'GET')).body, (await asGuest(little, 'GET')).body]
    const plain = (body: typeof one) => ({
      ...body,
      lines: body.lines.map((line: object) => ({ ...line, id: '' })),
      id: '',
      createdAt: '',
      updatedAt: '',
    })
    assert.deepEqual(plain(other), plain(one))
    assert.deepEqual(
      one.lines.map(({ quantity }: { quantity: number }) => quantity),
      [7, 1],
    )
    // What it was called is known without a whole answer between.
    await asStaff('PATCH', `/api/products/${world.ids['product']}`, { status: 'archived' })
    assert.deepEqual(
      (await linesOf(little)).map(({ title }) => title),
      ['Emma, Paperback', 'Emma, Hardcover'],
    )
  })

  test('is refused as it would be otherwise, and stays as it was', async () => {
    const cart = await fillCart(world, 'guest')
    const before = await asGuest(cart, 'GET')
    const [line] = before.body.lines
    checkRefusal(await asked(cart, 'POST', '', { variant: world.ids['draftVariant'] }), 422, 'not_for_sale', '/variant')
    checkRefusal(await asked(cart, 'PATCH', `/${line.id}`, { quantity: 10_000 }), 400, 'validation_failed', '/quantity')
    const large = { price: { amount: limits.cartAmountMax, currency: 'EUR' } }
    await asStaff('PATCH', `/api/variants/${world.ids['hardcover']}`, large)
    checkRefusal(await asked(cart, 'POST', '', { variant: world.ids['hardcover'], quantity: 2 }), 422, 'amount_too_large', '/quantity')
    const etag = String(before.headers['etag'])
    assert.equal((await asGuest(cart, 'GET')).headers['etag'], etag)
    const first = await asked(cart, 'POST', '', { variant: world.ids['free'] }, { 'if-match': etag })
    assert.equal(first.status, 204)
    assert.equal((await asked(cart, 'POST', '', { variant: world.ids['free'] }, { 'if-match': etag })).status, 412)
    const again = await asked(cart, 'POST', '', { variant: world.ids['free'] }, { 'if-match': String(first.headers['etag']) })
    assert.equal(again.status, 204)
  })

  test('counts once with a key, which is of this request alone', async () => {
    const cart = await fillCart(world, 'guest')
    const key = { 'idempotency-key': 'one-more-of-these-please' }
    const body = { variant: world.ids['hardcover'], quantity: 2 }
    assert.equal((await asked(cart, 'POST', '', body, key)).headers['idempotent-replayed'], undefined)
    const { status, text, headers } = await asked(cart, 'POST', '', body, key)
    assert.deepEqual([status, text, headers['idempotent-replayed']], [204, '', 'true'])
    const whole = await asGuest({ ...cart, headers: { ...cart.headers, ...key } }, 'POST', '/lines', body)
    assert.equal(whole.body.code, 'idempotency_key_reused')
    assert.deepEqual(
      (await linesOf(cart)).map(({ quantity }) => quantity),
      [1, 2],
    )
  })
})

describe('a line whose product is gone', () => {
  const two = [
    { variant: 'variant', quantity: 2 },
    { variant: 'hardcover', quantity: 1 },
  ]

  test('stays, is told by name, is out of the totals, and can be taken out', async () => {
    for (const status of ['archived', 'draft']) {
      const cart = await fillCart(world, 'guest', two)
      await asStaff('PATCH', `/api/products/${world.ids['product']}`, { status, title: 'A title nobody may see yet' })
      const { body } = await asGuest(cart, 'GET')
      assert.deepEqual(
        body.lines.map(({ title, quantity, available, total }: Record<string, unknown>) => [title, quantity, available, total]),
        [
          ['Emma, Paperback', 2, false, { amount: 0, currency: 'EUR' }],
          ['Emma, Hardcover', 1, false, { amount: 0, currency: 'EUR' }],
        ],
      )
      assert.deepEqual([body.totals.subtotal.amount, body.totals.total.amount], [0, 390])
      const answer = await checkOut(world, 'guest', cart)
      checkRefusal(answer, 422, 'not_for_sale', `/lines/${body.lines[0].id}`)
      assert.match(answer.body.detail, /“Emma, Paperback”/)
      assert.deepEqual(answer.body.params.lines[1], { line: body.lines[1].id, title: 'Emma, Hardcover' })
      for (const { id } of body.lines) assert.equal((await asGuest(cart, 'DELETE', `/lines/${id}`)).status, 200)
      assert.deepEqual((await asGuest(cart, 'GET')).body.lines, [])
      await asStaff('PATCH', `/api/products/${world.ids['product']}`, { status: 'active', title: 'Emma' })
    }
  })

  test('is no different when it was deleted, and one beside it is bought once it is out', async () => {
    const made = await asStaff('POST', '/api/variants', {
      product: world.ids['product'],
      sku: 'EMMA-X',
      title: 'Leather',
      price: { amount: 9_900, currency: 'EUR' },
    })
    const cart = await fillCart(world, 'guest')
    assert.equal((await asGuest(cart, 'POST', '/lines', { variant: made.body.id })).status, 201)
    assert.equal((await asStaff('DELETE', `/api/variants/${made.body.id}`)).status, 204)
    const { body } = await asGuest(cart, 'GET')
    assert.deepEqual(
      body.lines.map(({ title, available }: Record<string, unknown>) => [title, available]),
      [
        ['Emma, Paperback', true],
        ['Emma, Leather', false],
      ],
    )
    assert.equal(body.totals.subtotal.amount, 1_000)
    // How many of it are wanted may still be changed; it helps nothing.
    assert.equal((await asGuest(cart, 'PATCH', `/lines/${body.lines[1].id}`, { quantity: 2 })).status, 200)
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'not_for_sale', `/lines/${body.lines[1].id}`)
    await asGuest(cart, 'DELETE', `/lines/${body.lines[1].id}`)
    assert.equal((await checkOut(world, 'guest', cart)).status, 201)
  })
})

describe('a price that makes a cart more than can be counted', () => {
  const most = { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' }
  const price = (amount: object, ...names: string[]) =>
    Promise.all(names.map((name) => asStaff('PATCH', `/api/variants/${world.ids[name]}`, { price: amount })))
  /** As one may stand in a database from before there was a bound. */
  const stored = (collection: string, name: string) =>
    world.write(async (tx) => {
      const before = (await tx.get({ name: collection }, world.ids[name]!))!
      await tx.update({ name: collection }, before as never, { set: { price: most } as never })
    })

  test('is refused when it is written, of variants and of shipping', async () => {
    const past = { amount: limits.cartAmountMax + 1, currency: 'EUR' }
    for (const body of [{ price: past }, { compareAtPrice: past }])
      checkRefusal(
        await asStaff('PATCH', `/api/variants/${world.ids['variant']}`, body),
        400,
        'validation_failed',
        `/${Object.keys(body)[0]}/amount`,
      )
    for (const [body, path] of [
      [{ price: past }, '/price/amount'],
      [{ freeFrom: past }, '/freeFrom/amount'],
      [{ rates: [{ price: past }] }, '/rates/0/price/amount'],
    ] as const)
      checkRefusal(await asStaff('PATCH', `/api/shippingMethods/${world.ids['shipping']}`, body), 400, 'validation_failed', path)
  })

  test('leaves it to be seen, changed, claimed and emptied; what is too much is no part of the sum', async () => {
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 9_000 },
      { variant: 'free', quantity: 1 },
      { variant: 'hardcover', quantity: 9_000 },
    ])
    await stored('variants', 'variant')
    await stored('variants', 'hardcover')
    await stored('shippingMethods', 'shipping')
    const seen = await asGuest(cart, 'GET')
    assert.equal(seen.status, 200)
    const lines = seen.body.lines as { id: string; title: string; available: boolean; total: object }[]
    assert.deepEqual(
      lines.map(({ available }) => available),
      [false, true, false],
    )
    assert.deepEqual([lines[0]!.title, lines[0]!.total], ['Emma, Paperback', { amount: 0, currency: 'EUR' }])
    assert.deepEqual([seen.body.totals.total.amount, seen.body.shippingMethod], [0, null])
    assert.equal((await asGuest(cart, 'PATCH', '', { note: 'Ring twice' })).status, 200)
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'amount_too_large', `/lines/${lines[0]!.id}`)
    // Fewer is a step out of it; more is not.
    assert.equal((await asGuest(cart, 'PATCH', `/lines/${lines[0]!.id}`, { quantity: 8_000 })).status, 200)
    checkRefusal(await asGuest(cart, 'PATCH', `/lines/${lines[0]!.id}`, { quantity: 8_001 }), 422, 'amount_too_large', '/quantity')
    checkRefusal(await asGuest(cart, 'POST', '/lines', { variant: world.ids['hardcover'] }), 422, 'amount_too_large', '/quantity')
    assert.equal((await asGuest(cart, 'POST', '/lines', { variant: world.ids['free'] })).status, 201)
    const claim = { method: 'POST', url: `/api/carts/${cart.id}/claim`, headers: cart.headers }
    assert.equal((await world.call('owner', claim)).status, 200)
    for (const { id } of lines)
      assert.equal((await world.call('owner', { method: 'DELETE', url: `/api/carts/${cart.id}/lines/${id}` })).status, 200)
  })

  test('counts lines as far as their sum goes, with tax and shipping', async () => {
    const bound = { amount: limits.cartAmountMax, currency: 'EUR' }
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 1 },
      { variant: 'hardcover', quantity: 1 },
    ])
    await price(bound, 'variant')
    const { body } = await asGuest(cart, 'GET')
    assert.deepEqual(
      body.lines.map(({ available }: { available: boolean }) => available),
      [true, false],
    )
    assert.equal(body.totals.subtotal.amount, limits.cartAmountMax)
    await asGuest(cart, 'DELETE', `/lines/${body.lines[0].id}`)
    const after = (await asGuest(cart, 'GET')).body
    assert.deepEqual([after.lines[0].available, after.totals.subtotal.amount], [true, 2_500])
    const other = await fillCart(world, 'guest', [{ variant: 'hardcover', quantity: 1 }])
    await price(bound, 'hardcover')
    const alone = await checkOut(world, 'guest', other)
    checkRefusal(alone, 422, 'cart_incomplete', '/shippingMethod')
    assert.equal(alone.body.errors[0].code, 'amount_too_large')
  })
})

describe('shipping', () => {
  test('is asked for where the shop has any, and by nobody else', async () => {
    const cart = await fillCart(world, 'guest')
    await asGuest(cart, 'PATCH', '', { shippingMethod: null })
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'cart_incomplete', '/shippingMethod')
    await asStaff('PATCH', `/api/shippingMethods/${world.ids['shipping']}`, { active: false })
    assert.equal((await checkOut(world, 'guest', cart)).status, 201)
  })

  test('that an old cart has chosen can be deleted; the cart asks for another', async () => {
    const cart = await fillCart(world, 'guest')
    assert.equal((await asStaff('DELETE', `/api/shippingMethods/${world.ids['shipping']}`)).status, 204)
    const { body } = await asGuest(cart, 'GET')
    assert.deepEqual([body.shippingMethod, body.totals.shipping.amount], [null, 0])
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'cart_incomplete', '/shippingMethod')
    checkRefusal(await asGuest(cart, 'PATCH', '', { shippingMethod: world.ids['shipping'] }), 422, 'reference_not_found', '/shippingMethod')
    await asGuest(cart, 'PATCH', '', { shippingMethod: null })
    assert.equal((await checkOut(world, 'guest', cart)).status, 201)
  })

  test('bears its own part of the tax in the ledger', async () => {
    const legsOf = async (lines: { variant: string; quantity: number }[]) => {
      const cart = await fillCart(world, 'guest', lines)
      const { body } = await checkOut(world, 'guest', cart)
      await work(world)
      const found = await world.engine.parts.storage.reader.find(ledgerEntries, { where: eq('order', body.order.id), limit: 50 })
      const recognized = found.filter(({ kind }) => kind === 'order.recognized')
      return Object.fromEntries(recognized.map(({ account, amount }) => [account.replace(/:ord_.*/, ''), amount.amount]))
    }
    await world.engine.start()
    assert.deepEqual(await legsOf([{ variant: 'free', quantity: 1 }]), {
      'L:deposit': 390,
      'I:shipping:DE:70000': -364,
      'L:tax:DE:70000': -26,
    })
    // 7 % in 13.90 is 91, of which 65.47 lie in the book and 25.53 in its parcel.
    assert.deepEqual(await legsOf([{ variant: 'variant', quantity: 1 }]), {
      'L:deposit': 1_390,
      'I:sales:DE:70000': -935,
      'I:shipping:DE:70000': -364,
      'L:tax:DE:70000': -91,
    })
  })
})

describe('another currency', () => {
  const usd = { amount: 5, currency: 'USD' }

  test('is refused where prices are written', async () => {
    const before = await world.snapshot()
    for (const [method, url, body] of [
      ['POST', '/api/variants', { product: world.ids['product'], sku: 'X', title: 'X', price: usd }],
      ['PATCH', `/api/variants/${world.ids['variant']}`, { price: usd }],
      ['POST', '/api/shippingMethods', { title: 'X', price: usd }],
      ['PATCH', `/api/shippingMethods/${world.ids['shipping']}`, { price: usd }],
    ] as const)
      checkRefusal(await asStaff(method, url, body), 400, 'validation_failed', '/price/currency')
    assert.equal(await world.snapshot(), before)
  })

  test('that the shop has left: what is still priced in it is not for sale, and open carts go on', async () => {
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 1 },
      { variant: 'hardcover', quantity: 1 },
    ])
    await leave(carts, cart.id, { currency: 'USD' })
    await leave(variants, world.ids['variant']!, { price: usd })
    await leave(shippingMethods, world.ids['shipping']!, { price: usd })
    // As a change of the currency leaves it, before any variant is priced anew.
    await leave(products, world.ids['product']!, { price: usd })
    const { status, body } = await asGuest(cart, 'GET')
    assert.equal(status, 200)
    assert.deepEqual(
      body.lines.map(({ available }: { available: boolean }) => available),
      [false, true],
    )
    assert.deepEqual([body.currency, body.totals.total, body.shippingMethod], ['EUR', { amount: 2_500, currency: 'EUR' }, null])
    checkRefusal(await asGuest(cart, 'POST', '/lines', { variant: world.ids['variant'] }), 422, 'not_for_sale', '/variant')
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'not_for_sale', `/lines/${body.lines[0].id}`)
    await asGuest(cart, 'DELETE', `/lines/${body.lines[0].id}`)
    checkRefusal(await checkOut(world, 'guest', cart), 422, 'cart_incomplete', '/shippingMethod')
    const asAnybody = (url: string) => world.call('guest', { method: 'GET', url })
    for (const list of ['products', 'variants', 'shippingMethods']) {
      const shown = await asAnybody(`/api/${list}?count=true`)
      assert.ok(shown.body.items.every(({ price }: { price: typeof usd | null }) => price === null || price.currency === 'EUR'))
      assert.equal(shown.body.count, shown.body.items.length)
    }
    const product = `/api/products/${world.ids['product']}`
    checkRefusal(await asAnybody(product), 404, 'not_found')
    assert.deepEqual((await asAnybody('/api/products?filter[price.currency]=USD')).body.items, [])
    assert.deepEqual((await asStaff('GET', product)).body.price, usd)
    const { storage, model, clock } = world.engine.parts
    const violations = await verifyDatabase({
      read: storage.reader,
      model,
      commitsAfter: (position, limit) => storage.commitsAfter(position, limit),
      now: clock.now(),
      groups: [recordInvariants],
    })
    const misfits = violations.filter(({ invariant }) => invariant === 'records.fit_schema')
    assert.deepEqual(misfits.flatMap(({ rows }) => rows).sort(), [
      `products/${world.ids['product']}`,
      `shippingMethods/${world.ids['shipping']}`,
      `variants/${world.ids['variant']}`,
    ])
    // Staff see it, and price it anew: 5 US cents were never less than 10 euros.
    const repriced = await asStaff('PATCH', `/api/variants/${world.ids['free']}`, { price: { amount: 1_500, currency: 'EUR' } })
    assert.equal(repriced.status, 200)
    assert.deepEqual((await asAnybody(product)).body.price, { amount: 1_500, currency: 'EUR' })
    await asStaff('PATCH', `/api/shippingMethods/${world.ids['shipping']}`, { price: { amount: 390, currency: 'EUR' } })
    const bought = await checkOut(world, 'guest', cart)
    assert.deepEqual([bought.status, bought.body.order?.total], [201, { amount: 2_890, currency: 'EUR' }])
  })
})

describe('an address', () => {
  const set = (cart: HeldCart, change: object) => asGuest(cart, 'PATCH', '', { shippingAddress: { ...address, ...change } })

  test('is in a country that there is', async () => {
    const cart = await fillCart(world, 'guest')
    for (const country of ['ZZ', 'XX', 'UK', 'EU', 'XK', 'de', 'D', '', 'DEU'])
      checkRefusal(await set(cart, { country }), 400, 'validation_failed', '/shippingAddress/country')
    for (const country of ['DE', 'GB', 'GR', 'SS']) assert.equal((await set(cart, { country })).status, 200, country)
    for (const countries of [['UK'], ['DE', 'EU'], ['de']])
      checkRefusal(
        await asStaff('PATCH', `/api/shippingMethods/${world.ids['shipping']}`, { countries }),
        400,
        'validation_failed',
        `/countries/${countries.length - 1}`,
      )
  })

  test('has a postal code where the country asks for one', async () => {
    const cart = await fillCart(world, 'guest')
    const { postalCode: _, ...without } = address
    for (const country of ['HK', 'AE', 'JM', 'IE', 'IL']) {
      const answer = await asGuest(cart, 'PATCH', '', { shippingAddress: { ...without, country } })
      assert.equal(answer.status, 200, answer.text)
      assert.equal((await set(cart, { country, postalCode: null })).status, 200)
    }
    for (const postalCode of [null, '', ' ', '\u3164']) {
      assert.equal((await set(cart, { country: 'HK', postalCode: '' })).status, 200)
      checkRefusal(await set(cart, { postalCode }), 400, 'validation_failed', '/shippingAddress/postalCode')
    }
    checkRefusal(await asGuest(cart, 'PATCH', '', { billingAddress: without }), 400, 'validation_failed', '/billingAddress/postalCode')
  })

  test('names a person and a place: nothing blank, no lines, no links; blanks around it go', async () => {
    const cart = await fillCart(world, 'guest')
    for (const field of ['name', 'line1', 'city'])
      for (const text of [
        '',
        ' ',
        '\t',
        '\u00a0',
        '\u200b',
        '\u3164',
        '\u2800',
        'Ann\nLee',
        'Ann\r\nBcc: x',
        'Ann\u2028Lee',
        'http://x.example',
      ])
        checkRefusal(await set(cart, { [field]: text }), 400, 'validation_failed', `/shippingAddress/${field}`)
    for (const field of ['line2', 'region', 'phone'])
      checkRefusal(await set(cart, { [field]: 'a\nb' }), 400, 'validation_failed', `/shippingAddress/${field}`)
    const { body } = await set(cart, { name: ' José O’Neil ', line2: '  ', region: null, city: '東京' })
    assert.deepEqual(body.shippingAddress, { ...address, name: 'José O’Neil', city: '東京' })
  })
})

test('one order has a bound, of the whole and of each line, which the config sets', async () => {
  const shop = { currency: 'EUR', limits: { lineQuantity: 8, orderUnits: 9 } }
  const bound = await openWorld({ config: { ...testConfig, shop } })
  try {
    const cart = await fillCart(bound, 'guest', [{ variant: 'variant', quantity: 8 }])
    const add = (variant: string, quantity: number) =>
      bound.call('guest', {
        method: 'POST',
        url: `/api/carts/${cart.id}/lines`,
        headers: cart.headers,
        body: { variant: bound.ids[variant], quantity },
      })
    checkRefusal(await add('variant', 1), 400, 'validation_failed', '/quantity')
    assert.equal((await add('hardcover', 2)).status, 201)
    const before = await bound.snapshot()
    const answer = await checkOut(bound, 'guest', cart)
    checkRefusal(answer, 422, 'order_too_large')
    assert.deepEqual(answer.body.params, { units: 10, orderUnits: 9, lineQuantity: 8 })
    assert.equal(await bound.snapshot(), before)
    // What is not there at all is said first.
    await add('hardcover', 2)
    checkRefusal(await checkOut(bound, 'guest', cart), 409, 'out_of_stock')
  } finally {
    await bound.close()
  }
})

const password = { email: 'owner@example.com', password: 'password of owner' }

describe('signing in', () => {
  const signIn = (cart?: HeldCart) =>
    world.request({ method: 'POST', url: '/api/auth/login', ...(cart ? { headers: cart.headers } : {}), body: password })
  const claim = (as: 'owner' | 'other' | 'staff' | 'guest', cart: HeldCart) =>
    world.call(as, { method: 'POST', url: `/api/carts/${cart.id}/claim`, headers: cart.headers })
  const asOwner = (method: string, url: string, body?: object) => world.call('owner', { method, url, ...(body ? { body } : {}) })

  test('on the way to checkout keeps the cart and the order for the account', async () => {
    const cart = await fillCart(world, 'guest')
    assert.equal((await signIn(cart)).status, 200)
    // From here on without the token, as on another device.
    assert.equal((await asOwner('GET', `/api/carts/${cart.id}`)).body.lines.length, 1)
    const open = await asOwner('GET', '/api/carts?filter[status]=open&sort=-updatedAt&limit=1')
    assert.deepEqual(
      open.body.items.map(({ id }: { id: string }) => id),
      [cart.id],
    )
    const bought = await checkOut(world, 'owner', { ...cart, headers: {} })
    assert.equal(bought.body.order.customer, world.ids['owner'])
    const mine = await asOwner('GET', `/api/orders?filter[customer]=${world.ids['owner']}`)
    assert.equal(mine.body.items.length, 1)
  })

  test('brings the cart of the account and that of the guest together', async () => {
    const before = await fillCart(world, 'owner', [
      { variant: 'variant', quantity: 2 },
      { variant: 'hardcover', quantity: 1 },
    ])
    await asOwner('PATCH', `/api/carts/${before.id}`, { note: 'Ring twice' })
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
    await signIn(cart)
    const { body } = await asOwner('GET', `/api/carts/${cart.id}`)
    assert.deepEqual(
      body.lines.map(({ variant, quantity }: { variant: string; quantity: number }) => [variant, quantity]),
      [
        [world.ids['variant'], 3],
        [world.ids['hardcover'], 1],
      ],
    )
    assert.deepEqual([body.email, body.note], ['owner@example.com', 'Ring twice'])
    assert.equal((await asOwner('GET', `/api/carts/${before.id}`)).body.status, 'abandoned')
    checkRefusal(await asOwner('PATCH', `/api/carts/${before.id}`, { note: 'x' }), 409, 'cart_not_open')
    // Twice, and at once, is once.
    await Promise.all([signIn(cart), claim('owner', cart), signIn(cart)])
    assert.deepEqual((await asOwner('GET', `/api/carts/${cart.id}`)).body.lines, body.lines)
  })

  test('of one browser in two windows at once counts nothing twice', async () => {
    const before = await fillCart(world, 'owner', [{ variant: 'variant', quantity: 2 }])
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
    const answers = await Promise.all([signIn(cart), signIn(cart), claim('owner', cart), claim('owner', cart)])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    assert.equal((await asOwner('GET', `/api/carts/${cart.id}`)).body.lines[0].quantity, 3)
    assert.equal((await asOwner('GET', `/api/carts/${before.id}`)).body.status, 'abandoned')
  })

  test('leaves in the other cart what does not fit, and says so', async () => {
    const before = await fillCart(world, 'owner', [
      { variant: 'variant', quantity: 9_000 },
      { variant: 'hardcover', quantity: 1 },
    ])
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1_500 }])
    for (let time = 0; time < 2; time++) {
      const answer = await claim('owner', cart)
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.body.leftOut, [{ variant: world.ids['variant'], title: 'Emma, Paperback', quantity: 501 }])
      assert.deepEqual(
        answer.body.lines.map(({ quantity }: { quantity: number }) => quantity),
        [9_999, 1],
      )
    }
    const rest = await asOwner('GET', `/api/carts/${before.id}`)
    assert.deepEqual([rest.body.status, rest.body.lines[0].quantity], ['open', 501])
  })

  test('makes an order that was placed as a guest one of the account', async () => {
    const cart = await fillCart(world, 'guest')
    const { body } = await checkOut(world, 'guest', cart)
    assert.equal(body.order.customer, null)
    assert.equal((await asOwner('GET', `/api/orders/${body.order.id}`)).status, 404)
    const answer = await claim('owner', cart)
    assert.deepEqual([answer.status, answer.body.status, answer.body.order], [200, 'converted', body.order.id])
    assert.equal((await asOwner('GET', `/api/orders/${body.order.id}`)).body.customer, world.ids['owner'])
    const another = await fillCart(world, 'guest')
    const ordered = await checkOut(world, 'guest', another)
    await signIn(another)
    assert.equal((await asOwner('GET', `/api/orders/${ordered.body.order.id}`)).body.customer, world.ids['owner'])
  })

  test('takes nothing that is another account’s, or that was not shown to be held', async () => {
    const theirs = await fillCart(world, 'other')
    const { body } = await checkOut(world, 'other', await fillCart(world, 'other'))
    assert.equal((await signIn(theirs)).status, 200)
    checkRefusal(await claim('owner', theirs), 404, 'not_found')
    checkRefusal(await claim('staff', theirs), 403, 'forbidden')
    assert.equal((await asStaff('GET', `/api/carts/${theirs.id}`)).body.status, 'open')
    assert.equal((await world.call('other', { method: 'GET', url: `/api/carts/${theirs.id}` })).status, 200)
    assert.equal((await asStaff('GET', `/api/orders/${body.order.id}`)).body.customer, world.ids['other'])
    const guests = await fillCart(world, 'guest')
    checkRefusal(await claim('owner', { ...guests, headers: {} }), 404, 'not_found')
    checkRefusal(await claim('staff', { ...guests, headers: {} }), 403, 'forbidden')
    checkRefusal(await claim('guest', guests), 401, 'unauthenticated')
    assert.equal((await signIn({ id: '', headers: { 'cart-token': 'cart_of_nobody' } })).status, 200)
  })
})

describe('a token that was a guest’s', () => {
  test('opens nothing any more once the cart is an account’s: no address, no order, no payment, no cancel', async () => {
    await fillCart(world, 'owner') // With the address of the account, which comes into the cart.
    const planted = await fillCart(world, 'guest')
    const login = { method: 'POST', url: '/api/auth/login', headers: planted.headers, body: password }
    assert.equal((await world.request(login)).status, 200)
    const { body } = await checkOut(world, 'owner', { id: planted.id, headers: {} })
    const order = body.order.id as string
    const payment = (await asStaff('GET', `/api/payments?filter[order]=${order}`)).body.items[0].id as string
    for (const as of ['guest', 'other'] as const) {
      const call = async (method: string, url: string) => await world.call(as, { method, url, headers: planted.headers })
      checkRefusal(await call('GET', `/api/carts/${planted.id}`), 404, 'not_found')
      checkRefusal(await call('GET', `/api/orders/${order}`), 404, 'not_found')
      checkRefusal(await call('GET', `/api/payments/${payment}`), 404, 'not_found')
      checkRefusal(await call('POST', `/api/orders/${order}/cancel`), 404, 'not_found')
      assert.deepEqual((await call('GET', '/api/orders')).body.items, [])
    }
    const own = await world.call('owner', { method: 'GET', url: `/api/orders/${order}` })
    assert.deepEqual([own.status, own.body.customer], [200, world.ids['owner']])
  })

  test('brings no address for the receipts of the account, which keeps what it chose itself', async () => {
    const asOwner = (method: string, url: string, body?: object) => world.call('owner', { method, url, ...(body ? { body } : {}) })
    const signIn = (cart: HeldCart) => world.request({ method: 'POST', url: '/api/auth/login', headers: cart.headers, body: password })
    const planted = async () => {
      const cart = await fillCart(world, 'guest')
      assert.equal((await asGuest(cart, 'PATCH', '', { email: 'thief@example.com' })).status, 200)
      assert.equal((await signIn(cart)).status, 200)
      return cart
    }
    const first = await planted()
    assert.equal((await asOwner('GET', `/api/carts/${first.id}`)).body.email, password.email)
    // Chosen by the account in this cart: the same sign-in again keeps it, and so does a guest's cart that comes later.
    await asOwner('PATCH', `/api/carts/${first.id}`, { email: 'office@example.com' })
    await signIn(first)
    assert.equal((await asOwner('GET', `/api/carts/${first.id}`)).body.email, 'office@example.com')
    const second = await planted()
    const { body } = await checkOut(world, 'owner', { id: second.id, headers: {} })
    assert.equal(body.order.email, 'office@example.com')
  })
})

describe('units on hand', () => {
  const change = (onHand: unknown, more: object = {}) =>
    asStaff('PATCH', `/api/stockLevels/${world.ids['variantLevel']}`, { onHand, ...more })
  const movements = async () => {
    const { body } = await asStaff('GET', `/api/stockMovements?filter[stockLevel]=${world.ids['variantLevel']}`)
    return body.items.map(({ kind, quantity, reason }: Record<string, unknown>) => [kind, quantity, reason])
  }

  test('are changed by so many: of several corrections at once each counts, and each is a movement', async () => {
    const answers = await Promise.all([-2, -3, 4, -1].map(($increment) => change({ $increment }, { reason: `by ${$increment}` })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    const { body } = await asStaff('GET', `/api/stockLevels/${world.ids['variantLevel']}`)
    assert.deepEqual([body.onHand, body.available], [8, 8])
    assert.deepEqual((await movements()).toSorted(), [
      ['adjusted', -1, 'by -1'],
      ['adjusted', -2, 'by -2'],
      ['adjusted', -3, 'by -3'],
      ['received', 4, 'by 4'],
    ])
  })

  test('never go below what is promised, nor beyond what is counted', async () => {
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 7 }])
    assert.equal((await checkOut(world, 'guest', cart)).status, 201)
    checkRefusal(await change({ $increment: -4 }), 400, 'validation_failed', '/onHand')
    checkRefusal(await change({ $increment: 1_000_000_000 }), 400, 'validation_failed', '/onHand')
    for (const wrong of [{ $increment: 1.5 }, { $increment: '1' }, { $increment: 1, by: 2 }, {}, '1', null])
      checkRefusal(await change(wrong), 400, 'validation_failed')
    assert.deepEqual(await movements(), [])
    assert.equal((await change({ $increment: -3 })).body.available, 0)
    assert.equal((await change({ $increment: 0 })).status, 200)
    assert.equal((await change(12)).body.available, 5)
  })
})

describe('old carts', () => {
  const statusOf = async (cart: HeldCart) => {
    const answer = await asGuest(cart, 'GET')
    return answer.status === 200 ? answer.body.status : answer.status
  }
  /** One tick of the schedule, so much later. */
  const tickAfter = async (ms: number) => {
    await world.clock.advance(ms)
    await world.write((tx, now) => forgetCarts.run(workIn(world.engine.parts, tx, now)) as Promise<void>)
  }

  test('are given up, closed for changes, and deleted later; what became an order stays', async () => {
    const old = await fillCart(world, 'guest')
    const ordered = await fillCart(world, 'guest')
    const { body } = await checkOut(world, 'guest', ordered)
    assert.equal(body.order.status, 'pending_payment')
    await tickAfter(limits.cartIdleMs)
    assert.equal(await statusOf(old), 'open')
    await tickAfter(1)
    assert.deepEqual([await statusOf(old), await statusOf(ordered)], ['abandoned', 'converted'])
    checkRefusal(await asGuest(old, 'PATCH', '', { note: 'x' }), 409, 'cart_not_open')
    checkRefusal(await checkOut(world, 'guest', old), 409, 'cart_not_open')
    await tickAfter(limits.cartKeepMs)
    assert.equal(await statusOf(old), 'abandoned')
    await tickAfter(1)
    assert.deepEqual([await statusOf(old), await statusOf(ordered)], [404, 'converted'])
    await tickAfter(10 * limits.cartIdleMs)
    assert.equal(await statusOf(ordered), 'converted')
  })

  test('that somebody touches are not old', async () => {
    const cart = await fillCart(world, 'guest')
    for (const note of ['a', 'b', 'c']) {
      await tickAfter(limits.cartIdleMs)
      assert.equal((await asGuest(cart, 'PATCH', '', { note })).status, 200)
    }
    assert.equal(await statusOf(cart), 'open')
  })
})

describe('an order that is tried again and again', () => {
  const pay = (cart: HeldCart, order: string) =>
    world.call('guest', {
      method: 'POST',
      url: `/api/orders/${order}/payments`,
      headers: cart.headers,
      body: { provider: 'sandbox', method: 'card_declined' },
    })
  const expireDue = () => world.write(async (tx, now) => void (await expireOrders.run(workIn(world.engine.parts, tx, now))))
  const read = async (cart: HeldCart, order: string) =>
    (await world.call('guest', { method: 'GET', url: `/api/orders/${order}`, headers: cart.headers })).body

  test('does not hold the last units for ever', async () => {
    const cart = await fillCart(world, 'guest', [{ variant: 'hardcover', quantity: 3 }])
    const { id, createdAt } = (await checkOut(world, 'guest', cart, 'card_declined')).body.order
    for (let tries = 1; tries <= 4; tries++) {
      await world.clock.advance(29 * 60_000)
      await expireDue()
      assert.equal((await pay(cart, id)).status, 201)
    }
    const { expiresAt } = await read(cart, id)
    assert.equal(Date.parse(expiresAt) - Date.parse(createdAt), limits.orderHoldTotalMs)
    await world.clock.advance(4 * 60_000)
    // Its time is over, though nobody has closed it yet.
    const late = await pay(cart, id)
    checkRefusal(late, 409, 'order_state_conflict')
    assert.equal(late.body.params.status, 'pending_payment')
    await expireDue()
    assert.equal((await read(cart, id)).status, 'expired')
    checkRefusal(await pay(cart, id), 409, 'order_state_conflict')
    const level = (await asStaff('GET', `/api/stockLevels/${world.ids['hardcoverLevel']}`)).body
    assert.deepEqual([level.held, level.available], [0, 3])
  })
})

describe('a cart of many lines', () => {
  test(`has up to ${limits.cartLinesMax}, and becomes an order with all of them`, async () => {
    const { newId } = world.engine
    const made = Array.from({ length: limits.cartLinesMax + 1 }, (_, index) => ({ id: newId('var'), index }))
    await world.write(async (tx) => {
      const product = world.ids['product']!
      const same = { product, title: 'Paperback', price: { amount: 100, currency: 'EUR' } }
      for (const { id, index } of made) {
        await tx.insert<AnyRecord>({ name: variants.name }, { id, ...same, downloads: [], sku: `MANY-${index}`, position: index } as never)
        const level = await createStockLevel(tx, newId, id)
        await tx.update(stockLevels, level, { add: { onHand: 1, available: 1 } })
      }
    })
    const lines = made.map(({ id }) => ({ variant: id }))
    const create = (body: object) => world.call('guest', { method: 'POST', url: '/api/carts', body })
    assert.equal((await create({ lines })).body.errors[0].path, '/lines')
    const [one, ...others] = lines
    const cart = await create({
      lines: others,
      email: 'guest@example.com',
      shippingAddress: address,
      shippingMethod: world.ids['shipping'],
    })
    assert.deepEqual([cart.status, cart.body.lines.length], [201, limits.cartLinesMax])
    const headers = { 'cart-token': cart.body.token }
    const more = await world.call('guest', { method: 'POST', url: `/api/carts/${cart.body.id}/lines`, headers, body: one! })
    assert.equal(more.body.errors[0].path, '/variant')
    const payment = { provider: 'sandbox', method: 'card_success' }
    const order = await world.call('guest', { method: 'POST', url: `/api/carts/${cart.body.id}/checkout`, headers, body: { payment } })
    assert.deepEqual(
      [order.status, order.body.order.lines.length, order.body.order.total.amount],
      [201, limits.cartLinesMax, limits.cartLinesMax * 100 + 390],
    )
    assert.equal(await world.engine.parts.storage.reader.count(reservations, eq('order', order.body.order.id)), limits.cartLinesMax)
  })
})

describe('a cart that somebody has left', () => {
  const left = async (shop: World) =>
    (await shop.engine.parts.storage.reader.find(emails, { where: eq('template', 'cart_reminder'), limit: 9 })).map(({ to }) => to)

  test('is told of once, to the address in it, where the config says so', async () => {
    const shop = await openWorld({ config: { ...testConfig, shop: { ...testConfig.shop, cartReminderHours: 24 } } as never })
    try {
      const cartOf = async (email: string, more: object = {}) =>
        (
          await shop.call('guest', {
            method: 'POST',
            url: '/api/carts',
            body: { email, lines: [{ variant: shop.ids['variant'] }], ...more },
          })
        ).body
      const ages = async (ids: readonly string[]) =>
        shop.write(async (tx, now) => {
          for (const id of ids) await tx.touch(carts, id, { set: {} })
          await tx.touchAll(cartReminders, always, { set: { dueAt: now } })
        })
      const [cart, bought, empty] = [
        await cartOf('left@example.com'),
        await cartOf('bought@example.com', { shippingAddress: address, shippingMethod: shop.ids['shipping'] }),
        await cartOf('empty@example.com', { lines: [] }),
      ]
      await checkOut(shop, 'guest', { id: bought.id, headers: { 'cart-token': bought.token } })
      const remind = async () =>
        await shop.write(async (tx, now) => {
          const work = workIn(shop.engine.parts, tx, now)
          const told = await remindCarts.run(work)
          await shop.engine.parts.react(work, Array.isArray(told) ? told : [])
        })
      await remind()
      assert.deepEqual(await left(shop), [])
      // Touched since: the row was made a day ago, and the cart now.
      await ages([cart.id, empty.id])
      await remind()
      assert.deepEqual(await left(shop), [])
      await shop.write((tx, now) => tx.touchAll(cartReminders, always, { set: { dueAt: now } }))
      await shop.clock.advance(24 * 3_600_000 + 1)
      await remind()
      await remind()
      assert.deepEqual(await left(shop), ['left@example.com'])
      const rows = await findAll(shop.engine.parts.storage.reader, cartReminders)
      assert.deepEqual(rows.map((one) => [one.cart === bought.id, one.sentAt !== null]).toSorted(), [
        [false, false],
        [false, true],
      ])
    } finally {
      await shop.close()
    }
  })

  test('is told to nobody otherwise, and its gift message goes with the order', async () => {
    const cart = await fillCart(world, 'guest')
    const { body } = await asGuest(cart, 'PATCH', '', { giftMessage: 'For you!' })
    assert.equal(body.giftMessage, 'For you!')
    assert.equal(await world.engine.parts.storage.reader.count(cartReminders), 0)
    assert.equal((await checkOut(world, 'guest', cart)).body.order.giftMessage, 'For you!')
  })
})

describe('what has changed in a cart', () => {
  type Change = { readonly code: string; readonly line: string | null; readonly before: unknown; readonly after: unknown }
  const changesOf = async (cart: HeldCart) => {
    const { status, body, text } = await asGuest(cart, 'GET', '/changes')
    assert.equal(status, 200, text)
    return body as { readonly items: readonly Change[]; readonly mark: string }
  }
  const told = ({ items }: { readonly items: readonly Change[] }) => items.map(({ code, before, after }) => [code, before, after])
  const eur = (amount: number) => ({ amount, currency: 'EUR' })
  const setPrice = (name: string, amount: number) => asStaff('PATCH', `/api/variants/${world.ids[name]}`, { price: eur(amount) })
  const see = async (cart: HeldCart, mark: string) => (await asGuest(cart, 'POST', '/seen', { mark })).body

  test('is told with what was and what is, until its holder has seen it', async () => {
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 2 },
      { variant: 'hardcover', quantity: 1 },
    ])
    assert.deepEqual((await changesOf(cart)).items, [])
    await setPrice('variant', 1200)
    await setPrice('hardcover', 2000)
    // Changed by its holder meanwhile, it still says so.
    await asGuest(cart, 'PATCH', '', { note: 'Soon' })
    await asGuest(cart, 'POST', '/lines', { variant: world.ids['variant'] })
    const first = await changesOf(cart)
    assert.deepEqual(told(first), [
      ['price_up', eur(1000), eur(1200)],
      ['price_down', eur(2500), eur(2000)],
    ])
    assert.deepEqual(await changesOf(cart), first)
    // What changes while it is shown is no part of what was seen.
    await setPrice('hardcover', 2100)
    const late = await see(cart, first.mark)
    assert.deepEqual(told(late), [
      ['price_up', eur(1000), eur(1200)],
      ['price_down', eur(2500), eur(2100)],
    ])
    assert.deepEqual((await see(cart, late.mark)).items, [])
    assert.deepEqual((await changesOf(cart)).items, [])
    const { body: view, text } = await asGuest(cart, 'GET')
    assert.doesNotMatch(text, /looked/)
    assert.equal(view.lines[0].quantity, 3)
  })

  test('is also what there is of it, and whether it is sold at all', async () => {
    const cart = await fillCart(world, 'guest', [
      { variant: 'variant', quantity: 2 },
      { variant: 'hardcover', quantity: 2 },
    ])
    await see(cart, (await changesOf(cart)).mark)
    const left = async (available: number) => await leave(stockLevels, world.ids['variantLevel']!, { onHand: available, available })
    await left(1)
    await asStaff('PATCH', `/api/products/${world.ids['product']}`, { status: 'active' })
    const short = await changesOf(cart)
    assert.deepEqual(told(short), [['out_of_stock', 10, 1]])
    await see(cart, short.mark)
    assert.deepEqual((await changesOf(cart)).items, [])
    await left(5)
    assert.deepEqual(told(await changesOf(cart)), [['in_stock', 1, 5]])
    await leave(products, world.ids['product']!, { status: 'archived' })
    const gone = await changesOf(cart)
    assert.deepEqual(told(gone), [
      ['gone', eur(1000), null],
      ['gone', eur(2500), null],
    ])
    await see(cart, gone.mark)
    assert.deepEqual((await changesOf(cart)).items, [])
    await leave(products, world.ids['product']!, { status: 'active' })
    assert.deepEqual(
      told(await changesOf(cart)).map(([code]) => code),
      ['back', 'back'],
    )
  })

  test('is also a discount that has ended, and what the way to send it costs', async () => {
    await asStaff('POST', '/api/discounts', { code: 'SPRING', title: 'Spring', kind: 'percent', value: 10, active: true })
    const cart = await fillCart(world, 'guest', [{ variant: 'variant', quantity: 1 }])
    const put = await asGuest(cart, 'PATCH', '', { discountCodes: ['SPRING'] })
    assert.equal(put.status, 200, put.text)
    await see(cart, (await changesOf(cart)).mark)
    const [discount] = (await asStaff('GET', '/api/discounts')).body.items
    await asStaff('PATCH', `/api/discounts/${discount.id}`, { active: false })
    await asStaff('PATCH', `/api/shippingMethods/${world.ids['shipping']}`, { price: eur(490) })
    assert.deepEqual(told(await changesOf(cart)), [
      ['shipping_price', eur(390), eur(490)],
      ['discount_ended', eur(100), eur(0)],
    ])
    // One that takes more now than it did.
    await asStaff('PATCH', `/api/discounts/${discount.id}`, { active: true, value: 20 })
    const changed = await changesOf(cart)
    assert.deepEqual(told(changed), [
      ['shipping_price', eur(390), eur(490)],
      ['discount_changed', eur(100), eur(200)],
    ])
    assert.deepEqual((await see(cart, changed.mark)).items, [])
    await asStaff('PATCH', `/api/discounts/${discount.id}`, { value: 5 })
    assert.deepEqual(told(await changesOf(cart)), [['discount_changed', eur(200), eur(50)]])
  })
})

describe('saved addresses', () => {
  const as = (who: 'owner' | 'other' | 'guest' | 'staff', method: string, path = '', body?: object) =>
    world.call(who, { method, url: `/api/addresses${path}`, ...(body ? { body } : {}) })
  const home = { name: 'Ada Byron', line1: 'Kastanienallee 1', city: 'Berlin', postalCode: '10435', country: 'DE' }
  const save = async (more: object = {}) => {
    const made = await as('owner', 'POST', '', { ...home, ...more })
    assert.equal(made.status, 201, made.text)
    return made.body
  }
  const listed = async () => (await as('owner', 'GET', '?sort=createdAt')).body.items

  test('are an account’s own, one of them the usual one', async () => {
    const first = await save({ label: 'Home', line2: '  ', isDefaultShipping: true, isDefaultBilling: true })
    assert.deepEqual([first.line2, first.owner], [null, world.ids['owner']])
    const second = await save({ line1: 'Main Street 2', isDefaultShipping: true })
    assert.deepEqual(
      (await listed()).map((one: Record<string, unknown>) => [one['line1'], one['isDefaultShipping'], one['isDefaultBilling']]),
      [
        ['Kastanienallee 1', false, true],
        ['Main Street 2', true, false],
      ],
    )
    assert.deepEqual([(await as('guest', 'POST', '', home)).status, (await as('other', 'GET')).body.items], [401, []])
    for (const method of ['GET', 'PATCH', 'DELETE'])
      assert.equal((await as('other', method, `/${second.id}`, method === 'PATCH' ? { city: 'X' } : undefined)).status, 404)
    assert.equal((await as('other', 'POST', '', { ...home, owner: world.ids['owner'] })).status, 403)
    assert.equal((await as('owner', 'DELETE', `/${second.id}`)).status, 204)
  })

  test('are used by their ids, and copied', async () => {
    const { id } = await save({ label: 'Home' })
    const cart = await fillCart(world, 'owner')
    const set = await world.call('owner', {
      method: 'PATCH',
      url: `/api/carts/${cart.id}`,
      body: { savedShippingAddress: id, savedBillingAddress: id },
    })
    assert.deepEqual([set.body.shippingAddress, set.body.billingAddress], [home, home], set.text)
    await as('owner', 'PATCH', `/${id}`, { line1: 'Moved 3' })
    const { body } = await checkOut(world, 'owner', cart)
    assert.equal(body.order.addresses.shipping.line1, home.line1)
    const mixed = await world.call('owner', {
      method: 'POST',
      url: '/api/carts',
      body: { savedShippingAddress: id, shippingAddress: home },
    })
    assert.deepEqual([mixed.status, mixed.body.errors[0].path], [400, '/savedShippingAddress'])
    for (const who of ['other', 'staff', 'guest'] as const) {
      const answer = await world.call(who, { method: 'POST', url: '/api/carts', body: { savedShippingAddress: id } })
      assert.deepEqual([answer.status, answer.body.errors[0].path], [422, '/savedShippingAddress'])
    }
  })

  test('are taken with the marks of direction that come with what is copied, and without those that turn a text round', async () => {
    const given = {
      name: '\u200fדוד\u200f לוי\u200f',
      line1: 'רח׳ הרצל 5\u200e',
      postalCode: '\u200e10435 ',
      phone: '\u200e+49 30\u200e 1',
    }
    const kept = { name: 'דוד\u200f לוי', line1: 'רח׳ הרצל 5', postalCode: '10435', phone: '+49 30 1' }
    const told = (of: Record<string, unknown>) => Object.fromEntries(Object.keys(kept).map((name) => [name, of[name]]))
    const ofCart = { ...home, ...given }
    const cart = await world.call('owner', { method: 'POST', url: '/api/carts', body: { shippingAddress: ofCart } })
    assert.deepEqual(told(cart.body.shippingAddress), kept, cart.text)
    assert.deepEqual(told((await as('owner', 'POST', '', ofCart)).body), kept)
    for (const [name, text] of [
      ['name', '\u202eabc'],
      ['city', 'a\u2066b'],
    ] as const) {
      const body = { shippingAddress: { ...ofCart, [name]: text } }
      const turned = await world.call('owner', { method: 'POST', url: '/api/carts', body })
      assert.deepEqual([turned.status, turned.body.errors[0].path], [400, `/shippingAddress/${name}`])
      assert.match(turned.body.errors[0].message, /turn round a text/)
    }
  })

  test('are whole addresses, and no more than there may be', async () => {
    for (const [wrong, path] of [
      [{ country: 'XX' }, '/country'],
      [{ postalCode: null }, '/postalCode'],
      [{ name: 'see https://evil.example' }, '/name'],
      [{ city: ' ' }, '/city'],
      [{ line2: 'a\u202eb' }, '/line2'],
    ] as const) {
      const answer = await as('owner', 'POST', '', { ...home, ...wrong })
      assert.deepEqual([answer.status, answer.body.errors?.[0].path], [400, path], answer.text)
    }
    const { id } = await save()
    assert.equal((await as('owner', 'PATCH', `/${id}`, { postalCode: null })).status, 400)
    assert.equal((await as('owner', 'PATCH', `/${id}`, { country: 'IE', postalCode: null })).status, 200)
    await world.write(async (tx) => {
      const owner = world.ids['owner']!
      const rest = {
        ...home,
        owner,
        label: null,
        line2: null,
        region: null,
        phone: null,
        isDefaultShipping: false,
        isDefaultBilling: false,
      }
      for (let count = 2; count < limits.savedAddressesMax; count++) await tx.insert(addresses, { id: world.engine.newId('adr'), ...rest })
    })
    const both = await Promise.all([as('owner', 'POST', '', home), as('owner', 'POST', '', home)])
    assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 400])
  })
})
