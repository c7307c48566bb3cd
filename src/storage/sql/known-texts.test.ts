import assert from 'node:assert/strict'
import { test } from 'node:test'
import { and, compare, eq, type Filter, isNull, oneOf, or } from '../../contract/filter.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { compileModel } from '../../schema/model.ts'
import { postgresDialect } from '../postgres/dialect.ts'
import { createCompiler } from './compile.ts'

const things = collection('things', { fields: { title: field.text(), count: field.integer(), price: field.money(), tags: field.json() } })
const notes = collection('notes', { fields: { thing: field.ref('things'), text: field.text() } })
const model = compileModel([things, notes])

test('a text is found again by its shape, with the values of each call in the order of its marks', () => {
  const compiler = createCompiler(model, postgresDialect)
  const change = (title: string, count: number) => ({
    set: { title, price: { amount: count, currency: 'EUR' }, tags: [title] },
    add: { count },
  })
  const guard = (id: string, version: number) => and(eq('id', id), eq('version', version))
  const first = compiler.update(model.get(things), guard('thi_1', 1), change('a', 2))
  const second = compiler.update(model.get(things), guard('thi_2', 7), change('b', 3))
  assert.equal(second.sql, first.sql)
  assert.deepEqual(first.values, ['a', 2, 'EUR', '["a"]', 2, 'thi_1', 1])
  assert.deepEqual(second.values, ['b', 3, 'EUR', '["b"]', 3, 'thi_2', 7])
})

test('what differs in a statement differs in its text', () => {
  const compiler = createCompiler(model, postgresDialect)
  const filters: Filter[] = [
    eq('title', 'x'),
    eq('count', 1),
    compare('count', 'gt', 1),
    isNull('title'),
    isNull('title', false),
    and(eq('title', 'x'), eq('count', 1)),
    and(eq('count', 1), eq('title', 'x')),
    or(eq('title', 'x'), eq('count', 1)),
    oneOf('title', ['x', 'y']),
    and(eq('count', 1), or(eq('title', 'x'), isNull('title'))),
  ]
  const changes = [{ set: { title: 'y' } }, { add: { count: 1 } }, { set: { count: 1 } }, { set: { title: 'y' }, add: { count: 1 } }]
  const statements = [
    compiler.get(model.get(things), 'thi_1', undefined),
    ...filters.map((filter) => compiler.get(model.get(things), 'thi_1', filter)),
    ...filters.flatMap((filter) =>
      changes.flatMap((change) => ['', 'earlier b'].map((from) => compiler.update(model.get(things), filter, change, from))),
    ),
  ]
  const texts = statements.map(({ sql }) => sql)
  assert.equal(new Set(texts).size, texts.length)
  for (const { sql, values } of statements) assert.equal(sql.split('?').length - 1, values.length, sql)
})

test('a count through another record is found again by its shape, and no other count has its text', () => {
  const compiler = createCompiler(model, postgresDialect)
  const through = (of: Filter): Filter => ({ op: 'via', collection: 'things', local: 'thing', remote: 'id', of })
  const filters = (text: string): Filter[] => [
    and(eq('text', text), through(eq('title', text))),
    and(eq('text', text), through(eq('title', text)), eq('text', text)),
    and(eq('text', text), through(and(eq('title', text), eq('title', text)))),
    and(through(eq('title', text)), eq('text', text)),
    through(isNull('title')),
    eq('text', text),
  ]
  const counts = (text: string) =>
    filters(text).flatMap((filter) => [undefined, 1].map((most) => compiler.count(model.get(notes), filter, most)))
  const [first, second] = [counts('a'), counts('b')]
  assert.deepEqual(
    first.map(({ sql }) => sql),
    second.map(({ sql }) => sql),
  )
  assert.equal(new Set(first.map(({ sql }) => sql)).size, first.length)
  for (const { sql, values } of second) assert.deepEqual(values, Array(sql.split('?').length - 1).fill('b'))
  assert.equal(first[0]!.sql, compiler.count(model.get(notes), filters('c')[0], undefined).sql)
})

test('however many shapes there are, each is answered', () => {
  const names = Array.from({ length: 9 }, (_, index) => `n${index}`)
  const wide = collection('wide', { fields: Object.fromEntries(names.map((name) => [name, field.text()])) })
  const compiler = createCompiler(compileModel([wide]), postgresDialect)
  const wideModel = compileModel([wide]).get(wide)
  for (let shape = 1; shape < 8_000; shape++) {
    const rotated = names.map((_, index) => names[(index + shape) % names.length]!)
    const chosen = rotated.filter((_, index) => (shape >> (index % 13)) & 1)
    const set = Object.fromEntries((chosen.length > 0 ? chosen : names).map((name) => [name, name]))
    const { sql, values } = compiler.update(wideModel, eq('id', 'x'), { set })
    assert.equal(
      sql,
      `update "wide" as t set ${Object.keys(set)
        .map((name) => `"${name}"=?`)
        .join(',')} where t."id"=?`,
    )
    assert.deepEqual(values, [...Object.values(set), 'x'])
  }
})
