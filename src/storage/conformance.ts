// The storage port's contract as tests. Every adapter runs these cases unchanged; what a database cannot
// do stands in its capabilities and is asserted here, never skipped in silence.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { isEngineError } from '../base/engine-error.ts'
import { and, eq, type Filter, matches, not, type Scalar } from '../contract/filter.ts'
import { type AnyRecord, type CollectionRef, collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import { compileModel, type Model, valueAtPath } from '../schema/model.ts'
import type { AdapterTransaction, Commit, CommitLine, Sort, StorageAdapter } from './storage.ts'

/** Opens an empty database of this model; the suite closes what it opened. */
export type OpenStorage = (model: Model) => StorageAdapter | Promise<StorageAdapter>

const owners = collection('owners', { prefix: 'own', fields: { name: field.text({ required: true }) } })

/** A field of every column type, each both required and optional where that differs. */
const things = collection('things', {
  prefix: 'thing',
  fields: {
    title: field.text({ required: true }),
    note: field.text(),
    code: field.text({ unique: true }),
    count: field.integer({ required: true }),
    rank: field.integer(),
    isOpen: field.boolean(),
    dueAt: field.dateTime(),
    price: field.money(),
    meta: field.json(),
    tags: field.refs('owners', { default: null }),
    owner: field.ref('owners'),
  },
  indexes: [
    ['count', '-rank'],
    ['owner', '-dueAt'],
  ],
  unique: [['title', 'owner']],
  checks: [{ path: 'count', op: 'gte', value: 0 }],
})
type Thing = { readonly [name: string]: unknown; readonly id: string; readonly createdAt: number }

/** Append-only rows have no version and no updatedAt. */
const entries = collection('entries', { prefix: 'ent', appendOnly: true, fields: { amount: field.integer({ required: true }) } })

let lastId = 0
const idOf = (prefix: string) => `${prefix}_${String(++lastId).padStart(26, '0')}`

function thing(fields: Readonly<Record<string, unknown>> = {}): Thing {
  const empty = { note: null, code: null, rank: null, isOpen: null, dueAt: null, price: null, meta: null, tags: null, owner: null }
  const id = idOf('thing')
  return { id, version: 1, createdAt: 1, updatedAt: 1, title: id, count: 0, ...empty, ...fields }
}
const ownerOf = (name: string): AnyRecord => ({ id: idOf('own'), version: 1, createdAt: 1, updatedAt: 1, name })

const line = (operation: string, changes: CommitLine['changes'] = []): CommitLine => ({
  at: 1,
  operation,
  actor: 'test',
  requestId: 'r',
  changes,
})

const isDescending =
  (descending: boolean) =>
  (path: string): Sort => ({ path, descending })
const up = isDescending(false)
const down = isDescending(true)

export function describeStorage(name: string, open: OpenStorage): void {
  describe(`storage on ${name}`, () => {
    let storage: StorageAdapter
    const model = compileModel([owners, things, entries] as never)
    const write = <T>(work: (tx: AdapterTransaction) => Promise<T>) => storage.transaction(work)
    const insert = (ref: CollectionRef<unknown>, ...records: readonly AnyRecord[]) => write((tx) => tx.insert(ref, records))
    const find = (where?: Filter, sort?: readonly Sort[]) =>
      storage.reader.find<Thing>(things as never, { limit: 10_000, ...(where ? { where } : {}), ...(sort ? { sort } : {}) })
    const clear = () =>
      write(async (tx) => void (await Promise.all([things, owners, entries].map((ref) => tx.remove(ref, { op: 'true' })))))

    before(async () => {
      storage = await open(model)
    })
    after(() => storage.close())

    test('says what it is and what it can do', (context) => {
      const { product, version, ...can } = storage.capabilities
      context.diagnostic(`${product} ${version}`)
      assert.match(product, /\w/)
      assert.match(version, /\d/)
      assert.deepEqual(Object.keys(can).sort(), ['hasGroupCommit', 'hasNotifications', 'hasTransactionalSchema', 'isShared'])
    })

    test('gives back what was put in, of every type', async () => {
      await clear()
      const full = thing({
        title: 'ünï😀 \'"\\%_',
        note: '',
        code: 'c',
        count: Number.MAX_SAFE_INTEGER,
        rank: Number.MIN_SAFE_INTEGER,
        isOpen: false,
        dueAt: 0,
        price: { amount: -5, currency: 'EUR' },
        meta: { deep: [1, null, 'x', { y: 1.5 }], __proto__x: true },
        tags: ['b', 'a'],
        owner: 'own_x',
      })
      const empty = thing()
      await insert(things, full, empty)
      assert.deepEqual(await storage.reader.get(things, full.id), full)
      assert.deepEqual(await storage.reader.get(things, empty.id), empty)
      const entry = { id: idOf('ent'), createdAt: 5, amount: -3 }
      await insert(entries, entry)
      assert.deepEqual(await storage.reader.get(entries, entry.id), entry)
    })

    test('get answers null for what is not there or does not fit', async () => {
      await clear()
      const one = thing({ count: 3 })
      await insert(things, one)
      assert.equal(await storage.reader.get(things, 'thing_none'), null)
      assert.equal(await storage.reader.get(things, one.id, eq('count', 4)), null)
      assert.deepEqual(await storage.reader.get(things, one.id, eq('count', 3)), one)
    })

    describe('filters', () => {
      const a = ownerOf('Ann')
      const b = ownerOf('ben')
      const records: Record<string, Thing> = {}
      before(async () => {
        await clear()
        records['one'] = thing({
          title: 'Emma',
          note: 'x',
          count: 1,
          rank: 5,
          isOpen: true,
          dueAt: 100,
          price: { amount: 5, currency: 'EUR' },
          tags: [a.id, b.id],
          owner: a.id,
        })
        records['two'] = thing({ title: 'emmA too', count: 2, rank: -5, isOpen: false, dueAt: 200, tags: [b.id], owner: b.id })
        records['three'] = thing({ title: '100%_\\', count: 3, tags: [], owner: 'own_gone' })
        await insert(owners, a, b)
        await insert(things, ...Object.values(records))
      })
      const via = (of: Filter): Filter => ({ op: 'via', collection: 'owners', local: 'owner', remote: 'id', of })
      const viaList = (of: Filter): Filter => ({ op: 'via', collection: 'owners', local: 'tags', remote: 'id', isList: true, of })
      const cases: [string, () => Filter, string[]][] = [
        ['true', () => ({ op: 'true' }), ['one', 'two', 'three']],
        ['false', () => ({ op: 'false' }), []],
        ['eq', () => eq('title', 'Emma'), ['one']],
        ['eq of a boolean', () => eq('isOpen', false), ['two']],
        ['ne leaves out null', () => ({ op: 'ne', path: 'rank', value: 5 }), ['two']],
        ['not eq leaves out null', () => not(eq('rank', 5)), ['two']],
        ['lt', () => ({ op: 'lt', path: 'count', value: 2 }), ['one']],
        ['lte', () => ({ op: 'lte', path: 'count', value: 2 }), ['one', 'two']],
        ['gt', () => ({ op: 'gt', path: 'dueAt', value: 100 }), ['two']],
        ['gte', () => ({ op: 'gte', path: 'dueAt', value: 100 }), ['one', 'two']],
        ['in', () => ({ op: 'in', path: 'rank', values: [5, 7] }), ['one']],
        ['nin leaves out null', () => ({ op: 'nin', path: 'rank', values: [5, 7] }), ['two']],
        ['null', () => ({ op: 'null', path: 'note', value: true }), ['two', 'three']],
        ['not null', () => ({ op: 'null', path: 'note', value: false }), ['one']],
        ['null of money', () => ({ op: 'null', path: 'price.amount', value: true }), ['two', 'three']],
        ['part of money', () => eq('price.currency', 'EUR'), ['one']],
        ['contains in either case', () => ({ op: 'contains', path: 'title', value: 'MMA' }), ['one', 'two']],
        ['contains takes % for itself', () => ({ op: 'contains', path: 'title', value: '%_' }), ['three']],
        ['contains takes \\ for itself', () => ({ op: 'contains', path: 'title', value: '\\' }), ['three']],
        ['contains nothing', () => ({ op: 'contains', path: 'title', value: '' }), ['one', 'two', 'three']],
        ['startsWith', () => ({ op: 'startsWith', path: 'title', value: 'eMMA ' }), ['two']],
        ['has', () => ({ op: 'has', path: 'tags', value: b.id }), ['one', 'two']],
        ['not has', () => not({ op: 'has', path: 'tags', value: a.id }), ['two', 'three']],
        ['and, or, not', () => and({ op: 'or', of: [eq('count', 1), eq('count', 2)] }, not(eq('isOpen', true))), ['two']],
        ['via a reference', () => via(eq('name', 'Ann')), ['one']],
        ['via a reference to nothing', () => via({ op: 'true' }), ['one', 'two']],
        ['not via', () => not(via(eq('name', 'Ann'))), ['two', 'three']],
        ['via a list, by any', () => viaList(eq('name', 'ben')), ['one', 'two']],
        ['via a list, nobody', () => viaList(eq('name', 'none')), []],
      ]
      for (const [about, filter, expected] of cases)
        test(about, async () => {
          const found = await find(filter())
          assert.deepEqual(new Set(found.map(({ id }) => id)), new Set(expected.map((key) => records[key]!.id)))
          assert.equal(await storage.reader.count(things, filter()), expected.length)
          for (const [key, { id }] of Object.entries(records))
            assert.equal((await storage.reader.get(things, id, filter())) !== null, expected.includes(key))
        })

      test('via back from the other side', async () => {
        const back: Filter = { op: 'via', collection: 'things', local: 'id', remote: 'owner', of: eq('isOpen', true) }
        const found = await storage.reader.find<AnyRecord>(owners as never, { where: back, limit: 10 })
        assert.deepEqual(
          found.map(({ id }) => id),
          [a.id],
        )
      })
    })

    test('sums by groups', async () => {
      await clear()
      await insert(
        things,
        thing({ count: 1, note: 'a' }),
        thing({ count: 2, note: 'a' }),
        thing({ count: 5, note: 'b' }),
        thing({ count: 9 }),
      )
      const groups = await storage.reader.group(things, { by: ['note'], sum: 'count' })
      const plain = groups.map(({ key, sum, count }) => [key[0], sum, count])
      assert.deepEqual(
        plain.sort((x, y) => String(x[0]).localeCompare(String(y[0]))),
        [
          ['a', 3, 2],
          ['b', 5, 1],
          [null, 9, 1],
        ],
      )
      assert.deepEqual(await storage.reader.group(things, { by: [], sum: 'count', where: eq('note', 'none') }), [
        { key: [], sum: 0, count: 0 },
      ])
    })

    describe('pages', () => {
      const sorts: (readonly Sort[])[] = [
        [],
        [up('id')],
        [down('id')],
        [up('title')],
        [down('title')],
        [up('count')],
        [down('count'), up('title')],
        [up('rank')],
        [down('rank')],
        [up('rank'), down('dueAt')],
        [down('rank'), up('note'), down('count')],
        [up('isOpen'), down('price.amount')],
        [down('owner'), up('dueAt')],
      ]
      const everything: Thing[] = []
      before(async () => {
        await clear()
        const few = fc.constantFrom(null, -3, 0, 1, 2)
        const text = fc.constantFrom('a', 'A', 'b', 'é', '￰', '😀', '')
        const record = fc.record({
          count: fc.constantFrom(0, 1, 2),
          rank: few,
          dueAt: few,
          note: fc.option(text),
          isOpen: fc.constantFrom(null, true, false),
          owner: fc.constantFrom(null, 'x', 'y'),
          price: fc.constantFrom(null, { amount: 1, currency: 'EUR' }, { amount: 2, currency: 'USD' }),
        })
        everything.push(...fc.sample(record, { numRuns: 150, seed: 7 }).map((fields) => thing(fields)))
        await insert(things, ...everything)
      })

      for (const sort of sorts)
        test(`by ${sort.map(({ path, descending }) => (descending ? '-' : '') + path).join(', ') || 'nothing'} walked forward are the sorted whole`, async () => {
          const whole = everything.toSorted(inOrder(sort))
          assert.deepEqual(
            (await find(undefined, sort)).map(({ id }) => id),
            whole.map(({ id }) => id),
          )
          for (const limit of [1, 7, 50]) {
            const walked: string[] = []
            let seen: (Scalar | null)[] | undefined
            for (;;) {
              const page = await storage.reader.find<Thing>(things as never, { sort, limit, ...(seen ? { after: seen } : {}) })
              walked.push(...page.map(({ id }) => id))
              const last = page.at(-1)
              if (!last) break
              seen = [...sort.filter(({ path }) => path !== 'id').map(({ path }) => valueAtPath(last, path)), last.id]
            }
            assert.deepEqual(
              walked,
              whole.map(({ id }) => id),
            )
          }
        })
    })

    describe('writes', () => {
      test('tell how many rows fitted their guard', async () => {
        await clear()
        const [one, two] = [thing({ count: 5 }), thing({ count: 1 })]
        await insert(things, one, two)
        await write(async (tx) => {
          assert.equal(await tx.update(things, and(eq('id', one.id), { op: 'gte', path: 'count', value: 4 }), { add: { count: -4 } }), 1)
          assert.equal(await tx.update(things, and(eq('id', one.id), { op: 'gte', path: 'count', value: 4 }), { add: { count: -4 } }), 0)
          assert.equal(
            await tx.update(
              things,
              { op: 'gte', path: 'count', value: 1 },
              { set: { note: 'both', price: { amount: 1, currency: 'EUR' }, isOpen: true, meta: { a: 1 } } },
            ),
            2,
          )
          assert.equal(await tx.remove(things, eq('id', 'none')), 0)
          assert.equal(await tx.remove(things, eq('id', two.id)), 1)
        })
        const after = await storage.reader.get<Thing>(things as never, one.id)
        assert.deepEqual(after, { ...one, count: 1, note: 'both', price: { amount: 1, currency: 'EUR' }, isOpen: true, meta: { a: 1 } })
        await write((tx) => tx.update(things, eq('id', one.id), { set: { price: null, note: null, meta: null } }))
        assert.deepEqual(await storage.reader.get(things, one.id), { ...one, count: 1, isOpen: true })
      })

      test('through a reference guard too', async () => {
        await clear()
        const owner = ownerOf('Ann')
        const [mine, theirs] = [thing({ owner: owner.id }), thing()]
        await insert(owners, owner)
        await insert(things, mine, theirs)
        const byAnn: Filter = { op: 'via', collection: 'owners', local: 'owner', remote: 'id', of: eq('name', 'Ann') }
        assert.equal(await write((tx) => tx.update(things, byAnn, { set: { note: 'hers' } })), 1)
        assert.equal(await write((tx) => tx.remove(things, byAnn)), 1)
        assert.deepEqual(
          (await find()).map(({ id }) => id),
          [theirs.id],
        )
      })

      test('are seen by their own transaction, and by others when it has committed', async () => {
        await clear()
        const one = thing()
        let outside: Promise<unknown> = Promise.resolve()
        await write(async (tx) => {
          await tx.insert(things, [one])
          assert.deepEqual(await tx.get(things, one.id), one)
          assert.equal(await tx.count(things), 1)
          // Not awaited here: with one connection it waits for this transaction.
          outside = storage.reader.get(things, one.id)
          await tx.update(things, eq('id', one.id), { set: { note: 'done' } })
        })
        const seen = (await outside) as Thing | null
        assert.ok(seen === null || seen['note'] === 'done', 'unfinished work was seen')
        assert.equal((await storage.reader.get<Thing>(things as never, one.id))!['note'], 'done')
      })

      test('that a unique fence holds back leave the transaction usable', async () => {
        await clear()
        const [one, two] = [thing({ code: 'same' }), thing({ code: 'same' })]
        await write(async (tx) => {
          await tx.insert(things, [one])
          await assert.rejects(tx.insert(things, [two]), (error) => isEngineError(error, 'already_exists'))
          await assert.rejects(tx.insert(things, [{ ...one, code: null } as never]), (error) => isEngineError(error, 'already_exists'))
          await assert.rejects(
            tx.insert(things, [thing({ title: one['title'], owner: 'x' }), thing({ title: one['title'], owner: 'x' })]),
            (error) => isEngineError(error, 'already_exists'),
          )
          await tx.insert(things, [thing({ title: 'later' })])
        })
        assert.ok((await find()).some(({ title }) => title === 'later'))
        await assert.rejects(
          write((tx) => tx.update(things, eq('title', 'later'), { set: { code: 'same' } })),
          (error) => isEngineError(error, 'already_exists'),
        )
        // Null is no value: any number of records may have none.
        await insert(things, thing(), thing())
      })

      test('that break a check are refused', async () => {
        await clear()
        const one = thing({ count: 1 })
        await insert(things, one)
        await assert.rejects(write((tx) => tx.update(things, eq('id', one.id), { add: { count: -2 } })))
        await assert.rejects(insert(things, thing({ count: -1 })))
        assert.deepEqual(await find(), [one])
      })

      test('of a transaction that throws are undone', async () => {
        await clear()
        const one = thing()
        await insert(things, one)
        const failure = new Error('changed my mind')
        const attempt = write(async (tx) => {
          await tx.insert(things, [thing()])
          await tx.update(things, eq('id', one.id), { set: { note: 'changed' } })
          await tx.remove(things, eq('id', one.id))
          await tx.appendCommit(line('undone'))
          throw failure
        })
        await assert.rejects(attempt, (error) => error === failure)
        assert.deepEqual(await find(), [one])
      })
    })

    describe('transactions that wait together', () => {
      test('see the ones before them, and are undone alone', async () => {
        await clear()
        const made = Array.from({ length: 30 }, (_, index) => thing({ count: index }))
        const seen: number[] = []
        const outcomes = await Promise.allSettled(
          made.map((one, index) =>
            write(async (tx) => {
              seen.push(await tx.count(things))
              await tx.insert(things, [one])
              if (index % 3 === 1) throw new Error('undone')
              // A statement that fails harms nobody else, nor its own transaction once it is caught.
              if (index % 3 === 2) await assert.rejects(tx.insert(things, [one]))
              return index
            }),
          ),
        )
        outcomes.forEach((outcome, index) => void assert.equal(outcome.status, index % 3 === 1 ? 'rejected' : 'fulfilled'))
        const kept = made.filter((_, index) => index % 3 !== 1)
        assert.deepEqual(new Set((await find()).map(({ id }) => id)), new Set(kept.map(({ id }) => id)))
        for (const count of seen) assert.ok(count <= kept.length)
      })

      test('lose no increment', async () => {
        await clear()
        const one = thing({ count: 0 })
        await insert(things, one)
        await Promise.all(Array.from({ length: 100 }, () => write((tx) => tx.update(things, eq('id', one.id), { add: { count: 1 } }))))
        assert.equal((await storage.reader.get<Thing>(things as never, one.id))!['count'], 100)
      })

      test('let exactly one pass a guard that fits one', async () => {
        await clear()
        const one = thing({ count: 1 })
        await insert(things, one)
        const guard = and(eq('id', one.id), { op: 'gte', path: 'count', value: 1 })
        const counts = await Promise.all(Array.from({ length: 50 }, () => write((tx) => tx.update(things, guard, { add: { count: -1 } }))))
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0),
          1,
        )
      })

      test('may be more than one group holds', async () => {
        await clear()
        await Promise.all(Array.from({ length: 300 }, () => insert(things, thing())))
        assert.equal(await storage.reader.count(things), 300)
      })
    })

    describe('the commit log', () => {
      test('holds each line of what was committed, once, in order, with ascending positions', async () => {
        const { newest } = await storage.commitRange()
        const told: Commit[] = []
        storage.onCommit((commit) => void told.push(commit))
        const change = {
          collection: 'things',
          id: 'thing_1',
          action: 'created' as const,
          record: { id: 'thing_1', createdAt: 1, text: 'é😀"' },
        }
        await Promise.allSettled(
          Array.from({ length: 20 }, (_, index) =>
            write(async (tx) => {
              await tx.appendCommit({ ...line(`op${index}`, [change]), at: 1_000 + index })
              if (index % 4 === 3) throw new Error('undone')
            }),
          ),
        )
        const commits = await storage.commitsAfter(newest, 100)
        assert.deepEqual(
          commits.map(({ operation }) => operation),
          Array.from({ length: 20 }, (_, index) => index)
            .filter((index) => index % 4 !== 3)
            .map((index) => `op${index}`),
        )
        for (const [index, { position }] of commits.entries()) assert.ok(position > (commits[index - 1]?.position ?? newest))
        assert.deepEqual(commits[0]!.changes, [change])
        assert.deepEqual(
          told.map(({ position, operation }) => [position, operation]),
          commits.map(({ position, operation }) => [position, operation]),
        )
        assert.deepEqual(await storage.commitsAfter(commits[4]!.position, 2), commits.slice(5, 7))
        assert.equal((await storage.commitRange()).newest, commits.at(-1)!.position)
        assert.deepEqual(await storage.commitsAfter(commits.at(-1)!.position, 10), [])
      })

      test('is told before the transaction resolves, and only when all of it can be read', async () => {
        const order: string[] = []
        const one = thing()
        const reads: Promise<unknown>[] = []
        storage.onCommit(({ operation }) => {
          if (operation !== 'told') return
          order.push('told')
          reads.push(storage.reader.get(things, one.id))
        })
        await write(async (tx) => {
          await tx.insert(things, [one])
          await tx.appendCommit(line('told'))
        }).then(() => order.push('resolved'))
        assert.deepEqual(order, ['told', 'resolved'])
        assert.deepEqual(await Promise.all(reads), [one])
      })

      test('forgets what is old, and its positions are never used again', async () => {
        const { newest } = await storage.commitRange()
        await write((tx) => tx.appendCommit({ ...line('old'), at: 10 }))
        await write((tx) => tx.appendCommit({ ...line('new'), at: 5_000 }))
        assert.ok((await storage.forgetCommits(4_000)) >= 1)
        const range = await storage.commitRange()
        assert.deepEqual(range, { oldest: newest + 2, newest: newest + 2 })
        await storage.forgetCommits(Number.MAX_SAFE_INTEGER)
        assert.deepEqual(await storage.commitRange(), { oldest: 0, newest: 0 })
        await write((tx) => tx.appendCommit(line('next')))
        assert.equal((await storage.commitRange()).newest, newest + 3)
      })
    })

    test('random filters find the same in the database as in memory', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(arbitraryThing, { minLength: 1, maxLength: 12 }),
          fc.array(arbitraryFilter, { minLength: 1, maxLength: 12 }),
          async (rows, filters) => {
            await clear()
            const records = rows.map((fields) => thing(fields))
            await insert(things, ...records)
            for (const filter of filters) {
              const found = (await find(filter)).map(({ id }) => id).toSorted()
              const expected = records
                .filter((record) => matches(filter, record) === true)
                .map(({ id }) => id)
                .toSorted()
              assert.deepEqual(found, expected, `${JSON.stringify(filter)} on ${JSON.stringify(records)}`)
              assert.equal(await storage.reader.count(things, filter), expected.length)
            }
          },
        ),
        { numRuns: 150 },
      )
    })

    test('after its end it refuses, and ends twice without harm', async () => {
      const other = await open(compileModel([owners, things, entries] as never))
      await other.transaction((tx) => tx.insert(things, [thing()]))
      await other.close()
      await other.close()
      await assert.rejects(
        other.transaction(async () => 1),
        (error) => isEngineError(error, 'storage_unavailable'),
      )
    })
  })
}

/** The order the port promises: null lowest, text by code points, then the id in the direction of the last key. */
function inOrder(sort: readonly Sort[]) {
  const named = sort.find(({ path }) => path === 'id')
  const keys = [
    ...sort.filter(({ path }) => path !== 'id'),
    { path: 'id', descending: named?.descending ?? sort.at(-1)?.descending ?? false },
  ]
  return (a: Thing, b: Thing): number => {
    for (const { path, descending } of keys) {
      const difference = compareValues(valueAtPath(a, path), valueAtPath(b, path))
      if (difference !== 0) return descending ? -difference : difference
    }
    return 0
  }
}

function compareValues(a: Scalar | null, b: Scalar | null): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? -1 : 1
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return a < b ? -1 : 1
}

// Few distinct values, so that conditions meet; and the ones that databases and JavaScript see differently.
const someText = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A',
    'ab',
    'aB',
    '%',
    '_',
    '\\',
    'é',
    'É',
    'ß',
    'I',
    'i',
    '\uffee',
    '\u{10000}',
    '😀',
    '1',
    '10',
    '9',
    'true',
    'null',
    "'",
    '"',
    ' ',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }).filter((text) => !text.includes('\0')),
)
const someInteger = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER))
const someTag = fc.constantFrom('t1', 't2', 't3')

const arbitraryThing = fc.record({
  note: fc.option(someText),
  count: fc.nat(3),
  rank: fc.option(someInteger),
  isOpen: fc.option(fc.boolean()),
  dueAt: fc.option(fc.constantFrom(0, 1, 1_700_000_000_000)),
  price: fc.option(fc.record({ amount: someInteger, currency: fc.constantFrom('EUR', 'USD') })),
  tags: fc.option(fc.uniqueArray(someTag)),
  owner: fc.option(someTag),
})

const columns: readonly [string, fc.Arbitrary<Scalar>][] = [
  ['note', someText],
  ['count', fc.nat(3)],
  ['rank', someInteger],
  ['isOpen', fc.boolean()],
  ['dueAt', fc.constantFrom(0, 1, 1_700_000_000_000)],
  ['price.amount', someInteger],
  ['price.currency', fc.constantFrom('EUR', 'USD', 'usd')],
  ['owner', someTag],
]
const arbitraryCondition: fc.Arbitrary<Filter> = fc.oneof(
  ...columns.map(
    ([path, value]) =>
      fc.record({ op: fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), path: fc.constant(path), value }) as fc.Arbitrary<Filter>,
  ),
  ...columns.map(
    ([path, value]) =>
      fc.record({
        op: fc.constantFrom('in', 'nin'),
        path: fc.constant(path),
        values: fc.array(value, { minLength: 1, maxLength: 4 }),
      }) as fc.Arbitrary<Filter>,
  ),
  fc.record({
    op: fc.constant('null'),
    path: fc.constantFrom(...columns.map(([path]) => path)),
    value: fc.boolean(),
  }) as fc.Arbitrary<Filter>,
  fc.record({
    op: fc.constantFrom('contains', 'startsWith'),
    path: fc.constantFrom('note', 'owner', 'price.currency'),
    value: someText,
  }) as fc.Arbitrary<Filter>,
  fc.record({ op: fc.constant('has'), path: fc.constant('tags'), value: someTag }) as fc.Arbitrary<Filter>,
  fc.constantFrom({ op: 'true' }, { op: 'false' }) as fc.Arbitrary<Filter>,
)
const arbitraryFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    arbitraryCondition,
    fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Filter>,
    fc.record({ op: fc.constant('not'), of: tie('filter') }) as fc.Arbitrary<Filter>,
  ),
})).filter
