// The storage port's contract as tests. Every adapter runs these cases unchanged; what a database cannot
// do stands in its capabilities and is asserted here, never skipped in silence.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { isEngineError } from '../../src/base/engine-error.ts'
import { and, eq, type Filter, matches, not, type Scalar } from '../../src/contract/filter.ts'
import type { AnyRecord, CollectionRef } from '../../src/schema/collection.ts'
import { compileModel, type Model, valueAtPath } from '../../src/schema/model.ts'
import type { AdapterTransaction, Commit, Group, Measure, Sort, StorageAdapter } from '../../src/storage/storage.ts'
import { bigSumsBy, sumsBy } from '../../src/storage/sums-by.ts'
import {
  arbitraryFilter,
  arbitraryThing,
  down,
  entries,
  idOf,
  inOrder,
  line,
  ownerOf,
  owners,
  type Thing,
  thing,
  things,
  up,
} from '../support/conformance-subjects.ts'

/** Opens an empty database of this model; the suite closes what it opened. */
export type OpenStorage = (model: Model) => StorageAdapter | Promise<StorageAdapter>

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

    const fed: Commit[] = []
    const waiting = new Map<string, () => void>()
    const isMark = ({ operation }: Commit) => operation.startsWith('mark_')
    /** Waits until the feed has told of everything committed so far, by a mark of its own, and answers the mark's position. */
    const caughtUp = async (): Promise<number> => {
      const mark = idOf('mark')
      const isTold = new Promise<void>((resolve) => void waiting.set(mark, resolve))
      await write((tx) => tx.appendCommit({ ...line(mark), at: 5 }))
      await isTold
      return fed.at(-1)!.position
    }

    before(async () => {
      storage = await open(model)
      storage.onFeed((commit) => {
        fed.push(commit)
        waiting.get(commit.operation)?.()
      })
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
        ['has any', () => ({ op: 'hasAny', path: 'tags', values: [b.id, 'usr_nobody'] }), ['one', 'two']],
        ['not has any', () => not({ op: 'hasAny', path: 'tags', values: [a.id, 'usr_nobody'] }), ['two', 'three']],
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
          assert.equal(await storage.reader.count(things, filter(), 1), Math.min(expected.length, 1))
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

    test('letters of every alphabet are found in either case, and nothing that only resembles them', async () => {
      await clear()
      const one = thing({ title: '\u00df\u00c0\u00e9\u03c2.\u4e2d \u{1e922}*?[^-\u212Ael' })
      await insert(things, one, thing({ title: 'other' }))
      const isFound = async (op: 'contains' | 'startsWith', value: string) => {
        const filter: Filter = { op, path: 'title', value }
        assert.equal(matches(filter, one), (await storage.reader.count(things, filter)) === 1, `${op} ${value}`)
        assert.equal(await storage.reader.count(things, not(filter)), matches(filter, one) ? 1 : 2, `not ${op} ${value}`)
        return matches(filter, one)
      }
      for (const value of ['\u00e0\u00c9\u03a3', '\u{1e900}*?[^-', '\u03c3.\u4e2d', '\u00c0', '\u1e9e', '\u00e9\u03c2'])
        assert.ok(await isFound('contains', value))
      for (const value of ['ss', 'kel', '\u00e9\u03c3\u4e2d', '\u00e9.', 'a\u0300', '\u00e9*'])
        assert.ok(!(await isFound('contains', value)))
      assert.ok(await isFound('startsWith', '\u1e9e\u00e0\u00e9'))
      assert.ok(!(await isFound('startsWith', '\u00e0\u00e9')))
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
      const groups = await sumsBy(storage.reader, things, { by: ['note'], sum: 'count' })
      const plain = groups.map(({ key, sum, count }) => [key[0], sum, count])
      assert.deepEqual(
        plain.sort((x, y) => String(x[0]).localeCompare(String(y[0]))),
        [
          ['a', 3, 2],
          ['b', 5, 1],
          [null, 9, 1],
        ],
      )
      await insert(things, thing({ count: 4, note: 'x', isOpen: true }), thing({ count: 3, note: 'x', isOpen: false }))
      const byTruth = await sumsBy(storage.reader, things, { by: ['isOpen'], sum: 'count', where: eq('note', 'x') })
      assert.deepEqual(
        new Map(byTruth.map(({ key, sum }) => [key[0], sum])),
        new Map([
          [true, 4],
          [false, 3],
        ]),
      )
      assert.deepEqual(await sumsBy(storage.reader, things, { by: [], sum: 'count', where: eq('note', 'none') }), [
        { key: [], sum: 0, count: 0 },
      ])
    })

    test('measures by groups of times and texts', async () => {
      await clear()
      const day = 86_400_000
      const from = -3 * day // A Monday.
      const at = (dueAt: number | null, rank: number | null, note: string | null) => thing({ dueAt, rank, note })
      await insert(things, at(0, 5, '2026-11-29'), at(3 * day, -2, '2026-11-01'), at(4 * day, null, '2026-12-31'))
      await insert(things, at(11 * day + 1, 7, null), at(null, 1, 'é😀x'))
      const measures: Measure[] = [
        { of: 'sum', path: 'rank' },
        { of: 'min', path: 'rank' },
        { of: 'max', path: 'dueAt' },
        { of: 'count', path: 'rank' },
        { of: 'max', path: 'note' },
      ]
      const weeks = await storage.reader.group(things, { by: [{ path: 'dueAt', ms: 7 * day, from }], measures })
      const byKey = (groups: readonly Group[]) => groups.toSorted((x, y) => String(x.key[0]).localeCompare(String(y.key[0])))
      assert.deepEqual(byKey(weeks), [
        { key: [-3 * day], count: 2, values: [3, -2, 3 * day, 2, '2026-11-29'] },
        { key: [4 * day], count: 1, values: [0, null, 4 * day, 0, '2026-12-31'] },
        { key: [11 * day], count: 1, values: [7, 7, 11 * day + 1, 1, null] },
        { key: [null], count: 1, values: [1, 1, null, 1, 'é😀x'] },
      ])
      const months = await storage.reader.group(things, { by: [{ path: 'note', characters: 7 }], measures: [] })
      assert.deepEqual(
        new Map(months.map(({ key, count }) => [key[0], count])),
        new Map<unknown, number>([
          ['2026-11', 2],
          ['2026-12', 1],
          ['é😀x', 1],
          [null, 1],
        ]),
      )
      assert.equal((await storage.reader.group(things, { by: ['rank'], measures: [], limit: 3 })).length, 3)
      assert.deepEqual(await storage.reader.group(things, { where: eq('note', 'none'), by: [], measures }), [
        { key: [], count: 0, values: [0, null, null, 0, null] },
      ])
    })

    test('refuses a sum that a number does not hold exactly', async () => {
      await clear()
      await insert(things, thing({ rank: Number.MAX_SAFE_INTEGER }), thing({ rank: 1 }))
      await assert.rejects(() => sumsBy(storage.reader, things, { by: [], sum: 'rank' }), { code: 'amount_too_large' })
    })

    test('adds up exactly what no number holds', async () => {
      await clear()
      const most = Number.MAX_SAFE_INTEGER
      // 1,100 of them are beyond 64 bits.
      const many = Array.from({ length: 1_100 }, (_, index) => thing({ rank: most - index, note: 'a' }))
      await insert(things, ...many, thing({ rank: -most, note: 'b' }), thing({ rank: -5, note: 'b' }), thing({ note: 'c' }))
      const groups = await bigSumsBy(storage.reader, things, { by: ['note'], sum: 'rank' })
      assert.deepEqual(
        new Map(groups.map(({ key, sum }) => [key[0], sum])),
        new Map([
          ['a', 1_100n * BigInt(most) - 604_450n],
          ['b', -BigInt(most) - 5n],
          ['c', 0n],
        ]),
      )
      const none = await bigSumsBy(storage.reader, things, { where: eq('note', 'none'), by: [], sum: 'rank' })
      assert.deepEqual(none, [{ key: [], count: 0, sum: 0n }])
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
        [up('count'), down('rank'), up('isOpen'), down('note'), down('owner'), up('dueAt')],
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

      test('made once leave the transaction usable when a unique fence holds them back', async () => {
        await clear()
        const one = thing({ code: 'same', owner: 'x' })
        await write(async (tx) => {
          assert.equal(await tx.insertOnce(things, one), true)
          assert.equal(await tx.insertOnce(things, thing({ code: 'same' })), false)
          assert.equal(await tx.insertOnce(things, { ...one, code: null, title: 'other' } as never), false)
          assert.equal(await tx.insertOnce(things, thing({ title: one['title'], owner: 'x' })), false)
          assert.equal(await tx.insertOnce(things, thing({ title: 'later' })), true)
        })
        assert.deepEqual(new Set((await find()).map(({ title }) => title)), new Set([one['title'], 'later']))
        assert.equal(await write((tx) => tx.insertOnce(things, thing({ code: 'same' }))), false)
      })

      test('that a unique fence holds back fail their transaction, and say by which columns', async () => {
        await clear()
        const one = thing({ code: 'same', owner: 'x' })
        await insert(things, one)
        const taken = (columns: readonly string[]) => (error: unknown) => {
          assert.ok(isEngineError(error, 'already_exists'), String(error))
          assert.deepEqual(error.params, { collection: 'things', columns })
          return true
        }
        const other = thing({ title: 'other' })
        await assert.rejects(insert(things, other, thing({ code: 'same' })), taken(['code']))
        await assert.rejects(insert(things, other, { ...one, code: null, title: 'x' } as never), taken(['id']))
        await assert.rejects(insert(things, other, thing({ title: one['title'], owner: 'x' })), taken(['title', 'owner']))
        const twins = ['x', 'x'].map((owner) => thing({ title: 'twin', owner }))
        await assert.rejects(insert(things, ...twins), taken(['title', 'owner']))
        await assert.rejects(
          write((tx) => tx.insert(things, [thing({ code: 'same' })], 'conflict')),
          (error) => isEngineError(error, 'conflict'),
        )
        assert.deepEqual(await find(), [one])
        await insert(things, other)
        await assert.rejects(
          write((tx) => tx.update(things, eq('title', 'other'), { set: { code: 'same' } })),
          taken(['code']),
        )
        await assert.rejects(
          write((tx) => tx.updateOrFail(things, eq('title', 'other'), { set: { code: 'same' } })),
          taken(['code']),
        )
        // Null is no value: any number of records may have none.
        await insert(things, thing(), thing())
      })

      test('that must fit exactly one row fail their transaction with a conflict when they do not', async () => {
        await clear()
        const one = thing({ count: 5 })
        await insert(things, one, thing({ count: 7 }))
        const conflict = (error: unknown) => isEngineError(error, 'conflict')
        const bystander = () => thing({ title: 'bystander' })
        for (const where of [and(eq('id', one.id), eq('count', 6)), { op: 'gte', path: 'count', value: 5 } as const]) {
          await assert.rejects(
            write(async (tx) => {
              await tx.insert(things, [bystander()])
              await tx.updateOrFail(things, where, { add: { count: 1 } })
              await tx.appendCommit(line('never'))
            }),
            conflict,
          )
          await assert.rejects(
            write(async (tx) => {
              await tx.removeOrFail(things, where)
              await tx.insert(things, [bystander()])
            }),
            conflict,
          )
        }
        assert.deepEqual(new Set((await find()).map(({ count }) => count)), new Set([5, 7]))
        await write(async (tx) => {
          await tx.updateOrFail(things, and(eq('id', one.id), eq('count', 5)), { add: { count: 1 }, set: { note: 'n' } })
          assert.equal((await tx.get<Thing>(things as never, one.id))!['count'], 6)
          await tx.updateOrFail(things, and(eq('id', one.id), eq('count', 6)), { add: { count: 1 } })
          await tx.removeOrFail(things, and(eq('count', 7), not(eq('id', one.id))))
        })
        assert.deepEqual(await find(), [{ ...one, count: 7, note: 'n' }])
      })

      test('of all that fits answer what they have made of it', async () => {
        await clear()
        const [one, two, three] = [thing({ count: 5 }), thing({ count: 7 }), thing({ count: 9 })]
        await insert(things, one, two, three)
        await write(async (tx) => {
          const where = { op: 'lte', path: 'count', value: 7 } as const
          const changed = await tx.updateAll<Thing>(things as never, where, { add: { count: 10 }, set: { note: 'n' } })
          const expected = [one, two].map((record) => ({ ...record, count: (record['count'] as number) + 10, note: 'n' }))
          assert.deepEqual(new Map(changed.map((record) => [record.id, record])), new Map(expected.map((record) => [record['id'], record])))
          assert.deepEqual(await tx.getMany(things, [one.id]), [expected[0]])
          assert.deepEqual(await tx.updateAll(things, where, { set: { note: 'never' } }), [])
        })
        assert.deepEqual((await find()).map(({ count }) => count).toSorted(), [15, 17, 9])
      })

      test('that add to several records add to all of them, or to none', async () => {
        await clear()
        const [one, two] = [thing({ count: 5 }), thing({ count: 7 })]
        await insert(things, one, two, thing({ count: 9 }))
        const add = (...additions: readonly (readonly [string, number])[]) =>
          write(async (tx) => {
            const all = additions.map(([id, count]) => ({ id, add: { count, version: 1 } }))
            await tx.addOrFail(things, all, { note: 'added' })
            await tx.appendCommit(line('added'))
          })
        const conflict = (error: unknown) => isEngineError(error, 'conflict')
        await assert.rejects(add([one.id, 1], [two.id, -8]), conflict)
        await assert.rejects(add([one.id, 1], ['thing_none', 1]), conflict)
        await assert.rejects(add([one.id, -6]), conflict)
        assert.deepEqual((await find()).map(({ count }) => count).toSorted(), [5, 7, 9])
        await add([one.id, -5], [two.id, 3])
        const versionOf = (record: AnyRecord) => (record['version'] as number) + 1
        assert.deepEqual(await storage.reader.get(things, one.id), { ...one, count: 0, note: 'added', version: versionOf(one) })
        assert.deepEqual(await storage.reader.get(things, two.id), { ...two, count: 10, note: 'added', version: versionOf(two) })
        const many = Array.from({ length: 40 }, (_, count) => thing({ count }))
        await insert(things, ...many)
        await add(...many.map(({ id }) => [id, 1] as const))
        const after = await storage.reader.getMany<Thing>(
          things as never,
          many.map(({ id }) => id),
        )
        assert.deepEqual(
          after.map(({ count }) => count as number).toSorted((a, b) => a - b),
          many.map((_, count) => count + 1),
        )
      })

      test('by id answer what the record is after them, and was before', async () => {
        await clear()
        const one = thing({ count: 5, note: 'old' })
        await insert(things, one)
        await write(async (tx) => {
          const atLeast = (value: number): Filter => ({ op: 'gte', path: 'count', value })
          const change = { add: { count: -4 }, set: { note: 'new' } }
          const after = { ...one, count: 1, note: 'new' }
          assert.deepEqual(await tx.adjust(things, one.id, atLeast(4), change, true), { before: one, after })
          assert.equal(await tx.adjust(things, one.id, atLeast(4), change, true), null)
          assert.equal(await tx.adjust(things, 'thing_none', undefined, change, false), null)
          const next = { before: null, after: { ...after, count: 2 } }
          assert.deepEqual(await tx.adjust(things, one.id, undefined, { add: { count: 1 } }, false), next)
        })
      })

      test('asked for together are answered each, in the order they were asked', async () => {
        await clear()
        const one = thing({ count: 0 })
        await insert(things, one)
        await write(async (tx) => {
          const answers = await Promise.all([
            tx.get<Thing>(things as never, one.id),
            tx.update(things, eq('id', one.id), { add: { count: 1 } }),
            tx.get<Thing>(things as never, one.id),
            tx.adjust(things, one.id, eq('count', 9), { add: { count: 1 } }, false),
            tx.insertOnce(things, one),
            tx.count(things),
          ])
          const [before, changed, after, ...rest] = answers
          assert.deepEqual([before!['count'], changed, after!['count'], ...rest], [0, 1, 1, null, false, 1])
        })
      })

      test('locks answer what there is, as it is now', async () => {
        await clear()
        const [one, two] = [thing({ count: 1 }), thing({ count: 2 })]
        await insert(things, one, two)
        await write(async (tx) => {
          await tx.update(things, eq('id', one.id), { add: { count: 10 } })
          const locked = await tx.lock<Thing>(things as never, [two.id, 'thing_none', one.id], 'exclusive')
          assert.deepEqual(
            new Map(locked.map(({ id, count }) => [id, count])),
            new Map([
              [one.id, 11],
              [two.id, 2],
            ]),
          )
          assert.deepEqual(await tx.lock(things, [two.id], 'shared'), [two])
          assert.deepEqual(await tx.lock(things, [], 'shared'), [])
        })
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

      test('of a transaction whose work has ended are refused, and are in nobody else’s', async () => {
        await clear()
        const one = thing()
        await insert(things, one)
        for (const hasFailed of [true, false]) {
          let late: AdapterTransaction | undefined
          const ended = write(async (tx) => {
            late = tx
            if (hasFailed) throw new Error('changed my mind')
          })
          await ended.catch(() => {})
          await write(async (tx) => {
            await tx.count(things)
            await assert.rejects(async () => await late!.insert(things, [thing()]))
            await assert.rejects(async () => await late!.insertOnce(things, thing()))
            await assert.rejects(async () => await late!.update(things, eq('id', one.id), { set: { note: 'changed' } }))
            await assert.rejects(async () => await late!.remove(things, eq('id', one.id)))
          })
        }
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
              // A fence that holds one back harms nobody else, nor its own transaction.
              if (index % 3 === 2) assert.equal(await tx.insertOnce(things, one), false)
              return index
            }),
          ),
        )
        outcomes.forEach((outcome, index) => void assert.equal(outcome.status, index % 3 === 1 ? 'rejected' : 'fulfilled'))
        const kept = made.filter((_, index) => index % 3 !== 1)
        assert.deepEqual(new Set((await find()).map(({ id }) => id)), new Set(kept.map(({ id }) => id)))
        for (const count of seen) assert.ok(count <= kept.length)
      })

      test('leave a line each in the log, those alone that were not undone', async () => {
        const newest = await caughtUp()
        await Promise.allSettled(
          Array.from({ length: 9 }, (_, index) =>
            write(async (tx) => {
              await tx.insert(things, [thing()])
              await tx.appendCommit({ ...line(`together_${index}`), at: 5 })
              if (index % 3 === 1) throw new Error('undone')
            }),
          ),
        )
        await caughtUp()
        const found = (await storage.commitsAfter(newest, 100)).filter(({ operation }) => operation.startsWith('together_'))
        assert.deepEqual(new Set(found.map(({ operation }) => operation)), new Set([0, 2, 3, 5, 6, 8].map((index) => `together_${index}`)))
        assert.equal(found.length, 6)
        const told = fed.filter(({ operation }) => operation.startsWith('together_'))
        assert.deepEqual(
          told.map(({ position, operation }) => [position, operation]),
          found.map(({ position, operation }) => [position, operation]),
        )
      })

      test('store many records at once, all or none', async () => {
        await clear()
        const many = Array.from({ length: 40 }, (_, index) => thing({ count: index, title: `${index}?` }))
        await write((tx) => tx.insert(things, many))
        assert.deepEqual(new Set((await find()).map(({ title }) => title)), new Set(many.map(({ title }) => title)))
        const others = [...Array.from({ length: 20 }, () => thing()), many[7]!]
        await assert.rejects(
          write((tx) => tx.insert(things, others)),
          (error) => isEngineError(error, 'already_exists'),
        )
        assert.equal(await storage.reader.count(things), 40)
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
        const newest = await caughtUp()
        const told: string[] = []
        storage.onCommit(({ operation }) => void told.push(operation))
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
        const committed = Array.from({ length: 20 }, (_, index) => index)
          .filter((index) => index % 4 !== 3)
          .map((index) => `op${index}`)
        assert.deepEqual(new Set(told), new Set(committed))
        assert.equal(told.length, committed.length)
        const end = await caughtUp()
        const commits = (await storage.commitsAfter(newest, 100)).filter((commit) => !isMark(commit))
        assert.equal(end, newest + commits.length + 1)
        assert.deepEqual(commits.map(({ operation }) => operation).toSorted(), committed.toSorted())
        for (const [index, commit] of commits.entries()) {
          assert.equal(commit.position, (commits[index - 1]?.position ?? newest) + 1)
          const { position: _, ...told } = commit
          assert.deepEqual(told, { ...line(commit.operation, [change]), at: 1_000 + Number(commit.operation.slice(2)) })
        }
        assert.deepEqual(fed.slice(-commits.length - 1, -1), commits)
        assert.deepEqual(await storage.commitsAfter(commits[4]!.position, 2), commits.slice(5, 7))
        assert.equal((await storage.commitRange()).newest, end)
        assert.deepEqual(await storage.commitsAfter(end, 10), [])
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

      test('puts what follows from a commit behind it', async () => {
        await clear()
        const one = thing({ count: 0 })
        await insert(things, one)
        const newest = await caughtUp()
        const step = () =>
          write(async (tx) => {
            const { after } = (await tx.adjust(things, one.id, undefined, { add: { count: 1 } }, false))!
            await tx.appendCommit(line(`step ${after['count']}`))
          })
        await Promise.all(Array.from({ length: 40 }, step))
        await caughtUp()
        assert.deepEqual(
          (await storage.commitsAfter(newest, 100)).filter((commit) => !isMark(commit)).map(({ operation }) => operation),
          Array.from({ length: 40 }, (_, index) => `step ${index + 1}`),
        )
      })

      test('forgets what is old, and its positions are never used again', async () => {
        const newest = await caughtUp()
        await write((tx) => tx.appendCommit({ ...line('old'), at: 10 }))
        await write((tx) => tx.appendCommit({ ...line('new'), at: 5_000 }))
        await caughtUp()
        assert.ok((await storage.forgetCommits(4_000)) >= 1)
        const range = await storage.commitRange()
        assert.deepEqual(range, { oldest: newest + 2, newest: newest + 3 })
        await storage.forgetCommits(Number.MAX_SAFE_INTEGER)
        assert.deepEqual(await storage.commitRange(), { oldest: 0, newest: 0 })
        await write((tx) => tx.appendCommit(line('next')))
        assert.equal(await caughtUp(), newest + 5)
        assert.deepEqual(await storage.commitRange(), { oldest: newest + 4, newest: newest + 5 })
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
