// slow: mongodb
import assert from 'node:assert/strict'
import { after as afterAll, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel, type Model } from '../../src/schema/model.ts'
import type { SchemaDialect } from '../../src/storage/migrations/dialect.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'
import { cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { after, before, fillBefore, idOf, personAfter, personBefore } from '../support/migration/models.ts'
import { migrateTo, planOf, recordsOf, schemaOf } from '../support/migration/run.ts'

const database = testDatabase()
// A migration's pauses do not keep the process alive.
const alive = setInterval(() => {}, 1_000)
afterAll(() => clearInterval(alive))

type Using = { readonly url: string; readonly dialect: SchemaDialect }

type Test = Parameters<typeof cleanUp>[0]

/** Closed with the test, however that ends. */
async function open(t: Test, model: Model, url: string): Promise<StorageAdapter> {
  const storage = await database.open(model, { url })
  cleanUp(t, () => storage.close())
  return storage
}

/** A database of the version before, with records in it. */
async function begin(t: Test, model: Model, fill: (storage: StorageAdapter) => Promise<void>): Promise<Using> {
  const url = await database.url()
  const storage = await open(t, model, url)
  await fill(storage)
  await storage.close()
  const dialect = await database.openSchema(url)
  cleanUp(t, () => dialect.close())
  return { url, dialect }
}

const people = 300

test('every kind of change, in the order in which servers may run beside it', async (t) => {
  const { url, dialect } = await begin(t, before, (storage) => fillBefore(storage, people))
  const wanted = Array.from({ length: people }, (_, number) => personAfter(number))

  const written = systemClock.now()
  const beside = await migrateTo(after, dialect, { run: 'beside' })
  assert.ok(beside.done.every(({ phase }) => phase === 'expand'))
  // The version before goes on: it reads and writes what it knows.
  const old = await open(t, before, url)
  assert.deepEqual(await old.reader.get({ name: 'people' } as never, idOf('people', 1)), personBefore(1))
  await old.transaction(async (tx) => await tx.insert({ name: 'people' }, [{ ...personBefore(people), updatedAt: written }]))
  await old.close()
  await assert.rejects(open(t, after, url), /The database does not fit the model yet/)

  await migrateTo(after, dialect, { run: 'stopped' })
  assert.deepEqual(await recordsOf(database, url, after, 'people'), [...wanted, { ...personAfter(people), updatedAt: written }])
  assert.equal((await recordsOf(database, url, after, 'entries')).length, 20)

  const contract = await migrateTo(after, dialect, { run: 'contract' })
  assert.deepEqual(
    contract.waiting.map(({ key }) => key).toSorted(),
    ['dropColumn people.fullName', 'dropColumn people.salary', 'dropTable leaflets'],
    'what loses values waits for its word',
  )
  await migrateTo(after, dialect, { run: 'destructive' })
  assert.deepEqual(await recordsOf(database, url, after, 'people'), [...wanted, { ...personAfter(people), updatedAt: written }])

  const again = await migrateTo(after, dialect, { run: 'destructive' })
  assert.deepEqual([again.done, again.waiting], [[], []], 'applying twice changes nothing')
  assert.deepEqual((await planOf(after, dialect)).steps, [])
})

test('what was migrated is what the new version would have made', async (t) => {
  const { dialect } = await begin(t, before, (storage) => fillBefore(storage, 20))
  await migrateTo(after, dialect, { run: 'destructive' })
  const fresh = await begin(t, after, async () => {})
  assert.deepEqual(await schemaOf(after, dialect), await schemaOf(after, fresh.dialect))
})

test('what the version before writes during the backfill is not lost', async (t) => {
  const { url, dialect } = await begin(t, before, (storage) => fillBefore(storage, 2_000))
  const server = await open(t, before, url)
  const written = new Map<number, string>()
  let writes = 0
  let isEnding = false
  /** Changes records all over the table, and reads them back. */
  async function serve(): Promise<void> {
    while (!isEnding) {
      const number = (writes * 37) % 2_000
      const age = String(writes++ % 90)
      const record = await server.reader.get<{ id: string; version: number }>({ name: 'people' } as never, idOf('people', number))
      await retrying(() =>
        server.transaction(async (tx) => {
          const set = { age, fullName: `New${number} Name${number}`, updatedAt: systemClock.now() }
          await tx.update({ name: 'people' }, { op: 'eq', path: 'id', value: record!.id } as never, { set, add: { version: 1 } })
        }),
      )
      written.set(number, age)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const serving = serve()
  await migrateTo(after, dialect, { run: 'beside' })
  isEnding = true
  await serving
  await server.close()
  assert.ok(writes > 10, `the server answered during the backfill (${writes} writes)`)
  await migrateTo(after, dialect, { run: 'stopped' })
  const records = (await recordsOf(database, url, after, 'people')) as { age: number; firstName: string }[]
  for (const [number, age] of written) {
    assert.equal(records[number]!.age, Number(age))
    assert.equal(records[number]!.firstName, `New${number}`)
  }
})

async function retrying(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      if (attempt === 20 || (error as { code?: string }).code !== 'conflict') throw error
    }
}

const model = (name: string, fields: Parameters<typeof collection>[1]['fields'], options = {}) =>
  compileModel([collection(name, { ...options, fields }) as never])

const rowsOf = (records: readonly Record<string, unknown>[]) =>
  records.map((record, number) => ({ id: idOf('thing', number), version: 1, createdAt: 1, updatedAt: 1, ...record })) as never

test('a version before that goes on writing what must be filled does not keep a migration busy for ever', async (t) => {
  const old = model('things', { title: field.text() })
  const now = model('things', { title: field.text({ required: true, default: 'Untitled' }) })
  let count = 0
  const write = async (storage: StorageAdapter) => {
    const [row] = rowsOf([{ title: null }]) as unknown as [object]
    await storage.transaction(async (tx) => await tx.insert({ name: 'things' }, [{ ...row, id: idOf('thing', count++) }] as never))
  }
  const { url, dialect } = await begin(t, old, write)
  const server = await open(t, old, url)
  const writes = { onProgress: async ({ isDone }: { isDone: boolean }) => void (isDone && (await write(server))) }
  await assert.rejects(
    migrateTo(now, dialect, { run: 'beside', ...writes }),
    /^MigrationRefused: 5 times in a row .* things\.title: servers of the version before/,
  )
  await server.close()
  await migrateTo(now, dialect, { run: 'contract' })
  const titles = (await recordsOf(database, url, now, 'things')).map((record) => (record as { title: string }).title)
  assert.deepEqual(titles, Array(count).fill('Untitled'))
})

test('a value that does not convert is named, and nothing is changed', async (t) => {
  const old = model('things', { size: field.text() })
  const { url, dialect } = await begin(t, old, (storage) =>
    storage.transaction(async (tx) => await tx.insert({ name: 'things' }, rowsOf([{ size: '1' }, { size: 'XL' }, { size: '2.5' }]))),
  )
  const schema = await schemaOf(old, dialect)
  const next = model('things', { size: field.integer() })
  await assert.rejects(
    migrateTo(next, dialect, { run: 'destructive' }),
    /^MigrationRefused: things\.size cannot be filled for these records\. .*\n {2}thing_000000001: "XL" is no integer\n {2}thing_000000002: "2\.5" is no integer$/,
  )
  assert.deepEqual(await schemaOf(old, dialect), schema)
  assert.equal((await recordsOf(database, url, old, 'things')).length, 3)
  const failing = model('things', {
    size: field.integer({
      backfill: ({ size }) => {
        if (size === 'XL') throw new Error('no such size')
        return Math.round(Number(size))
      },
    }),
  })
  await assert.rejects(
    migrateTo(failing, dialect, { run: 'destructive' }),
    /^MigrationRefused: things\.size .*\n {2}thing_000000001: null is all there is: its backfill failed with "no such size"$/,
  )
  const told = model('things', { size: field.integer({ backfill: ({ size }) => (size === 'XL' ? 50 : Math.round(Number(size))) }) })
  await migrateTo(told, dialect, { run: 'contract' })
  assert.deepEqual(
    (await recordsOf(database, url, told, 'things')).map((record) => (record as { size: number }).size),
    [1, 50, 3],
  )
})

test('values that stand in several records keep an index from being unique, and are named', async (t) => {
  const old = model('things', { code: field.text() })
  const { dialect } = await begin(t, old, (storage) =>
    storage.transaction(
      async (tx) =>
        await tx.insert({ name: 'things' }, rowsOf([{ code: 'a' }, { code: 'b' }, { code: 'a' }, { code: null }, { code: null }])),
    ),
  )
  const next = model('things', { code: field.text({ unique: true }) })
  await assert.rejects(
    migrateTo(next, dialect, { run: 'destructive' }),
    /^MigrationRefused: things cannot be unique by code: these values stand in several records\. Correct them first:\n {2}"a" in thing_000000000, thing_000000002$/,
  )
})

test('a rule that records break is not made, and they are named', async (t) => {
  const old = model('things', { stock: field.integer() })
  const { dialect } = await begin(t, old, (storage) =>
    storage.transaction(async (tx) => await tx.insert({ name: 'things' }, rowsOf([{ stock: 1 }, { stock: -1 }]))),
  )
  const next = model('things', { stock: field.integer() }, { checks: [{ path: 'stock', op: 'gte', value: 0 }] })
  await assert.rejects(
    migrateTo(next, dialect, { run: 'destructive' }),
    /^MigrationRefused: things\.stock is below 0 in thing_000000001\. Correct them first\.$/,
  )
})

test('a field renamed in the model alone serves the old and the new version at once', async (t) => {
  const old = model('things', { code: field.text({ unique: true }), size: field.integer() }, { indexes: [['size']] })
  const next = model('things', { sku: field.text({ unique: true, renamedFrom: 'code' }), size: field.integer() }, { indexes: [['size']] })
  const { url } = await begin(t, old, (storage) =>
    storage.transaction(async (tx) => await tx.insert({ name: 'things' }, rowsOf([{ code: 'a', size: 1 }]))),
  )
  const two = await open(t, next, url)
  await two.transaction(async (tx) => {
    const [record] = rowsOf([{ sku: 'b', size: 2 }]) as unknown as { id: string }[]
    await tx.insert({ name: 'things' }, [{ ...record, id: idOf('thing', 5) }] as never)
  })
  await assert.rejects(
    two.transaction(async (tx) => {
      await tx.insert({ name: 'things' }, [{ ...(rowsOf([{ sku: 'a', size: 1 }]) as object[])[0], id: idOf('thing', 6) }] as never)
    }),
    { code: 'already_exists' },
  )
  assert.deepEqual(
    (await two.reader.find<{ sku: string }>({ name: 'things' } as never, { limit: 10, sort: [{ path: 'sku', descending: true }] })).map(
      ({ sku }) => sku,
    ),
    ['b', 'a'],
  )
  await two.close()
  assert.deepEqual(
    (await recordsOf(database, url, old, 'things')).map((record) => (record as { code: string }).code),
    ['a', 'b'],
  )
})

test('two at once: the second waits for the first, and without patience it is told to', async (t) => {
  const { url, dialect } = await begin(t, before, (storage) => fillBefore(storage, 10))
  const second = await database.openSchema(url)
  const release = await dialect.lock()
  await assert.rejects(migrateTo(after, second, { run: 'beside' }), /Another migration of this database is under way/)
  let waits = 0
  const onWait = () => {
    waits += 1
    systemClock.after(50, () => void release!())
  }
  const { done } = await migrateTo(after, second, { run: 'beside', patienceMs: 60_000, onWait })
  assert.equal(waits, 1)
  assert.ok(done.length > 0)
  await second.close()
})

test('a decimal takes the numbers of a text and of whole numbers, more decimals, and no fewer than it needs', async (t) => {
  const old = model('things', { size: field.text(), count: field.integer({ required: true }), rate: field.decimal({ scale: 2 }) })
  const { url, dialect } = await begin(t, old, (storage) =>
    storage.transaction(
      async (tx) =>
        await tx.insert(
          { name: 'things' },
          rowsOf([
            { size: '1.5', count: 3, rate: 1_250 },
            { size: '-0.25', count: -4, rate: -5 },
            { size: null, count: 0, rate: null },
          ]),
        ),
    ),
  )
  const next = model(
    'things',
    {
      size: field.decimal({ scale: 2 }),
      count: field.decimal({ scale: 1, required: true }),
      rate: field.decimal({ scale: 4, unique: true }),
    },
    { indexes: [['size']] },
  )
  await migrateTo(next, dialect, { run: 'destructive' })
  const found = (await recordsOf(database, url, next, 'things')) as { size: number; count: number; rate: number }[]
  assert.deepEqual(
    found.map(({ size, count, rate }) => [size, count, rate]),
    [
      [150, 30, 125_000],
      [-25, -40, -500],
      [null, 0, null],
    ],
  )
  assert.deepEqual((await planOf(next, dialect)).steps, [])
  const fewer = model('things', { size: field.text(), count: field.integer({ required: true }), rate: field.decimal({ scale: 1 }) })
  await assert.rejects(
    migrateTo(fewer, dialect, { run: 'destructive' }),
    /^MigrationRefused: things\.rate cannot be filled for these records\. .*\n {2}thing_000000001: "-0\.0500" is no decimal\(1\)$/,
  )
  const back = model('things', { size: field.text(), count: field.integer({ required: true }), rate: field.decimal({ scale: 2 }) })
  await migrateTo(back, dialect, { run: 'destructive' })
  const again = (await recordsOf(database, url, back, 'things')) as { size: string; count: number; rate: number }[]
  assert.deepEqual(
    again.map(({ size, count, rate }) => [size, count, rate]),
    [
      ['1.50', 3, 1_250],
      ['-0.25', -4, -5],
      [null, 0, null],
    ],
  )
})

/** What a field was, what it is to be, a value that it takes no more, and one that it takes. */
const narrower = {
  'text to an enum': [field.text(), field.enum(['a', 'b']), 'c', 'b'],
  'an option less': [field.enum(['a', 'b', 'c']), field.enum(['a', 'b']), 'c', 'a'],
  'a shorter text': [field.text(), field.text({ max: 5 }), 'longer', 'short'],
  'text to an address': [field.text(), field.email(), 'Ada', 'ada@example.com'],
  'text to a day': [field.text(), field.date(), '31/12/1999', '1999-12-31'],
  'a smaller number': [field.integer(), field.integer({ max: 10 }), 11, 10],
  'a reference to others': [field.ref('users'), field.ref('things'), 'user_0000000000000000000000', idOf('thing', 0)],
  'a narrower schema': [field.json(), field.json({ schema: { type: 'array' } }), { a: 1 }, [1]],
} as const

test('values that a field takes no more are named, and the model fits once they are mended', async (t) => {
  for (const [name, [was, is, bad, good]] of Object.entries(narrower)) {
    const [old, now] = [model('things', { value: was }), model('things', { value: is })]
    const ids = [0, 1].map((number) => idOf('thing', number))
    const fill = async (storage: StorageAdapter) =>
      await storage.transaction(async (tx) => await tx.insert({ name: 'things' }, rowsOf([{ value: good }, { value: bad }])))
    const { url, dialect } = await begin(t, old, fill)
    await assert.rejects(open(t, now, url), new RegExp(`things\\.value has values that it takes no more.*\n  ${ids[1]}: `), name)
    await assert.rejects(
      migrateTo(now, dialect, { run: 'beside' }),
      new RegExp(`^MigrationRefused: things\\.value .*\n  ${ids[1]}: `),
      name,
    )

    const server = await open(t, old, url)
    const put = async (value: unknown) =>
      await server.transaction(
        async (tx) =>
          await tx.update({ name: 'things' }, { op: 'eq', path: 'id', value: ids[1] } as never, { set: { value }, add: {} } as never),
      )
    await put(good)
    const beside = await migrateTo(now, dialect, { run: 'beside' })
    assert.deepEqual(
      [beside.done.map(({ key }) => key), beside.waiting.map(({ key }) => key)],
      [['checkValues things.value'], ['checkValuesAgain things.value']],
      name,
    )
    // The version before has written one more since it was looked at.
    await put(bad)
    await assert.rejects(migrateTo(now, dialect, { run: 'contract' }), new RegExp(`\n  ${ids[1]}: `), name)
    await put(good)
    await server.close()
    await migrateTo(now, dialect, { run: 'contract' })
    assert.deepEqual((await planOf(now, dialect)).steps, [], name)
    await (await open(t, now, url)).close()
    // Back to what takes more: nothing is in the way, and the way forth is looked at again.
    if (name === 'a reference to others') continue
    await (await open(t, old, url)).close()
    assert.equal((await planOf(now, dialect)).steps.length, 1, name)
  }
})
