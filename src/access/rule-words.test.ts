import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as builders from './rule.ts'
import { ruleWords } from './rule-words.ts'

const { actorId, all, any, anyone, becomes, changed, exists, nobody, not, role, signedIn, staff, through, was, where } = builders

test('a rule is told in the words that make it', () => {
  const rules: readonly builders.Rule[] = [
    all(anyone, any(nobody, signedIn, staff), not(role(`planner's "own" \\ one`))),
    any(where('owner').eq(actorId), where('price.amount').lte(5), where('isOpen').ne(true), where('closedAt').isNull()),
    all(where('watchers').contains(actorId), where('tags').contains('new'), becomes('status').eq('open'), was('dueAt').isNull()),
    through('product', 'products', exists('memberships', 'project', not(where('user').eq(actorId)))),
    not(changed('owner', 'status')),
  ]
  for (const rule of rules) {
    const words = ruleWords(rule)
    assert.deepEqual(new Function(...Object.keys(builders), `return ${words}`)(...Object.values(builders)), rule, words)
  }
  assert.equal(ruleWords(rules[3]!), "through('product', 'products', exists('memberships', 'project', not(where('user').eq(actorId))))")
  assert.equal(ruleWords({ rule: 'compare', path: 'mail', op: 'eq', value: { actor: 'email' } }), "where('mail').eq({ actor: 'email' })")
})
