// Counts and sums by groups: what is told, by whom it may be asked, and that nobody learns by it what a list hides.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { actorId, all, any, anyone, signedIn, staff, where } from '../../src/access/rule.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { loadDocument } from '../support/fits-document.ts'

const sales = collection('sales', {
  prefix: 'sale',
  fields: {
    owner: field.ref('users', { required: true }),
    shop: field.enum(['north', 'south']),
    pieces: field.integer({ min: 0, max: 1_000 }),
    price: field.money(),
    soldAt: field.dateTime(),
    day: field.date(),
    title: field.text({ search: true }),
    text: field.longText(),
    cost: field.integer({ read: staff, write: staff }),
    paid: field.boolean({ default: false }),
  },
  access: { read: any(staff, where('owner').eq(actorId)), create: staff, aggregate: all(signedIn) },
})
const open = collection('open', {
  prefix: 'open',
  fields: { stars: field.integer() },
  access: { read: anyone, create: staff, aggregate: anyone },
})

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, sales, open] as never } })
  await loadDocument(world)
  const { owner, other } = world.ids
  const eur = (amount: number) => ({ amount, currency: 'EUR' })
  const rows = [
    {
      owner,
      shop: 'north',
      pieces: 2,
      price: eur(1000),
      soldAt: '2026-10-31T23:30:00Z',
      day: '2026-10-31',
      title: 'Red',
      cost: 5,
      paid: true,
    },
    { owner, shop: 'north', pieces: 3, price: eur(2001), soldAt: '2026-11-01T10:00:00Z', day: '2026-11-01', title: 'Red box', cost: 7 },
    { owner, shop: 'south', pieces: null, price: { amount: 500, currency: 'USD' }, soldAt: '2026-12-31T12:00:00Z', day: '2027-01-02' },
    { owner, shop: null, pieces: 10, price: null, soldAt: null, day: null },
    { owner: other, shop: 'south', pieces: 100, price: eur(7), soldAt: '2026-11-02T10:00:00Z', day: '2026-11-02', cost: 11 },
  ]
  for (const body of rows) assert.equal((await world.call('staff', { method: 'POST', url: '/api/sales', body })).status, 201)
})
after(() => world.close())

type Item = { readonly group: Readonly<Record<string, unknown>>; readonly count: number }

async function ask(query: string, as: As = 'owner') {
  return await world.call(as, { method: 'GET', url: `/api/sales/aggregate?${query}` })
}
async function items(query: string, as: As = 'owner'): Promise<Item[]> {
  const { status, text, body } = await ask(query, as)
  assert.equal(status, 200, text)
  return body.items
}

test('counts, sums, averages, least and most, by groups', async () => {
  assert.deepEqual((await ask('')).body, { items: [{ group: {}, count: 4 }], groups: 1 })
  assert.deepEqual(await items('group=shop&sum=pieces&avg=pieces&min=pieces,day&max=pieces,soldAt'), [
    {
      group: { shop: null },
      count: 1,
      sum: { pieces: 10 },
      avg: { pieces: 10 },
      min: { pieces: 10, day: null },
      max: { pieces: 10, soldAt: null },
    },
    {
      group: { shop: 'north' },
      count: 2,
      sum: { pieces: 5 },
      avg: { pieces: 2.5 },
      min: { pieces: 2, day: '2026-10-31' },
      max: { pieces: 3, soldAt: '2026-11-01T10:00:00.000Z' },
    },
    {
      group: { shop: 'south' },
      count: 1,
      sum: { pieces: 0 },
      avg: { pieces: null },
      min: { pieces: null, day: '2027-01-02' },
      max: { pieces: null, soldAt: '2026-12-31T12:00:00.000Z' },
    },
  ])
  assert.deepEqual(await items('group=paid'), [
    { group: { paid: false }, count: 3 },
    { group: { paid: true }, count: 1 },
  ])
})

test('money of several currencies is never added: each has a group', async () => {
  assert.deepEqual(await items('sum=price&avg=price&sort=-count'), [
    { group: {}, count: 2, sum: { price: { amount: 3001, currency: 'EUR' } }, avg: { price: { amount: 1501, currency: 'EUR' } } },
    { group: {}, count: 1, sum: { price: null }, avg: { price: null } },
    { group: {}, count: 1, sum: { price: { amount: 500, currency: 'USD' } }, avg: { price: { amount: 500, currency: 'USD' } } },
  ])
  assert.deepEqual((await items('group=price.currency')).length, 3)
})

test('times by spans, of UTC or of a time zone, and days', async () => {
  const keys = async (query: string) => (await items(query)).map(({ group, count }) => [Object.values(group)[0], count])
  assert.deepEqual(await keys('group=soldAt:month'), [
    [null, 1],
    ['2026-10', 1],
    ['2026-11', 1],
    ['2026-12', 1],
  ])
  assert.deepEqual(await keys('group=soldAt:month&timeZone=Europe/Berlin'), [
    [null, 1],
    ['2026-11', 2],
    ['2026-12', 1],
  ])
  assert.deepEqual(await keys('group=soldAt:week&filter[soldAt][null]=false'), [
    ['2026-W44', 2],
    ['2026-W53', 1],
  ])
  assert.deepEqual(await keys('group=day:quarter'), [
    [null, 1],
    ['2026-Q4', 2],
    ['2027-Q1', 1],
  ])
  assert.deepEqual(await keys('group=day:week&filter[day][null]=false'), [
    ['2026-W44', 2],
    ['2026-W53', 1],
  ])
  assert.deepEqual(Object.keys((await items('group=soldAt:day,shop&limit=1'))[0]!.group), ['soldAt:day', 'shop'])
  assert.deepEqual(await items('group=soldAt:year&sum=price&min=pieces&filter[price.currency]=EUR'), [
    { group: { 'soldAt:year': '2026' }, count: 2, sum: { price: { amount: 3001, currency: 'EUR' } }, min: { pieces: 2 } },
  ])
})

test('in an order and no further than asked, and how many there are', async () => {
  const { body } = await ask('group=shop&sum=pieces&sort=-sum.pieces&limit=1')
  assert.deepEqual(body, { items: [{ group: { shop: null }, count: 1, sum: { pieces: 10 } }], groups: 3 })
  assert.deepEqual(
    (await items('group=shop&sort=-group.shop')).map(({ group }) => group['shop']),
    ['south', 'north', null],
  )
})

test('only over what the caller may see, fields included', async () => {
  assert.deepEqual(await items('sum=pieces&filter[shop]=south', 'other'), [{ group: {}, count: 1, sum: { pieces: 100 } }])
  assert.deepEqual(await items('sum=cost', 'staff'), [{ group: {}, count: 5, sum: { cost: 23 } }])
  for (const [as, query, status] of [
    ['owner', 'sum=cost', 400],
    ['owner', 'group=cost', 400],
    ['owner', 'sort=-sum.cost', 400],
    ['guest', '', 401],
  ] as const)
    assert.equal((await ask(query, as)).status, status, query)
  const hidden = (await ask('sum=cost')).body.errors[0].message
  assert.equal(hidden, (await ask('sum=cosy')).body.errors[0].message.replace('cosy', 'cost'))
  assert.doesNotMatch(hidden, /there are.*cost/)
  assert.equal((await world.call('guest', { method: 'GET', url: '/api/open/aggregate?avg=stars' })).status, 200)
  assert.equal((await world.call('owner', { method: 'GET', url: '/api/notes/aggregate' })).status, 403)
  assert.equal((await world.call('staff', { method: 'GET', url: '/api/notes/aggregate?group=owner' })).status, 200)
})

test('what does not fit is refused with what would', async () => {
  for (const [query, path, message] of [
    ['sum=title', 'query:sum', /title has no sum; there are pieces, price/],
    ['min=title', 'query:min', /no min; there are pieces, price, soldAt, day, createdAt/],
    ['sum=peices', 'query:sum', /did you mean "pieces"/],
    ['group=text', 'query:group', /cannot be grouped by/],
    ['group=price', 'query:group', /several parts: group by price.amount or price.currency/],
    ['group=title:month', 'query:group', /is no time and no day/],
    ['group=soldAt:minute', 'query:group', /no :minute; there are hour, day/],
    ['group=day:hour', 'query:group', /no :hour/],
    ['group=constructor', 'query:group', /has no field constructor/],
    ['group=shop,shop', 'query:group', /shop twice/],
    ['group=shop,paid,pieces,title,owner', 'query:group', /more than 4/],
    ['sort=total', 'query:sort', /no total to sort by; there are count/],
    ['timeZone=Mars/Olympus', 'query:timeZone', /no time zone/],
    ['limit=1001', 'query:limit', /1000/],
    ['groups=shop', 'query:groups', /./],
    ['filter[cost]=5', 'query:filter', /has no field cost/],
  ] as const) {
    const { status, body } = await ask(query)
    assert.equal(status, 400, query)
    assert.equal(body.errors[0].path.startsWith(path), true, `${query}: ${body.errors[0].path}`)
    assert.match(body.errors[0].message, message)
  }
})

test('more groups than an answer holds are refused, unless the first of them are asked for', async () => {
  await world.write(async (tx, now) => {
    const rows = Array.from({ length: 1_001 }, (_, index) => ({ id: `open_${String(index).padStart(26, '0')}`, stars: index }))
    await tx.insertMany(open, rows as never)
    return now
  })
  const asked = (query: string) => world.call('guest', { method: 'GET', url: `/api/open/aggregate?group=stars&${query}` })
  const { status, body } = await asked('')
  assert.deepEqual([status, body.code], [422, 'too_many_groups'])
  const first = (await asked('limit=2&sort=-group.stars')).body
  assert.deepEqual([first.groups, first.items.map(({ group }: Item) => group['stars'])], [1_001, [1_000, 999]])
})
