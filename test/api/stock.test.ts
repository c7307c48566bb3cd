// Stock at several places: who gets what, and what each write leaves.
// databases: all
// slow: mysql
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { after as afterEvent } from '../../src/index.ts'
import { stockInvariants } from '../../src/observe/invariants/stock.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { checkOut, fillCart, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'

const low: string[] = []
const told = afterEvent({
  name: 'stock.note',
  on: 'stock.low',
  run({ level }) {
    low.push(`${level.location} ${level.available}`)
  },
})

const stock = { locations: ['main', 'vienna', 'graz'], split: true } as const
const config = { ...testConfig, hooks: [told], shop: { ...(testConfig.shop as object), currency: 'EUR', stock } } as typeof testConfig

let world: World
before(async () => void (world = await openWorld({ config })))
after(async () => await world.close())

const staff = async (method: string, url: string, body?: unknown) => await world.call('staff', { method, url, body })

/** A variant of its own, with so many units at each place. */
async function variantAt(sku: string, units: Readonly<Record<string, number>>, more: object = {}) {
  const body = { product: world.ids['product'], sku, title: sku, price: { amount: 500, currency: 'EUR' } }
  const { id } = (await staff('POST', '/api/variants', body)).body
  world.ids[sku] ?? Object.assign(world.ids, { [sku]: id })
  for (const [location, onHand] of Object.entries(units)) {
    if (location !== 'main') assert.equal((await staff('POST', '/api/stockLevels', { variant: id, location })).status, 201)
    const changed = await staff('PATCH', `/api/stockLevels/${(await levelsOf(id))[location]!.id}`, { onHand, ...more })
    assert.equal(changed.status, 200, changed.text)
  }
  return id as string
}

type Level = { id: string; onHand: number; held: number; committed: number; available: number; lowAt: number | null }
async function levelsOf(variant: string): Promise<Record<string, Level>> {
  const { body } = await staff('GET', `/api/stockLevels?filter[variant]=${variant}`)
  return Object.fromEntries(body.items.map((one: { location: string }) => [one.location, one]))
}

const buy = async (sku: string, quantity: number) =>
  await checkOut(world, 'owner', await fillCart(world, 'owner', [{ variant: sku, quantity }]))

async function holds(): Promise<void> {
  const { parts } = world.engine
  const { reader, commitsAfter } = parts.storage
  // What the harness put there without a movement is not looked at.
  const found = await verifyDatabase({
    read: reader,
    commitsAfter: async (position, limit) => await commitsAfter.call(parts.storage, position, limit),
    model: parts.model,
    now: world.clock.now(),
    groups: [stockInvariants],
    isAtRest: true,
  })
  assert.deepEqual(
    found.filter(({ invariant }) => invariant !== 'stock.on_hand_is_moved'),
    [],
  )
}

test('of many buyers at once as many get theirs as there is, at whichever place it lies', async () => {
  const id = await variantAt('RUSH', { main: 3, vienna: 2, graz: 4 })
  const carts = await Promise.all(
    Array.from({ length: 14 }, async () => await fillCart(world, 'owner', [{ variant: 'RUSH', quantity: 1 }])),
  )
  const answers = await Promise.all(carts.map(async (cart) => await checkOut(world, 'owner', cart)))
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted(),
    [...Array.from({ length: 9 }, () => 201), ...Array.from({ length: 5 }, () => 409)],
    answers.map(({ text }) => text.slice(0, 200)).join('\n'),
  )
  const levels = await levelsOf(id)
  assert.deepEqual(
    Object.values(levels).map(({ available }) => available),
    [0, 0, 0],
  )
  assert.deepEqual([levels['main']!.held, levels['vienna']!.held, levels['graz']!.held], [3, 2, 4])
  await holds()
})

test('what no place has alone is taken from several, and each is reserved there', async () => {
  const id = await variantAt('SPLIT', { main: 3, vienna: 2, graz: 4 })
  const bought = await buy('SPLIT', 6)
  assert.equal(bought.status, 201, bought.text)
  const levels = await levelsOf(id)
  assert.deepEqual([levels['main']!.held, levels['vienna']!.held, levels['graz']!.held], [3, 2, 1])
  const { items } = (await staff('GET', `/api/reservations?filter[order]=${bought.body.order.id}`)).body
  assert.deepEqual(
    items.map((one: { stockLevel: string; quantity: number }) => [one.stockLevel, one.quantity]).toSorted(),
    [
      [levels['main']!.id, 3],
      [levels['vienna']!.id, 2],
      [levels['graz']!.id, 1],
    ].toSorted(),
  )
  const refused = await buy('SPLIT', 4)
  assert.deepEqual([refused.status, refused.body.code, refused.body.errors[0].message], [409, 'out_of_stock', 'only 3 left'])
  const canceled = await staff('POST', `/api/orders/${bought.body.order.id}/cancel`)
  assert.equal(canceled.status, 200, canceled.text)
  assert.deepEqual(
    Object.values(await levelsOf(id))
      .map(({ held, available }) => [held, available])
      .toSorted(),
    [
      [0, 2],
      [0, 3],
      [0, 4],
    ],
  )
  await holds()
})

test('what is sold beyond what is there has its limit, and what is kept is not sold', async () => {
  const id = await variantAt('BACK', { main: 2 }, { safetyStock: 1, backorderLimit: 3 })
  const answers = await Promise.all(Array.from({ length: 6 }, async () => await buy('BACK', 1)))
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 201, 201, 201, 409, 409])
  const { main } = await levelsOf(id)
  assert.deepEqual([main!.onHand, main!.held, main!.available], [2, 4, 0])
  for (const wrong of [
    { backorderLimit: 2 },
    { safetyStock: 2 },
    { onHand: 1 },
    { onHand: -1 },
    { onHand: 1.5 },
    { onHand: 1_000_000_001 },
  ]) {
    const refused = await staff('PATCH', `/api/stockLevels/${main!.id}`, wrong)
    assert.equal(refused.status, 400, `${JSON.stringify(wrong)} ${refused.text}`)
  }
  const more = await staff('PATCH', `/api/stockLevels/${main!.id}`, { onHand: { $increment: 5 }, incoming: 0, expectedAt: null })
  assert.deepEqual([more.status, more.body.onHand, more.body.available], [200, 7, 5])
  await holds()
})

test('units go from one place to another, but for those that are promised', async () => {
  const id = await variantAt('MOVE', { main: 5 })
  assert.equal((await buy('MOVE', 2)).status, 201)
  const move = async (body: object) => await staff('POST', '/api/stockTransfers', { variant: id, from: 'main', to: 'vienna', ...body })
  for (const [wrong, path] of [
    [{ quantity: 4 }, '/quantity'],
    [{ quantity: 0 }, '/quantity'],
    [{ quantity: 1, to: 'main' }, '/to'],
    [{ quantity: 1, to: 'mars' }, '/to'],
  ] as const)
    assert.deepEqual([(await move(wrong)).body.errors[0].path], [path])
  assert.equal((await move({ quantity: 1, from: 'graz' })).status, 404)
  const both = await Promise.all([move({ quantity: 2 }), move({ quantity: 2 })])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [201, 400])
  const levels = await levelsOf(id)
  assert.deepEqual([levels['main']!.onHand, levels['vienna']!.onHand, levels['vienna']!.available], [3, 2, 2])
  const { items } = (await staff('GET', '/api/stockMovements?filter[kind]=transferred&sort=quantity')).body
  assert.deepEqual(
    items.map((one: { quantity: number; reason: string }) => [one.quantity, one.reason]),
    [
      [-2, 'To vienna'],
      [2, 'From main'],
    ],
  )
  await holds()
})

test('a count sets what is there, all of it or nothing', async () => {
  const [one, other] = [await variantAt('COUNT-1', { main: 5 }), await variantAt('COUNT-2', { main: 5 })]
  assert.equal((await buy('COUNT-2', 3)).status, 201)
  const count = async (lines: readonly object[]) =>
    await staff('POST', '/api/stockCounts', { location: 'main', lines, reason: 'Inventory' })
  const refused = await count([
    { variant: one, counted: 9 },
    { variant: other, counted: 2 },
  ])
  assert.deepEqual([refused.status, refused.body.errors[0].path], [400, '/lines/1/counted'])
  assert.equal((await levelsOf(one))['main']!.onHand, 5)
  assert.equal(
    (
      await count([
        { variant: one, counted: 1 },
        { variant: one, counted: 1 },
      ])
    ).body.errors[0].path,
    '/lines/1/variant',
  )
  assert.equal((await count([{ variant: 'var_none', counted: 1 }])).status, 422)
  const made = await count([
    { variant: one, counted: 4 },
    { variant: other, counted: 5 },
  ])
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.body.lines, [
    { variant: one, expected: 5, counted: 4, difference: -1 },
    { variant: other, expected: 5, counted: 5, difference: 0 },
  ])
  assert.deepEqual((await levelsOf(one))['main']!.available, 4)
  assert.equal((await staff('GET', `/api/stockCounts/${made.body.id}`)).body.reason, 'Inventory')
  await holds()
})

test('low stock is told once for each time that it becomes low', async () => {
  await world.engine.start()
  const id = await variantAt('LOW', { main: 10 }, { lowAt: 7 })
  const carts = await Promise.all(Array.from({ length: 5 }, async () => await fillCart(world, 'owner', [{ variant: 'LOW', quantity: 1 }])))
  await Promise.all(carts.map(async (cart) => await checkOut(world, 'owner', cart)))
  const { main } = await levelsOf(id)
  assert.equal(main!.available, 5)
  await staff('PATCH', `/api/stockLevels/${main!.id}`, { onHand: 20 })
  await staff('PATCH', `/api/stockLevels/${main!.id}`, { onHand: 11 })
  await eventually('all of it is told', async () => {
    await world.clock.advance(1_000)
    return low.length >= 2 ? true : null
  })
  await world.engine.stop()
  assert.deepEqual(low.toSorted(), ['main 6', 'main 7'])
})
