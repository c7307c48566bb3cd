// Who changed what: told to staff alone, newest first, whole over pages, without what they may not see.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { type As, notes, openWorld, type World } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import { loadDocument } from '../support/fits-document.ts'

let world: World
before(async () => {
  world = await openWorld()
  await loadDocument(world)
})
after(() => world.close())

type Entry = Readonly<Record<'id' | 'at' | 'operation' | 'actor' | 'requestId' | 'collection' | 'record' | 'action', string>> & {
  readonly from: { readonly address: string; readonly agent: string | null } | null
  readonly before: Record<string, unknown> | null
  readonly after: Record<string, unknown> | null
}
async function ask(query: string, as: As = 'staff') {
  return await world.call(as, { method: 'GET', url: `/api/audit?${query}` })
}
async function entries(query: string): Promise<Entry[]> {
  const { status, body, text } = await ask(query)
  assert.equal(status, 200, text)
  return body.items
}
async function note(body: object): Promise<string> {
  return (await world.call('owner', { method: 'POST', url: '/api/notes', body })).body.id
}

test('tells who did what, with the changed fields before and after', async () => {
  const id = await note({ title: 'First', price: { amount: 5, currency: 'EUR' }, due: '2026-11-29T12:00:00Z' })
  await world.call('staff', { method: 'PATCH', url: `/api/notes/${id}`, body: { title: 'Second', due: null } })
  await world.call('owner', { method: 'DELETE', url: `/api/notes/${id}` })
  const [deleted, updated, created, ...more] = await entries(`record=${id}`)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [created!.operation, created!.action, created!.actor, created!.collection],
    ['notes.create', 'created', world.ids['owner'], 'notes'],
  )
  assert.equal(created!.before, null)
  assert.deepEqual([created!.after!['title'], created!.after!['due']], ['First', '2026-11-29T12:00:00.000Z'])
  assert.deepEqual(
    [updated!.actor, updated!.before, updated!.after],
    [world.ids['staff'], { title: 'First', due: '2026-11-29T12:00:00.000Z' }, { title: 'Second', due: null }],
  )
  assert.deepEqual([deleted!.action, deleted!.before!['title'], deleted!.after], ['deleted', 'Second', null])
})

test('nobody but staff asks, and they learn no secret', async () => {
  assert.deepEqual([(await ask('', 'guest')).status, (await ask('', 'owner')).status], [401, 403])
  await world.call('guest', { method: 'POST', url: '/api/auth/login', body: { email: 'owner@example.com', password: 'password of owner' } })
  await world.call('guest', {
    method: 'POST',
    url: '/api/auth/register',
    body: { email: 'new@example.com', password: 'long enough', name: 'New' },
  })
  const { text } = await ask('limit=200')
  assert.doesNotMatch(text, /tokenHash|password|"hash"|sessions/)
  assert.match(text, /"collection":"users"/)
  assert.deepEqual(await entries('collection=sessions'), [])
})

test('by collection, account, operation', async () => {
  const id = await note({ title: 'Filtered' })
  assert.equal((await entries('collection=notes&limit=1'))[0]!.record, id)
  assert.equal((await entries(`actor=${world.ids['owner']}&operation=notes.create&limit=1`))[0]!.record, id)
  assert.deepEqual(await entries(`record=${id}&actor=${world.ids['staff']}`), [])
  assert.equal((await ask('cursor=what')).status, 400)
  assert.equal((await ask('limit=0')).status, 400)
})

test('pages tell each once, also where one transaction changed many and where most is passed over', async () => {
  const operations = Array.from({ length: 5 }, (_, index) => ({ method: 'POST', path: '/api/notes', body: { title: `Many ${index}` } }))
  await world.call('owner', { method: 'POST', url: '/api/batch', body: { operations } })
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const { body } = await ask(`limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`)
    seen.push(...body.items.map((item: Entry) => item.id))
    cursor = body.next
  }
  assert.equal(new Set(seen).size, seen.length)
  const all = (await entries('limit=200')).map(({ id }) => id)
  assert.deepEqual(seen, all)
  const batch = await entries('operation=batch.run')
  assert.deepEqual(batch.map(({ after: made }) => made!['title']).toSorted(), ['Many 0', 'Many 1', 'Many 2', 'Many 3', 'Many 4'])
})

test('a page looks at a bounded stretch, and says where it ended', {
  skip: testDatabase().isServer && 'the same on every database',
}, async () => {
  const id = await note({ title: 'Old' })
  for (let rank = 0; rank <= limits.auditCommitsMax; rank++)
    await world.write(async (tx) => void (await tx.update(notes, (await tx.get(notes, id))!, { set: { rank } })))
  const first = await ask('operation=notes.create')
  assert.deepEqual([first.body.items, typeof first.body.next], [[], 'string'])
  const second = await ask(`operation=notes.create&limit=1&cursor=${first.body.next}`)
  assert.equal(second.body.items[0].record, id)
})

test('tells where a request came from, and of what the engine does by itself which job did it', async () => {
  const agent = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
  const send = async (headers: Record<string, string>, title: string) =>
    (await world.call('owner', { method: 'POST', url: '/api/notes', body: { title }, headers })).body.id
  const fromOf = async (id: string) => (await entries(`record=${id}`))[0]!.from
  assert.deepEqual(await fromOf(await send({ 'user-agent': agent }, 'Here')), { address: '127.0.0.1', agent: 'Chrome 142, Windows' })
  // No proxy is trusted here, so whoever says to be one is taken by their own address; what they call themselves is cut and cleaned.
  const odd = await send({ 'user-agent': `<b>\u00e4${'x'.repeat(400)}`, 'x-forwarded-for': '203.0.113.9' }, 'Odd')
  const { address, agent: told } = (await fromOf(odd))!
  assert.deepEqual([address, /^<b>x{50,57}$/.test(told!)], ['127.0.0.1', true])
  const id = 'note_written'
  const blank = { owner: world.ids['owner'], title: 'Own', isPublic: false, views: 0, tags: [], papers: [] }
  await world.write(async (tx) => void (await tx.insert(notes, { ...blank, id } as never)))
  const [written] = await entries(`record=${id}`)
  assert.deepEqual([written!.operation, written!.requestId, written!.from], ['test.write', '', null])
  const found = await entries('address=127.0.0.1&limit=200')
  assert.ok(found.some(({ record }) => record === odd) && !found.some(({ record }) => record === id))
  assert.deepEqual(await entries('address=203.0.113.9'), [])
  assert.doesNotMatch(found.find(({ record }) => record === odd)!.requestId, / /)
})
