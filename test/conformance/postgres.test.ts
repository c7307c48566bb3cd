// What only PostgreSQL has: the suite as it runs behind a pooler that shares sessions, plans that use the indexes,
// settings that are refused, names that are too long for it.
// databases: postgres
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Filter } from '../../src/contract/filter.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel, type Model } from '../../src/schema/model.ts'
import { postgresDialect } from '../../src/storage/postgres/dialect.ts'
import { openPostgres } from '../../src/storage/postgres/postgres-storage.ts'
import { createCompiler } from '../../src/storage/sql/compile.ts'
import type { FindQuery, WholeStorage } from '../../src/storage/storage.ts'
import { cleanUp } from '../support/clean-up.ts'
import { down, entries, owners, things, up } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import { scansOnPostgres } from '../support/postgres-plans.ts'
import { describeStorage } from './describe-storage.ts'

const database = testDatabase()
const model = compileModel([owners, things, entries] as never)
const open = async (url: string, of: Model = model, more = {}): Promise<WholeStorage> =>
  await openPostgres({ url, model: of, clock: systemClock, random: systemRandom, ...more })

describeStorage('postgres without sessions of its own', async (of) => await open(`${await database.url()}?pooler=transaction`, of))

async function openClient(t: TestContext, url: string): Promise<pg.Client> {
  const client = new pg.Client(url)
  await client.connect()
  cleanUp(t, () => client.end())
  return client
}

test('lists in a declared order, first pages and later ones, walk an index', async (t) => {
  const url = await database.url()
  await (await open(url)).close()
  const client = await openClient(t, url)
  await client.query(`insert into things select 'thing_'||lpad(i::text,26,'0'),1,'t'||i,null,null,i%100,nullif(i%7,3),null,null,null,null,nullif(i,i/5*5),
    null,null,null,null,'own_'||(i%50),i,i from generate_series(1,20000) i`)
  await client.query('analyze')
  // The plan that a prepared statement ends with.
  await client.query('set plan_cache_mode=force_generic_plan')
  const compiler = createCompiler(model, postgresDialect)
  const ofOwner: Filter = { op: 'eq', path: 'owner', value: 'own_7' }
  const queries: [string, FindQuery][] = [
    ['by id', { limit: 31 }],
    ['by id, further', { limit: 31, after: ['thing_00000000000000000000010000'] }],
    ['by a unique pair', { sort: [up('title')], limit: 31, after: ['t5', 'thing_00000000000000000000010000'] }],
    ['and back', { sort: [down('title')], limit: 31, after: ['t5', 'thing_00000000000000000000010000'] }],
    ['in two directions', { sort: [up('count'), down('rank')], limit: 31 }],
    ['in two directions, further', { sort: [up('count'), down('rank')], limit: 31, after: [50, 5, 'thing_00000000000000000000010050'] }],
    ['of one owner', { where: ofOwner, sort: [down('dueAt')], limit: 31 }],
    ['of one owner, further', { where: ofOwner, sort: [down('dueAt')], limit: 31, after: [10007, 'thing_00000000000000000000010007'] }],
    ['by a reference, nulls first', { sort: [up('owner')], limit: 31 }],
  ]
  for (const [name, query] of queries) {
    let marks = 0
    const { sql, values } = compiler.find(model.get(things), query)
    const text = sql.replace(/\?/g, () => `$${++marks}`)
    await client.query(`prepare listed as ${text}`)
    const literals = values.map((value) => (typeof value === 'number' ? String(value) : `'${value}'`))
    const { rows } = await client.query(`explain execute listed${literals.length > 0 ? `(${literals.join(',')})` : ''}`)
    await client.query('deallocate listed')
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    assert.match(plan, /Index Scan/, `${name}:\n${plan}`)
    // Sorting within equal keys reads a few rows more; sorting all of them would read the table.
    assert.doesNotMatch(plan, /Seq Scan|-> +Sort /, `${name}:\n${plan}`)
  }
})

test('a setting that could lose what was answered is refused with its mending, unless that is accepted', async (t) => {
  const url = await database.url()
  const client = await openClient(t, url)
  await client.query(`alter database "${new URL(url).pathname.slice(1)}" set synchronous_commit = off`)
  await assert.rejects(open(url), /synchronous_commit=off.*KINGPOST_ALLOW_WEAK_DURABILITY=true\.$/)
  await (await open(url, model, { allowWeakDurability: true })).close()
})

test('a database that is not there, and one of a newer version, are told in a sentence', async (t) => {
  const url = await database.url()
  const missing = new URL(url)
  missing.pathname = '/nowhere'
  missing.password = 'hush'
  await assert.rejects(open(missing.href), (error: Error) => /no such database/.test(error.message) && !error.message.includes('hush'))
  await (await open(url)).close()
  const client = await openClient(t, url)
  await client.query(`update "_meta" set "value"='99' where "name"='schemaVersion'`)
  await assert.rejects(open(url), /written by a newer Kingpost/)
})

test('names longer than it takes, also ones that begin alike, are kept apart', async (t) => {
  const long = 'a'.repeat(58)
  const wide = collection(`${long}Collection`, {
    prefix: 'wide',
    fields: { [`${long}One`]: field.text({ unique: true }), [`${long}Two`]: field.text({ unique: true }) },
    indexes: [[`${long}One`, `-${long}Two`]],
  })
  const of = compileModel([wide] as never)
  const url = await database.url()
  const storage = await open(url, of)
  const record = { id: 'wide_1', version: 1, createdAt: 1, updatedAt: 1, [`${long}One`]: '1', [`${long}Two`]: '2' }
  await storage.transaction((tx) => tx.insert(wide, [record]))
  assert.deepEqual(await storage.reader.get(wide, 'wide_1'), record)
  await assert.rejects(
    storage.transaction((tx) => tx.insert(wide, [{ ...record, id: 'wide_2', [`${long}One`]: '3' }])),
    (error: { params?: { columns?: unknown } }) => {
      assert.deepEqual(error.params?.columns, [`${long}Two`])
      return true
    },
  )
  await storage.close()
  // What is there is found again: nothing is made a second time.
  const again = await open(url, of)
  cleanUp(t, () => again.close())
  assert.deepEqual(await again.reader.get(wide, 'wide_1'), record)
})

test('a field that is new becomes a column while others write, and prepared statements go on', async (t) => {
  const url = await database.url()
  const before = await open(url)
  cleanUp(t, () => before.close())
  const one = { id: 'own_1', version: 1, createdAt: 1, updatedAt: 1, name: 'Ann' }
  await before.transaction((tx) => tx.insert(owners, [one]))
  const wider = collection('owners', {
    prefix: 'own',
    fields: { name: field.text({ required: true }), isVip: field.boolean({ default: true }) },
  })
  const after = await open(url, compileModel([wider, things, entries] as never))
  cleanUp(t, () => after.close())
  assert.deepEqual(await after.reader.get(wider, 'own_1'), { ...one, isVip: true })
  assert.deepEqual(await before.reader.get(owners, 'own_1'), one)
})

test('the watch over plans sees where no index leads, also behind a page or inside of a condition, and lets through what one answers', async (t) => {
  const url = await database.url()
  const client = await openClient(t, url)
  await client.query('create table orders (id text primary key, email text, state text); create index on orders (email)')
  const askFor = async (...texts: string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'kingpost-plans-'))
    cleanUp(t, () => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, '1.jsonl'), texts.map((sql) => `${JSON.stringify({ sql, url, asker: 'src/one.ts:1' })}\n`).join(''))
    return await scansOnPostgres(folder)
  }
  const whole = [
    'select * from orders where state=?',
    'select * from orders where state=? order by id limit 30',
    'select * from orders order by id',
    'delete from orders where state=? or email=?',
    'select * from orders o where o.email=? and exists (select 1 from orders i where i.state=o.state)',
  ]
  for (const sql of whole) {
    const { looked, scans } = await askFor(sql)
    assert.equal(looked, 1, sql)
    assert.match(scans.join(), /^src\/one\.ts:1\n {2}(?:Seq Scan|Index Scan) of orders/, sql)
  }
  const led = [
    'select * from orders where email=? and state=?',
    'select * from orders where email=? or id=?',
    'select * from orders order by id limit 30',
    'select * from orders where email=? order by id limit 1',
    'update orders set state=? where id=? and state=?',
    'select * from orders o where o.email=? and exists (select 1 from orders i where i.id=o.state)',
  ]
  assert.deepEqual(await askFor(...led), { looked: led.length, scans: [] })
  assert.deepEqual(await askFor('select * from nowhere where a=?'), { looked: 0, scans: [] })
})
