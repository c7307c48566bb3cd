// Discounts: what a cart is told of its codes, and that no limit is passed, whoever asks at once.
// slow: mysql, mongodb
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eq } from '../../src/contract/filter.ts'
import { users } from '../../src/domains/accounts/collections.ts'
import { type Discount, discounts, discountTallies, discountUses } from '../../src/domains/discounts/collections.ts'
import { tallyId } from '../../src/domains/discounts/tallies.ts'
import { orders } from '../../src/domains/orders/collections.ts'
import { payments } from '../../src/domains/payments/collections.ts'
import { stockLevels } from '../../src/domains/stock/collections.ts'
import { findAll } from '../../src/storage/find-all.ts'
import { type As, address, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

let world: World
before(async () => {
  world = await openWorld({
    config: { ...testConfig, shop: { ...testConfig.shop, automaticDiscounts: true, customerGroups: ['wholesale'] } } as never,
  })
  await world.engine.start()
  await world.write(async (tx) => {
    const level = await tx.get(stockLevels, world.ids['variantLevel']!)
    await tx.update(stockLevels, level!, { add: { onHand: 1_000, available: 1_000 } })
  })
})
after(() => closeWithBooks(world))

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const read = () => world.engine.parts.storage.reader
const send = (as: As, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  world.call(as, { method, url: `/api/${path}`, headers, ...(body === undefined ? {} : { body }) })
let count = 0

/** Each test has codes of its own. */
async function make(fields: object = {}): Promise<{ id: string; code: string }> {
  const { status, body } = await send('staff', 'POST', 'discounts', {
    title: 'A discount',
    code: `code ${++count}`,
    kind: 'percent',
    value: 10,
    ...fields,
  })
  assert.equal(status, 201, JSON.stringify(body))
  return body
}

type Wants = {
  readonly lines?: readonly { variant: string; quantity: number }[]
  readonly codes?: readonly string[]
  readonly email?: string
}

async function fill(as: As, { lines = [{ variant: 'variant', quantity: 1 }], codes = [], email = `${as}@example.com` }: Wants = {}) {
  const body = {
    email,
    lines: lines.map(({ variant, quantity }) => ({ variant: world.ids[variant], quantity })),
    shippingAddress: address,
    shippingMethod: world.ids['shipping'],
    ...(codes.length > 0 && { discountCodes: codes }),
  }
  const made = await send(as, 'POST', 'carts', body)
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return { id: made.body.id as string, headers: { 'cart-token': made.body.token as string }, cart: made.body }
}

const card = (method = 'card_success') => ({ payment: { provider: 'sandbox', method } })
const checkOut = (as: As, cart: { id: string; headers: Record<string, string> }, body: object = card()) =>
  send(as, 'POST', `carts/${cart.id}/checkout`, body, cart.headers)
const order = async (as: As, wants: Wants, body?: object) => await checkOut(as, await fill(as, wants), body)
const usesOf = async (id: string) => (await read().get(discountTallies, tallyId(id)))?.uses ?? 0
const statesOf = async (id: string) => (await findAll(read(), discountUses, eq('discount', id))).map(({ state }) => state).toSorted()
const reasonsOf = (cart: { discounts: { code: string; reason: { code: string } | null }[] }) =>
  cart.discounts.map((one) => one.reason?.code ?? null)

test('a code in any spelling is taken off the cart and kept with the order, to the cent', async () => {
  const { code } = await make({ code: 'welcome 10', title: 'Welcome' })
  assert.equal(code, 'WELCOME10')
  const cart = await fill('guest', {
    lines: [
      { variant: 'variant', quantity: 2 },
      { variant: 'hardcover', quantity: 1 },
    ],
    codes: ['Welcome 10', 'WELCOME10'],
  })
  assert.deepEqual(
    [cart.cart.discountCodes, cart.cart.discounts],
    [['WELCOME10'], [{ code, title: 'Welcome', amount: eur(450), reason: null }]],
  )
  const { subtotal, discount, shipping, total } = cart.cart.totals
  assert.deepEqual([subtotal, discount, shipping, total], [eur(4500), eur(450), eur(390), eur(4440)])
  const { status, body } = await checkOut('guest', cart, { ...card(), expectedTotal: eur(4440) })
  assert.equal(status, 201)
  const [{ id, ...kept }] = body.order.discounts
  assert.deepEqual(kept, { code, title: 'Welcome', amount: eur(450) })
  assert.deepEqual(
    body.order.lines.map((line: { discount: object }) => line.discount),
    [eur(200), eur(250)],
  )
  await work(world)
  assert.deepEqual([await statesOf(id), await usesOf(id), (await read().get(orders, body.order.id))!.paymentStatus], [['used'], 1, 'paid'])
  assert.deepEqual(
    (await findAll(read(), payments, eq('order', body.order.id))).map(({ captured }) => captured),
    [eur(4440)],
  )
})

// Of a fixed amount it would have been taken twice and counted once, and the order would not have added up.
test('what is added to a placed order has its price: its discounts were taken before', async () => {
  const { code } = await make({ kind: 'fixed', value: eur(300) })
  const { body } = await order('owner', { codes: [code] })
  await work(world)
  const add = [{ variant: world.ids['variant'], quantity: 1 }]
  const after = await send('staff', 'POST', `orders/${body.order.id}/edits`, { add })
  assert.equal(after.status, 200, after.text)
  const { subtotal, discount, shipping, total } = after.body.totals
  assert.deepEqual([subtotal, discount, shipping, total], [eur(2000), eur(300), eur(390), eur(2090)])
  assert.deepEqual(
    after.body.lines.map((line: { discount?: object; total: object }) => [line.discount ?? null, line.total]),
    [
      [eur(300), eur(700)],
      [null, eur(1000)],
    ],
  )
})

test('free shipping and a discount of all of it: the order costs nothing and is placed', async () => {
  const [free, all] = [await make({ kind: 'free_shipping', value: null, combines: true }), await make({ value: 100, combines: true })]
  const cart = await fill('guest', { codes: [free.code, all.code] })
  assert.deepEqual([cart.cart.totals.total, cart.cart.totals.discount], [eur(0), eur(1390)])
  // Nothing is to be paid, so nothing says how; of what costs something it must.
  const { body } = await checkOut('guest', cart, {})
  assert.deepEqual([body.order.status, body.order.paymentStatus], ['placed', 'paid'])
  const dear = await checkOut('guest', await fill('guest', { codes: [] }), {})
  assert.deepEqual([dear.status, dear.body.errors[0].path], [400, '/payment'])
  assert.deepEqual([await statesOf(free.id), await statesOf(all.id)], [['used'], ['used']])
})

test('a code that nobody can use is refused with one answer, one that fits nothing yet says why', async () => {
  const paused = await make({ active: false })
  const later = await make({ startsAt: '2030-01-01T00:00:00Z' })
  const over = await make({ endsAt: '2020-01-01T00:00:00Z' })
  const cart = await fill('guest')
  const answers = []
  for (const code of [paused.code, later.code, over.code, 'no such code']) {
    const { status, body } = await send('guest', 'PATCH', `carts/${cart.id}`, { discountCodes: [code] }, cart.headers)
    answers.push(JSON.stringify([status, body.code, body.errors]))
  }
  assert.deepEqual([...new Set(answers)], [answers[0]])
  assert.match(answers[0]!, /422,"discount_unknown".*discountCodes\/0/)
  const large = await make({ minimumSum: eur(5000), title: 'For large carts' })
  const { body } = await send('guest', 'PATCH', `carts/${cart.id}`, { discountCodes: [large.code] }, cart.headers)
  assert.deepEqual(body.discounts, [
    {
      code: large.code,
      title: 'For large carts',
      amount: eur(0),
      reason: { code: 'minimum_sum', message: 'This code asks for 50.00 EUR of what it is for: 40.00 EUR more.' },
    },
  ])
  assert.equal((await checkOut('guest', cart)).body.order.discounts, null)
})

test('edited, paused and deleted while carts are open: they have it as it is now, and their orders as it was', async () => {
  const [one, two] = [await make(), await make()]
  const cart = await fill('guest', { codes: [one.code] })
  const other = await fill('guest', { codes: [two.code] })
  await send('staff', 'PATCH', `discounts/${one.id}`, { value: 50 })
  const look = async (of: typeof cart) => (await send('guest', 'GET', `carts/${of.id}`, undefined, of.headers)).body
  assert.deepEqual((await look(cart)).totals.discount, eur(500))
  const placed = await checkOut('guest', cart)
  assert.equal((await send('staff', 'PATCH', `discounts/${one.id}`, { active: false, value: 20 })).status, 200)
  assert.deepEqual((await read().get(orders, placed.body.order.id))!.discounts![0]!.amount, eur(500))
  // One that was used stays: orders name it.
  assert.equal((await send('staff', 'DELETE', `discounts/${one.id}`)).body.code, 'still_referenced')
  assert.equal((await send('staff', 'DELETE', `discounts/${two.id}`)).status, 204)
  assert.deepEqual(reasonsOf(await look(other)), ['unavailable'])
  // Nobody pays more than they saw.
  const lost = await checkOut('guest', other)
  assert.deepEqual(
    [lost.status, lost.body.code, lost.body.params],
    [409, 'discount_unusable', { discount: two.code, reason: 'unavailable' }],
  )
  // It stays on the cart until it is taken out, and other codes come beside it.
  const { code } = await make()
  const { body } = await send('guest', 'PATCH', `carts/${other.id}`, { discountCodes: [two.code, code] }, other.headers)
  assert.deepEqual(reasonsOf(body), [null, 'unavailable'])
})

test('what a discount must be is told with its path', async () => {
  const used = await make({ usesMax: 2 })
  await order('guest', { codes: [used.code] })
  await order('guest', { codes: [used.code], email: 'another@example.com' })
  const bad = async (method: string, path: string, body: object) => {
    const answer = await send('staff', method, path, body)
    return [answer.status, answer.body.code, answer.body.errors?.[0]?.path]
  }
  const fields = { title: 'Bad', code: 'bad', kind: 'percent', value: 10 }
  for (const [more, path] of [
    [{ value: 0 }, '/value'],
    [{ value: 100.00001 }, '/value'],
    [{ value: 12.34567 }, '/value'],
    [{ value: null }, '/value'],
    [{ kind: 'fixed' }, '/value'],
    [{ kind: 'fixed', value: { amount: 0, currency: 'EUR' } }, '/value/amount'],
    [{ kind: 'fixed', value: { amount: 10, currency: 'USD' } }, '/value/currency'],
    [{ kind: 'buy_x_get_y', value: { buy: 2 } }, '/value'],
    [{ kind: 'free_shipping', value: null, per: 'line' }, '/per'],
    [{ getProducts: [world.ids['product']] }, '/getProducts'],
    [{ startsAt: '2026-02-01T00:00:00Z', endsAt: '2026-02-01T00:00:00Z' }, '/endsAt'],
    [{ code: '   ' }, '/code'],
    [{ firstOrder: true, usesPerCustomerMax: 2 }, '/usesPerCustomerMax'],
    [{ customerGroups: ['wholesale', 'nobody'] }, '/customerGroups/1'],
  ] as const) {
    const told = await bad('POST', 'discounts', { ...fields, ...more })
    assert.deepEqual([told[0], told[1]], [400, 'validation_failed'], JSON.stringify([more, told]))
    assert.ok(String(told[2]).startsWith(path), JSON.stringify([more, told]))
  }
  assert.deepEqual(await bad('POST', 'discounts', { ...fields, code: used.code.toLowerCase() }), [409, 'already_exists', '/code'])
  assert.deepEqual(await bad('PATCH', `discounts/${used.id}`, { usesMax: 1 }), [400, 'validation_failed', '/usesMax'])
  await order('guest', { codes: [(await make()).code] })
  for (const as of ['guest', 'owner'] as const) assert.ok([401, 403].includes((await send(as, 'POST', 'discounts', fields)).status))
})

test('of twenty checkouts at once no more have it than it can be used, and the others are told', async () => {
  const { id, code } = await make({ usesMax: 3 })
  const carts = await Promise.all(
    Array.from({ length: 20 }, (_, index) => fill('guest', { codes: [code], email: `buyer${index}@example.com` })),
  )
  const answers = await Promise.all(carts.map((cart) => checkOut('guest', cart)))
  const made = answers.filter(({ status }) => status === 201)
  assert.deepEqual([made.length, await usesOf(id), (await statesOf(id)).length], [3, 3, 3])
  for (const { status, body } of answers)
    if (status !== 201)
      assert.deepEqual([status, body.code, body.params], [409, 'discount_unusable', { discount: code, reason: 'used_up' }])
  // The cart says the same, and goes on without it.
  const left = carts[answers.findIndex(({ status }) => status !== 201)]!
  const { body } = await send('guest', 'GET', `carts/${left.id}`, undefined, left.headers)
  assert.deepEqual(reasonsOf(body), ['used_up'])
  await send('guest', 'PATCH', `carts/${left.id}`, { discountCodes: [] }, left.headers)
  assert.equal((await checkOut('guest', left)).body.order.discounts, null)
})

test('one customer is an account, its address, and every spelling of a mailbox, at once and one after another', async () => {
  const { id, code } = await make({ usesPerCustomerMax: 1 })
  const spellings = ['ann@gmail.com', 'a.n.n@gmail.com', 'Ann+x@gmail.com', 'ann@googlemail.com', 'ANN@gmail.com', 'ann+y@gmail.com']
  const carts = await Promise.all(spellings.map((email) => fill('guest', { codes: [code], email })))
  const answers = await Promise.all(carts.map((cart) => checkOut('guest', cart)))
  assert.equal(answers.filter(({ status }) => status === 201).length, 1)
  assert.deepEqual(
    [...new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.params?.reason))],
    ['used_by_customer'],
  )
  // Its owner with two addresses at once; then as a guest with the account's own.
  const own = await Promise.all(
    ['first@example.com', 'second@example.com', 'third@example.com'].map((email) => fill('owner', { codes: [code], email })),
  )
  const owned = await Promise.all(own.map((cart) => checkOut('owner', cart)))
  assert.equal(owned.filter(({ status }) => status === 201).length, 1)
  assert.equal((await order('guest', { codes: [code], email: 'owner@example.com' })).body.code, 'discount_unusable')
  assert.equal(await usesOf(id), 2)
  // An account is told before; of a guest's address nothing is told before the checkout.
  assert.deepEqual(reasonsOf((await fill('owner', { codes: [code] })).cart), ['used_by_customer'])
  assert.deepEqual(reasonsOf((await fill('guest', { codes: [code], email: 'ann@gmail.com' })).cart), [null])
})

test('a first order is one that was placed by nobody of that account or mailbox before', async () => {
  const { code } = await make({ firstOrder: true })
  const email = 'new@example.com'
  const [one, two] = await Promise.all([
    fill('guest', { codes: [code], email }),
    fill('guest', { codes: [code], email: 'new+2@example.com' }),
  ])
  const answers = await Promise.all([checkOut('guest', one), checkOut('guest', two)])
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409])
  await order('guest', { email: 'known@example.com' })
  await work(world)
  const known = await order('guest', { codes: [code], email: 'known@example.com' })
  assert.deepEqual([known.status, known.body.params.reason], [409, 'not_first_order'])
  await order('other', {})
  await work(world)
  assert.deepEqual(reasonsOf((await fill('other', { codes: [code] })).cart), ['not_first_order'])
})

test('an order that comes to nothing gives its use back, one that was placed and canceled does not', async () => {
  const { id, code } = await make({ usesMax: 1 })
  const waiting = await order('owner', { codes: [code] }, card('card_challenge'))
  assert.deepEqual([await statesOf(id), await usesOf(id)], [['held'], 1])
  assert.equal((await send('owner', 'POST', `orders/${waiting.body.order.id}/cancel`)).status, 200)
  assert.deepEqual([await statesOf(id), await usesOf(id)], [['released'], 0])
  const declined = await order('owner', { codes: [code] }, card('card_declined'))
  await work(world)
  await world.write(async (tx, now) => {
    await tx.update(orders, (await tx.get(orders, declined.body.order.id))!, { set: { expiresAt: now } })
  })
  await work(world, 30_000)
  assert.equal((await read().get(orders, declined.body.order.id))!.status, 'expired')
  assert.deepEqual([await statesOf(id), await usesOf(id)], [['released', 'released'], 0])
  const placed = await order('owner', { codes: [code] })
  await work(world)
  assert.equal((await send('owner', 'POST', `orders/${placed.body.order.id}/cancel`)).status, 200)
  assert.deepEqual([await statesOf(id), await usesOf(id)], [['released', 'released', 'used'], 1])
})

for (const isTaken of [false, true])
  test(`money that comes after the time: the order lives ${isTaken ? 'no more, once another has its use' : 'with its use again'}`, async () => {
    const { id, code } = await make({ usesMax: 1 })
    const late = await order('guest', { codes: [code], email: `late${isTaken}@example.com` }, card('delayed_success'))
    await world.write(async (tx) => {
      // As an order is that expired while its provider said nothing.
      const found = (await tx.get(orders, late.body.order.id))!
      const { releaseStock } = await import('../../src/domains/stock/reserve-stock.ts')
      const { releaseUses } = await import('../../src/domains/discounts/use-discounts.ts')
      await tx.update(orders, found, { set: { status: 'expired', expiresAt: null } })
      const context = { ...world.engine.parts, tx, now: world.clock.now() }
      await releaseStock(context, [found.id], 'expired')
      await releaseUses(context, [found.id])
    })
    assert.equal(await usesOf(id), 0)
    if (isTaken) assert.equal((await order('guest', { codes: [code], email: 'quicker@example.com' })).status, 201)
    await work(world, 60_000)
    const after = (await read().get(orders, late.body.order.id))!
    assert.deepEqual(
      [after.status, after.paymentStatus, await usesOf(id), await statesOf(id)],
      isTaken ? ['expired', 'refunded', 1, ['released', 'used']] : ['placed', 'paid', 1, ['used']],
    )
  })

test('a discount that is changed during a checkout is looked at again', async () => {
  const { id, code } = await make({ usesMax: 5 })
  const carts = await Promise.all(
    Array.from({ length: 6 }, (_, index) => fill('guest', { codes: [code], email: `during${index}@example.com` })),
  )
  const [, ...answers] = await Promise.all([
    send('staff', 'PATCH', `discounts/${id}`, { usesMax: 2, value: 20 }),
    ...carts.map((cart) => checkOut('guest', cart)),
  ])
  const { usesMax } = (await read().get(discounts, id))!
  const made = answers.filter(({ status }) => status === 201)
  assert.equal(made.length, usesMax)
  for (const { body } of made) assert.ok([100, 200].includes(body.order.discounts[0].amount.amount))
})

test('without a code: every cart that fits has it, one limit each holds, and a guest has none that is for a customer', async () => {
  const { id } = await make({ code: null, title: 'Three books', kind: 'buy_x_get_y', value: { buy: 2, get: 1 }, combines: true })
  const shippingFree = await make({
    code: null,
    title: 'Free shipping',
    kind: 'free_shipping',
    value: null,
    minimumSum: eur(2000),
    combines: true,
    usesMax: 1,
  })
  const personal = await make({ code: null, title: 'Once', kind: 'fixed', value: eur(100), combines: true, usesPerCustomerMax: 1 })
  try {
    const lines = [{ variant: 'variant', quantity: 3 }]
    const guest = await fill('guest', { lines })
    assert.deepEqual(
      guest.cart.discounts.map(({ title }: Discount) => title),
      ['Three books', 'Free shipping'],
    )
    assert.deepEqual(guest.cart.totals.total, eur(2000))
    assert.equal((await checkOut('guest', guest, { ...card(), expectedTotal: eur(2000) })).status, 201)
    const first = await fill('staff', { lines })
    assert.deepEqual(
      [first.cart.discounts.map(({ title }: Discount) => title), first.cart.totals.total],
      [['Three books', 'Once'], eur(2290)],
    )
    assert.equal((await checkOut('staff', first)).status, 201)
    assert.deepEqual((await fill('staff', { lines })).cart.totals.total, eur(2390))
  } finally {
    for (const one of [id, shippingFree.id, personal.id]) await send('staff', 'PATCH', `discounts/${one}`, { active: false })
  }
})

test('a code for a group is unknown to all others', async () => {
  const { code } = await make({ customerGroups: ['wholesale'] })
  const wants = { discountCodes: [code] }
  assert.equal((await send('other', 'POST', 'carts', wants)).body.code, 'discount_unknown')
  await world.write(async (tx) => {
    await tx.update(users, (await tx.get(users, world.ids['other']!))!, { set: { customerGroup: 'wholesale' } })
  })
  assert.equal((await send('other', 'POST', 'carts', wants)).status, 201)
  assert.equal((await send('guest', 'POST', 'carts', wants)).status, 422)
})

test('a discount of a category is for what stands below it, too', async () => {
  const post = async (path: string, body: object) => (await send('staff', 'POST', path, body)).body
  const shelf = await post('categories', { slug: 'shelf', title: 'Shelf' })
  const board = await post('categories', { slug: 'board', title: 'Board', parent: shelf.id })
  const product = await post('products', { slug: 'atlas', title: 'Atlas', status: 'active', categories: [board.id] })
  const price = eur(2000)
  const { id: variant } = await post('variants', { product: product.id, sku: 'ATLAS', title: 'Cloth', price })
  const { code } = await make({ categories: [shelf.id] })
  const lines = [{ variant }, { variant: world.ids['variant'] }]
  const { body } = await send('guest', 'POST', 'carts', { lines, discountCodes: [code] })
  assert.deepEqual(
    body.lines.map(({ discount }: { discount: object }) => discount),
    [eur(200), eur(0)],
  )
})

test('carts of a guest and of an account come together with their codes', async () => {
  const [one, two] = [await make(), await make()]
  await send('other', 'POST', 'carts', { discountCodes: [two.code] })
  const guest = await fill('guest', { codes: [one.code] })
  const { body } = await world.call('other', { method: 'POST', url: `/api/carts/${guest.id}/claim`, headers: guest.headers })
  assert.deepEqual(body.discountCodes, [one.code, two.code])
})

test('an account that is erased leaves its orders with their discounts, and no address', async () => {
  const { id, code } = await make({ usesPerCustomerMax: 1 })
  assert.equal((await order('owner', { codes: [code] })).status, 201)
  await work(world)
  const user = (await read().get(users, world.ids['owner']!))!
  const rows = JSON.stringify([
    await findAll(read(), discountUses, eq('discount', id)),
    await findAll(read(), discountTallies, eq('discount', id)),
  ])
  for (const secret of [user.email!, user.id]) assert.ok(!rows.includes(secret))
})

test('codes are tried no faster than passwords, in a batch as well, and by accounts of one network together', async () => {
  const limited = await openWorld({ isRateLimited: true })
  try {
    const ask = async (as: As, method: string, url: string, body: object) => (await limited.call(as, { method, url, body })).status
    const codes = (many: number) => Array.from({ length: many }, (_, index) => `guess ${index}`)
    assert.deepEqual(
      [
        await ask('guest', 'POST', '/api/carts', { discountCodes: codes(19) }),
        await ask('guest', 'POST', '/api/carts', { discountCodes: codes(2) }),
      ],
      [422, 429],
    )
    await limited.clock.advance(61_000)
    const steps = codes(3).map((code) => ({
      method: 'POST',
      path: '/api/carts',
      body: { discountCodes: codes(6).map((one) => `${one} ${code}`) },
    }))
    assert.deepEqual(
      [await ask('guest', 'POST', '/api/batch', { operations: steps }), await ask('guest', 'POST', '/api/batch', { operations: steps })],
      [422, 429],
    )
    await limited.clock.advance(61_000)
    const hidden = [{ method: 'POST', path: '/api/carts', body: { discountCodes: { $result: '/0/tags' } } }]
    assert.deepEqual(
      [await ask('guest', 'POST', '/api/batch', { operations: hidden }), await ask('guest', 'POST', '/api/batch', { operations: hidden })],
      [400, 429],
    )
    await limited.clock.advance(61_000)
    const tried = []
    for (const as of ['owner', 'other', 'owner'] as const) tried.push(await ask(as, 'POST', '/api/carts', { discountCodes: codes(10) }))
    assert.deepEqual(tried, [422, 422, 429])
  } finally {
    await limited.close()
  }
})
