// The same random transactions on SQLite in memory and on the database of this run: the same answers, the same
// errors, the same data and the same commit log. What is left open by the port is not compared: a write may be
// sent late, so of a transaction that fails only its error counts, and of one that throws only that it left nothing.
// proves P-014
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { and, eq, type Filter, type Scalar } from '../../src/contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../src/schema/collection.ts'
import { compileModel } from '../../src/schema/model.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type {
  AdapterTransaction,
  Change,
  Commit,
  FindQuery,
  GroupKey,
  LockMode,
  Reader,
  StorageAdapter,
} from '../../src/storage/storage.ts'
import { arbitraryFilter, arbitraryThing, entries, owners, things } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'

// KINGPOST_DIFFERENTIAL_RUNS=5000 makes it long.
const runs = Number(process.env['KINGPOST_DIFFERENTIAL_RUNS'] ?? 100)
const everything: Filter = { op: 'true' }

type Answer = Promise<unknown>
type Read = { readonly about: string; readonly on: (reader: Reader) => Answer }
type Step = { readonly about: string; readonly on: (tx: AdapterTransaction) => Answer }
type Work = { readonly steps: readonly Step[]; readonly isUndone: boolean; readonly reads: readonly Read[] }

// Few ids and few values, so that transactions meet each other's records and fences.
const ids = Array.from({ length: 6 }, (_, index) => `thing_${String(index).padStart(26, '0')}`)
const ownerIds = ['t1', 't2', 't3']
const someId = fc.constantFrom(...ids)
const someIds = fc.uniqueArray(someId, { minLength: 1, maxLength: 4 })
const someRecord = fc
  .record({
    fields: arbitraryThing,
    id: someId,
    title: fc.constantFrom('one', 'two', 'Two'),
    code: fc.option(fc.constantFrom('c', 'C', 'd')),
    meta: fc.option(fc.jsonValue({ maxDepth: 2, noUnicodeString: false })),
  })
  .map(({ fields, ...rest }) => ({ version: 1, createdAt: 1, updatedAt: 1, ...fields, ...rest }) as AnyRecord)

/** What is there at the beginning. */
const someRows = fc.array(arbitraryThing, { maxLength: 4 }).map((many) =>
  many.map((fields, index): AnyRecord => {
    const id = ids[index]!
    return { id, version: 1, createdAt: 1, updatedAt: 1, title: id, code: null, meta: null, ...fields } as AnyRecord
  }),
)

const someOwned = fc.constantFrom('Ann', 'ben')
const someVia = fc.record({ name: someOwned, isList: fc.boolean(), isNot: fc.boolean() }).map(({ name, isList, isNot }): Filter => {
  const local = isList ? 'tags' : 'owner'
  const via: Filter = { op: 'via', collection: 'owners', local, remote: 'id', ...(isList ? { isList } : {}), of: eq('name', name) }
  return isNot ? { op: 'not', of: via } : via
})
const someFilter = fc.oneof({ weight: 4, arbitrary: arbitraryFilter }, { weight: 1, arbitrary: someVia })

const someChange: fc.Arbitrary<Change> = fc
  .record({
    set: fc.option(
      fc.record(
        {
          note: fc.option(fc.constantFrom('', 'x', 'é')),
          code: fc.option(fc.constantFrom('c', 'C', 'd')),
          rank: fc.option(fc.integer({ min: -3, max: 3 })),
          weight: fc.option(fc.constantFrom(-1_250, 0, 12_500)),
          spot: fc.option(fc.constantFrom({ lat: 0, lng: 0 }, { lat: 1, lng: -1 })),
          isOpen: fc.option(fc.boolean()),
          price: fc.option(fc.record({ amount: fc.integer({ min: -2, max: 2 }), currency: fc.constantFrom('EUR', 'USD') })),
          tags: fc.option(fc.uniqueArray(fc.constantFrom(...ownerIds))),
          meta: fc.option(fc.jsonValue({ maxDepth: 1 })),
        },
        { requiredKeys: [] },
      ),
      { nil: undefined },
    ),
    add: fc.option(fc.record({ count: fc.integer({ min: -2, max: 2 }), version: fc.constant(1) }, { requiredKeys: ['version'] }), {
      nil: undefined,
    }),
  })
  .filter(({ set, add }) => (set !== undefined && Object.keys(set).length > 0) || add !== undefined)
  // Of several rows one may meet a fence and another one the check: which is told is left to the database.
  .filter(({ set, add }) => set === undefined || !('code' in set) || (add?.count ?? 0) >= 0)
  .map(({ set, add }) => ({ ...(set && Object.keys(set).length > 0 ? { set } : {}), ...(add ? { add: defined(add) } : {}) }))

const sortable = ['id', 'title', 'note', 'code', 'count', 'rank', 'weight', 'isOpen', 'dueAt', 'price.amount', 'owner']
/** Values to seek from, of the type of each path. */
const seekValues: Readonly<Record<string, fc.Arbitrary<Scalar | null>>> = {
  title: fc.constantFrom('one', 'two', 'Two', ''),
  note: fc.constantFrom(null, '', 'a', 'A', 'é', '😀', '￮'),
  code: fc.constantFrom(null, 'c', 'C'),
  count: fc.nat(3),
  rank: fc.constantFrom(null, -1, 0, Number.MAX_SAFE_INTEGER),
  weight: fc.constantFrom(null, -1, 0, 999_999_999_999_999),
  isOpen: fc.constantFrom(null, true, false),
  dueAt: fc.constantFrom(null, 0, 1),
  'price.amount': fc.constantFrom(null, -1, 0, 1),
  owner: fc.constantFrom(null, ...ownerIds),
}
const someQuery: fc.Arbitrary<FindQuery> = fc
  .record({
    where: someFilter,
    sort: fc.uniqueArray(fc.record({ path: fc.constantFrom(...sortable), descending: fc.boolean() }), {
      maxLength: 3,
      selector: ({ path }) => path,
    }),
    limit: fc.constantFrom(1, 3, 100),
  })
  .chain((query) => {
    const sought = query.sort.filter(({ path }) => path !== 'id').map(({ path }) => seekValues[path]!)
    return fc.option(fc.tuple(...sought, someId)).map((seen) => (seen === null ? query : { ...query, after: seen as (Scalar | null)[] }))
  })

/** Where the port promises no order, none is compared. */
const unordered = async (answer: Promise<readonly object[]>) => (await answer).map((one) => JSON.stringify(sorted(one))).toSorted()

const someRead: fc.Arbitrary<Read> = fc.oneof(
  fc
    .tuple(someId, fc.option(someFilter, { nil: undefined }))
    .map(([id, where]) => told('get', [id, where], (reader) => reader.get(things, id, where))),
  someIds.map((some) => told('getMany', some, (reader) => unordered(reader.getMany(things as CollectionRef<object>, some)))),
  someQuery.map((query) => told('find', query, (reader) => reader.find(things, query))),
  someFilter.map((where) =>
    told('find unordered', where, (reader) =>
      unordered(reader.find(things as CollectionRef<object>, { where, limit: 100, isUnordered: true })),
    ),
  ),
  someFilter.map((where) => told('count', where, (reader) => reader.count(things, where))),
  fc
    .record({
      where: someFilter,
      by: fc.subarray<GroupKey>([
        'note',
        'isOpen',
        'owner',
        'price.currency',
        { path: 'rank', ms: 2, from: 1 },
        { path: 'dueAt', ms: 3, from: -1 },
        { path: 'note', characters: 1 },
      ]),
      // Sums are of small numbers: one that is refused ends a transaction here and not there. describe-storage.ts refuses one.
      measures: fc.array(
        fc.oneof(
          fc.record({ of: fc.constant('sum' as const), path: fc.constant('count') }),
          fc.record({ of: fc.constantFrom('min', 'max', 'count'), path: fc.constantFrom('count', 'weight', 'price.amount', 'dueAt') }),
        ),
      ),
    })
    .map((query) => told('group', query, (reader) => unordered(reader.group(things, query)))),
)

const someGuard = fc.option(someFilter, { nil: undefined, freq: 1 })
const someWrite: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ record: someRecord, fence: fc.constantFrom(undefined, 'already_exists', 'conflict') })
      .map(({ record, fence }) =>
        told('insert', { record, fence }, (tx: AdapterTransaction) => tx.insert(things, [record], fence as 'conflict' | undefined)),
      ),
  },
  {
    weight: 3,
    arbitrary: someRecord.map((record) => told('insertOnce', record, (tx: AdapterTransaction) => tx.insertOnce(things, record))),
  },
  fc
    .tuple(someId, someGuard, someChange)
    .map(([id, guard, change]) =>
      told('updateOrFail', [id, guard, change], (tx: AdapterTransaction) => tx.updateOrFail(things, and(eq('id', id), guard), change)),
    ),
  someFilter.map((where) => told('removeOrFail', where, (tx: AdapterTransaction) => tx.removeOrFail(things, where))),
  {
    weight: 3,
    arbitrary: fc
      .tuple(someId, someGuard, someChange, fc.boolean())
      .map(([id, guard, change, wantsBefore]) =>
        told('adjust', [id, guard, change, wantsBefore], (tx: AdapterTransaction) => tx.adjust(things, id, guard, change, wantsBefore)),
      ),
  },
  fc
    .tuple(someFilter, someChange)
    .map(([where, change]) => told('update', [where, change], (tx: AdapterTransaction) => tx.update(things, where, change))),
  fc
    .tuple(someFilter, someChange)
    .map(([where, change]) =>
      told('updateAll', [where, change], (tx: AdapterTransaction) =>
        unordered(tx.updateAll(things as CollectionRef<object>, where, change)),
      ),
    ),
  fc
    .tuple(someId, someFilter)
    .map(([id, where]) => told('remove', [id, where], (tx: AdapterTransaction) => tx.remove(things, and(eq('id', id), where)))),
  fc
    .tuple(someIds, fc.constantFrom('shared', 'exclusive'))
    .map(([some, mode]) =>
      told('lock', [some, mode], (tx: AdapterTransaction) => unordered(tx.lock(things as CollectionRef<object>, some, mode as LockMode))),
    ),
  fc.nat(3).map((amount) => {
    const id = `ent_${String(amount).padStart(26, '0')}`
    return told('insertOnce entry', id, (tx: AdapterTransaction) => tx.insertOnce(entries, { id, createdAt: 1, amount } as AnyRecord))
  }),
)
const someWork: fc.Arbitrary<Work> = fc.record({
  steps: fc.array(fc.oneof({ weight: 3, arbitrary: someWrite }, { weight: 1, arbitrary: someRead as fc.Arbitrary<Step> }), {
    minLength: 1,
    maxLength: 6,
  }),
  isUndone: fc.nat(7).map((number) => number === 0),
  reads: fc.array(someRead, { maxLength: 3 }),
})

describe(`SQLite in memory and ${testDatabase().name}`, () => {
  const model = compileModel([owners, things, entries] as never)
  const open: StorageAdapter[] = []
  before(async () => {
    open.push(openSqlite({ path: ':memory:', model, clock: systemClock }), await testDatabase().open(model))
  })
  after(async () => {
    for (const storage of open) await storage.close()
  })

  test('answer the same random transactions alike', async () => {
    await fc.assert(
      fc.asyncProperty(someRows, fc.array(someWork, { minLength: 1, maxLength: 8 }), async (rows, works) => {
        const [expected, found] = [await replay(open[0]!, rows, works), await replay(open[1]!, rows, works)]
        assert.deepEqual(found, expected)
      }),
      { numRuns: runs },
    )
  })
})

/** What one database says to all of it, begun with these records alone. */
async function replay(storage: StorageAdapter, rows: readonly AnyRecord[], works: readonly Work[]): Promise<unknown[]> {
  const { newest } = await storage.commitRange()
  await storage.transaction(async (tx) => {
    for (const ref of [things, entries, owners]) await tx.remove(ref, everything)
    const owner = (id: string, name: string) => ({ id, version: 1, createdAt: 1, updatedAt: 1, name }) as AnyRecord
    await tx.insert(owners, [owner('t1', 'Ann'), owner('t2', 'ben')])
    await tx.insert(things, rows)
  })
  const said: unknown[] = []
  let committed = 0
  for (const [index, work] of works.entries()) {
    const outcome = await perform(storage, work, `work ${index}`)
    if (outcome.end === 'committed') committed++
    said.push(outcome)
    for (const { about, on } of work.reads) said.push({ about, answer: await on(storage.reader) })
  }
  said.push(await storage.reader.find(things, { limit: 1_000 }), await storage.reader.find(entries, { limit: 1_000 }))
  const lines = await linesAfter(storage, newest, committed)
  for (const [index, { position }] of lines.entries()) assert.equal(position, newest + index + 1, 'positions have no gap')
  said.push(lines.map(({ position: _, ...line }) => line))
  return said
}

const isUndone = new Error('undone')

async function perform(storage: StorageAdapter, work: Work, name: string): Promise<{ end: string; steps?: unknown }> {
  try {
    const steps = await storage.transaction(async (tx) => {
      const answers: unknown[] = []
      for (const { about, on } of work.steps) answers.push({ about, answer: (await on(tx)) ?? null })
      const change = {
        collection: 'things',
        id: ids[0]!,
        action: 'created',
        record: { id: ids[0]!, createdAt: 1, name, text: 'é😀"' },
      } as const
      await tx.appendCommit({ at: 1, operation: name, actor: 'test', requestId: 'r', changes: [change] })
      if (work.isUndone) throw isUndone
      return answers
    })
    return { end: 'committed', steps }
  } catch (error) {
    // Its writes may not have been sent yet: then it ends by its own word, and otherwise by the database's.
    if (work.isUndone) return { end: 'undone' }
    return { end: isEngineError(error) ? error.code : `no error of ours: ${name}` }
  }
}

/** On a database of many processes positions are given soon after the commit. */
async function linesAfter(storage: StorageAdapter, newest: number, count: number): Promise<Commit[]> {
  return await eventually(`${count} lines in the commit log`, async () => {
    const lines = await storage.commitsAfter(newest, 1_000)
    return lines.length >= count ? lines : null
  })
}

function told<T extends Reader>(about: string, given: unknown, on: (at: T) => Answer): { about: string; on: (at: T) => Answer } {
  const text = `${about} ${JSON.stringify(given)}`
  // What fast-check prints of a failure is this text.
  return { about: text, on, toString: () => text } as { about: string; on: (at: T) => Answer }
}

function defined(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Record<string, number>
}

function sorted(record: object): object {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
