// Fields that a shop adds to its carts and orders: who sets and reads them, what an order gets of its cart, and how they are found.
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { staff } from '../../src/access/rule.ts'
import { after } from '../../src/extend/hook.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, address, checkOut, fillCart, openWorld, testConfig, type World, work } from '../support/api-harness.ts'
import { closeWithBooks } from '../support/books.ts'

const stores = collection('stores', {
  fields: { town: field.text({ required: true }) },
  access: { read: staff, create: staff, delete: staff },
})
const shared = {
  giftFrom: field.text({ max: 20, personal: true }),
  wrapping: field.enum(['none', 'paper', 'box'], { default: 'none' }),
  tip: field.money(),
  arrivesOn: field.date(),
}
let placed: unknown[]
const config = {
  ...testConfig,
  collections: [...testConfig.collections!, stores] as never,
  hooks: [
    after({
      name: 'orders.note',
      on: 'order.placed',
      run: ({ order }) => void placed.push([order.id, (order as { giftFrom?: unknown }).giftFrom]),
    }),
  ],
  shop: {
    ...(testConfig.shop as object),
    currency: 'EUR',
    cartFields: {
      ...shared,
      campaign: field.text(),
      tier: field.text({ write: staff }),
      rating: field.integer({ read: staff, write: staff }),
    },
    orderFields: {
      ...shared,
      // Narrower than the cart's of that name.
      campaign: field.text({ max: 5 }),
      costCenter: field.text({ read: staff, search: true }),
      store: field.ref('stores', { onDelete: 'setNull' }),
      weightKg: field.decimal({ digits: 8, scale: 3 }),
    },
  },
}
let world: World
beforeEach(async () => {
  placed = []
  world = await openWorld({ config })
  await world.engine.start()
})
afterEach(() => closeWithBooks(world))

const call = (as: As, method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  world.call(as, { method, url: `/api/${path}`, headers, ...(body && { body }) })
const cartWith = async (as: As, own: object) => {
  const cart = await fillCart(world, as)
  const set = await call(as, 'PATCH', `carts/${cart.id}`, own, cart.headers)
  assert.equal(set.status, 200, set.text)
  return { ...cart, body: set.body }
}
const ordered = async (as: As, own: object) => (await checkOut(world, as, await cartWith(as, own))).body.order

test('a holder sets what a cart may have, and the order has what both have a name for', async () => {
  const own = { giftFrom: 'Ada', wrapping: 'box', tip: { amount: 200, currency: 'EUR' }, arrivesOn: '2026-12-24' }
  const made = await call('guest', 'POST', 'carts', { ...own, lines: [{ variant: world.ids['variant'] }] })
  assert.equal(made.status, 201, made.text)
  const told = Object.fromEntries(Object.keys(own).map((name) => [name, made.body[name]]))
  assert.deepEqual([told, made.body.campaign, 'rating' in made.body, 'updatedAt' in made.body], [own, null, false, false])
  const headers = { 'cart-token': made.body.token }
  const changed = await call('guest', 'PATCH', `carts/${made.body.id}`, { tip: null, campaign: 'bees' }, headers)
  assert.deepEqual([changed.body.tip, changed.body.campaign, changed.body.giftFrom], [null, 'bees', 'Ada'])
  const after = await call('guest', 'GET', `carts/${made.body.id}`, undefined, headers)
  assert.deepEqual(after.body, changed.body)
  const plain = await call('guest', 'POST', 'carts', {})
  assert.equal(plain.body.wrapping, 'none', 'its default')

  const order = await ordered('owner', own)
  assert.deepEqual([order.giftFrom, order.wrapping, order.tip, order.arrivesOn], Object.values(own))
  assert.deepEqual([order.campaign, order.store, order.weightKg, 'costCenter' in order], [null, null, null, false])
})

test('what a holder may not set is refused by its name, and what does not fit the order is said before it is made', async () => {
  const cart = await fillCart(world, 'guest')
  const patch = async (as: As, body: object) => await call(as, 'PATCH', `carts/${cart.id}`, body, cart.headers)
  for (const [body, path] of [
    [{ rating: 5 }, '/rating'],
    [{ costCenter: 'K1' }, '/costCenter'],
    [{ wrapping: 'foil' }, '/wrapping'],
    [{ wrapping: null }, '/wrapping'],
    [{ giftFrom: 'x'.repeat(21) }, '/giftFrom'],
    [{ tip: { amount: 1.5, currency: 'EUR' } }, '/tip/amount'],
  ] as const) {
    const { status, body: problem } = await patch('guest', body)
    assert.deepEqual([status, problem.errors[0].path], [400, path])
  }
  assert.equal((await patch('guest', { tier: 'gold' })).status, 403)
  const rated = await patch('staff', { rating: 5 })
  assert.deepEqual([rated.body.rating, typeof rated.body.updatedAt], [5, 'string'])
  assert.equal((await patch('guest', { campaign: 'longer' })).status, 200)
  const refused = await checkOut(world, 'guest', cart)
  assert.deepEqual([refused.status, refused.body.code, refused.body.errors[0].path], [422, 'cart_incomplete', '/campaign'])
  assert.equal((await patch('guest', { campaign: 'bees' })).status, 200)
  assert.equal((await checkOut(world, 'guest', cart)).body.order.campaign, 'bees')
})

test('staff set those of an order at any time, and find and sort by them', async () => {
  const [first, second] = [await ordered('owner', { giftFrom: 'Ada' }), await ordered('owner', { giftFrom: 'Bob' })]
  const store = (await call('staff', 'POST', 'stores', { town: 'Jena' })).body.id
  const set = await call('staff', 'PATCH', `orders/${first.id}`, { costCenter: 'K-100 Jena', store, weightKg: '1.250' })
  assert.deepEqual([set.status, set.body.costCenter, set.body.store, set.body.weightKg], [200, 'K-100 Jena', store, '1.250'])
  assert.equal(
    (await call('staff', 'PATCH', `orders/${second.id}`, { costCenter: 'K-200' }, { 'if-match': String(set.headers['etag']) })).status,
    412,
  )
  assert.equal((await call('staff', 'PATCH', `orders/${second.id}`, { costCenter: 'K-200' })).status, 200)
  const ids = async (query: string) => (await call('staff', 'GET', `orders?${query}`)).body.items.map(({ id }: { id: string }) => id)
  assert.deepEqual(await ids('filter[costCenter]=K-200'), [second.id])
  assert.deepEqual(await ids('filter[giftFrom][null]=false&sort=-giftFrom'), [second.id, first.id])
  assert.deepEqual(await ids('search=Jena'), [first.id], 'its text was written again')
  const csv = await call('staff', 'GET', 'orders/export?format=csv')
  assert.match(csv.text, /costCenter/)
  assert.match(csv.text, /K-100 Jena/)
  // Nobody else: not by its name, and not what is agreed on.
  assert.equal((await call('owner', 'PATCH', `orders/${first.id}`, { giftFrom: 'Eve' })).status, 403)
  assert.equal((await call('owner', 'GET', 'orders?filter[costCenter]=K-200')).status, 400)
  for (const body of [{ total: { amount: 1, currency: 'EUR' } }, { status: 'completed' }, { tokenHash: 'x' }])
    assert.equal((await call('staff', 'PATCH', `orders/${first.id}`, body)).status, 400)
  const stray = await call('staff', 'PATCH', `orders/${first.id}`, { store: 'stor_none' })
  assert.deepEqual([stray.status, stray.body.code], [422, 'reference_not_found'])
  assert.equal((await call('staff', 'DELETE', `stores/${store}`)).status, 204)
  assert.equal((await call('staff', 'GET', `orders/${first.id}`)).body.store, null)
})

test('a draft, an imported order and a cart that is taken over have them, too', async () => {
  const lines = [{ variant: world.ids['variant'] }]
  const draft = await call('staff', 'POST', 'orders', {
    customer: world.ids['owner'],
    shippingAddress: address,
    shippingMethod: world.ids['shipping'],
    lines,
    costCenter: 'K1',
  })
  assert.deepEqual([draft.status, draft.body.costCenter, draft.body.wrapping], [201, 'K1', 'none'])
  const edited = await call('staff', 'POST', `orders/${draft.body.id}/edits`, { note: 'x' })
  assert.equal(edited.body.costCenter, 'K1')

  const row = {
    number: 'A-1',
    placedAt: '2026-01-02T03:04:05Z',
    email: 'old@example.com',
    lines: [{ title: 'Old', quantity: 1, unitPrice: { amount: 500, currency: 'EUR' } }],
    shippingAddress: address,
  }
  const rows = [
    { ...row, costCenter: 'K9', weightKg: '2.5' },
    { ...row, number: 'A-2', wrapping: 'foil' },
    { ...row, number: 'A-3', store: 'stor_none' },
  ]
  const file = { headers: { 'content-type': 'application/jsonl' }, body: rows.map((one) => JSON.stringify(one)).join('\n') }
  const wrong = [
    [2, '/wrapping'],
    [3, '/store'],
  ]
  for (const query of ['?dryRun=true', '']) {
    const sent = await world.call('staff', { method: 'POST', url: `/api/orders/import${query}`, ...file })
    assert.deepEqual([sent.body.created, sent.body.rejected], [1, 2], sent.text)
    type Rejected = { readonly line: number; readonly errors: readonly { readonly path: string }[] }
    assert.deepEqual(
      sent.body.rejections.map(({ line, errors }: Rejected) => [line, errors[0]!.path]),
      wrong,
    )
  }
  const [old] = (await call('staff', 'GET', 'orders?filter[number]=A-1')).body.items
  assert.deepEqual([old.costCenter, old.weightKg, old.wrapping], ['K9', '2.500', 'none'])

  await cartWith('owner', { giftFrom: 'Ada', campaign: 'bees', wrapping: 'paper' })
  const guest = await cartWith('guest', { campaign: 'ants' })
  const claimed = await call('owner', 'POST', `carts/${guest.id}/claim`, {}, guest.headers)
  // What stands in a field from the start was nobody's wish.
  assert.deepEqual([claimed.body.giftFrom, claimed.body.campaign, claimed.body.wrapping], ['Ada', 'ants', 'paper'], claimed.text)
  const boxed = await cartWith('guest', { wrapping: 'box' })
  assert.equal((await call('owner', 'POST', `carts/${boxed.id}/claim`, {}, boxed.headers)).body.wrapping, 'box')
})

test('hooks and documents know them', async () => {
  const order = await ordered('owner', { giftFrom: 'Ada' })
  await work(world)
  assert.deepEqual(placed, [[order.id, 'Ada']])
  const document = (await call('staff', 'GET', 'openapi.json')).body
  const properties = (path: string, method: string) => {
    const { schema } = document.paths[path][method].requestBody.content['application/json']
    return document.components.schemas[schema.$ref.split('/').at(-1)].properties
  }
  assert.deepEqual(Object.keys(properties('/api/orders/{id}', 'patch')).sort(), [
    'arrivesOn',
    'campaign',
    'costCenter',
    'giftFrom',
    'store',
    'tip',
    'weightKg',
    'wrapping',
  ])
  assert.ok('giftFrom' in properties('/api/carts', 'post') && 'rating' in properties('/api/carts/{id}', 'patch'))
  assert.ok('giftFrom' in document.components.schemas.Cart.properties && 'costCenter' in document.components.schemas.orders.properties)
  const guests = (await call('guest', 'GET', 'openapi.json')).body
  assert.ok(!JSON.stringify(guests).includes('costCenter') && !JSON.stringify(guests.components.schemas.Cart).includes('rating'))
  const fields = (await call('staff', 'GET', 'schema')).body.items.find(({ name }: { name: string }) => name === 'orders').fields
  const writable = fields.filter((one: { writable: boolean }) => one.writable).map(({ name }: { name: string }) => name)
  assert.deepEqual(writable.sort(), ['arrivesOn', 'campaign', 'costCenter', 'giftFrom', 'store', 'tip', 'weightKg', 'wrapping'])
})
