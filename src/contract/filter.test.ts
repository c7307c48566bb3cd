import assert from 'node:assert/strict'
import { test } from 'node:test'
import { and, eq, type Filter, matches, not, or } from './filter.ts'

const unknown = eq('missing', 1)
const yes = eq('a', 1)
const no = eq('a', 2)
const fits = (filter: Filter) => matches(filter, { a: 1, missing: null, text: '\u{10000}', price: { amount: 5, currency: 'EUR' } })

test('unknown is neither true nor false, and stays so under not', () => {
  assert.equal(fits(unknown), false)
  assert.equal(fits(not(unknown)), false)
  assert.equal(fits(not(not(unknown))), false)
  assert.equal(fits(or(unknown, yes)), true)
  assert.equal(fits(not(and(unknown, no))), true)
  assert.equal(fits(not(or(unknown, no))), false)
  assert.equal(fits({ op: 'null', path: 'missing', value: true }), true)
  assert.equal(fits({ op: 'nin', path: 'missing', values: [2] }), false)
})

test('text is ordered by code points, money by its parts, and a reference is asked for', () => {
  assert.equal(fits({ op: 'gt', path: 'text', value: '\uffee' }), true)
  assert.equal(fits({ op: 'lte', path: 'price.amount', value: 5 }), true)
  assert.equal(fits(not({ op: 'via', collection: 'x', local: 'a', remote: 'id', of: yes })), 'ask')
})

test('trivial parts are folded away', () => {
  assert.deepEqual(and({ op: 'true' }, yes), yes)
  assert.deepEqual(and(yes, { op: 'false' }), { op: 'false' })
  assert.deepEqual(or({ op: 'true' }, yes), { op: 'true' })
  assert.deepEqual(or(), { op: 'false' })
  assert.deepEqual(not({ op: 'false' }), { op: 'true' })
})
