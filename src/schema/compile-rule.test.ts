import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  actorCartToken,
  actorId,
  all,
  any,
  anyone,
  becomes,
  changed,
  exists,
  not,
  type Rule,
  role,
  staff,
  through,
  was,
  where,
} from '../access/rule.ts'
import { type Collection, collection } from './collection.ts'
import { checkCallerRule, compileRule, ruleFieldsOf } from './compile-rule.ts'
import { field } from './field.ts'

const sources = [
  collection('users', { fields: { name: field.text() } }),
  collection('tags', { fields: { title: field.text() } }),
  collection('posts', {
    fields: {
      title: field.text(),
      owner: field.ref('users'),
      state: field.enum(['draft', 'published']),
      due: field.dateTime(),
      day: field.date(),
      likes: field.integer(),
      isOpen: field.boolean(),
      contact: field.email(),
      price: field.money(),
      meta: field.json(),
      members: field.refs('users'),
      tag: field.ref('tags'),
    },
    loaded: { fields: { score: field.integer() }, load: async () => [] },
  }),
  collection('memberships', { fields: { post: field.ref('posts'), user: field.ref('users'), posts: field.refs('posts') } }),
] as unknown as readonly Collection[]
const collections = new Map(sources.map((source) => [source.name, ruleFieldsOf(source)]))

function compiled(rule: unknown, isOfUpdate = false): { rule: Rule; said: string[] } {
  const said: string[] = []
  const add = (path: string, message: string) => void said.push(`${path}: ${message}`)
  return { rule: compileRule(rule, { collections, collection: 'posts', path: 'read', isOfUpdate, add }), said }
}

test('values get their stored form, and paths the column they mean', () => {
  const time = Date.parse('2020-05-06T00:00:00Z')
  const table: readonly [Rule, string, unknown][] = [
    [where('due').lte('2020-05-06'), 'due', time],
    [where('due').lte('2020-05-06T02:00:00+02:00'), 'due', time],
    [where('due').lte(new Date(time)), 'due', time],
    [where('due').lte(time), 'due', time],
    [where('createdAt').gt('2020-05-06'), 'createdAt', time],
    [where('price').gte(1999), 'price.amount', 1999],
    [where('price.currency').eq('EUR'), 'price.currency', 'EUR'],
    [where('contact').eq('Ada@Example.com'), 'contact', 'ada@example.com'],
    [where('owner').ne(actorId), 'owner', actorId],
    [where('title').eq(actorCartToken), 'title', actorCartToken],
  ]
  for (const [given, path, value] of table) {
    const { rule, said } = compiled(given)
    assert.deepEqual(said, [])
    assert.deepEqual(rule, { ...given, path, value })
  }
  assert.deepEqual(compiled(where('price').isNull()).rule, { rule: 'null', path: 'price.amount', value: true })
  assert.deepEqual(compiled(through('members', 'users', where('id').eq(actorId))).said, [])
  assert.equal((compiled(through('members', 'users', anyone)).rule as { isList?: boolean }).isList, true)
  assert.deepEqual(compiled(exists('memberships', 'post', where('user').eq(actorId))).said, [])
})

test('what could never match or would let the wrong ones in is refused, with the nearest name', () => {
  const table: readonly [unknown, RegExp][] = [
    [where('ownr').eq(actorId), /^read: has no field "ownr"; did you mean "owner"\?$/],
    [any(staff, not(where('ownr').isNull())), /has no field "ownr"/],
    [where('score').gt(1), /"score" is computed/],
    [where('owner.name').eq('Ada'), /use through\('owner', 'users', where\('name'\)…\)/],
    [where('due').lte('yesterday'), /"due" is compared with "yesterday", and must be with a time/],
    [where('due').lte(new Date('nonsense')), /compared with NaN/],
    [where('day').eq('2026-02-30'), /no day/],
    [where('likes').gt('3'), /compared with "3", and must be with a whole number/],
    [where('likes').gt(1.5), /whole number/],
    [where('isOpen').eq('true'), /true or false/],
    [where('isOpen').gt(false), /has no order/],
    [where('price').lt(19.99), /minor units/],
    [where('price').lt({ amount: 5, currency: 'EUR' } as never), /minor units/],
    [where('price.currency').eq('EURO'), /no ISO 4217 currency/],
    [where('state').eq('publishd'), /never "publishd"; did you mean "published"\?; there are draft, published/],
    [where('title').eq(3), /must be with a text/],
    [where('title').eq(null as never), /isNull\(\)/],
    [where('meta').eq('x'), /JSON/],
    [where('members').eq(actorId), /use where\('members'\)\.contains/],
    [not(where('members').eq(actorId)), /use where\('members'\)\.contains/],
    [where('owner').contains(actorId), /use eq/],
    [where('tag').eq(actorId), /ids of tags, and the caller's is one of users/],
    [where('id').eq(actorId), /ids of posts/],
    [where('likes').eq(actorId), /could never match/],
    [where('owner').eq(actorCartToken), /could never match/],
    [through('owner', 'users', where('nme').eq('Ada')), /^read: users has no field "nme"; did you mean "name"\?$/],
    [through('ownr', 'users', anyone), /has no field "ownr"/],
    [through('owner', 'tags', anyone), /looks through "owner" at tags, and it refers to users/],
    [through('owner', 'user', anyone), /no such collection; did you mean "users"\?/],
    [through('title', 'users', anyone), /is no reference/],
    [exists('membership', 'post', anyone), /no such collection; did you mean "memberships"\?/],
    [exists('memberships', 'pst', anyone), /memberships has no field "pst"; did you mean "post"\?/],
    [exists('memberships', 'user', anyone), /memberships\.user refers to users, not to posts/],
    [exists('memberships', 'posts', anyone), /list of references: exists needs a single one/],
    [exists('memberships', 'post', where('usr').eq(actorId)), /memberships has no field "usr"/],
    [all(), /needs at least one rule/],
    [any(), /needs at least one rule/],
    [role(''), /name of a role/],
    [where('owner'), /must be a rule/],
    [() => true, /must be a rule/],
    [true, /must be a rule/],
    [{ rule: 'everybody' }, /must be a rule/],
  ]
  for (const [rule, expected] of table) {
    const { said } = compiled(rule)
    assert.equal(said.length, 1, String(expected))
    assert.match(said[0]!, expected)
  }
  const endless = { rule: 'not', of: null as unknown }
  endless.of = endless
  assert.match(compiled(endless).said[0]!, /nests deeper than/)
})

test('what a change does is asked by rules of updates alone, of the record itself', () => {
  const due = was('due').lte('2020-05-06')
  assert.deepEqual(compiled(due, true), {
    rule: { rule: 'was', of: { rule: 'compare', path: 'due', op: 'lte', value: Date.parse('2020-05-06') } },
    said: [],
  })
  for (const rule of [changed('owner', 'price', 'price.currency', 'meta', 'members'), becomes('members').contains(actorId)])
    assert.deepEqual(compiled(rule, true), { rule, said: [] })
  for (const rule of [due, becomes('tag').isNull(), not(changed('owner'))])
    assert.match(compiled(rule).said.join(), /is for rules of updates/)
  const table: readonly [unknown, RegExp][] = [
    [was('ownr').eq(actorId), /has no field "ownr"; did you mean "owner"/],
    [changed('owner', 'stat'), /has no field "stat"/],
    [changed('score'), /"score" is computed/],
    [changed(), /needs the name of a field/],
    [{ rule: 'changed', paths: 'owner' }, /needs the name of a field/],
    [{ rule: 'was', of: not(where('owner').isNull()) }, /compares one field/],
    [through('owner', 'users', changed('name')), /is for rules of updates/],
    [exists('memberships', 'post', was('user').eq(actorId)), /is for rules of updates/],
  ]
  for (const [rule, expected] of table) assert.match(compiled(rule, true).said.join(), expected)
})

test('every mistake of a rule is told at once', () => {
  const { said } = compiled(any(where('a').eq(1), all(where('b').eq(1), not(through('owner', 'users', where('c').eq(1))))))
  assert.deepEqual(said, ['read: has no field "a"', 'read: has no field "b"', 'read: users has no field "c"'])
})

test('where there is no record a rule looks at the caller only', () => {
  const said: string[] = []
  const add = (_: string, message: string) => void said.push(message)
  for (const rule of [staff, any(role('a'), not(anyone))]) checkCallerRule(rule, 'read', add)
  assert.deepEqual(said, [])
  for (const rule of [where('owner').eq(actorId), any(staff, through('owner', 'users', anyone)), exists('a', 'b', anyone), changed('a')])
    checkCallerRule(rule, 'read', add)
  assert.deepEqual(
    said,
    Array.from({ length: 4 }, () => 'may look at the caller only: there is no record to look at'),
  )
})
