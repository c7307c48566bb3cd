// A collection that declares softDelete: a deleted record is gone from everywhere, can be restored with what went with it, and is gone for
// good when its time is over.
// slow: mongodb
import assert from 'node:assert/strict'
import { after, before as beforeAll, test } from 'node:test'
import { actorId, any, anyone, signedIn, staff, through, where } from '../../src/access/rule.ts'
import { limits } from '../../src/base/limits.ts'
import { eq } from '../../src/contract/filter.ts'
import { files } from '../../src/domains/files/collections.ts'
import { schedulesOf } from '../../src/engine/schedules.ts'
import { before } from '../../src/extend/hook.ts'
import { deletedInvariants } from '../../src/observe/invariants/deleted.ts'
import { fileInvariants } from '../../src/observe/invariants/files.ts'
import { recordInvariants } from '../../src/observe/invariants/records.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import { workIn } from '../../src/operation/work.ts'
import { deletedRecords } from '../../src/records/deleted-records.ts'
import { purgeOver } from '../../src/records/purge-deleted.ts'
import { type AnyRecord, collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { type As, openWorld, testConfig, type World } from '../support/api-harness.ts'

const access = { read: anyone, create: staff, update: staff, delete: staff }
const own = any(staff, where('owner').eq(actorId))
const shelves = collection('shelves', {
  fields: { name: field.text({ required: true, unique: true }), first: field.ref('books', { onDelete: 'setNull' }) },
  softDelete: { keepDays: 2 },
  lists: { books: { from: 'books', by: 'shelf' } },
  access,
})
const books = collection('books', {
  fields: {
    title: field.text({ required: true, search: true }),
    shelf: field.ref('shelves', { required: true, onDelete: 'cascade' }),
    owner: field.ref('users'),
    price: field.money(),
    weight: field.decimal({ scale: 2 }),
    spot: field.geo(),
    due: field.dateTime(),
    meta: field.json(),
    sequel: field.ref('books', { onDelete: 'setNull' }),
    cost: field.integer({ read: staff, write: staff }),
    scan: field.file(),
  },
  softDelete: true,
  access: { ...access, read: any(staff, where('owner').eq(actorId), where('owner').isNull()), delete: signedIn, restore: own },
})
/** Goes with its book, though a review alone is deleted for good. */
const remarks = collection('remarks', {
  fields: { book: field.ref('books', { required: true, onDelete: 'cascade' }), text: field.text() },
  access: { ...access, read: any(staff, through('book', 'books', where('owner').isNull())) },
})
const picks = collection('picks', {
  fields: { books: field.refs('books', { onDelete: 'setNull' }), best: field.ref('books', { onDelete: 'setNull' }) },
  access,
})
const loans = collection('loans', { fields: { book: field.ref('books', { required: true }) }, access })
/** Everybody may restore, and yet nobody what they could not read. */
const memos = collection('memos', {
  fields: { owner: field.ref('users') },
  softDelete: true,
  access: { read: own, create: staff, delete: own, restore: signedIn },
})
const told: string[] = []
const tell = before({ name: 'books.tell', on: books, run: ({ action, record }) => void told.push(`${action} ${record.title}`) })

let world: World
beforeAll(async () => {
  const collections = [...testConfig.collections!, shelves, books, remarks, picks, loans, memos] as never
  world = await openWorld({ config: { ...testConfig, collections, hooks: [tell] } })
})
after(() => world.close())

async function call(as: As, method: string, url: string, body?: object) {
  return await world.call(as, { method, url: `/api/${url}`, ...(body === undefined ? {} : { body }) })
}
async function make(name: string, body: object): Promise<string> {
  const answer = await call('staff', 'POST', name, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.body.id
}
const get = async (name: string, id: string, as: As = 'staff') => await call(as, 'GET', `${name}/${id}`)
const restore = async (name: string, id: string, as: As = 'staff') => await call(as, 'POST', `${name}/${id}/restore`)
const remove = async (name: string, id: string, as: As = 'staff') => assert.equal((await call(as, 'DELETE', `${name}/${id}`)).status, 204)
const deleted = async (name: string, as: As = 'staff') => (await call(as, 'GET', `${name}/deleted?limit=200`)).body.items

test('it is gone from everywhere, and comes back as it was', async () => {
  const shelf = await make('shelves', { name: 'A' })
  const body = {
    title: 'Unrepeatable',
    shelf,
    owner: world.ids['owner'],
    price: { amount: 5, currency: 'EUR' },
    weight: '12.50',
    spot: { lat: 48.2081743, lng: -16.3738189 },
    due: '2026-11-29T12:00:00Z',
    meta: { b: [1, null], a: 'ä' },
    cost: 7,
  }
  const id = await make('books', body)
  const before = (await get('books', id)).body
  await remove('books', id, 'owner')
  assert.equal((await get('books', id)).status, 404)
  const lists = [
    'books?search=Unrepeatable&count=true',
    `books?filter[id]=${id}&count=true`,
    `shelves?filter[books.title]=Unrepeatable&count=true`,
  ]
  for (const list of lists) assert.deepEqual((await call('staff', 'GET', list)).body, { items: [], next: null, count: 0 })
  assert.deepEqual((await call('staff', 'GET', `shelves/${shelf}?expand=books`)).body.books, [])
  assert.doesNotMatch((await call('staff', 'GET', 'books/export?format=jsonl')).text, /Unrepeatable/)
  assert.equal((await call('staff', 'POST', 'remarks', { book: id })).status, 422)
  assert.equal((await call('staff', 'PATCH', `books/${id}`, { title: 'x' })).status, 404)

  const [entry] = await deleted('books', 'owner')
  const { cost: _, updatedAt: __, ...seen } = before
  assert.deepEqual(entry.record, seen)
  assert.deepEqual([entry.deletedBy, entry.deletedWith], [world.ids['owner'], null])
  assert.equal(Date.parse(entry.purgeAt) - Date.parse(entry.deletedAt), 30 * 86_400_000)
  // Who may neither read it nor have it back finds nothing, and who may not restore anything is told so.
  assert.deepEqual(await deleted('books', 'other'), [])
  assert.equal((await restore('books', id, 'other')).status, 404)
  assert.equal((await call('guest', 'GET', 'shelves/deleted')).status, 401)
  assert.equal((await call('owner', 'GET', 'shelves/deleted')).status, 403)
  assert.equal((await restore('books', id, 'guest')).status, 401)
  assert.equal((await call('other', 'DELETE', `books/deleted/${id}`)).status, 404)

  const restored = await restore('books', id, 'owner')
  assert.equal(restored.status, 200, restored.text)
  const { updatedAt: ___, ...now } = (await get('books', id)).body
  const { updatedAt: ____, ...was } = before
  assert.deepEqual(now, was)
  assert.equal((await restore('books', id)).status, 404)
  assert.deepEqual(await deleted('books'), [])
  assert.deepEqual(told.splice(0), ['create Unrepeatable', 'delete Unrepeatable', 'create Unrepeatable'])
  const { body: audit } = await call('staff', 'GET', `audit?record=${id}`)
  assert.deepEqual(
    audit.items.map((item: { operation: string; action: string }) => `${item.operation} ${item.action}`),
    ['books.restore created', 'books.delete deleted', 'books.create created'],
  )
})

test('what goes with it comes back with it, and references that were set to null lead there again', async () => {
  const shelf = await make('shelves', { name: 'B' })
  const [one, two] = [await make('books', { title: 'one', shelf }), await make('books', { title: 'two', shelf })]
  await call('staff', 'PATCH', `shelves/${shelf}`, { first: one })
  await call('staff', 'PATCH', `books/${one}`, { sequel: two })
  const review = await make('remarks', { book: one, text: 'good' })
  const other = await make('books', { title: 'other', shelf: await make('shelves', { name: 'C' }) })
  const pick = await make('picks', { books: [one, other, two], best: two })
  const later = await make('picks', { best: one })
  const names = ['books', 'shelves', 'remarks', 'picks']
  const state = async () =>
    JSON.stringify(
      await Promise.all(names.map(async (name) => (await call('staff', 'GET', `${name}?limit=200`)).body.items)),
      (key, value) => (key === 'updatedAt' ? 0 : value),
    )
  const before = await state()
  await remove('shelves', shelf)
  assert.deepEqual([(await get('remarks', review)).status, (await get('books', two)).status], [404, 404])
  const { body } = await get('picks', pick)
  assert.deepEqual([body.books, body.best], [[other], null])
  assert.deepEqual(
    (await deleted('books')).map((entry: { deletedWith: string }) => entry.deletedWith),
    [shelf, shelf],
  )
  // Alone it has nowhere to stand.
  const alone = await restore('books', one)
  assert.deepEqual([alone.status, alone.body.errors[0].path], [422, '/shelf'])
  // Somebody has chosen another one since.
  await call('staff', 'PATCH', `picks/${later}`, { best: other })
  assert.equal((await restore('shelves', shelf)).status, 200)
  assert.deepEqual((await get('picks', later)).body.best, other)
  await call('staff', 'PATCH', `picks/${later}`, { best: one })
  await call('staff', 'PATCH', `picks/${pick}`, { books: [one, other, two] })
  assert.equal(await state(), before)
  assert.deepEqual([await deleted('books'), await deleted('shelves')], [[], []])
})

test('what refuses a deletion still does, a unique value is free at once, and a restore that does not fit changes nothing', async () => {
  const shelf = await make('shelves', { name: 'D' })
  const book = await make('books', { title: 'lent', shelf })
  const loan = await make('loans', { book })
  assert.equal((await call('staff', 'DELETE', `shelves/${shelf}`)).status, 409)
  assert.deepEqual([(await get('books', book)).status, await deleted('shelves')], [200, []])
  await remove('loans', loan)
  await remove('shelves', shelf)
  const next = await make('shelves', { name: 'D' })
  const taken = await restore('shelves', shelf)
  assert.deepEqual([taken.status, taken.body.code], [409, 'already_exists'])
  assert.equal((await get('books', book)).status, 404)
  await call('staff', 'PATCH', `shelves/${next}`, { name: 'E' })
  // Of two who restore it at once, one does.
  const both = await Promise.all([restore('shelves', shelf), restore('shelves', shelf)])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 404])
  // In a batch, and by code of the project, a deletion is the same.
  const operations = [
    { method: 'DELETE', path: `/api/books/${book}` },
    { method: 'POST', path: `/api/books/${book}/restore` },
    { method: 'DELETE', path: `/api/shelves/${shelf}` },
  ]
  assert.equal((await call('staff', 'POST', 'batch', { operations })).status, 200)
  assert.equal((await deleted('shelves')).length, 1)
  assert.equal((await restore('shelves', shelf)).status, 200)
})

test('live readers are told deleted, then created', async () => {
  const shelf = await make('shelves', { name: 'live' })
  const position = await world.newest()
  await remove('shelves', shelf)
  await restore('shelves', shelf)
  assert.deepEqual(await world.commitsAfter(position), ['shelves.delete: shelves', 'shelves.restore: shelves'])
})

test('its files stay with it, are read by nobody, and go when it is purged', async () => {
  const shelf = await make('shelves', { name: 'files' })
  const sent = await world.call('staff', {
    method: 'POST',
    url: '/api/files',
    headers: { 'content-type': 'text/plain', 'file-name': 'scan.txt' },
    body: 'some words',
  })
  assert.equal(sent.status, 201, sent.text)
  const file = sent.body.id
  const book = await make('books', { title: 'scanned', shelf, scan: { id: file } })
  const link = (await call('staff', 'POST', `files/${file}/link`)).body.url
  assert.equal((await world.call('guest', { method: 'GET', url: link })).status, 200)
  await remove('books', book)
  assert.equal((await world.call('staff', { method: 'GET', url: sent.body.url })).status, 404)
  // Its sender knows what it was called.
  assert.deepEqual((({ name, size }) => [name, size])((await call('staff', 'GET', `files/${file}`)).body), ['scan.txt', 10])
  // A link that was signed before lets nobody in either.
  assert.equal((await world.call('guest', { method: 'GET', url: link })).status, 404)
  assert.equal((await restore('books', book)).status, 200)
  assert.equal((await world.call('staff', { method: 'GET', url: sent.body.url })).text, 'some words')
  await remove('books', book)
  assert.deepEqual(await violations(), [])
  assert.equal((await call('staff', 'DELETE', `books/deleted/${book}`)).status, 204)
  assert.equal(await world.engine.parts.storage.reader.get(files, file), null)
  assert.equal((await restore('books', book)).status, 404)
  assert.deepEqual(await violations(), [])
})

test('what was deleted before it by itself stays deleted, and may come back when it is there again', async () => {
  const shelf = await make('shelves', { name: 'earlier' })
  const [unwanted, wanted] = [await make('books', { title: 'unwanted', shelf }), await make('books', { title: 'wanted', shelf })]
  await remove('books', unwanted)
  await remove('shelves', shelf)
  assert.equal((await restore('books', unwanted)).status, 422)
  assert.equal((await restore('shelves', shelf)).status, 200)
  assert.deepEqual([(await get('books', unwanted)).status, (await get('books', wanted)).status], [404, 200])
  assert.equal((await restore('books', unwanted)).status, 200)
})

test('one is seen among the deleted by whom both the rule to read and the rule to restore let through', async () => {
  const shelf = await make('shelves', { name: 'rules' })
  const book = await make('books', { title: 'read by all', shelf })
  const memo = await make('memos', { owner: world.ids['owner'] })
  await remove('books', book)
  await remove('memos', memo)
  for (const [name, id, as, is] of [
    ['books', book, 'other', false],
    ['books', book, 'staff', true],
    ['memos', memo, 'other', false],
    ['memos', memo, 'owner', true],
  ] as const) {
    assert.deepEqual([(await deleted(name, as)).length, (await restore(name, id, as)).status], is ? [1, 200] : [0, 404], `${name} ${as}`)
  }
})

test('a page of the deleted is followed by the next', async () => {
  const shelf = await make('shelves', { name: 'pages' })
  const ids: string[] = []
  for (let count = 0; count < 5; count++) ids.push(await make('books', { title: `page ${count}`, shelf }))
  for (const id of ids) await remove('books', id)
  const seen: string[] = []
  let cursor = ''
  do {
    const { body } = await call('staff', 'GET', `books/deleted?limit=2${cursor && `&cursor=${cursor}`}`)
    seen.push(...body.items.map((item: { record: { id: string } }) => item.record.id))
    cursor = body.next ?? ''
  } while (cursor !== '')
  assert.deepEqual(seen.toSorted(), ids.toSorted())
  assert.equal((await call('staff', 'GET', 'books/deleted?cursor=what')).status, 400)
})

/** What was deleted before the latest deletion of the collection, and that one some more times, changed. */
async function deletedAlike(name: string, count: number, change: (values: AnyRecord) => object): Promise<void> {
  const [row] = await world.engine.parts.storage.reader.find(deletedRecords, {
    where: eq('collection', name),
    sort: [{ path: 'createdAt', descending: true }],
    limit: 1,
  })
  const { id: _, createdAt: __, ...rest } = row!
  await world.clock.advance(1)
  const rows = Array.from({ length: count }, (_, index) => {
    const record = `${row!.record}${index}`
    const values = { ...row!.values, id: record } as AnyRecord
    return { ...rest, id: world.engine.parts.newId('del'), record, root: record, values: { ...values, ...change(values) } as AnyRecord }
  })
  await world.write(async (tx) => void (await tx.insertMany(deletedRecords, rows)))
}

test('what others have deleted since pushes nothing out: a look has an end, and the next page goes on behind it', async () => {
  const memo = await make('memos', { owner: world.ids['owner'] })
  await remove('memos', memo)
  await deletedAlike('memos', limits.deletedLookedMax, () => ({ owner: world.ids['other'] }))
  const page = async (cursor?: string) =>
    (await call('owner', 'GET', `memos/deleted?limit=1${cursor === undefined ? '' : `&cursor=${cursor}`}`)).body
  const [first, again] = [await page(), await page()]
  assert.deepEqual(first.items, [])
  // It says where that is to nobody, nor whether it is the same place.
  assert.notEqual(first.next, again.next)
  assert.doesNotMatch(Buffer.from(first.next, 'base64url').toString(), /del_|createdAt/)
  const { items, next } = await page(first.next)
  assert.deepEqual([items.map((item: { record: { id: string } }) => item.record.id), next], [[memo], null])
  for (const url of [`books/deleted?cursor=${first.next}`, `memos/deleted?cursor=A${first.next.slice(0, -1)}`, 'memos/deleted?cursor=A'])
    assert.equal((await call('staff', 'GET', url)).body.errors?.[0].path, 'query:cursor', url)
})

test('ten looks at once hold few rows each, also where large ones of others come after small ones, and each gets to what is theirs', async () => {
  const memo = await make('memos', { owner: world.ids['owner'] })
  await remove('memos', memo)
  const padding = 'x'.repeat(400_000)
  await deletedAlike('memos', 20, () => ({ owner: world.ids['other'], padding }))
  await deletedAlike('memos', 40, () => ({ owner: world.ids['other'], padding: null }))
  const reader = world.engine.parts.storage.reader as { find: (...given: unknown[]) => Promise<AnyRecord[]> }
  const own = reader.find
  const found: number[] = []
  reader.find = async (...given) => {
    const rows = await own.apply(reader, given)
    if ((given[0] as { name: string }).name === deletedRecords.name) found.push(rows.length)
    return rows
  }
  try {
    const look = async (): Promise<{ count: number; bytes: number }> => {
      let [count, bytes, cursor] = [0, 0, '']
      do {
        const { text, body } = await call('owner', 'GET', `memos/deleted?limit=1${cursor && `&cursor=${cursor}`}`)
        bytes = Math.max(bytes, text.length)
        if (body.items.some((item: { record: { id: string } }) => item.record.id === memo)) return { count, bytes }
        count += 1
        cursor = body.next
      } while (cursor !== null)
      throw new Error('what is theirs was not found')
    }
    const looks = await Promise.all(Array.from({ length: 10 }, look))
    for (const { count, bytes } of looks) assert.ok(count <= 4 && bytes < 2_000, `${count} empty pages, ${bytes} bytes`)
    assert.ok(Math.max(...found) <= 16, `${Math.max(...found)} rows at once`)
  } finally {
    reader.find = own
  }
})

test('a page of large ones ends earlier', async () => {
  const shelf = await make('shelves', { name: 'large' })
  const book = await make('books', { title: 'large', shelf })
  await remove('books', book)
  const text = 'x'.repeat(Math.ceil(limits.answerBytesMax / 3))
  await deletedAlike('books', 5, () => ({ meta: { text } }))
  const first = (await call('staff', 'GET', 'books/deleted')).body
  assert.equal(first.items.length, 3)
  const second = (await call('staff', 'GET', `books/deleted?cursor=${first.next}`)).body
  assert.equal(second.items[2].record.id, book)
})

test('what follows in one transaction is bounded, however many deletions and restores it has', async () => {
  const book = await make('books', { title: 'much said', shelf: await make('shelves', { name: 'bounds' }) })
  const rows = Array.from({ length: limits.cascadeRecordsMax / 2 + 1 }, (_, index) => ({
    id: world.engine.parts.newId('remark'),
    book,
    text: `${index}`,
  }))
  await world.write(async (tx) => void (await tx.insertMany(remarks, rows)))
  const operations = [
    { method: 'DELETE', path: `/api/books/${book}` },
    { method: 'POST', path: `/api/books/${book}/restore` },
  ]
  const { status, body } = await call('staff', 'POST', 'batch', { operations })
  assert.deepEqual([status, body.code, body.errors[0].path], [409, 'cascade_too_large', '/operations/1'])
  assert.equal((await get('books', book)).status, 200)
  await remove('books', book)
  assert.equal((await restore('books', book)).status, 200)
})

test('when its time is over it is gone for good', async () => {
  const shelf = await make('shelves', { name: 'old' })
  await make('books', { title: 'goes with it', shelf })
  await remove('shelves', shelf)
  const { parts } = world.engine
  const cause = { operation: 'schedule.test', actor: 'system', requestId: '' }
  const purge = () =>
    inTransaction(
      parts,
      cause,
      async (tx, now) => await purgeOver(workIn(parts, tx, now), { model: parts.model, hooksOf: () => undefined }),
    )
  const kept = async () => await parts.storage.reader.count(deletedRecords, eq('root', shelf))
  await world.clock.advance(86_400_000)
  await purge()
  assert.equal(await kept(), 2)
  await world.clock.advance(86_400_001)
  await purge()
  assert.equal(await kept(), 0)
  const { model, project } = parts
  assert.ok(
    schedulesOf({ model, project, hooksOf: () => undefined, providers: new Map() }).some(({ name }) => name === 'deletedRecords.purge'),
  )
})

async function violations() {
  const { storage, model, clock } = world.engine.parts
  const commitsAfter = (position: number, limit: number) => storage.commitsAfter(position, limit)
  return await verifyDatabase({
    groups: [fileInvariants, deletedInvariants, recordInvariants],
    read: storage.reader,
    model,
    commitsAfter,
    now: clock.now(),
  })
}
