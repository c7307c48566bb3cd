// Places on earth: kept to the centimetre, asked for by a radius and by a box on every database as a sphere has them, poles and the
// line where east meets west included.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { limits } from '../../src/base/limits.ts'
import { matches } from '../../src/contract/filter.ts'
import { any, anyone, collection, defineBackend, field, staff, where } from '../../src/index.ts'
import { geoKind } from '../../src/schema/kinds/geo.ts'
import { openTestBackend } from '../../src/testing/open-test-backend.ts'
import { openWorld, testConfig, type World } from '../support/api-harness.ts'
import { loadDocument } from '../support/fits-document.ts'

const { distanceMetersMax } = limits

const shops = collection('shops', {
  prefix: 'shop',
  fields: { name: field.text({ required: true }), at: field.geo(), home: field.geo({ read: staff }) },
  indexes: [['at']],
  access: { read: any(where('at').isNull(), where('at.lat').gt(-89.5)), create: anyone, update: anyone, aggregate: anyone },
})
const places = {
  berlin: [52.52, 13.405],
  potsdam: [52.3906, 13.0645],
  sydney: [-33.8688, 151.2093],
  suva: [-18.1416, 178.4419],
  apia: [-13.8333, -171.7667],
  north: [90, 0],
  nome: [64.5011, -165.4064],
  null: [0, 0],
} as const

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, shops] as never } })
  await loadDocument(world)
  for (const [name, [lat, lng]] of Object.entries(places)) assert.equal((await create({ name, at: { lat, lng } })).status, 201)
  assert.equal((await create({ name: 'hidden', at: { lat: -89.6, lng: 0 } })).status, 201)
})
after(() => world.close())

const create = (body: object) => world.call('staff', { method: 'POST', url: '/api/shops', body })
const get = (url: string, as: 'staff' | 'guest' = 'staff') => world.call(as, { method: 'GET', url })
const names = async (query: string): Promise<string[]> => {
  const { status, body, text } = await get(`/api/shops?sort=name&limit=100&${query}`)
  assert.equal(status, 200, text)
  return body.items.map(({ name }: { name: string }) => name)
}
const issue = ({ status, body }: { status: number; body: { errors?: { path: string; code: string }[] } }) => [
  status,
  body.errors?.[0]?.path,
  body.errors?.[0]?.code,
]

test('a place is told as it was given, and what is none is refused with its path', async () => {
  const { body } = await create({ name: 'x', at: { lat: -0.00000004, lng: -179.9999999 } })
  assert.deepEqual(body.at, { lat: 0, lng: -179.9999999 })
  // Given whole, also to change one part; money alike.
  for (const [url, part, path] of [
    [`/api/shops/${body.id}`, { at: { lat: 1 } }, '/at/lng'],
    [`/api/variants/${world.ids['variant']}`, { price: { amount: 500 } }, '/price/currency'],
  ] as const)
    assert.deepEqual(issue(await world.call('staff', { method: 'PATCH', url, body: part })), [400, path, 'required'])
  assert.equal((await world.call('staff', { method: 'PATCH', url: `/api/shops/${body.id}`, body: { at: null } })).body.at, null)
  for (const [at, path, code] of [
    [{ lat: 90.0000001, lng: 0 }, '/at/lat', 'maximum'],
    [{ lat: -91, lng: 0 }, '/at/lat', 'minimum'],
    [{ lat: 0, lng: 180.5 }, '/at/lng', 'maximum'],
    [{ lat: '1', lng: 0 }, '/at/lat', 'type'],
    [{ lat: 1 }, '/at/lng', 'required'],
    [{ lat: 1, lng: null }, '/at/lng', 'type'],
    [{ lat: 1, lng: 1, alt: 5 }, '/at/alt', 'unknown_field'],
    [[1, 2], '/at', 'type'],
    ['1,2', '/at', 'type'],
  ] as const)
    assert.deepEqual(issue(await create({ name: 'x', at })), [400, path, code], JSON.stringify(at))
})

test('what is near is found by its distance, over the line of 180 degrees and around a pole', async () => {
  assert.deepEqual(await names('filter[at][near]=52.52,13.405,20000'), ['berlin'])
  assert.deepEqual(await names('filter[at][near]=52.52,13.405,28000'), ['berlin', 'potsdam'])
  assert.deepEqual(await names('filter[at][near]=52.52,13.405,0'), ['berlin'])
  assert.deepEqual(await names('filter[at][near]=-16,-179,1200000'), ['apia', 'suva'])
  assert.deepEqual(await names('filter[at][near]=90,120,2900000'), ['nome', 'north'])
  assert.deepEqual((await names(`filter[at][near]=0,0,${distanceMetersMax}`)).length, 8)
  assert.deepEqual(await names('filter[not][at][near]=0,0,10000000'), ['apia', 'nome', 'north', 'suva', 'sydney'])
  assert.deepEqual(await names('filter[or][0][at][near]=52.4,13.1,5000&filter[or][1][name]=north'), ['north', 'potsdam'])
})

test('what lies within a box is found, also where its west is east of its east', async () => {
  assert.deepEqual(await names('filter[at][within]=52.3,13.0,52.7,13.2'), ['potsdam'])
  assert.deepEqual(await names('filter[at][within]=-20,170,-10,-170'), ['apia', 'suva'])
  assert.deepEqual(await names('filter[at.lat][gte]=64&filter[at.lng][lt]=0'), ['nome'])
  assert.ok((await names('filter[at][null]=true')).includes('x'))
})

test('what other products got wrong', async () => {
  // A place is near itself, where the cosines of its own angles add up to more than 1.
  const own = [8, 12, 82, -12].map((lat) => ({ name: `own ${lat}`, at: { lat, lng: 0 } }))
  const made = await Promise.all(own.map(create))
  for (const { at, name } of own) assert.deepEqual(await names(`filter[at][near]=${at.lat},0,0`), [name])
  for (const { body } of made)
    assert.equal((await world.call('staff', { method: 'PATCH', url: `/api/shops/${body.id}`, body: { at: null } })).status, 200)
  // Half a place is none, nought included.
  for (const at of [{ lat: 0 }, { lng: 0 }, { lat: 0, lng: null }, { lat: null, lng: 0 }, { lat: '', lng: 0 }, { lat: 0, lng: 'abc' }])
    assert.equal((await create({ name: 'half', at })).status, 400, JSON.stringify(at))
  // A box over the line of 180 degrees has not what lies on the other side of the earth.
  assert.deepEqual(await names('filter[at][within]=-5,170,5,-170'), [])
  assert.deepEqual(await names('filter[at][within]=-5,-170,5,170'), ['null'])
})

test('what asks for no area is refused', async () => {
  for (const near of ['', '1,2', '1,2,3,4', 'a,b,c', '91,0,5', '0,181,5', '0,0,-1', '0,0,20015001', '0,0,1e3', '0,0,NaN', '0,0,5km'])
    assert.deepEqual(issue(await get(`/api/shops?filter[at][near]=${near}`)), [400, 'query:filter[at][near]', 'type'], near)
  for (const box of ['1,2,3', '5,0,4,0', '0,0,91,0', '0,-181,1,0', 'a,b,c,d', ',,,'])
    assert.deepEqual(issue(await get(`/api/shops?filter[at][within]=${box}`)), [400, 'query:filter[at][within]', 'type'], box)
  assert.deepEqual(issue(await get('/api/shops?filter[name][near]=0,0,5')), [400, 'query:filter[name][near]', 'operator'])
  assert.deepEqual(issue(await get('/api/shops?filter[at.lng][near]=0,0,5')), [400, 'query:filter[at.lng][near]', 'operator'])
  // Its latitude alone is no answer.
  assert.deepEqual(issue(await get('/api/shops?filter[at]=1')), [400, 'query:filter[at]', 'operator'])
  for (const operator of ['eq', 'ne', 'gt', 'lte', 'in', 'nin', 'contains', 'like', '__proto__']) {
    const { status, body } = await get(`/api/shops?filter[not][at][${operator}]=1`)
    assert.deepEqual(issue({ status, body }), [400, `query:filter[not][at][${operator}]`, 'operator'])
    assert.match(body.errors[0].message, /near, within, null$/)
  }
  assert.equal((await get('/api/shops?filter[at][null]=true&filter[at.lat][gt]=1')).status, 200)
  assert.deepEqual(issue(await get('/api/shops?sort=at')), [400, 'query:sort', 'not_sortable'])
  for (const query of ['sum=at', 'min=at', 'group=at', 'group=at.lat'])
    assert.equal((await get(`/api/shops/aggregate?${query}`)).status, 400, query)
  // Hidden, it is asked for as what does not exist.
  const hidden = await get('/api/shops?filter[home][near]=0,0,5', 'guest')
  assert.deepEqual(issue(hidden), [400, 'query:filter[home]', 'unknown_field'])
})

test('a live reader is told what comes near and what goes', async () => {
  const { id } = (await create({ name: 'moving', at: null })).body
  for (const [at, action] of [
    [{ lat: 10.001, lng: 20 }, 'created'],
    [{ lat: 11, lng: 20 }, 'deleted'],
  ] as const) {
    const url = '/api/changes?collections=shops&filter[at][near]=10,20,500'
    const headers = { authorization: `Bearer ${world.tokens.staff}` }
    const stream = (await world.server.app.inject({ method: 'GET', url, headers, payloadAsStream: true })).stream()
    assert.equal((await world.call('staff', { method: 'PATCH', url: `/api/shops/${id}`, body: { at } })).status, 200)
    let text = ''
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
      text += String(chunk)
      if (text.includes('event: change') && text.endsWith('\n\n')) break
    }
    stream.destroy()
    const told = JSON.parse(/event: change\n(?:id: .*\n)?data: (.*)/.exec(text)![1]!)
    assert.deepEqual([told.id, told.action === 'deleted'], [id, action === 'deleted'])
  }
  assert.equal((await world.call('staff', { method: 'PATCH', url: `/api/shops/${id}`, body: { at: null } })).status, 200)
})

test('files, the document and the console have it', async () => {
  assert.equal((await create({ name: 'near null', at: { lat: 0.0000001, lng: -0.0000009 } })).status, 201)
  const { text } = await get('/api/shops/export')
  for (const cells of ['berlin,52.52,13.405', 'near null,0.0000001,-0.0000009']) assert.ok(text.includes(cells), text)
  const body = Buffer.from(text)
  const report = (await world.call('staff', { method: 'POST', url: '/api/shops/import', body, headers: { 'content-type': 'text/csv' } }))
    .body
  assert.deepEqual([report.rejected, report.changed], [0, 0], JSON.stringify(report))
  const { items } = (await get('/api/schema')).body
  const { fields } = items.find(({ name }: { name: string }) => name === 'shops')
  const { input, operators } = fields.find(({ name }: { name: string }) => name === 'at')
  assert.deepEqual([input, operators], ['point', ['near', 'within', 'null']])
})

test('every database decides as the engine does in memory, wherever the center is', async () => {
  const { comparing } = geoKind.columns[0]
  const degrees = (most: number) =>
    fc.oneof(
      fc.constantFrom(-most, 0, most),
      fc.integer({ min: -most * 1_000, max: most * 1_000 }).map((one) => one / 1_000),
    )
  const all = (await get('/api/shops?limit=100')).body.items as { name: string; at: { lat: number; lng: number } | null }[]
  const meters = fc.oneof(fc.integer({ min: 0, max: distanceMetersMax }), fc.constantFrom(0, 1_000, 5_000_000))
  await fc.assert(
    fc.asyncProperty(degrees(90), degrees(180), meters, async (lat, lng, far) => {
      const area = comparing.area!('near', 'at', `${lat},${lng},${far}`)
      assert.ok('filter' in area)
      const wanted = all.filter(({ at }) => matches(area.filter, { at: at && geoKind.fromWire!(at, '', field.geo()) }) === true)
      const found = await names(`filter[at][near]=${lat},${lng},${far}`)
      assert.deepEqual(found, wanted.map(({ name }) => name).toSorted(), `${lat},${lng},${far}`)
      // The box never leaves out what the circle has.
      const near = area.filter.op === 'and' ? area.filter.of.at(-1)! : area.filter
      assert.deepEqual(
        found,
        all
          .filter(({ at }) => matches(near, { at: at && geoKind.fromWire!(at, '', field.geo()) }) === true)
          .map(({ name }) => name)
          .toSorted(),
      )
    }),
    { numRuns: 60 },
  )
})

test('a default and a seed are given in degrees, and what is no place stops the start', async () => {
  const config = (at: ReturnType<typeof field.geo<{ default?: { lat: number; lng: number } }>>, seeded?: object) =>
    defineBackend({
      name: 'Spots',
      collections: [
        collection('spots', { fields: { name: field.text({ required: true }), at }, access: { read: anyone, create: anyone } }),
      ],
      seed: () => [{ collection: 'spots', records: [{ name: 'given', ...(seeded && { at: seeded }) }, { name: 'default' }] }],
    })
  await using spotted = await openTestBackend(config(field.geo({ default: { lat: 1, lng: -0.25 } }) as never, { lat: 52, lng: 13 }), {
    seed: true,
  })
  const told = await spotted.guest().spots.list({ sort: ['name'] })
  const expected = [
    ['default', { lat: 1, lng: -0.25 }],
    ['given', { lat: 52, lng: 13 }],
  ]
  assert.deepEqual(
    told.items.map((one) => [one.name, one.at]),
    expected,
  )
  for (const place of [
    { lat: 1, lng: 500 },
    { lat: 525_200_000, lng: 134_050_000 },
    { lat: '1', lng: 1 },
    { lat: 1 },
    { lat: 1, lng: 1, alt: 5 },
  ]) {
    await assert.rejects(openTestBackend(config(field.geo({ default: place as never }) as never)), /fields\.at\.default.*in degrees/)
    await assert.rejects(openTestBackend(config(field.geo() as never, place), { seed: true }), /records\[0\]\.at.*in degrees/)
  }
  // @ts-expect-error: a text is no place
  const here = field.geo({ default: 'here' })
  await assert.rejects(openTestBackend(config(here as never)), /fields\.at\.default/)
})

test('what is near is listed by its distance, page by page, and at most so many', async () => {
  const at = (query: string, as: 'staff' | 'guest' = 'staff') => get(`/api/shops?sort=at&${query}`, as)
  const told = async (query: string) => (await at(query)).body.items.map(({ name }: { name: string }) => name)
  assert.deepEqual(await told(`filter[at][near]=0,0,${distanceMetersMax}&filter[name][in]=${Object.keys(places).join()}`), [
    'null',
    'potsdam',
    'berlin',
    'north',
    'nome',
    'sydney',
    'suva',
    'apia',
  ])
  assert.deepEqual(await told('filter[at][near]=-16,179,2500000'), ['suva', 'apia'])
  assert.deepEqual(await told('filter[at][near]=52.39,13.06,100000&filter[name][startsWith]=B'), ['berlin'])

  // Several at one place are in the order of their ids; none is missed or told twice where a page ends between them.
  const ids: string[] = []
  for (const lat of [1, 1, 1, 1.5, 1.2]) ids.push((await create({ name: 'many', at: { lat, lng: 1 } })).body.id)
  const [a, b, c, far, near] = ids
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await at(`filter[at][near]=1,1,90000&filter[name]=many&limit=2${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.items.map(({ id }: { id: string }) => id))
    cursor = body.next
  }
  assert.deepEqual(seen, [...[a, b, c].toSorted(), near, far])

  const wrong = [
    ['sort=at', 'query:sort', 'not_sortable'],
    ['sort=-at&filter[at][near]=1,1,5', 'query:sort', 'not_sortable'],
    ['sort=at,name&filter[at][near]=1,1,5', 'query:sort', 'not_sortable'],
    ['sort=at&filter[or][0][at][near]=1,1,5&filter[or][1][name]=x', 'query:sort', 'not_sortable'],
    ['sort=at&filter[at][within]=0,0,1,1', 'query:sort', 'not_sortable'],
    ['sort=at&filter[at][near]=1,1,5&cursor=WyI_c2VhcmNoIiwxLCJhIl0', 'query:cursor', 'cursor'],
  ] as const
  for (const [query, path, code] of wrong) assert.deepEqual(issue(await get(`/api/shops?${query}`)), [400, path, code], query)
  assert.deepEqual(issue(await get('/api/shops?sort=home&filter[home][near]=1,1,5', 'guest')), [400, 'query:filter[home]', 'unknown_field'])

  const rows = Array.from({ length: limits.nearestMax - 4 }, (_, index) => `{"name":"many","at":{"lat":1,"lng":${1 + index / 1e6}}}`)
  const headers = { 'content-type': 'application/jsonl' }
  await world.call('staff', { method: 'POST', url: '/api/shops/import', body: Buffer.from(rows.join('\n')), headers })
  assert.deepEqual(issue(await at('filter[at][near]=1,1,90000')), [400, 'query:sort', 'too_many'])
  assert.equal((await at('filter[at][near]=1,1,30000')).body.items.length, 30)
})
