// Decimals: exact from the request to the database and back, in every question a list is asked, in sums, files and the trail.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anyone, collection, field, staff, where } from '../../src/index.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { loadDocument } from '../support/fits-document.ts'

const access = { read: where('rate').gte('-5'), create: anyone, update: anyone, delete: anyone, aggregate: anyone }
const parts = collection('parts', {
  prefix: 'part',
  fields: {
    name: field.text({ required: true }),
    weight: field.decimal({ scale: 3, digits: 9, min: 0, unique: true }),
    rate: field.decimal({ scale: 2, digits: 6, min: -9_999.99, max: 99.5, default: '0' }),
    long: field.decimal({ scale: 0 }),
    fine: field.decimal({ scale: 15, digits: 15 }),
    cost: field.decimal({ scale: 2, read: staff }),
  },
  indexes: [['rate']],
  access,
})

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, parts] as never } })
  await loadDocument(world)
  for (const part of [
    { name: 'bolt', weight: '0.125', rate: '9.5' },
    { name: 'nut', weight: '0.05', rate: '10' },
    { name: 'beam', weight: '123456.789', rate: '-0.5', long: '999999999999999', fine: '0.123456789012345', cost: '0.10' },
    { name: 'gear', rate: '-1.25', long: '-999999999999999', fine: '-0.000000000000001', cost: '0.20' },
    { name: 'lost', rate: '-5.01' },
  ])
    assert.equal((await create(part)).status, 201)
})
after(() => world.close())

const create = (body: object) => world.call('staff', { method: 'POST', url: '/api/parts', body })
const get = (url: string) => world.call('staff', { method: 'GET', url })
const names = async (query: string) => {
  const { status, body, text } = await get(`/api/parts?${query}`)
  assert.equal(status, 200, text)
  return body.items.map(({ name }: { name: string }) => name)
}
const one = async (name: string) => (await get(`/api/parts?filter[name]=${name}`)).body.items[0]
const patch = async (name: string, body: object) =>
  await world.call('guest', { method: 'PATCH', url: `/api/parts/${(await one(name)).id}`, body })
const issue = ({ status, body }: { status: number; body: { errors?: { path: string; code: string }[] } }) => [
  status,
  body.errors?.[0]?.path,
  body.errors?.[0]?.code,
]

test('a value is told with all its decimals, and to the last digit', async () => {
  const [bolt, nut, beam, gear] = await Promise.all(['bolt', 'nut', 'beam', 'gear'].map(one))
  assert.deepEqual([bolt.weight, bolt.rate, bolt.long, nut.weight, nut.rate], ['0.125', '9.50', null, '0.050', '10.00'])
  assert.deepEqual([beam.weight, beam.rate, beam.long, beam.fine], ['123456.789', '-0.50', '999999999999999', '0.123456789012345'])
  assert.deepEqual([gear.long, gear.fine, gear.weight], ['-999999999999999', '-0.000000000000001', null])
  assert.equal((await patch('bolt', { rate: '-0' })).body.rate, '0.00')
  assert.equal((await patch('bolt', { rate: '9.50' })).body.rate, '9.50')
})

test('what is none is refused with its path, and nothing is rounded', async () => {
  for (const weight of [
    '1.2345',
    '1234567',
    '',
    ' 1',
    '1 ',
    '+1',
    '.5',
    '5.',
    '1e3',
    '0x1',
    '01',
    '1,5',
    'NaN',
    'Infinity',
    '-1',
    '١',
    '1_000',
  ])
    assert.deepEqual(issue(await create({ name: 'x', weight })), [400, '/weight', 'pattern'], JSON.stringify(weight))
  for (const weight of [1, 1.5, true, ['1'], { $increment: '1' }, { units: 1 }])
    assert.deepEqual(issue(await create({ name: 'x', weight })), [400, '/weight', 'type'], JSON.stringify(weight))
  assert.deepEqual(issue(await create({ name: 'x', rate: '99.51' })), [400, '/rate', 'maximum'])
  assert.deepEqual(issue(await create({ name: 'x', rate: '-9999.991' })), [400, '/rate', 'pattern'])
  assert.deepEqual(issue(await create({ name: 'x', fine: '1' })), [400, '/fine', 'pattern'])
  assert.deepEqual(issue(await create({ name: 'x', long: '1000000000000000' })), [400, '/long', 'pattern'])
  // What others have rounded without a word: digits past a double, decimals past the column's.
  assert.deepEqual(issue(await create({ name: 'x', long: '123456789123456.12345' })), [400, '/long', 'pattern'])
  assert.deepEqual(issue(await patch('bolt', { rate: '88.123456789123456789' })), [400, '/rate', 'pattern'])
  // A sentence, not the pattern, to whoever sends a wrong text, a number of JSON, or a file.
  const number = 'must be a number of at most 15 digits, with at most 2 decimals, as a text such as "0.05"'
  const weighed = 'must be a number of at most 9 digits, with at most 3 decimals, from 0.000 to 999999.999, as a text such as "0.005"'
  const message = ({ body }: Awaited<ReturnType<typeof create>>) => body.errors[0].message
  for (const cost of ['1,50', '1.505', 1.5]) {
    assert.equal(message(await create({ name: 'x', cost })), number)
    assert.equal(
      message(await world.call('staff', { method: 'PATCH', url: `/api/parts/${(await one('nut')).id}`, body: { cost } })),
      number,
    )
  }
  for (const weight of ['-1', 2]) assert.equal(message(await create({ name: 'x', weight })), weighed)
  const shortRate = 'must be a number of at most 6 digits, with at most 2 decimals, as a text such as "0.05"'
  const added = (await patch('bolt', { rate: { $increment: 1 } })).body.errors
  assert.ok(added.some((one: { path: string; message: string }) => one.path === '/rate/$increment' && one.message === shortRate))
  const headers = { 'content-type': 'text/csv' }
  const csv = Buffer.from('name,cost\nx,"1,5"\n')
  const { rejections } = (await world.call('staff', { method: 'POST', url: '/api/parts/import', body: csv, headers })).body
  assert.equal(rejections[0].errors[0].message, number)
  // Written in another way, it is the same number.
  assert.equal((await create({ name: 'x', weight: '0.0500' })).status, 400)
  assert.equal((await create({ name: 'x', weight: '0.050' })).body.code, 'already_exists')
})

test('a list compares and orders numbers, not texts, and its pages continue', async () => {
  assert.deepEqual(await names('filter[rate][gt]=9.49&sort=rate'), ['bolt', 'nut'])
  assert.deepEqual(await names('filter[rate]=9.5'), ['bolt'])
  assert.deepEqual(await names('filter[rate][in]=-0.5,10.00&sort=-rate'), ['nut', 'beam'])
  assert.deepEqual(await names('filter[weight][lt]=0.1'), ['nut'])
  assert.deepEqual(await names('filter[weight][null]=true'), ['gear'])
  assert.deepEqual(await names('filter[fine][lt]=0&filter[long]=-999999999999999'), ['gear'])
  assert.deepEqual(await names('sort=-weight,name'), ['beam', 'bolt', 'nut', 'gear'])
  const paged: string[] = []
  for (let next: string | null = ''; next !== null; ) {
    const { body } = await get(`/api/parts?sort=rate&limit=1${next && `&cursor=${next}`}`)
    paged.push(body.items[0].name)
    next = body.next
  }
  assert.deepEqual(paged, ['gear', 'beam', 'bolt', 'nut'])
  for (const value of ['9.505', 'a', '1e1', '', '1;2'])
    assert.deepEqual(issue(await get(`/api/parts?filter[rate]=${value}`)), [400, 'query:filter[rate]', 'type'], value)
  assert.deepEqual(issue(await get('/api/parts?filter[rate][contains]=9')), [400, 'query:filter[rate][contains]', 'operator'])
})

test('an increment adds exactly, stays within the range, and loses none of many', async () => {
  const add = (amount: unknown) => patch('nut', { rate: { $increment: amount } })
  const answers = await Promise.all(Array.from({ length: 10 }, () => add('0.10')))
  assert.deepEqual([...new Set(answers.map(({ status, text }) => (status === 200 ? '' : text)))], [''])
  assert.equal((await one('nut')).rate, '11.00')
  assert.equal((await add('-1')).body.rate, '10.00')
  assert.deepEqual(issue(await add('89.51')), [400, '/rate', 'maximum'])
  assert.match((await add('89.51')).body.errors[0].message, /99\.50/)
  for (const amount of ['0.001', 1, null, '']) assert.equal((await add(amount)).status, 400, JSON.stringify(amount))
})

test('the database adds up, to the last digit', async () => {
  const { body } = await get('/api/parts/aggregate?sum=rate,weight,long,cost&avg=rate&min=rate,fine&max=weight')
  assert.deepEqual(body.items[0], {
    group: {},
    count: 4,
    sum: { rate: '17.75', weight: '123456.964', long: '0', cost: '0.30' },
    avg: { rate: '4.44' },
    min: { rate: '-1.25', fine: '-0.000000000000001' },
    max: { weight: '123456.789' },
  })
  const groups = await get('/api/parts/aggregate?group=rate&sum=cost&sort=-group.rate&limit=2')
  assert.deepEqual(
    groups.body.items.map(({ group }: { group: object }) => group),
    [{ rate: '10.00' }, { rate: '9.50' }],
  )
})

test('a file has the numbers as they are, below zero too, and comes in again as it went out', async () => {
  const { text } = await get('/api/parts/export')
  const beam = text.split('\r\n').find((line) => line.includes('beam'))!
  assert.deepEqual(beam.split(',').slice(1, 7), ['beam', '123456.789', '-0.50', '999999999999999', '0.123456789012345', '0.10'])
  const send = async (csv: string) => {
    const body = Buffer.from(csv)
    return (await world.call('staff', { method: 'POST', url: '/api/parts/import', body, headers: { 'content-type': 'text/csv' } })).body
  }
  const again = await send(text)
  assert.deepEqual([again.rows, again.unchanged, again.rejected], [4, 4, 0])
  const some = await send('name,rate\nscrew,1.5\nwasher,"1,5"\npin,1e2\n')
  assert.deepEqual([some.created, some.rejected], [1, 2])
  assert.equal((await one('screw')).rate, '1.50')
  assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/parts/${(await one('screw')).id}` })).status, 204)
})

test('the trail tells what a value was', async () => {
  await patch('gear', { rate: '-1.20' })
  const { items } = (await get('/api/audit?collection=parts&limit=1')).body
  assert.deepEqual([items[0].before, items[0].after], [{ rate: '-1.25' }, { rate: '-1.20' }])
})

test('the document, the console and the start know it', async () => {
  const { body } = await get('/api/schema')
  const { fields } = body.items.find(({ name }: { name: string }) => name === 'parts')
  const { kind, input, operators, sortable, filterable } = fields.find(({ name }: { name: string }) => name === 'weight')
  assert.deepEqual([kind, input, sortable, filterable, operators[0]], ['decimal', 'decimal', true, true, 'eq'])
  const start = (fields: object) =>
    openWorld({ config: { ...testConfig, collections: [collection('wrongs', { fields, access: { read: anyone } } as never)] as never } })
  const wrong = field.decimal as unknown as (options?: object) => ReturnType<typeof field.decimal>
  for (const [options, message] of [
    [undefined, /fields\.x\.scale is missing|fields\.x\.scale: is missing/],
    [{ scale: 16 }, /scale.*must be a whole number from 0 to 15/],
    [{ scale: 3, digits: 2 }, /digits.*is 2, and 3 of them are decimals/],
    [{ scale: 2, min: 0.001 }, /min.*must be a number of at most 15 digits, 2 of them decimals/],
    [{ scale: 2, min: 2, max: 1.5 }, /min.*is 2\.00 and max is 1\.50/],
    [{ scale: 2, default: 'a lot' }, /default.*must be a number of at most 15 digits/],
    [{ scale: 2, max: 5, default: '5.01' }, /default.*out of the range/],
  ] as const)
    await assert.rejects(start({ x: wrong(options) }), message)
})
