// A kind of field is one file: two that the product does not have are declared below test/support/new-kinds, and all that
// a field can do works with them, on every database, without a line elsewhere.
// slow: mariadb
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { anyone, collection, field, where } from '../../src/index.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import type { Collection } from '../../src/schema/collection.ts'
import { compileModel } from '../../src/schema/model.ts'
import { archiveBytes, archiveFormat, describeModel, openArchive } from '../../src/storage/archive/archive.ts'
import { differences, partsOf, sumsOf } from '../../src/storage/archive/contents.ts'
import { endFill, fill } from '../../src/storage/archive/fill.ts'
import type { WholeStorage } from '../../src/storage/storage.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { migrateTo, planOf, recordsOf } from '../support/migration/run.ts'
import { colour } from '../support/new-kinds/colour.ts'
import { place } from '../support/new-kinds/place.ts'

const access = { read: anyone, create: anyone, update: anyone, delete: anyone }
const paints = collection('paints', {
  prefix: 'paint',
  fields: {
    name: field.text({ required: true }),
    tint: colour({ required: true, unique: true }),
    glow: colour({ alpha: true, required: false, default: 'ffffff80' }),
    madeAt: place(),
  },
  indexes: [['glow'], ['madeAt']],
  // Black is nobody's business.
  access: { ...access, read: where('tint').ne('#000000') },
})

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, paints] as never } })
  for (const paint of [
    { name: 'orange', tint: '#ff8800', madeAt: { latitude: 52_520_000, longitude: 13_405_000 } },
    { name: 'night', tint: '#101020', glow: '#FFF00F7f', madeAt: { latitude: -33_870_000, longitude: 151_210_000 } },
    { name: 'white', tint: '#FFFFFF', glow: null },
    { name: 'black', tint: '#000000' },
  ])
    await made(paint)
})
after(() => world.close())

const create = (body: object) => world.call('guest', { method: 'POST', url: '/api/paints', body })
const made = async (body: object) => {
  const answer = await create(body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body
}
const get = (url: string) => world.call('staff', { method: 'GET', url })
const names = async (query: string) => {
  const { status, body } = await get(`/api/paints?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body.items.map(({ name }: { name: string }) => name)
}
const issue = ({ status, body }: { status: number; body: { errors?: { path: string; code: string }[] } }) => [
  status,
  body.errors?.[0]?.path,
  body.errors?.[0]?.code,
]

test('it is created, read and changed in its wire form, with its default', async () => {
  const green = await made({ name: 'green', tint: '#00fF00' })
  assert.deepEqual([green.tint, green.glow, green.madeAt], ['#00FF00', '#FFFFFF80', null])
  assert.deepEqual((await get(`/api/paints/${green.id}`)).body, green)
  const change = { tint: '#00ee00', glow: null, madeAt: { latitude: 1, longitude: -2 } }
  const changed = await world.call('guest', { method: 'PATCH', url: `/api/paints/${green.id}`, body: change })
  assert.deepEqual({ ...changed.body, version: 0 }, { ...green, ...change, tint: '#00EE00', updatedAt: changed.body.updatedAt, version: 0 })
  assert.equal((await world.call('guest', { method: 'DELETE', url: `/api/paints/${green.id}` })).status, 204)
})

test('what is none is refused with its path, and one that is taken too', async () => {
  assert.deepEqual(issue(await create({ name: 'x', tint: 'red' })), [400, '/tint', 'pattern'])
  assert.deepEqual(issue(await create({ name: 'x', tint: null })), [400, '/tint', 'type'])
  assert.deepEqual(issue(await create({ name: 'x', tint: '#11223344' })), [400, '/tint', 'pattern'])
  assert.deepEqual(issue(await create({ name: 'x', tint: '#112233', madeAt: { latitude: 91_000_000, longitude: 0 } })), [
    400,
    '/madeAt/latitude',
    'maximum',
  ])
  assert.equal((await create({ name: 'x', tint: '#FF8800' })).body.code, 'already_exists')
})

test('it is filtered by its operators, and sorted', async () => {
  assert.deepEqual(await names('filter[tint]=%23FF8800'), ['orange'])
  assert.deepEqual(await names('filter[tint][ne]=ff8800&sort=name'), ['night', 'white'])
  assert.deepEqual(await names('filter[tint][in]=%23FF8800,%23101020&sort=-tint'), ['orange', 'night'])
  assert.deepEqual(await names('filter[glow][null]=true'), ['white'])
  assert.deepEqual(await names('filter[madeAt.longitude][gte]=100000000'), ['night'])
  assert.deepEqual(await names('filter[madeAt][null]=false&sort=-madeAt'), ['orange', 'night'])
  assert.deepEqual(issue(await get('/api/paints?filter[tint]=red')), [400, 'query:filter[tint]', 'type'])
  const { body: first } = await get('/api/paints?sort=tint&limit=1')
  assert.deepEqual([first.items[0].name, await names(`sort=tint&limit=2&cursor=${first.next}`)], ['night', ['orange', 'white']])
})

test('a rule compares with it, and the config check knows its options', async () => {
  assert.deepEqual(await names('sort=name'), ['night', 'orange', 'white'])
  const wrong = (fields: object, read: object = anyone) =>
    openWorld({ config: { ...testConfig, collections: [collection('wrongs', { fields, access: { read } } as never)] as never } })
  await assert.rejects(wrong({ tint: colour({ alhpa: true } as never) }), /fields\.tint\.alhpa.*"alpha"/)
  await assert.rejects(wrong({ tint: colour({ default: 'red' }) }), /fields\.tint\.default.*is no colour/)
  await assert.rejects(wrong({ tint: colour() }, where('tint').eq('red')), /"tint" is compared with "red", and must be with a colour/)
  await assert.rejects(wrong({ tint: colour() }, where('tint').gt('#000000')), /"tint" has no order/)
})

test('the document has its schema and its filters', async () => {
  const { body } = await get('/api/openapi.json')
  const { schema } = body.paths['/api/paints'].post.requestBody.content['application/json']
  const { properties } = schema.$ref ? body.components.schemas[schema.$ref.split('/').at(-1)] : schema
  assert.deepEqual(properties.tint, { type: 'string', pattern: '^#[0-9a-fA-F]{6}$' })
  assert.match(JSON.stringify(body), /"latitude":\{"type":"integer","minimum":-90000000,"maximum":90000000\}/)
  const { parameters } = body.paths['/api/paints'].get
  const references = parameters.map((parameter: object) => Object.values(parameter)[0].split('/').at(-1))
  const own = references.filter((name: string) => /glow|madeAt/.test(name))
  assert.deepEqual(own.slice(0, 4), ['filter.glow', 'filter.glow.in', 'filter.glow.null', 'filter.madeAt'])
})

test("the console's form takes it, by what the schema says of it", async () => {
  const { body } = await get('/api/schema')
  const { fields } = body.items.find(({ name }: { name: string }) => name === 'paints')
  const tint = fields.find(({ name }: { name: string }) => name === 'tint')
  const shape = { name: 'tint', kind: 'colour', required: true, filterable: true, sortable: true, unique: true, writable: true }
  assert.deepEqual(tint, { ...shape, input: 'text', display: 'text', operators: ['eq', 'ne', 'in', 'null'] })
  const {
    items: [record],
  } = (await get('/api/paints?filter[name]=orange')).body
  // By a path that the compiler does not follow: the console's imports are those of a browser.
  const { draftOf, readDraft } = await import(String(new URL('../../console/src/field-input.ts', import.meta.url)))
  const draft = { ...draftOf(fields, record), tint: '#ff8801' }
  const { values, errors } = readDraft(fields, draft, record)
  assert.deepEqual([values, errors], [{ tint: '#ff8801' }, {}])
  const saved = await world.call('staff', { method: 'PATCH', url: `/api/paints/${record.id}`, body: values })
  assert.equal(saved.body.tint, '#FF8801')
  await world.call('staff', { method: 'PATCH', url: `/api/paints/${record.id}`, body: { tint: record.tint } })
})

const database = testDatabase()
const modelOf = (fields: object) => compileModel([collection('paints', { prefix: 'paint', fields } as never) as unknown as Collection])
const earlier = modelOf({ name: field.text({ required: true }), shade: field.text() })
const later = modelOf({
  name: field.text({ required: true }),
  tint: colour({ renamedFrom: 'shade' }),
  glow: colour({ required: true, default: 'ffffff' }),
  madeAt: place({ backfill: ({ name }) => (name === 'a' ? null : { latitude: 1, longitude: 2 }) }),
})
const row = (name: string, more: object) => ({ id: `paint_${name}`, version: 1, createdAt: 1, updatedAt: 1, name, ...more })

test('a migration adds it to records there are, and a backup brings it back', async (t) => {
  const url = await database.url()
  const old = await database.open(earlier, { url })
  await old.transaction(async (tx) => {
    await tx.insert({ name: 'paints' }, [row('a', { shade: 'ff8800' }), row('b', { shade: null })])
  })
  await old.close()
  const dialect = await database.openSchema(url)
  cleanUp(t, () => dialect.close())
  await migrateTo(later, dialect, { run: 'destructive' })
  assert.deepEqual((await planOf(later, dialect)).steps, [])
  const wanted = [
    row('a', { tint: 'ff8800', glow: 'ffffff', madeAt: null }),
    row('b', { tint: null, glow: 'ffffff', madeAt: { latitude: 1, longitude: 2 } }),
  ]
  assert.deepEqual(await recordsOf(database, url, later, 'paints'), wanted)

  const from = (await database.open(later, { url })) as WholeStorage
  cleanUp(t, () => from.close())
  const snapshot = await from.snapshot()
  cleanUp(t, () => snapshot.close())
  const head = {
    kingpost: 'archive',
    format: archiveFormat,
    id: 'arc_1',
    engine: '0',
    project: 'test',
    at: '2026-11-24T12:00:00.000Z',
    source: snapshot.source,
    lastPosition: 0,
    marks: {},
    collections: describeModel(later),
  } as const
  const archive = await openArchive(archiveBytes(head, partsOf(snapshot, later)))
  const toUrl = await database.url()
  const to = (await database.open(later, { url: toUrl })) as WholeStorage
  const sums = await fill({ storage: to, clock: systemClock, model: later, id: 'arc_1', parts: archive.parts, marks: {}, onPart: () => {} })
  await endFill(to, { lastPosition: 0, marks: {} })
  const restored = await to.snapshot()
  assert.deepEqual(differences(sums, await sumsOf(partsOf(restored, later))), [])
  const violations = await verifyDatabase({ read: restored.reader, commitsAfter: restored.commitsAfter, model: later, now: 2 })
  assert.deepEqual(violations, [])
  await restored.close()
  await to.close()
  assert.deepEqual(await recordsOf(database, toUrl, later, 'paints'), wanted)
})
