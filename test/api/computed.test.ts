// Computed fields: made of the record's own fields and given by nobody, told wherever the record is, in lists of their own when
// they are stored, hidden with what they are made of, and made anew when their function is another one.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createClient } from '../../client/src/index.ts'
import { actorId, any, anyone, collection, command, defineBackend, field, staff, Type, where } from '../../src/index.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import type { Collection } from '../../src/schema/collection.ts'
import { compileModel } from '../../src/schema/model.ts'
import type { WholeStorage } from '../../src/storage/storage.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { loadDocument } from '../support/fits-document.ts'
import { migrateTo, planOf, recordsOf } from '../support/migration/run.ts'

const first = field.text({ required: true })
const last = field.text()
const pieces = field.integer({ default: 1, min: 0 })
const price = field.decimal({ scale: 2, required: true })
const cost = field.decimal({ scale: 2, read: staff })
const note = field.longText({ feed: false })
const tags = field.texts()

/** A function with a mistake that one value shows. */
const codeOf = (sale: { readonly first: string; readonly last: string | null }) =>
  sale.first === 'mistake' ? (Number.NaN as never) : `${sale.first}${sale.last ?? ''}`

/** As deep as the text says, or as large. */
function treeOf(text: string): unknown {
  const [what = '', count = '0'] = text.split(' ')
  if (what === 'large') return 'x'.repeat(Number(count))
  if (what === 'odd') return { text: '😀'[0] }
  if (what === 'circle') {
    const list: unknown[] = []
    list.push(list)
    return list
  }
  let tree: unknown = 0
  for (let level = 0; what === 'deep' && level < Number(count); level++) tree = [tree]
  return tree
}

const sales = collection('sales', {
  prefix: 'sale',
  fields: {
    first,
    last,
    pieces,
    price,
    cost,
    note,
    tags,
    owner: field.ref('users', { default: { set: 'actor' } }),
    name: field.computed(field.text({ required: true, unique: true }), {
      from: { first, last },
      of: ({ first: given, last: family }) => (family === null ? given : `${given} ${family}`),
      stored: true,
    }),
    total: field.computed(field.decimal({ scale: 2, required: true }), {
      from: { price, pieces },
      of: (sale) => sale.price * sale.pieces,
      stored: true,
    }),
    isLarge: field.computed(field.boolean({ required: true }), {
      from: { price, pieces },
      of: (sale) => sale.price * sale.pieces >= 10_000,
      stored: true,
    }),
    sums: field.computed(field.json<{ readonly of: number }>(), { from: { tags }, of: (sale) => ({ of: sale.tags.length }), stored: true }),
    labels: field.computed(field.texts({ max: 20 }), {
      from: { tags },
      of: (sale) => sale.tags.flatMap((tag) => tag.split('+')),
      stored: true,
    }),
    tree: field.computed(field.json(), { from: { note }, of: (sale) => treeOf(sale.note ?? ''), stored: true }),
    letter: field.computed(field.text({ max: 1 }), { from: { first }, of: (sale) => sale.first[0]!, stored: true }),
    initial: field.computed(field.text({ max: 1 }), { from: { first }, of: (sale) => sale.first[0]! }),
    profit: field.computed(field.money(), {
      from: { price, cost },
      of: (sale) => (sale.cost === null ? null : { amount: sale.price - sale.cost, currency: 'EUR' }),
    }),
    code: field.computed(field.text({ max: 260 }), { from: { first, last }, of: codeOf, stored: true }),
    words: field.computed(field.integer(), { from: { note }, of: (sale) => sale.note!.split(' ').length }),
  },
  indexes: [['-total']],
  access: {
    read: any(staff, where('owner').eq(actorId), where('isLarge').eq(true)),
    create: any(staff, where('isLarge').eq(false)),
    update: any(staff, where('owner').eq(actorId)),
    delete: staff,
    aggregate: anyone,
  },
})
const more = command({
  name: 'sales.more',
  route: 'POST /api/sales/:id/more',
  summary: 'One more piece',
  input: Type.Object({ id: Type.String() }, { additionalProperties: false }),
  output: Type.Object({ total: Type.Integer() }),
  access: anyone,
  run: async ({ tx, input }) => ({ output: { total: (await tx.adjust(sales, input.id, { add: { pieces: 1 } }))!.total } }),
})

let world: World
const ids: Record<string, string> = {}
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, sales] as never, operations: [more] } })
  await loadDocument(world)
  for (const [as, sale] of [
    ['owner', { first: 'Ann', last: 'Lee', price: '9.99', pieces: 3, tags: ['a', 'b'], note: 'two words' }],
    ['staff', { first: 'Bo', price: '100.00' }],
    ['staff', { first: 'Cy', last: 'Oh', price: '250.50', pieces: 2, cost: '200.00' }],
  ] as const) {
    const made = await world.call(as, { method: 'POST', url: '/api/sales', body: sale })
    assert.equal(made.status, 201, made.text)
    ids[sale.first] = made.body.id
  }
})
after(() => world.close())

const get = (url: string, as: 'staff' | 'owner' | 'guest' = 'staff') => world.call(as, { method: 'GET', url })
const names = async (query: string, as: 'staff' | 'owner' | 'guest' = 'staff') => {
  const { status, body, text } = await get(`/api/sales?${query}`, as)
  assert.equal(status, 200, text)
  return body.items.map(({ name }: { name: string }) => name)
}
const issue = ({ status, body }: { status: number; body: { errors?: { path: string; code: string }[] } }) => [
  status,
  body.errors?.[0]?.path,
  body.errors?.[0]?.code,
]

test('it is made with the record, follows each change of it, and nobody gives it', async () => {
  const url = `/api/sales/${ids['Ann']}`
  const ann = (await get(url)).body
  const told = ({ name, total, isLarge, sums, initial, profit, words }: Record<string, unknown>) => [
    name,
    total,
    isLarge,
    sums,
    initial,
    profit,
    words,
  ]
  assert.deepEqual(told(ann), ['Ann Lee', '29.97', false, { of: 2 }, 'A', null, 2])
  const patch = (body: object) => world.call('owner', { method: 'PATCH', url, body })
  const changed = (await patch({ last: 'Ray', tags: { $push: 'c' }, pieces: { $increment: 1 } })).body
  assert.deepEqual(told(changed), ['Ann Ray', '39.96', false, { of: 3 }, 'A', undefined, 2])
  assert.equal((await world.call('guest', { method: 'POST', url: `${url}/more` })).body.total, 4_995)
  assert.deepEqual([(await get(url)).body.total, (await get(url)).body.pieces], ['49.95', 5])
  await patch({ last: 'Lee', pieces: 3, tags: ['a', 'b'] })
  for (const name of ['name', 'total', 'initial', 'profit']) {
    assert.deepEqual(issue(await patch({ [name]: 'x' })), [400, `/${name}`, 'unknown_field'])
    assert.deepEqual(
      issue(await world.call('owner', { method: 'POST', url: '/api/sales', body: { first: 'x', price: '1', [name]: null } })),
      [400, `/${name}`, 'unknown_field'],
    )
  }
  assert.deepEqual(issue(await patch({ first: 'Bo', last: null })), [409, '/name', 'already_exists'])
})

test('a value that makes too much of it is refused with its path, and a row of a file is left out', async () => {
  const create = (sale: object) => world.call('staff', { method: 'POST', url: '/api/sales', body: { first: 'Max', price: '1', ...sale } })
  const large = await create({ price: '9999999999999.99', pieces: 1_000_000 })
  assert.deepEqual(issue(large), [400, '/total', 'maximum'])
  assert.equal(large.body.errors[0].message, 'would have more than 15 digits, by what it is computed from')
  assert.deepEqual(issue(await create({ price: '-9999999999999.99', pieces: 1_000_000 })), [400, '/total', 'minimum'])
  assert.deepEqual(issue(await create({ first: 'x'.repeat(200), last: 'y'.repeat(200) })), [400, '/name', 'maxLength'])
  // The first half of an emoji.
  assert.deepEqual(issue(await create({ first: '😀mile' })), [400, '/letter', 'characters'])
  for (const [tags, code] of [
    [['a+a'], 'uniqueItems'],
    [['a+'], 'minLength'],
    [['x'.repeat(21)], 'maxLength'],
    [Array.from({ length: 101 }, (_, index) => `${index}a+${index}b`), 'maxItems'],
  ] as const)
    assert.deepEqual(issue(await create({ tags })), [400, '/labels', code])
  for (const [note, code] of [
    ['deep 33', 'depth'],
    ['large 1048575', 'too_large'],
    ['odd', 'characters'],
  ] as const)
    assert.deepEqual(issue(await create({ note })), [400, '/tree', code])
  const url = `/api/sales/${ids['Bo']}`
  const patch = (body: object) => world.call('staff', { method: 'PATCH', url, body })
  const deepest = await patch({ note: 'deep 32', tags: ['a+b'] })
  assert.deepEqual([deepest.status, deepest.body.labels], [200, ['a', 'b']])
  assert.deepEqual(await names('filter[labels]=b'), ['Ann Lee', 'Bo'])
  assert.equal((await patch({ note: null, tags: [] })).status, 200)
  for (const body of [{ pieces: { $increment: 100_000_000_000_000 } }, { price: { $increment: '9999999999000' }, pieces: 999 }])
    assert.deepEqual(issue(await patch(body)), [400, '/total', 'maximum'])
  const csv = 'first,price,pieces\nRow1,1,2\nRow2,9999999999999.99,1000000\nRow3,2,1\n'
  const headers = { 'content-type': 'text/csv' }
  const report = (await world.call('staff', { method: 'POST', url: '/api/sales/import', body: Buffer.from(csv), headers })).body
  assert.deepEqual([report.created, report.rejected, report.rejections[0].line, report.rejections[0].errors[0].path], [2, 1, 3, '/total'])
  // What no caller can help is the mistake of the function.
  assert.equal((await create({ first: 'mistake' })).status, 500)
  assert.equal((await create({ note: 'circle' })).status, 500)
  for (const name of ['Row1', 'Row3']) {
    const { id } = (await get(`/api/sales?filter[name]=${name}`)).body.items[0]
    assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/sales/${id}` })).status, 204)
  }
})

test('a stored one is filtered, sorted, summed and ruled by; another one is told apart', async () => {
  assert.deepEqual(await names('sort=-total'), ['Cy Oh', 'Bo', 'Ann Lee'])
  assert.deepEqual(await names('filter[total][gte]=100&sort=name'), ['Bo', 'Cy Oh'])
  assert.deepEqual(await names('filter[isLarge]=false'), ['Ann Lee'])
  const { body } = await get('/api/sales/aggregate?group=isLarge&sum=total')
  assert.deepEqual(body.items, [
    { group: { isLarge: false }, count: 1, sum: { total: '29.97' } },
    { group: { isLarge: true }, count: 2, sum: { total: '601.00' } },
  ])
  // By the rule of a value that was made for it: of a large sale all are told, and a large one only staff makes.
  assert.deepEqual(await names('sort=name', 'guest'), ['Bo', 'Cy Oh'])
  const large = { first: 'Dee', price: '500.00' }
  assert.equal((await world.call('owner', { method: 'POST', url: '/api/sales', body: large })).status, 403)
  assert.deepEqual(issue(await get('/api/sales?filter[initial]=A')), [400, 'query:filter[initial]', 'not_filterable'])
  assert.deepEqual(issue(await get('/api/sales?sort=initial')), [400, 'query:sort', 'not_sortable'])
  for (const [asked, code] of Object.entries({ group: 'not_groupable', sum: 'not_measurable', min: 'not_measurable' })) {
    const answer = await get(`/api/sales/aggregate?${asked}=initial`)
    assert.deepEqual(issue(answer), [400, `query:${asked}`, code])
    assert.match(answer.body.errors[0].message, /^initial is computed when a record is read: /)
  }
})

test('the typed client sums what is stored', async () => {
  const url = `http://127.0.0.1:${await world.server.listen(0, '127.0.0.1')}`
  const typed = defineBackend({ name: 'Sales', collections: [sales] })
  const client = createClient<typeof typed>({ url, token: world.tokens.staff! })
  const { items } = await client.sales.aggregate({ sum: ['total', 'price'], filter: { isLarge: false } })
  const total: string | null = items[0]!.sum.total
  assert.equal(total, '29.97')
  // @ts-expect-error: a text has no sum
  await assert.rejects(client.sales.aggregate({ sum: ['name'] }), { code: 'validation_failed' })
  // @ts-expect-error: it is made when a record is read
  await assert.rejects(client.sales.aggregate({ sum: ['words'] }), { code: 'validation_failed' })
})

test('it is hidden with what it is made of', async () => {
  const url = `/api/sales/${ids['Cy']}`
  assert.deepEqual((await get(url)).body.profit, { amount: 5_050, currency: 'EUR' })
  const seen = (await get(url, 'guest')).body
  assert.deepEqual(['profit' in seen, 'cost' in seen, seen.total], [false, false, '501.00'])
  assert.deepEqual(issue(await get('/api/sales?fields=profit', 'guest')), issue(await get('/api/sales?fields=cost', 'guest')))
})

test('a file has it, and what comes in again leaves it out', async () => {
  const { text } = await get('/api/sales/export')
  const lines = text.split('\r\n').map((line) => line.split(','))
  const [head, row] = [lines[0], lines.find((line) => line.includes('Cy'))]
  const at = (name: string) => row![head!.indexOf(name)]
  const one = (await get(`/api/sales/${at('id')}`)).body
  assert.deepEqual(
    [at('name'), at('total'), at('initial'), at('profit.amount')],
    [one.name, one.total, one.initial, String(one.profit?.amount ?? '')],
  )
  const headers = { 'content-type': 'text/csv' }
  const report = (await world.call('staff', { method: 'POST', url: '/api/sales/import', body: Buffer.from(text), headers })).body
  assert.deepEqual([report.rows, report.unchanged, report.rejected], [3, 3, 0])
  assert.ok(report.ignored.includes('total') && report.ignored.includes('initial'), JSON.stringify(report.ignored))
})

test('a live reader is told it, and asked for by what is stored', async () => {
  const live = async (body: object) => {
    const answer = await world.server.app.inject({
      method: 'GET',
      url: '/api/changes?collections=sales&filter[total][gte]=9.5&filter[total][lt]=100',
      headers: { authorization: `Bearer ${world.tokens.staff}` },
      payloadAsStream: true,
    })
    const stream = answer.stream()
    assert.equal((await world.call('owner', { method: 'PATCH', url: `/api/sales/${ids['Ann']}`, body })).status, 200)
    let text = ''
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      text += String(chunk)
      if (text.includes('event: change') && text.endsWith('\n\n')) break
    }
    stream.destroy()
    return JSON.parse(/event: change\n(?:id: .*\n)?data: (.*)/.exec(text)![1]!)
  }
  const { record } = await live({ pieces: 10 })
  assert.deepEqual([record.total, record.initial, 'words' in record, 'note' in record], ['99.90', 'A', false, false])
  assert.equal((await live({ pieces: 11 })).action, 'deleted')
  await world.call('owner', { method: 'PATCH', url: `/api/sales/${ids['Ann']}`, body: { pieces: 3 } })
})

test('the trail, the document and the console know it', async () => {
  await world.call('owner', { method: 'PATCH', url: `/api/sales/${ids['Ann']}`, body: { pieces: 4 } })
  const { items } = (await get('/api/audit?collection=sales&limit=1')).body
  assert.deepEqual(
    [items[0].before, items[0].after],
    [
      { pieces: 3, total: '29.97' },
      { pieces: 4, total: '39.96' },
    ],
  )
  const { body } = await get('/api/schema')
  const { fields } = body.items.find(({ name }: { name: string }) => name === 'sales')
  const shown = ['total', 'initial'].map((name) => {
    const { filterable, sortable, writable } = fields.find((one: { name: string }) => one.name === name)
    return [filterable, sortable, writable]
  })
  assert.deepEqual(shown, [
    [true, true, false],
    [false, false, false],
  ])
})

test('a declaration that says what cannot be is refused with its place', async () => {
  const start = (fields: object) =>
    openWorld({ config: { ...testConfig, collections: [collection('wrongs', { fields, access: { read: anyone } } as never)] as never } })
  const a = field.text()
  const of = () => 'x'
  const twice = field.computed(field.text(), { from: { a }, of })
  for (const [fields, message] of [
    [{ x: field.computed(field.text(), { from: { a }, of }) }, /fields\.x\.from\.a.*is no field of this collection/],
    [
      { a: field.text(), x: field.computed(field.text(), { from: { a }, of }) },
      /fields\.x\.from\.a.*is not the field that this collection declares/,
    ],
    [{ x: field.computed(field.text(), { from: {}, of }) }, /fields\.x\.from.*names no field/],
    [{ a, twice, x: field.computed(field.text(), { from: { twice }, of }) }, /fields\.x\.from\.twice.*is computed itself/],
    [{ a, x: field.computed(field.text({ unique: true }), { from: { a }, of }) }, /fields\.x\.unique.*say stored: true/],
    [{ a, x: field.computed(field.text({ default: 'x' }), { from: { a }, of }) }, /fields\.x\.default.*is for what is given/],
    [
      { a, x: field.computed(field.text({ search: true }), { from: { a }, of, stored: true }) },
      /fields\.x\.search.*search the fields that it is made of/,
    ],
    [{ a, x: field.computed(field.ref('users'), { from: { a }, of }) }, /fields\.x.*is given, not computed/],
    [{ a, x: field.computed(field.money(), { from: { a }, of: () => null, stored: true }) }, /fields\.x.*lies in several columns/],
    [{ a, x: field.computed(field.text(), { from: { a } } as never) }, /fields\.x\.computed\.of.*is missing/],
  ] as const)
    await assert.rejects(start(fields), message)
})

const database = testDatabase()
const price2 = field.integer({ required: true })
const modelOf = (fields: object) =>
  compileModel([collection('items', { prefix: 'item', fields: { price: price2, ...fields } } as never) as unknown as Collection])
const doubled = modelOf({
  more: field.computed(field.integer({ required: true }), { from: { price: price2 }, of: ({ price: of }) => of * 2, stored: true }),
})
const tripled = modelOf({
  more: field.computed(field.integer({ required: true }), { from: { price: price2 }, of: ({ price: of }) => of * 3, stored: true }),
})
const plain = modelOf({ more: field.integer() })

test('records that are there get it, another function makes all of it anew, and what is stored otherwise is found', async (t) => {
  const url = await database.url()
  const old = await database.open(modelOf({}), { url })
  const row = (id: string, price: number) => ({ id: `item_${id}`, version: 1, createdAt: 1, updatedAt: 1, price })
  await old.transaction(async (tx) => await tx.insert({ name: 'items' }, [row('a', 1), row('b', 5)]))
  await old.close()
  const dialect = await database.openSchema(url)
  cleanUp(t, () => dialect.close())
  const after = async (model: typeof doubled) => {
    await migrateTo(model, dialect, { run: 'destructive' })
    assert.deepEqual((await planOf(model, dialect)).steps, [])
    const found = (await recordsOf(database, url, model, 'items')) as { more: number }[]
    return found.map((one) => one.more)
  }
  assert.deepEqual(await after(doubled), [2, 10])
  await assert.rejects(database.open(tripled, { url }), /does not fit the model/)
  assert.deepEqual(await after(tripled), [3, 15])
  // Given from now on, then computed again: what was given meanwhile is not what the function makes.
  assert.deepEqual(await after(plain), [3, 15])
  const given = await database.open(plain, { url })
  await given.transaction(
    async (tx) => await tx.update({ name: 'items' }, { op: 'eq', path: 'id', value: 'item_a' }, { set: { more: 99 } }),
  )
  await given.close()
  assert.deepEqual(await after(tripled), [3, 15])
  const storage = (await database.open(tripled, { url })) as WholeStorage
  cleanUp(t, () => storage.close())
  await storage.transaction(
    async (tx) => await tx.update({ name: 'items' }, { op: 'eq', path: 'id', value: 'item_b' }, { set: { more: 7 } }),
  )
  const snapshot = await storage.snapshot()
  cleanUp(t, () => snapshot.close())
  const violations = await verifyDatabase({ read: snapshot.reader, commitsAfter: snapshot.commitsAfter, model: tripled, now: 2 })
  assert.deepEqual(
    violations.map(({ invariant, found }) => `${invariant} ${found}`),
    ['computed.up_to_date more is 7, and its function makes 15'],
  )
})
