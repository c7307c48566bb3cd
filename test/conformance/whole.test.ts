// Databases as a whole: one committed state read while others write, and an empty database filled with
// what another one held. Two databases with the same content give the same export, byte for byte.
// databases: all
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { eq } from '../../src/contract/filter.ts'
import type { AnyRecord } from '../../src/schema/collection.ts'
import { compileModel } from '../../src/schema/model.ts'
import { type ArchiveHead, archiveBytes, archiveFormat, describeModel, openArchive } from '../../src/storage/archive/archive.ts'
import { differences, type Part, partsOf, sumsOf } from '../../src/storage/archive/contents.ts'
import { endFill, FillError, fill } from '../../src/storage/archive/fill.ts'
import type { StorageAdapter, WholeStorage } from '../../src/storage/storage.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { entries, idOf, line, ownerOf, owners, thing, things } from '../support/conformance-subjects.ts'
import { testDatabases } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

const model = compileModel([owners, things, entries] as never)

for (const database of testDatabases()) {
  const open = async (t: Cleanable, url?: string): Promise<WholeStorage> => {
    const storage = (await database.open(model, url === undefined ? {} : { url })) as WholeStorage
    cleanUp(t, () => storage.close())
    return storage
  }

  test(`${database.name}: a snapshot stays as it was, its log and its marks included`, async (t) => {
    const storage = await open(t)
    await write(storage, [ownerOf('Ann')], 'first')
    await storage.load({ marks: { colour: 'red' } })
    const snapshot = await storage.snapshot()
    cleanUp(t, () => snapshot.close())
    assert.equal(await snapshot.reader.count(owners), 1)
    await write(storage, [ownerOf('Ben'), ownerOf('Cleo')], 'second')
    await storage.load({ marks: { colour: 'blue', size: 'large' } })
    assert.equal(await storage.reader.count(owners), 3)
    assert.equal(await snapshot.reader.count(owners), 1)
    assert.deepEqual(
      (await snapshot.commitsAfter(0, 10)).map(({ operation }) => operation),
      ['first'],
    )
    assert.deepEqual(await snapshot.commitRange(), { oldest: 1, newest: 1 })
    assert.equal(await snapshot.lastPosition(), 1)
    assert.deepEqual([await snapshot.readMark('colour'), await snapshot.readMark('size')], ['red', null])
    assert.match(snapshot.source.product, /\w/)
  })

  test(`${database.name}: a snapshot taken at once after a commit has its line`, async (t) => {
    const storage = await open(t)
    for (let round = 1; round <= 20; round++) {
      await write(storage, [ownerOf('Ann')], `commit ${round}`)
      const snapshot = await storage.snapshot()
      const commits = await snapshot.commitsAfter(0, 100)
      const { newest } = await snapshot.commitRange()
      const records = await snapshot.reader.count(owners)
      await snapshot.close()
      assert.equal(records, round)
      assert.deepEqual(
        commits.map(({ position }) => position),
        Array.from({ length: round }, (_, index) => index + 1),
      )
      assert.equal(newest, round)
      assert.equal(commits.at(-1)!.operation, `commit ${round}`)
    }
  })

  test(`${database.name}: what is loaded is stored as it is, whole or not at all, and is no news to whoever opens it`, async (t) => {
    const url = await database.url()
    const storage = await open(t, url)
    const one = thing({ version: 7, createdAt: 5, updatedAt: 6, code: 'c' })
    const commits = [3, 9].map((position) => ({ ...line(`at ${position}`, [change(one)]), at: position, position }))
    await storage.load({ records: { collection: things, records: [one] }, commits, lastPosition: 12, marks: { filling: 'yes' } })
    assert.deepEqual(await storage.reader.get(things, one.id), one)
    assert.deepEqual(await storage.commitsAfter(0, 10), commits)
    assert.equal(await storage.readMark('filling'), 'yes')

    const clash = storage.load({ records: { collection: things, records: [thing(), thing({ code: 'c' })] }, marks: { filling: 'no' } })
    await assert.rejects(clash, (error) => isEngineError(error, 'already_exists'))
    assert.equal(await storage.reader.count(things), 1)
    assert.equal(await storage.readMark('filling'), 'yes')

    await storage.load({ marks: { filling: null } })
    assert.equal(await storage.readMark('filling'), null)
    const later = await open(t, url)
    const told: string[] = []
    later.onFeed(({ position, operation }) => void told.push(`${position} ${operation}`))
    await write(later, [ownerOf('Ann')], 'the next')
    await eventually('the feed', async () => (told.length > 0 ? true : null))
    assert.deepEqual(told, ['13 the next'])
    assert.equal((await later.commitsAfter(12, 10))[0]?.operation, 'the next')
  })

  test(`${database.name}: many rows and large ones go in at once`, async (t) => {
    const storage = await open(t)
    const records = Array.from({ length: 2_000 }, (_, index) => thing({ count: index, note: index % 500 === 0 ? 'x'.repeat(255) : null }))
    await storage.load({ records: { collection: things, records } })
    assert.equal(await storage.reader.count(things), 2_000)
    const large = thing({ meta: { text: 'ünï😀'.repeat(100_000) } })
    await storage.load({ records: { collection: things, records: [large] } })
    assert.deepEqual(await storage.reader.get(things, large.id), large)
    assert.equal((await storage.reader.find(things, { where: eq('count', 1_999), limit: 2 })).length, 1)
  })

  test(`${database.name}: an export fills another database, and the exports are the same`, async (t) => {
    const first = await open(t)
    await write(first, [ownerOf('Ann'), ownerOf('ben')], 'owners')
    for (const record of oddThings()) await write(first, [record], 'thing')
    await first.transaction((tx) => tx.insert(entries, [{ id: idOf('ent'), createdAt: 5, amount: -3 }]))
    await write(first, [ownerOf('Gone')], 'gone')
    const [bytes, sums] = await exported(first)

    const second = await open(t)
    const archive = await openArchive(chunks(bytes, 1_000))
    assert.equal(archive.head.project, 'Test')
    const wanted = await fill({ storage: second, clock: systemClock, model, id: archive.head.id, parts: archive.parts, marks: {} })
    await endFill(second, { lastPosition: archive.head.lastPosition, marks: {} })
    assert.deepEqual(wanted, sums)
    assert.deepEqual(await exported(second), [bytes, sums])
    await write(second, [ownerOf('Dora')], 'on and on')
    const [next] = await eventually('the next commit', async () => {
      const commits = await second.commitsAfter(archive.head.lastPosition, 2)
      return commits.length > 0 ? commits : null
    })
    assert.equal(next!.position, archive.head.lastPosition + 1)
    assert.deepEqual(
      differences(sums, (await exported(second))[1]).map((one) => one.split(':')[0]),
      ['_commits', 'owners'],
    )
  })

  test(`${database.name}: a fill that was cut anywhere goes on, and one from elsewhere is refused`, async (t) => {
    const source = await open(t)
    for (let index = 0; index < 250; index++) await write(source, [index % 2 ? thing({ count: index }) : ownerOf(`Owner ${index}`)], 'one')
    const [bytes, sums] = await exported(source)
    const target = await open(t)
    for (let cutAfter = 1; ; cutAfter++) {
      const snapshot = await source.snapshot()
      const parts = cutAfter < 20 ? cut(partsOf(snapshot, model), cutAfter) : partsOf(snapshot, model)
      const ended = await fill({ storage: target, clock: systemClock, model, id: 'one', parts, marks: {} }).catch((error: Error) => error)
      await snapshot.close()
      if (!(ended instanceof Error)) break
      assert.equal(ended.message, 'cut')
      await assert.rejects(fill({ storage: target, clock: systemClock, model, id: 'another', parts: empty(), marks: {} }), FillError)
    }
    await endFill(target, { lastPosition: 250, marks: {} })
    assert.deepEqual(await exported(target), [bytes, sums])
    await assert.rejects(fill({ storage: target, clock: systemClock, model, id: 'one', parts: empty(), marks: {} }), /not empty/)
  })
}

async function write(storage: StorageAdapter, records: readonly AnyRecord[], operation: string): Promise<void> {
  await storage.transaction(async (tx) => {
    for (const record of records) await tx.insert(record.id.startsWith('own') ? owners : things, [record])
    await tx.appendCommit(line(operation, records.map(change)))
  })
}

const change = (record: AnyRecord) =>
  ({ collection: record.id.startsWith('own') ? 'owners' : 'things', id: record.id, action: 'created', record }) as const

function oddThings(): AnyRecord[] {
  return [
    thing(),
    thing({
      title: 'ünï😀 \'"\\%_\u2028',
      note: '',
      count: Number.MAX_SAFE_INTEGER,
      rank: Number.MIN_SAFE_INTEGER,
      isOpen: false,
      dueAt: 0,
    }),
    thing({
      price: { amount: -5, currency: 'EUR' },
      meta: { z: 1, a: { y: [1, null, 1.5e-7], b: '' }, 10: 'ten', 9: 'nine' },
      tags: ['b', 'a'],
    }),
    thing({ meta: [], isOpen: true, owner: 'own_x', tags: [] }),
    thing({ meta: 'text', code: 'NULL' }),
    thing({ meta: 0, code: '' }),
    thing({ meta: false, note: '\n\t' }),
  ]
}

/** The archive of a database, and its checksums. Its head is always the same. */
async function exported(storage: WholeStorage): Promise<[Buffer, Awaited<ReturnType<typeof sumsOf>>]> {
  const snapshot = await storage.snapshot()
  const head: ArchiveHead = {
    kingpost: 'archive',
    format: archiveFormat,
    id: 'arc_1',
    engine: '0',
    project: 'Test',
    at: '2026-11-24T00:00:00.000Z',
    source: { product: 'any', version: '1' },
    lastPosition: await snapshot.lastPosition(),
    marks: {},
    collections: describeModel(model),
  }
  const bytes = Buffer.concat(await Array.fromAsync(archiveBytes(head, partsOf(snapshot, model))))
  const sums = await sumsOf(partsOf(snapshot, model))
  await snapshot.close()
  return [bytes, sums]
}

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function* cut(parts: AsyncIterable<Part>, after: number): AsyncGenerator<Part> {
  let count = 0
  for await (const part of parts) {
    yield part
    if (++count >= after) throw new Error('cut')
  }
}

async function* empty(): AsyncGenerator<Part> {}
