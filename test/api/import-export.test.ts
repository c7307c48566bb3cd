// Import and export: what goes out comes in as it was, what does not fit is told with its line, and the same file again changes nothing.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { anyone, role, staff, where } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import { before as beforeHook } from '../../src/index.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { loadDocument } from '../support/fits-document.ts'

const stamps = collection('stamps', {
  prefix: 'stamp',
  fields: {
    code: field.text({ required: true, unique: true, max: 30 }),
    title: field.text(),
    notes: field.longText(),
    pieces: field.integer({ default: 1, min: 0, max: 100 }),
    price: field.money(),
    soldAt: field.dateTime(),
    rare: field.boolean({ default: false }),
    labels: field.texts(),
    meta: field.json(),
    saying: field.json({ schema: { type: 'string' } }),
    letter: field.ref('letters'),
    maker: field.ref('users'),
    keeper: field.ref('keepers'),
    sealed: field.text({ read: staff, write: { rule: 'nobody' } }),
  },
  access: { read: anyone, create: staff, update: staff, delete: staff },
})

const letters = collection('letters', {
  prefix: 'letter',
  fields: {
    code: field.text({ unique: true }),
    title: field.text(),
    shown: field.boolean({ default: false }),
    box: field.text({ read: role('postmaster'), write: staff }),
  },
  access: { read: where('shown').eq(true), create: staff, update: staff },
})

const keepers = collection('keepers', {
  prefix: 'keeper',
  fields: { mail: field.email({ unique: true }) },
  access: { read: staff, create: staff },
})
const breaks = beforeHook({
  name: 'stamps.break',
  on: stamps,
  action: ['create'],
  run({ record }) {
    if (record.title === 'breaks') throw new Error('a mistake of the project')
  },
})

let world: World
before(async () => {
  world = await openWorld({
    config: { ...testConfig, collections: [...testConfig.collections!, stamps, letters, keepers] as never, hooks: [breaks] },
  })
  await loadDocument(world)
})
after(() => world.close())

async function send(text: string | Buffer, { query = '', type = 'text/csv', as = 'staff' as As } = {}) {
  const headers = { 'content-type': type }
  return await world.call(as, { method: 'POST', url: `/api/stamps/import${query}`, body: Buffer.from(text), headers })
}
async function report(text: string, options = {}) {
  const { status, body, text: said } = await send(text, options)
  assert.equal(status, 200, said)
  return body
}
const counts = ({ rows, created, changed, unchanged, rejected }: Record<string, number>) => [rows, created, changed, unchanged, rejected]
async function all() {
  return (await world.call('staff', { method: 'GET', url: '/api/stamps?sort=code&limit=200' })).body.items
}
async function exported(query = '', as: As = 'staff') {
  return await world.call(as, { method: 'GET', url: `/api/stamps/export${query}` })
}

test('rows become records, with their defaults, and the same file again changes nothing', async () => {
  const csv = [
    'code,title,pieces,price.amount,price.currency,soldAt,rare,labels,meta',
    'A1,"Red, ""the"" one",5,1999,EUR,2026-11-29T12:00:00Z,true,"[""red"",""big""]","{""w"":1}"',
    'A2,,,,,,,,',
    'A3,=1+1,0,,,,no,,',
    '',
  ].join('\n')
  assert.deepEqual(counts(await report(csv, { query: '?by=code' })), [3, 3, 0, 0, 0])
  const [a1, a2, a3] = await all()
  assert.deepEqual(
    [a1.title, a1.pieces, a1.price, a1.soldAt, a1.rare, a1.labels, a1.meta],
    ['Red, "the" one', 5, { amount: 1999, currency: 'EUR' }, '2026-11-29T12:00:00.000Z', true, ['red', 'big'], { w: 1 }],
  )
  assert.deepEqual([a2.title, a2.pieces, a2.rare, a2.labels, a2.price], [null, 1, false, [], null])
  assert.deepEqual([a3.title, a3.pieces, a3.rare], ['=1+1', 0, false])
  const position = await world.newest()
  assert.deepEqual(counts(await report(csv, { query: '?by=code' })), [3, 0, 0, 3, 0])
  assert.equal(await world.newest(), position)
  const changed = csv.replace('A2,,', 'A2,Blue,').replace('"{""w"":1}"', '"{""h"":2}"')
  assert.deepEqual(counts(await report(changed, { query: '?by=code' })), [3, 0, 2, 1, 0])
  assert.deepEqual((await all()).map(({ title, meta }: { title: string; meta: unknown }) => [title, meta])[0], ['Red, "the" one', { h: 2 }])
})

test('what is exported is imported as it was, in either format', async () => {
  const odd = ["'quoted", "'=x", '+49 30', 'two\nlines', ' blanks ', '😀;ü', '', 'a,b', '"', '-']
  for (const [index, notes] of odd.entries())
    assert.deepEqual(
      counts(await report(JSON.stringify({ code: `Odd${index}`, notes, meta: [notes] }), { type: 'application/jsonl' })),
      [1, 1, 0, 0, 0],
    )
  const texts = ['5', 'true', 'null', '{}', '[1]', '"q"', 'x', '', ' ', '=x', "'=x", '-', 'a,b\n']
  for (const [index, meta] of [...texts, 5, -5, 1e-7, -1e21, true, false, [], {}, { $increment: 2 }].entries()) {
    const saying = texts[index] ?? null
    assert.deepEqual(
      counts(await report(JSON.stringify({ code: `Odd-${index}`, meta, saying }), { type: 'application/jsonl' })),
      [1, 1, 0, 0, 0],
    )
  }
  const before = await all()
  for (const format of ['csv', 'jsonl']) {
    const file = await exported(`?format=${format}`)
    assert.equal(file.status, 200)
    assert.match(String(file.headers['content-disposition']), new RegExp(`stamps\\.${format}`))
    const again = await report(file.text, { type: String(file.headers['content-type']) })
    assert.deepEqual(counts(again), [before.length, 0, 0, before.length, 0], JSON.stringify(again.rejections))
    assert.deepEqual(again.ignored.toSorted(), ['createdAt', 'sealed', 'updatedAt'])
  }
  assert.deepEqual(await all(), before)
  // Made anew from the export of an emptied collection, but for the ids.
  const { text } = await exported('?format=csv')
  for (const { id } of before) assert.equal((await world.call('staff', { method: 'DELETE', url: `/api/stamps/${id}` })).status, 204)
  const lines = text.replace(/^id,/, 'id,').split('\r\n')
  assert.equal(lines[0]!.split(',')[0], 'id')
  const withoutIds = text.replace(/^stamp_[a-z0-9]+,/gm, ',')
  assert.equal((await report(withoutIds)).created, before.length)
  const strip = (records: Record<string, unknown>[]) => records.map(({ id: _, createdAt: __, updatedAt: ___, ...rest }) => rest)
  assert.deepEqual(strip(await all()), strip(before))
})

test('exactly the rows that do not fit are left out, each told with its line and reason', async () => {
  const rows = Array.from({ length: 250 }, (_, index) => `B${index},${index % 100}`)
  rows[3] = 'B3,many'
  rows[50] = 'B50,101'
  rows[51] = ',5'
  rows[120] = 'B7,5'
  rows[199] = `${'x'.repeat(31)},5`
  rows[248] = 'B248,5,6,7'
  const answer = await report(['code,pieces', ...rows].join('\n'))
  assert.deepEqual(counts(answer), [250, 244, 0, 0, 6])
  assert.deepEqual(
    answer.rejections.map(({ line, errors }: { line: number; errors: { path: string; code: string }[] }) => [
      line,
      errors[0]!.path,
      errors[0]!.code,
    ]),
    [
      [5, '/pieces', 'type'],
      [52, '/pieces', 'maximum'],
      [53, '/code', 'required'],
      [122, '/code', 'already_exists'],
      [201, '/code', 'maxLength'],
      [250, '', 'columns'],
    ],
  )
  const again = await report(['code,pieces', ...rows].join('\n'), { query: '?by=code' })
  assert.deepEqual(counts(again), [250, 0, 1, 244, 5])
})

test('a file of which most is wrong is told of up to a limit, and counted whole', async () => {
  const lines = Array.from({ length: limits.importRejectionsMax + 50 }, (_, index) =>
    JSON.stringify({ code: `C${index}`, maker: 'usr_none' }),
  )
  const answer = await report(lines.join('\n'), { query: '?format=jsonl' })
  assert.deepEqual([answer.rejected, answer.created, answer.rejections.length], [lines.length, 0, limits.importRejectionsMax])
  assert.equal(answer.rejections[0].errors[0].code, 'reference_not_found')
})

test('spreadsheets: semicolons, a byte order mark, lines within quotes, lines that are empty', async () => {
  const answer = await report('\ufeffcode;title\r\nD1;"two\r\nlines"\r\n\r\nD2;x\r\nD2;y\r\n')
  assert.deepEqual(counts(answer), [3, 1, 0, 0, 2])
  assert.deepEqual(
    answer.rejections.map(({ line }: { line: number }) => line),
    [2, 6],
  )
})

test('an amount with decimals is refused with a word on minor ones', async () => {
  const { rejections } = await report('code,price.amount,price.currency\nM1,9.90,EUR\nM2,"9,90",EUR\nM3,990,EUR\n')
  const said = { path: '/price/amount', code: 'type', message: 'must be an integer: minor units, such as 990' }
  assert.deepEqual(rejections, [
    { line: 2, errors: [said] },
    { line: 3, errors: [said] },
  ])
})

test('what says by how much, and a list that holds a value twice, are left out', async () => {
  const rows = [
    { code: 'O1', pieces: 3, labels: ['red'] },
    { code: 'O1', pieces: { $increment: 2 } },
    { code: 'O1', labels: { $push: 'blue' } },
    { code: 'O1', labels: ['a', 'a'] },
  ]
  const type = 'application/jsonl'
  const answer = await report(rows.map((row) => JSON.stringify(row)).join('\n'), { query: '?by=code', type })
  assert.deepEqual(counts(answer), [4, 1, 0, 0, 3])
  const why = 'is not taken in an import, which would do it again when it is sent again: give the value'
  assert.deepEqual(
    answer.rejections.map(({ errors }: { errors: object[] }) => errors),
    [
      [{ path: '/pieces', code: 'not_taken', message: `$increment ${why}` }],
      [{ path: '/labels', code: 'not_taken', message: `$push ${why}` }],
      [{ path: '/labels', code: 'uniqueItems', message: 'holds the same value twice' }],
    ],
  )
  const cells = await report('code,labels\nO1,"{""$pull"":""red""}"\n', { query: '?by=code' })
  assert.deepEqual(cells.rejections[0].errors, [{ path: '/labels', code: 'not_taken', message: `$pull ${why}` }])
  const { items } = (await world.call('staff', { method: 'GET', url: '/api/stamps?filter[code]=O1' })).body
  assert.deepEqual([items[0].pieces, items[0].labels], [3, ['red']])
  const { body } = await world.call('staff', { method: 'POST', url: '/api/stamps', body: { code: 'O2', labels: ['a', 'a'] } })
  assert.equal(body.detail, '/labels: holds the same value twice')
  const patched = await world.call('staff', { method: 'PATCH', url: `/api/stamps/${items[0].id}`, body: { labels: ['a', 'a'] } })
  assert.equal(patched.body.detail, '/labels: holds the same value twice')
})

test('a key that stands twice in one file is made once and changed then', async () => {
  assert.deepEqual(counts(await report('code,title\nE1,a\nE1,b\nE1,b\n', { query: '?by=code' })), [3, 1, 1, 1, 0])
})

test('what ends an import says how many rows stay', async () => {
  const detailOf = async (codes: readonly string[], end: string) => {
    const { status, body } = await send(['code,title', ...codes.map((code) => `${code},x`), end, ''].join('\n'), { query: '?by=code' })
    return [status, body.detail]
  }
  const codes = Array.from({ length: limits.importRowsTogether + 5 }, (_, index) => `Z${index}`)
  const broke = (line: number) => `Something broke at line ${line}. The log has the request id.`
  assert.deepEqual(await detailOf([], 'B,breaks'), [500, `${broke(2)} Nothing of the file was written.`])
  const stay = `Of the rows before it ${limits.importRowsTogether} made or changed a record, and stay.`
  assert.deepEqual(await detailOf(codes, 'B,breaks'), [500, `${broke(codes.length + 2)} ${stay}`])
  const made = (await world.call('guest', { method: 'GET', url: '/api/stamps?filter[code][startsWith]=Z&count=true&limit=1' })).body
  assert.equal(made.count, limits.importRowsTogether)
  // They say nothing new a second time.
  assert.deepEqual(await detailOf(codes.slice(0, 100), 'B,breaks'), [500, `${broke(102)} Nothing of the file was written.`])
  assert.deepEqual(await detailOf(codes.slice(0, 1), '"B'), [
    400,
    'Line 3: a quote is opened and never closed. Nothing of the file was written.',
  ])
})

test('what cannot be read is refused, with its line', async () => {
  for (const [text, query, path, message] of [
    ['', '', 'line:1', /empty/],
    ['kode\nx', '', 'line:1', /no field kode; did you mean "code"/],
    ['code,code\nx,y', '', 'line:1', /twice/],
    ['code\n"F1\n', '', 'line:2', /never closed/],
    ['code\nx', '?by=titel', 'query:by', /no field titel; did you mean "title"/],
    ['code\nx', '?by=title', 'query:by', /not unique/],
    ['code\nx', '?format=xml', 'query:format', /must be/],
    ['code\nx', '?also=1', 'query:also', /./],
  ] as const) {
    const { status, body, text: said } = await send(text, { query })
    assert.deepEqual([status, body.errors?.[0].path], [400, path], said)
    assert.match(body.errors[0].message, message)
  }
  assert.equal((await send(Buffer.from([0x63, 0x6f, 0x64, 0x65, 0x0a, 0xff]))).status, 400)
  const lines = [
    '{"code":"H1"',
    '[]',
    '{"codes":"x"}',
    '{"code":12345678901234567890}',
    '{"id":"stamp_none","code":"H2"}',
    '{"id":5}',
    '{"code":"H3"}',
  ]
  const answer = await report(lines.join('\n'), { type: 'application/x-ndjson' })
  assert.deepEqual(counts(answer), [7, 1, 0, 0, 6])
  assert.deepEqual(
    answer.rejections.map(({ line, errors }: { line: number; errors: { code: string }[] }) => [line, errors[0]!.code]),
    [
      [1, 'malformed_json'],
      [2, 'type'],
      [3, 'unknown_field'],
      [4, 'number'],
      [5, 'not_found'],
      [6, 'not_found'],
    ],
  )
})

test('what one may not see is none, and what one may not read is not compared', async () => {
  const made = (await world.call('staff', { method: 'POST', url: '/api/letters', body: { code: 'L1', title: 'secret', shown: false } }))
    .body
  const open = (await world.call('staff', { method: 'POST', url: '/api/letters', body: { code: 'L2', title: 'plain', shown: true } })).body
  const send = async (text: string, query = '') =>
    (
      await world.call('staff', {
        method: 'POST',
        url: `/api/letters/import${query}`,
        body: Buffer.from(text),
        headers: { 'content-type': 'text/csv' },
      })
    ).body
  const told = async (title: string, id: string) => (await send(`id,title\n${id},${title}`)).rejections
  const none = await told('secret', 'letter_none')
  for (const title of ['secret', 'wrong']) assert.deepEqual(await told(title, made.id), none)
  for (const title of ['secret', 'wrong'])
    assert.equal((await send(`code,title\nL1,${title}`, '?by=code')).rejections[0].errors[0].code, 'already_exists')
  for (const box of ['x', 'x', 'y']) assert.equal((await send(`id,box\n${open.id},${box}`)).changed, 1)
})

test('a key is refused, since it could not cover what several transactions write', async () => {
  const headers = { 'content-type': 'text/csv', 'idempotency-key': 'k' }
  const { status, body } = await world.call('staff', { method: 'POST', url: '/api/stamps/import', body: Buffer.from('code\nK1'), headers })
  assert.deepEqual([status, body.errors?.[0].path ?? body, body.errors?.[0].code], [400, 'header:Idempotency-Key', 'not_taken'])
})

test('cells with a null character, and more columns than there can be', async () => {
  const answer = await report('code,title\nN1,a\0b\nN2,c')
  assert.deepEqual([answer.created, answer.rejections[0].line, answer.rejections[0].errors[0].path], [1, 2, '/title'])
  const { status, body } = await send(Array.from({ length: 200_000 }, (_, index) => `c${index}`).join(','))
  assert.deepEqual([status, body.errors[0].path], [400, 'line:1'])
})

test('is for staff, and tells them what they may see', async () => {
  assert.deepEqual([(await send('code\nx', { as: 'owner' })).status, (await send('code\nx', { as: 'guest' })).status], [403, 401])
  assert.deepEqual([(await exported('', 'owner')).status, (await exported('', 'guest')).status], [403, 401])
  assert.equal((await world.call('staff', { method: 'GET', url: '/api/users/export' })).text.includes('password'), false)
  const { text } = await exported('?filter[code][startsWith]=B1&format=jsonl')
  assert.ok(
    text
      .split('\n')
      .filter(Boolean)
      .every((line) => JSON.parse(line).code.startsWith('B1')),
  )
  assert.equal((await exported('?filter[none]=1')).status, 400)
})

test('a row may name another record by a unique field of it', async () => {
  const sendTo = async (collection: string, text: string, query = '', type = 'text/csv') =>
    await world.call('staff', {
      method: 'POST',
      url: `/api/${collection}/import${query}`,
      body: Buffer.from(text),
      headers: { 'content-type': type },
    })
  const products = [
    'slug,title,status,categories.slug',
    'nana,Nana,active,"[""fiction"",""science""]"',
    'germinal,Germinal,active,',
    'nobody,Nobody,active,"[""fiction"",""poems""]"',
    '',
  ].join('\n')
  const { body } = await sendTo('products', products, '?by=slug')
  assert.deepEqual(counts(body), [3, 2, 0, 0, 1])
  const message = 'names no record of categories whose slug is poems'
  assert.deepEqual(body.rejections, [{ line: 4, errors: [{ path: '/categories', code: 'reference_not_found', message }] }])
  const variants =
    'product.slug,sku,title,price.amount,price.currency\nnana,NANA-P,Paperback,900,EUR\nemma,EMMA-L,Large print,1900,EUR\nnone,N-P,Paperback,900,EUR\n'
  assert.deepEqual(counts((await sendTo('variants', variants, '?by=sku')).body), [3, 2, 0, 0, 1])
  assert.deepEqual(counts((await sendTo('variants', variants, '?by=sku')).body), [3, 0, 0, 2, 1])
  const lines =
    '{"product.slug":"germinal","sku":"GERM-P","title":"Paperback","price":{"amount":800,"currency":"EUR"}}\n{"product.slug":7,"sku":"G","title":"P","price":{"amount":1,"currency":"EUR"}}'
  const { body: read } = await sendTo('variants', lines, '?by=sku', 'application/jsonl')
  assert.deepEqual([counts(read), read.rejections[0].errors[0].path], [[2, 1, 0, 0, 1], '/product'])
  const { items } = (
    await world.call('guest', { method: 'GET', url: '/api/products?filter[slug][in]=nana,germinal&sort=slug&expand=categories,variants' })
  ).body
  assert.deepEqual(
    items.map((one: { categories: { slug: string }[]; price: object; variants: object[] }) => [
      one.categories.map(({ slug }) => slug),
      one.price,
      one.variants.length,
    ]),
    [
      [[], { amount: 800, currency: 'EUR' }, 1],
      [['fiction', 'science'], { amount: 900, currency: 'EUR' }, 1],
    ],
  )
  // By a unique text that a record may be without, too.
  const letter = (await world.call('staff', { method: 'POST', url: '/api/letters', body: { code: 'LR', shown: true } })).body
  assert.deepEqual(counts((await sendTo('stamps', 'code,letter.code\nR1,LR\nR2,\nR3,LX\n', '?by=code')).body), [3, 2, 0, 0, 1])
  const stamps = (await world.call('guest', { method: 'GET', url: '/api/stamps?filter[code][in]=R1,R2&sort=code' })).body.items
  assert.deepEqual(
    stamps.map((one: { letter: string | null }) => one.letter),
    [letter.id, null],
  )
  // An address is kept in lower case.
  const keeper = (await world.call('staff', { method: 'POST', url: '/api/keepers', body: { mail: 'Ann@Example.com' } })).body
  const kept = await sendTo('stamps', 'code,keeper.mail\nK1,ANN@example.COM\nK2,ann@example.com\nK3,none@example.com\n', '?by=code')
  assert.deepEqual(counts(kept.body), [3, 2, 0, 0, 1])
  const ofKeeper = await world.call('staff', { method: 'GET', url: `/api/stamps?filter[keeper]=${keeper.id}` })
  assert.equal(ofKeeper.body.items.length, 2)
  // What is not unique, hidden, no reference or said twice is no column.
  for (const header of ['product.title,sku', 'product.slug.x,sku', 'sku.slug,title', 'product,product.slug'])
    assert.equal((await sendTo('variants', `${header}\na,b\n`)).status, 400, header)
})
