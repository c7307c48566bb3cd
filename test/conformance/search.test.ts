// The words of searched fields in a database: made by a migration and by a start, kept in each statement that writes the
// record, gone with it; and found by their index.
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { after as afterAll, test } from 'node:test'
import { MongoClient } from 'mongodb'
import { createConnection } from 'mysql2/promise'
import pg from 'pg'
import type { WordsFilter } from '../../src/contract/filter.ts'
import { wordsSought } from '../../src/contract/words.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel, type Model } from '../../src/schema/model.ts'
import type { SchemaDialect } from '../../src/storage/migrations/dialect.ts'
import { createCompiler as createMongodbCompiler } from '../../src/storage/mongodb/compile.ts'
import { mysqlDialect } from '../../src/storage/mysql/dialect.ts'
import { postgresDialect } from '../../src/storage/postgres/dialect.ts'
import { createCompiler } from '../../src/storage/sql/compile.ts'
import { tierStatement } from '../../src/storage/sqlite/search.ts'
import type { StorageAdapter, WholeStorage } from '../../src/storage/storage.ts'
import { cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { migrateTo, planOf, schemaOf } from '../support/migration/run.ts'

const database = testDatabase()
// A migration's pauses do not keep the process alive.
const alive = setInterval(() => {}, 1_000)
afterAll(() => clearInterval(alive))

type Test = Parameters<typeof cleanUp>[0]
type Row = { readonly id: string; readonly title: string; readonly text: string | null }

const things = (fields: Parameters<typeof collection>[1]['fields'], options = {}): Model =>
  compileModel([collection('things', { ...options, fields }) as never])
const plain = things({ title: field.text({ required: true }), text: field.longText() })
const byTitle = things({ title: field.text({ required: true, search: { weight: 2 } }), text: field.longText() })
const byBoth = things({ title: field.text({ required: true, search: { weight: 2 } }), text: field.longText({ search: true }) })

const idOf = (number: number) => `thing_${String(number).padStart(26, '0')}`
const rowOf = (number: number) => ({
  id: idOf(number),
  version: 1,
  createdAt: 1,
  updatedAt: 1,
  title: `Über ${number % 7}`,
  text: number % 2 === 0 ? `Of hue${number % 5}` : null,
})

async function open(t: Test, model: Model, url: string): Promise<StorageAdapter> {
  const storage = await database.open(model, { url })
  cleanUp(t, () => storage.close())
  return storage
}

async function begin(t: Test, model: Model, rows: number): Promise<{ readonly url: string; readonly dialect: SchemaDialect }> {
  const url = await database.url()
  const storage = await open(t, model, url)
  await insert(storage, ...Array.from({ length: rows }, (_, number) => rowOf(number)))
  await storage.close()
  const dialect = await database.openSchema(url)
  cleanUp(t, () => dialect.close())
  return { url, dialect }
}

async function insert(storage: StorageAdapter, ...rows: object[]): Promise<void> {
  if (rows.length > 0) await storage.transaction(async (tx) => await tx.insert({ name: 'things' }, rows as never))
}

async function found(storage: StorageAdapter, search: string, paths = ['title'], name = 'things'): Promise<string[]> {
  const filter: WordsFilter = { op: 'words', paths, words: wordsSought(search)! }
  // Beyond the limit: nothing; there are fewer.
  const ranked = await storage.reader.find<Row>({ name }, { ranked: [filter], limit: 5_000 })
  const sorted = await storage.reader.find<Row>({ name }, { where: filter, sort: [], limit: 5_000 })
  const ids = ranked.map(({ id }) => id)
  assert.deepEqual(
    ids.toReversed(),
    sorted.map(({ id }) => id),
    'newest first',
  )
  assert.equal(await storage.reader.count({ name }, filter), ids.length)
  return ids
}
const all = (rows: number, fits: (number: number) => boolean) =>
  Array.from({ length: rows }, (_, number) => number)
    .filter(fits)
    .map(idOf)
    .toReversed()

test('a searched field that is new is filled by a migration, with what the version before writes meanwhile', async (t) => {
  const rows = 150
  const { url, dialect } = await begin(t, plain, rows)
  const beside = await migrateTo(byTitle, dialect, { run: 'beside' })
  assert.equal(beside.rows, rows)
  const old = await open(t, plain, url)
  await insert(old, { ...rowOf(rows), title: 'Late', updatedAt: Date.now() })
  await old.transaction(async (tx) => {
    const set = { title: 'Changed', updatedAt: Date.now() }
    await tx.update({ name: 'things' }, { op: 'eq', path: 'id', value: idOf(1) }, { set, add: { version: 1 } })
  })
  await old.close()
  await migrateTo(byTitle, dialect, { run: 'stopped' })
  const storage = await open(t, byTitle, url)
  assert.deepEqual(
    await found(storage, 'uber 3'),
    all(rows, (number) => number % 7 === 3),
  )
  assert.deepEqual(
    await found(storage, '1 UBE'),
    all(rows, (number) => number % 7 === 1 && number !== 1),
  )
  assert.deepEqual([await found(storage, 'late'), await found(storage, 'changed')], [[idOf(rows)], [idOf(1)]])
  await storage.close()
  await migrateTo(byTitle, dialect, { run: 'destructive' })
  assert.deepEqual((await planOf(byTitle, dialect)).steps, [])
  const fresh = await begin(t, byTitle, 0)
  assert.deepEqual(await schemaOf(byTitle, dialect), await schemaOf(byTitle, fresh.dialect))
})

test('a start in development fills it; another field joins, and one that is searched no more leaves', async (t) => {
  const { url, dialect } = await begin(t, plain, 40)
  const first = await open(t, byTitle, url)
  assert.deepEqual(
    await found(first, 'uber 3'),
    all(40, (number) => number % 7 === 3),
  )
  await insert(first, { ...rowOf(40), title: 'Last one' })
  await first.close()
  const second = await open(t, byBoth, url)
  assert.deepEqual(
    await found(second, 'hue2', ['title', 'text']),
    all(40, (number) => number % 2 === 0 && number % 5 === 2),
  )
  assert.deepEqual(
    await found(second, 'uber hue2', ['title', 'text']),
    all(40, (number) => number % 2 === 0 && number % 5 === 2),
  )
  assert.deepEqual(await found(second, 'hue2', ['title']), [])
  assert.deepEqual(await found(second, 'last', ['title', 'text']), [idOf(40)])
  await second.close()
  const third = await open(t, byTitle, url)
  await insert(third, { ...rowOf(41), title: 'Later still', text: 'hue2' })
  assert.deepEqual(await found(third, 'lat'), [idOf(41)])
  await third.close()
  await migrateTo(byTitle, dialect, { run: 'destructive' })
  assert.deepEqual((await planOf(byTitle, dialect)).steps, [])
  const fourth = await open(t, plain, url)
  await insert(fourth, { ...rowOf(42), title: 'And on' })
  await fourth.close()
  const contract = await migrateTo(plain, dialect, { run: 'contract' })
  assert.deepEqual(contract.waiting, [], 'words are made of values that stay: dropping them loses nothing')
  const fresh = await begin(t, plain, 0)
  assert.deepEqual(await schemaOf(plain, dialect), await schemaOf(plain, fresh.dialect))
})

test('a renamed field and a renamed collection are searched as before', async (t) => {
  const { url, dialect } = await begin(t, byTitle, 30)
  const fields = { headline: field.text({ required: true, search: { weight: 2 }, renamedFrom: 'title' }), text: field.longText() }
  const renamed = compileModel([collection('pieces', { prefix: 'thing', renamedFrom: 'things', fields }) as never])
  const before = await open(t, renamed, url)
  const wanted = all(30, (number) => number % 7 === 3)
  assert.deepEqual(await found(before, 'uber 3', ['headline'], 'pieces'), wanted)
  await before.close()
  await migrateTo(renamed, dialect, { run: 'destructive' })
  assert.deepEqual((await planOf(renamed, dialect)).steps, [])
  const after = await open(t, renamed, url)
  assert.deepEqual(await found(after, 'uber 3', ['headline'], 'pieces'), wanted)
  await after.transaction(async (tx) => {
    await tx.update({ name: 'pieces' }, { op: 'eq', path: 'id', value: idOf(3) }, { set: { headline: 'New' } })
    await tx.remove({ name: 'pieces' }, { op: 'eq', path: 'id', value: idOf(10) })
  })
  assert.deepEqual(
    await found(after, 'uber 3', ['headline'], 'pieces'),
    wanted.filter((id) => id !== idOf(3) && id !== idOf(10)),
  )
  assert.deepEqual(await found(after, 'new', ['headline'], 'pieces'), [idOf(3)])
})

/** What the database says of how it would find the rare word among many records, and what must be in it. */
const plans: Readonly<Record<string, (url: string, storage: StorageAdapter) => Promise<void>>> = {
  async sqlite(url) {
    const raw = new DatabaseSync(url.replace(/^sqlite:/, ''))
    const tier = { filter: rare, before: [{ ...rare, paths: ['title'] }], after: idOf(500), limit: 31, rest: null }
    const { sql, values } = tierStatement(byBoth.get({ name: 'things' }), '*', tier)
    const rows = raw.prepare(`explain query plan ${sql}`).all(...values)
    raw.close()
    const plan = rows.map((row) => String(row['detail'])).join('\n')
    assert.match(plan, /SCAN f VIRTUAL TABLE INDEX (?:.|\n)*SEARCH i USING INTEGER PRIMARY KEY.*\nSEARCH t USING /)
    assert.doesNotMatch(plan, /TEMP B-TREE/, 'it is read in its order')
  },
  async postgres(url) {
    const client = new pg.Client(url)
    await client.connect()
    // What a few pages hold is read whole.
    await client.query(
      `insert into things select 'thing_9'||lpad(i::text,25,'0'),1,'Filler','more',1,1,'filler','more' from generate_series(1,20000) i`,
    )
    await client.query('vacuum analyze things')
    const { sql, values } = createCompiler(byBoth, postgresDialect).find(byBoth.get({ name: 'things' }), { ranked: [rare], limit: 31 })
    let marks = 0
    const { rows } = await client.query(`explain ${sql.replace(/\?/g, () => `$${++marks}`)}`, values)
    await client.end()
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    assert.match(plan, /Bitmap Index Scan on things_search/, plan)
    assert.doesNotMatch(plan, /Seq Scan/, plan)
  },
  mariadb: (url) => fullTextPlan(url, 'mariadb'),
  mysql: (url) => fullTextPlan(url, 'mysql'),
  async mongodb(url) {
    const client = await MongoClient.connect(url)
    const { first } = createMongodbCompiler(byBoth).tier(byBoth.get({ name: 'things' }), { ranked: [rare], limit: 31 }, 0)
    const explained = await client.db().collection('things').find(first).sort({ _id: -1 }).explain('queryPlanner')
    await client.close()
    assert.match(JSON.stringify(explained['queryPlanner']['winningPlan']), /title_words|text_words/)
  },
}
const rare: WordsFilter = { op: 'words', paths: ['title', 'text'], words: wordsSought('rare ube')! }

async function fullTextPlan(url: string, product: 'mariadb' | 'mysql'): Promise<void> {
  const connection = await createConnection(url.replace(/^mariadb:/, 'mysql:'))
  const { sql, values } = createCompiler(byBoth, mysqlDialect(product)).find(byBoth.get({ name: 'things' }), { ranked: [rare], limit: 31 })
  const [rows] = await connection.query(`explain format=traditional ${sql}`, values)
  await connection.end()
  assert.match(JSON.stringify(rows), /"type":"fulltext".*"key":"things_search"/)
}

test('a word is found by the index, not by reading what there is', async (t) => {
  const { url } = await begin(t, byBoth, 1_500)
  const storage = await open(t, byBoth, url)
  // As a restore and a move store it.
  await (storage as WholeStorage).load({ records: { collection: { name: 'things' }, records: [{ ...rowOf(1_500), text: 'A rare one' }] } })
  assert.deepEqual(await found(storage, 'rare ube', ['title', 'text']), [idOf(1_500)])
  await plans[database.name]!(url, storage)
})
