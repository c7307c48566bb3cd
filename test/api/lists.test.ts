// Lists of texts and of references: filtered by what they hold, and changed by what comes and goes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { actorId, any, anyone, staff, where } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'

const cards = collection('cards', {
  fields: {
    labels: field.texts({ max: 20 }),
    people: field.refs('users'),
    sealed: field.texts({ read: staff, write: anyone }),
  },
  access: { read: any(staff, where('people').contains(actorId), where('labels').contains('public')), create: anyone, update: anyone },
})

let world: World
before(async () => {
  world = await openWorld({ config: { ...testConfig, collections: [...testConfig.collections!, cards] as never } })
})
after(() => world.close())

const send = async (method: string, url: string, body: unknown, as: As = 'staff') => await world.call(as, { method, url, body })
async function make(body: object): Promise<string> {
  const { status, body: card, text } = await send('POST', '/api/cards', body)
  assert.equal(status, 201, text)
  return card.id
}
async function change(id: string, body: object, as: As = 'staff') {
  return await send('PATCH', `/api/cards/${id}`, body, as)
}
async function find(query: string, as: As = 'staff'): Promise<string[]> {
  const { status, body, text } = await world.call(as, { method: 'GET', url: `/api/cards?${query}` })
  assert.equal(status, 200, text)
  return body.items.map(({ id }: { id: string }) => id)
}

test('are stored in order, found by one that they hold, and seen by rules', async () => {
  const id = await make({ labels: ['red', 'Ünïcode 😀', "it's"], people: [world.ids['owner']] })
  const other = await make({ labels: ['public'] })
  assert.deepEqual((await world.call('staff', { method: 'GET', url: `/api/cards/${id}` })).body.labels, ['red', 'Ünïcode 😀', "it's"])
  for (const label of ['red', 'Ünïcode 😀', "it's"]) assert.deepEqual(await find(`filter[labels]=${encodeURIComponent(label)}`), [id])
  assert.deepEqual(await find('filter[labels]=re'), [])
  assert.deepEqual(await find('filter[not][labels]=red'), [other])
  assert.deepEqual((await find('', 'owner')).toSorted(), [id, other].toSorted())
  assert.deepEqual(await find('', 'guest'), [other])
  assert.equal((await world.call('staff', { method: 'GET', url: '/api/cards?filter[labels][contains]=re' })).status, 400)
})

test('take what comes and lose what goes, whatever else is in them', async () => {
  const id = await make({ labels: ['a', 'b'] })
  const labels = async (body: object) => (await change(id, { labels: body })).body.labels
  assert.deepEqual(await labels({ $push: 'c' }), ['a', 'b', 'c'])
  assert.deepEqual(await labels({ $push: ['d', 'a', 'd'], $pull: 'b' }), ['a', 'c', 'd'])
  assert.deepEqual(await labels({ $pull: ['a', 'none'], $push: 'a' }), ['c', 'd', 'a'])
  assert.deepEqual((await change(id, { people: { $push: world.ids['owner'] } })).body.people, [world.ids['owner']])
  const missing = await change(id, { people: { $push: ['usr_none'] } })
  assert.deepEqual([missing.status, missing.body.code], [422, 'reference_not_found'])
})

test('lose none of many that come at once', async () => {
  const id = await make({ labels: [] })
  const names = Array.from({ length: 20 }, (_, index) => `l${index}`)
  const answers = await Promise.all(names.map((name) => change(id, { labels: { $push: name } })))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.deepEqual(new Set((await world.call('staff', { method: 'GET', url: `/api/cards/${id}` })).body.labels), new Set(names))
})

test('are refused with their place', async () => {
  const id = await make({ labels: Array.from({ length: limits.listItemsMax }, (_, index) => `l${index}`) })
  for (const [body, path] of [
    [{ labels: { $push: 'one more' } }, '/labels'],
    [{ labels: { $push: 'x'.repeat(21) } }, '/labels'],
    [{ labels: { $push: 5 } }, '/labels'],
    [{ labels: {} }, '/labels'],
    [{ labels: { $add: 'x' } }, '/labels'],
    [{ labels: ['a', 'a'] }, '/labels'],
    [{ labels: ['two\nlines'] }, '/labels'],
    [{ labels: [''] }, '/labels'],
    [{ labels: null }, '/labels'],
    [{ labels: 'a' }, '/labels'],
  ] as const) {
    const { status, body: problem, text } = await change(id, body)
    assert.equal(status, 400, `${JSON.stringify(body)}: ${text}`)
    assert.ok(problem.errors[0].path.startsWith(path), text)
  }
  // What one may not read one cannot add to: whether it is full would be told.
  assert.equal((await change(await make({ labels: ['public'] }), { sealed: { $push: 'x' } }, 'other')).status, 400)
})
