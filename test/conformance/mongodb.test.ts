// What only MongoDB needs proof of: that any JSON comes back as it was put in, that locks leave no trace in records, that
// several processes may make one database at once, that look-ups by a unique value use its index, that an older
// model's documents are widened; and how many round trips to the server things take.
// databases: mongodb
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Document, MongoClient } from 'mongodb'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import { eq, type Filter } from '../../src/contract/filter.ts'
import { type CollectionRef, collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel, type Model } from '../../src/schema/model.ts'
import { openMongodb } from '../../src/storage/mongodb/mongodb-storage.ts'
import type { AdapterTransaction, WholeStorage } from '../../src/storage/storage.ts'
import { line, ownerOf, owners, type Thing, thing, things } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'

const model = compileModel([owners, things] as never)
const thingsRef = things as CollectionRef<Thing>
let url: string
let raw: MongoClient
let storage: WholeStorage
let roundTrips = 0

const open = (at: string, of: Model = model) =>
  openMongodb({ url: at, model: of, clock: systemClock, random: systemRandom, onRoundTrip: () => void roundTrips++ })

before(async () => {
  url = await testDatabase().url()
  raw = new MongoClient(url)
  storage = await open(url)
})
after(async () => {
  await storage?.close()
  await raw?.close()
})

test('any JSON comes back as it was put in, whatever its keys are and in their order', async () => {
  const meta = JSON.parse(
    '{"z":1,"$set":{"a.b":[1.5e-7,null]},"a.b":{"$gt":""},"__proto__":{"x":1},"constructor":"c","":"empty","é😀":"\\u2028"}',
  )
  const one = thing({ meta })
  await storage.transaction((tx) => tx.insert(things, [one]))
  const found = (await storage.reader.get(thingsRef, one.id))!
  assert.equal(JSON.stringify(found['meta']), JSON.stringify(meta))
  await storage.transaction((tx) => tx.update(things, eq('id', one.id), { set: { meta: [{ $inc: 1 }] } }))
  assert.deepEqual((await storage.reader.get(thingsRef, one.id))!['meta'], [{ $inc: 1 }])
})

test('values that look like operators are values', async () => {
  const one = thing({ note: '$rank', code: '$$ROOT' })
  await storage.transaction((tx) => tx.insert(things, [one]))
  for (const where of [eq('note', '$rank'), eq('code', '$$ROOT'), { op: 'startsWith', path: 'note', value: '$ra' } as Filter])
    assert.deepEqual(await storage.reader.find(things, { where, limit: 10 }), [one])
  // An optional integer is added to by a pipeline, where a text with a dollar would be a path.
  const change = { set: { note: '$title', code: '$$NOW' }, add: { rank: 1 } }
  const adjusted = await storage.transaction((tx) => tx.adjust(things, one.id, undefined, change, false))
  const expected = { ...one, note: '$title', code: '$$NOW', rank: null }
  assert.deepEqual(adjusted!.after, expected)
  assert.deepEqual(await storage.reader.get(things, one.id), expected)
})

test('locks leave no trace in records', async () => {
  const [one, two] = [thing(), thing()]
  await storage.transaction((tx) => tx.insert(things, [one, two]))
  await storage.transaction(async (tx) => {
    assert.deepEqual(await tx.lock(things, [one.id], 'exclusive'), [one])
    assert.equal((await tx.lock(things, [one.id, two.id], 'shared')).length, 2)
    assert.deepEqual(await tx.get(things, one.id), one)
  })
  assert.deepEqual(await storage.reader.get(things, one.id), one)
  const stored = await raw
    .db()
    .collection<Document>('things')
    .findOne({ _id: one.id as never })
  assert.equal(stored!['_lock'], 2)
})

test('several processes may make one database at the same time', async () => {
  const fresh = await testDatabase().url()
  const opened = await Promise.all(Array.from({ length: 6 }, () => open(fresh)))
  const owner = ownerOf('Ann')
  await opened[0]!.transaction((tx) => tx.insert(owners, [owner]))
  for (const one of opened) assert.deepEqual(await one.reader.get(owners, owner.id), owner)
  for (const one of opened) await one.close()
})

test('a look-up by a unique value, a page and the log are read from an index', async () => {
  const db = raw.db()
  const stagesOf = (plan: Document): string[] => [plan['stage'], ...(plan['inputStage'] ? stagesOf(plan['inputStage']) : [])]
  const plan = async (name: string, filter: Document, sort: Document = {}) =>
    stagesOf((await db.collection(name).find(filter).sort(sort).explain('queryPlanner'))['queryPlanner']['winningPlan'])
  assert.ok((await plan('things', { code: 'c' })).includes('IXSCAN'))
  assert.ok((await plan('things', { title: 't', owner: 'o' })).includes('IXSCAN'))
  assert.ok((await plan('_commits', { position: { $gt: 5 } }, { position: 1 })).includes('IXSCAN'))
  assert.ok((await plan('_commits', { isOpen: true }, { time: 1 })).includes('IXSCAN'))
})

test('documents of an older model get the defaults of new fields, and a field that changed its type is refused', async () => {
  const at = await testDatabase().url()
  const of = (fields: Parameters<typeof collection>[1]['fields']) => compileModel([collection('notes', { fields })] as never)
  const ref = { name: 'notes' } as CollectionRef<Thing>
  const first = await open(at, of({ text: field.text({ required: true }) }))
  const note = { id: 'note_1', version: 1, createdAt: 1, updatedAt: 1, text: 't' }
  await first.transaction((tx) => tx.insert(ref, [note]))
  await first.close()
  const second = await open(
    at,
    of({ text: field.text({ required: true }), rank: field.integer({ required: true, default: 7 }), more: field.text() }),
  )
  assert.deepEqual(await second.reader.get(ref, note.id), { ...note, rank: 7, more: null })
  await second.close()
  const refused = [
    { text: field.integer({ required: true }) },
    { text: field.text({ required: true }), must: field.text({ required: true }) },
  ]
  for (const fields of refused) await assert.rejects(open(at, of(fields)), /^Error: The database does not fit the model/)
})

describe('round trips to the server', () => {
  const one = thing({ count: 100 })
  before(() => storage.transaction((tx) => tx.insert(things, [one])))

  /** Those of a transaction, its commit included. */
  const cases: readonly [number, string, (tx: AdapterTransaction) => Promise<unknown>][] = [
    [2, 'a read', (tx) => tx.get(things, one.id)],
    [
      3,
      'a read, then writes of two collections and the line',
      async (tx) => {
        await tx.get(things, one.id)
        await tx.insert(things, [thing(), thing()])
        await tx.insert(owners, [ownerOf('Ann')])
        await tx.updateOrFail(things, eq('id', one.id), { add: { count: 1 } })
        await tx.appendCommit(line('written'))
      },
    ],
    [
      3,
      'writes and the line, without a read before',
      async (tx) => {
        await tx.insert(things, [thing(), thing()])
        await tx.updateOrFail(things, eq('id', one.id), { add: { count: 1 } })
        await tx.appendCommit(line('written'))
      },
    ],
    [
      3,
      'a counter and the line',
      async (tx) => {
        await tx.adjust(things, one.id, { op: 'gte', path: 'count', value: 1 }, { add: { count: -1 } }, true)
        await tx.appendCommit(line('counted'))
      },
    ],
    [
      4,
      'writes that a counted write carries along',
      async (tx) => {
        await tx.get(things, one.id)
        await tx.insert(things, [thing()])
        await tx.update(things, eq('id', one.id), { add: { count: 1 } })
        await tx.appendCommit(line('counted'))
      },
    ],
    [3, 'a record made once', (tx) => tx.insertOnce(things, thing())],
    [2, 'one lock', (tx) => tx.lock(things, [one.id], 'exclusive')],
    [4, 'two locks', (tx) => tx.lock(things, [one.id, 'thing_none'], 'exclusive')],
  ]
  for (const [expected, about, work] of cases)
    test(`${expected} for ${about}`, async () => {
      const begun = roundTrips
      await storage.transaction(work)
      assert.equal(roundTrips - begun, expected)
    })

  test('1 for a read outside', async () => {
    const begun = roundTrips
    await storage.reader.find(things, { where: eq('count', 100), limit: 30 })
    assert.equal(roundTrips - begun, 1)
  })
})
