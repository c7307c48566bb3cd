import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Collection } from '../../schema/collection.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import type { Field } from '../../schema/kinds/kind.ts'
import { compileModel } from '../../schema/model.ts'
import { stepsAtStart } from './at-start.ts'
import { type Plan, planMigration } from './plan.ts'
import type { JournalRow, StoredColumn, StoredSchema, StoredTable, TypeNames } from './stored-schema.ts'

const types: TypeNames = {
  typeOf: ({ type }) => type,
  compare(stored, declared) {
    if (stored === declared) return 'same'
    if (declared !== 'text') return 'other'
    return stored === 'narrow' ? 'wider' : stored === 'unindexed' ? 'copied' : 'other'
  },
  meaningOf: (type) => type as 'text',
  formOf: ({ columns }) => JSON.stringify(columns),
  indexName: (name) => name,
}

type Options = Partial<Omit<Parameters<typeof collection>[1], 'fields'>>
const books = (fields: Record<string, Field>, options: Options = {}, name = 'books') =>
  collection(name, { ...options, fields }) as unknown as Collection

type Tweaks = {
  readonly rows?: number
  readonly nulls?: readonly string[]
  readonly columns?: Readonly<Record<string, Partial<StoredColumn> | null>>
}

/** The database as a start with these collections would have made it. */
function databaseOf(collections: readonly Collection[], { rows = 100, nulls = [], columns: tweaked = {} }: Tweaks = {}): StoredSchema {
  const tables = [...compileModel(collections).collections.values()].map((one): [string, StoredTable] => {
    const columns = new Map<string, StoredColumn>()
    for (const { name, type, isNullable } of one.columns.values())
      columns.set(name, { name, type, kind: type, isNullable, hasDefault: false, hasNulls: nulls.includes(name) })
    for (const [name, tweak] of Object.entries(tweaked))
      if (tweak === null) columns.delete(name)
      else
        columns.set(name, {
          name,
          type: 'text',
          kind: 'text',
          isNullable: true,
          hasDefault: false,
          hasNulls: false,
          ...columns.get(name),
          ...tweak,
        })
    const checks = (one.source.checks ?? []).map(({ path, value }) => ({ name: `${one.name}_${path}_check`, column: path, least: value }))
    const indexes = one.indexes.map((index) => ({ ...index, form: types.formOf(index, one), isValid: true }))
    return [one.name, { name: one.name, columns, indexes, checks, rows, isEmpty: rows === 0, isOurs: true }]
  })
  return { tables: new Map(tables) }
}

function journal(...rows: readonly (readonly [string, JournalRow['state']])[]): JournalRow[] {
  return rows.map(([key, state], at) => ({
    id: at + 1,
    key,
    state,
    cursor: null,
    rows: 0,
    startedAt: 1_000_000_000_000,
    endedAt: 0,
    by: 'test',
  }))
}

const lines = ({ steps }: Plan) => steps.map((step) => `${step.phase} ${step.key}${step.isDestructive ? ' DESTRUCTIVE' : ''}`)

const title = field.text({ required: true })
const first = field.text({ required: true, backfill: ({ fullName }) => String(fullName).split(' ')[0] })

const cases: readonly {
  readonly name: string
  readonly before: readonly Collection[]
  readonly after: readonly Collection[]
  readonly tweaks?: Tweaks
  readonly journal?: JournalRow[]
  readonly steps?: readonly string[]
  readonly problems?: RegExp
}[] = [
  { name: 'nothing changed', before: [books({ title })], after: [books({ title })], steps: [] },
  { name: 'a new collection', before: [], after: [books({ title })], steps: ['expand createTable books'] },
  {
    name: 'a new optional field',
    before: [books({ title })],
    after: [books({ title, subtitle: field.text() })],
    steps: ['expand addColumn books.subtitle'],
  },
  {
    name: 'a new field with a default',
    before: [books({ title })],
    after: [books({ title, pages: field.integer({ default: 0 }) })],
    steps: ['expand addColumn books.pages'],
  },
  {
    name: 'a new required field of records there are',
    before: [books({ title })],
    after: [books({ title, pages: field.integer({ required: true }) })],
    problems:
      /^books\.pages is new and required, but there are about 100 records without a value for it\. Give the field a default or a backfill, or make it optional\.$/,
  },
  {
    name: 'a new required field of an empty collection',
    before: [books({ title })],
    after: [books({ title, pages: field.integer({ required: true }) })],
    tweaks: { rows: 0 },
    steps: ['expand addColumn books.pages'],
  },
  {
    name: 'a default that differs from record to record is no value for those there are',
    before: [books({ title })],
    after: [books({ title, seenAt: field.dateTime({ default: { set: 'now' } }) })],
    problems: /^books\.seenAt is new and required/,
  },
  {
    name: 'a field made from another that goes',
    before: [books({ fullName: field.text({ required: true }) })],
    after: [books({ first })],
    steps: [
      'expand prepareColumn books.first',
      'expand dropNotNull books.fullName',
      'expand backfill books.first',
      'switch catchUp books.first',
      'contract setNotNull books.first',
      'contract dropColumn books.fullName DESTRUCTIVE',
    ],
  },
  {
    name: 'the same, cut short in its backfill',
    before: [books({ fullName: field.text() })],
    after: [books({ first })],
    tweaks: { columns: { first: { isNullable: true } } },
    journal: journal(['prepareColumn books.first', 'done'], ['backfill books.first', 'running']),
    steps: [
      'expand backfill books.first',
      'switch catchUp books.first',
      'contract setNotNull books.first',
      'contract dropColumn books.fullName DESTRUCTIVE',
    ],
  },
  {
    name: 'the same, after its switch',
    before: [books({ fullName: field.text() })],
    after: [books({ first })],
    tweaks: { columns: { first: { isNullable: true } } },
    journal: journal(['prepareColumn books.first', 'done'], ['backfill books.first', 'done'], ['catchUp books.first', 'done']),
    steps: ['contract setNotNull books.first', 'contract dropColumn books.fullName DESTRUCTIVE'],
  },
  {
    name: 'a backfill of an earlier field of that name counts for nothing',
    before: [books({ fullName: field.text() })],
    after: [books({ fullName: field.text(), first })],
    journal: journal(['prepareColumn books.first', 'done'], ['backfill books.first', 'done'], ['catchUp books.first', 'done']),
    steps: [
      'expand prepareColumn books.first',
      'expand backfill books.first',
      'switch catchUp books.first',
      'contract setNotNull books.first',
    ],
  },
  {
    name: 'a renamed field lies where it was until all servers stop',
    before: [books({ title }, { indexes: [['title']] })],
    after: [books({ name: field.text({ required: true, renamedFrom: 'title' }) }, { indexes: [['name']] })],
    steps: ['switch renameColumn books.title name'],
  },
  {
    name: 'renamed twice while the database slept',
    before: [books({ title })],
    after: [books({ label: field.text({ required: true, renamedFrom: ['name', 'title'] }) })],
    steps: ['switch renameColumn books.title label'],
  },
  {
    name: 'renamed money',
    before: [books({ price: field.money() })],
    after: [books({ cost: field.money({ renamedFrom: 'price' }) })],
    steps: ['switch renameColumn books.price_amount cost_amount', 'switch renameColumn books.price_currency cost_currency'],
  },
  {
    name: 'an old version after the rename of its field',
    before: [books({ name: title })],
    after: [books({ title: field.text() })],
    journal: journal(['renameColumn books.title name', 'done']),
    problems:
      /^books\.title was renamed to name by a later version on 1970-01-01\. Start that version, or restore the backup made before it\.$/,
  },
  {
    name: 'a renamed collection',
    before: [books({ title }, {}, 'books')],
    after: [books({ title }, { renamedFrom: 'books' }, 'works')],
    steps: ['switch renameTable books works'],
  },
  {
    name: 'another type',
    before: [books({ price: field.text({ required: true }) }, { indexes: [['price']] })],
    after: [books({ price: field.integer({ required: true }) }, { indexes: [['price']] })],
    steps: [
      'expand dropNotNull books.price',
      'expand prepareColumn books.price__new',
      'expand backfill books.price',
      'expand createIndex books_price_index_2',
      'switch swapColumn books.price',
      'contract dropIndex books_price_index',
      'contract setNotNull books.price',
      'contract dropColumn books.price__old',
    ],
  },
  {
    name: 'another type, cut short before its switch',
    before: [books({ price: field.text() })],
    after: [books({ price: field.integer() })],
    tweaks: { columns: { price__new: { type: 'integer', kind: 'integer' } } },
    journal: journal(['prepareColumn books.price__new', 'done'], ['backfill books.price', 'done']),
    steps: ['switch swapColumn books.price', 'contract dropColumn books.price__old'],
  },
  {
    name: 'another type, after its switch',
    before: [books({ price: field.integer() })],
    after: [books({ price: field.integer() })],
    tweaks: { columns: { price__old: {} } },
    journal: journal(['prepareColumn books.price__new', 'done'], ['backfill books.price', 'done'], ['swapColumn books.price', 'done']),
    steps: ['contract dropColumn books.price__old'],
  },
  {
    name: 'another type that is not made from the old one',
    before: [books({ price: field.boolean() })],
    after: [books({ price: field.dateTime() })],
    problems: /^books\.price is boolean in the database and would be dateTime now, and one is not made from the other/,
  },
  {
    name: 'another type and another name',
    before: [books({ cost: field.text() })],
    after: [books({ price: field.integer({ renamedFrom: 'cost' }) })],
    steps: [
      'expand prepareColumn books.price',
      'expand backfill books.price',
      'switch catchUp books.price',
      'contract dropColumn books.cost',
    ],
  },
  {
    name: 'a type that is only wider',
    before: [books({ title })],
    after: [books({ title })],
    tweaks: { columns: { title: { type: 'narrow' } } },
    steps: ['expand widenColumn books.title'],
  },
  {
    name: 'an index on a type that must be copied for it',
    before: [books({ isbn: field.text() })],
    after: [books({ isbn: field.text({ unique: true }) })],
    tweaks: { columns: { isbn: { type: 'unindexed' } } },
    steps: ['switch widenColumn books.isbn', 'switch createIndex books_isbn_key'],
  },
  {
    name: 'optional now',
    before: [books({ title })],
    after: [books({ title: field.text() })],
    steps: ['expand dropNotNull books.title'],
  },
  {
    name: 'required now, and every record has a value',
    before: [books({ title: field.text() })],
    after: [books({ title })],
    steps: ['contract setNotNull books.title'],
  },
  {
    name: 'required now, and some records have none',
    before: [books({ title: field.text() })],
    after: [books({ title })],
    tweaks: { nulls: ['title'] },
    problems: /^books\.title is required now, but some of about 100 records have no value there\./,
  },
  {
    name: 'required now with a default for those that have none',
    before: [books({ title: field.text() })],
    after: [books({ title: field.text({ default: '-' }) })],
    tweaks: { nulls: ['title'] },
    steps: ['expand backfill books.title', 'contract setNotNull books.title'],
  },
  {
    name: 'indexes that come and go',
    before: [books({ title, isbn: field.text() }, { indexes: [['title']] })],
    after: [books({ title, isbn: field.text({ unique: true }) }, { indexes: [['-title']] })],
    steps: ['expand createIndex books_isbn_key', 'expand createIndex books_title_desc_index', 'contract dropIndex books_title_index'],
  },
  {
    name: 'a check that loosens, one that goes and one that comes',
    before: [
      books(
        { a: field.integer(), b: field.integer(), c: field.integer() },
        {
          checks: [
            { path: 'a', op: 'gte', value: 0 },
            { path: 'b', op: 'gte', value: 0 },
          ],
        },
      ),
    ],
    after: [
      books(
        { a: field.integer(), b: field.integer(), c: field.integer() },
        {
          checks: [
            { path: 'a', op: 'gte', value: -5 },
            { path: 'c', op: 'gte', value: 1 },
          ],
        },
      ),
    ],
    steps: ['expand dropCheck books.a>=0', 'expand dropCheck books.b>=0', 'contract addCheck books.a>=-5', 'contract addCheck books.c>=1'],
  },
  {
    name: 'what is no longer declared',
    before: [books({ title, note: field.text({ required: true }) }), books({ title }, { prefix: 'pen' }, 'pens')],
    after: [books({ title })],
    steps: ['expand dropNotNull books.note', 'contract dropColumn books.note DESTRUCTIVE', 'contract dropTable pens DESTRUCTIVE'],
  },
  {
    name: 'a whole number becomes money only by a backfill',
    before: [books({ price: field.integer() })],
    after: [books({ price: field.money() })],
    problems: /^books\.price is stored as integer in the database and would be money now, .* Give the field a backfill/,
  },
  {
    name: 'and so does one that was renamed beside',
    before: [books({ cost: field.integer() })],
    after: [books({ price: field.money({ renamedFrom: 'cost' }) })],
    problems: /^books\.price is stored as integer in the database and would be money now/,
  },
  {
    name: 'money becomes a whole number only by a backfill',
    before: [books({ price: field.money() })],
    after: [books({ price: field.integer() })],
    problems: /^books\.price is stored as price_amount and price_currency in the database and would be integer now/,
  },
]

for (const { name, before, after, tweaks, journal: rows = [], steps, problems } of cases)
  test(name, () => {
    const plan = planMigration({ model: compileModel(after), stored: databaseOf(before, tweaks), journal: rows, types })
    if (problems === undefined) {
      assert.deepEqual(plan.problems, [])
      assert.deepEqual(lines(plan), steps)
    } else assert.match(plan.problems.join('\n'), problems)
  })

test('nobody else’s table is touched', () => {
  const stored = databaseOf([books({ title }, {}, 'theirs')])
  const theirs = { ...stored.tables.get('theirs')!, isOurs: false }
  const plan = planMigration({ model: compileModel([]), stored: { tables: new Map([['theirs', theirs]]) }, journal: [], types })
  assert.deepEqual(plan, { steps: [], problems: [] })
})

test('a start does what is additive, and tells what to type for the rest', () => {
  const plan = (after: Collection, before = books({ title })) =>
    planMigration({ model: compileModel([after]), stored: databaseOf([before]), journal: [], types })
  const additive = plan(books({ title, note: field.text() }))
  assert.deepEqual(
    stepsAtStart(additive, 'additive', false).map(({ key }) => key),
    ['addColumn books.note'],
  )
  assert.throws(
    () => stepsAtStart(additive, 'fixed', false),
    /^Error: The database does not fit the model yet; it needs one step: add the field books\.note \(text\)\. Nothing was changed\. See it with: kingpost migrate plan\. Do it with: kingpost migrate apply\.$/,
  )
  assert.deepEqual(stepsAtStart(plan(books({ title })), 'fixed', false), [])
  assert.throws(
    () => stepsAtStart(plan(books({ title: field.integer({ required: true }) })), 'additive', false),
    /^Error: The database does not fit the model yet; books\.title changes from text to integer\. Nothing was changed\. See it with: kingpost migrate plan\. To change .*, stop the server, type npx kingpost migrate apply --stopped, and start it again; or undo the change\.$/,
  )
  assert.throws(
    () => stepsAtStart(plan(books({ title: field.integer({ required: true }) })), 'fixed', false),
    /books\.title changes from text to integer\. .* kingpost migrate apply --stopped, once every server is stopped\.$/,
  )
  // What only waits for the end of the version before keeps nobody from starting, in production either.
  assert.deepEqual(stepsAtStart(plan(books({}), books({ note: field.text() })), 'fixed', false), [])
})
