import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestActor, systemActor } from './actor.ts'
import {
  actorCartToken,
  actorId,
  all,
  allows,
  any,
  anyone,
  becomes,
  changed,
  exists,
  nobody,
  not,
  type Rule,
  role,
  ruleFilter,
  signedIn,
  staff,
  through,
  was,
  where,
} from './rule.ts'

const guest = guestActor('127.0.0.1')
const user = { ...guest, kind: 'user' as const, id: 'usr_1' }
const admin = { ...user, roles: ['admin'] }

test('rules about the caller alone are decided', () => {
  const table = [
    [anyone, true, true, true, true],
    [nobody, false, false, false, true],
    [signedIn, false, true, true, true],
    [staff, false, false, true, true],
    [not(staff), true, true, false, false],
    [role('staff'), false, false, true, true],
    [role('admin'), false, false, true, true],
    [role('planner'), false, false, false, true],
    [any(staff, role('planner')), false, false, true, true],
  ] as const
  for (const [rule, ...expected] of table)
    assert.deepEqual(
      [guest, user, admin, systemActor].map((actor) => allows(rule, actor)),
      expected,
    )
})

test('a role lets through whoever has it, among others or alone', () => {
  const planner = { ...user, roles: ['helper', 'planner'] }
  for (const [rule, expected] of [
    [role('planner'), true],
    [role('plan'), false],
    [not(role('planner')), false],
    [all(signedIn, role('helper'), role('planner')), true],
    [staff, false],
    [role('staff'), false],
  ] as const)
    assert.equal(allows(rule, planner), expected, JSON.stringify(rule))
  assert.ok(allows(role('staff'), { ...user, roles: ['staff'] }))
  assert.ok(!allows(role('admin'), { ...user, roles: ['staff'] }))
})

test('what a caller does not have matches nothing, not everything', () => {
  const own = any(where('owner').eq(actorId), where('tokenHash').eq(actorCartToken))
  assert.deepEqual(ruleFilter(own, guest), { op: 'false' })
  assert.deepEqual(ruleFilter(own, user), { op: 'eq', path: 'owner', value: 'usr_1' })
  assert.deepEqual(ruleFilter(through('order', 'orders', own), guest), { op: 'false' })
  assert.deepEqual(ruleFilter(all(signedIn, own), user), { op: 'eq', path: 'owner', value: 'usr_1' })
})

test('a value the caller does not have is unknown, and stays so under not', () => {
  const own = where('owner').eq(actorId)
  for (const rule of [not(own), where('owner').ne(actorId), not(where('members').contains(actorId)), not(not(own)), not(all(anyone, own))])
    assert.deepEqual(ruleFilter(rule, guest), { op: 'false' })
  assert.deepEqual(ruleFilter(not(own), user), { op: 'ne', path: 'owner', value: 'usr_1' })
  assert.deepEqual(ruleFilter(where('members').contains(actorId), user), { op: 'has', path: 'members', value: 'usr_1' })
  // Whoever leads the project, a guest cannot be told from them: only what has no project is surely nobody's.
  const via = { op: 'via', collection: 'projects', local: 'project', remote: 'id' }
  assert.deepEqual(ruleFilter(not(through('project', 'projects', own)), guest), { op: 'not', of: { ...via, of: { op: 'true' } } })
  const back = { op: 'via', collection: 'memberships', local: 'id', remote: 'post' }
  assert.deepEqual(ruleFilter(exists('memberships', 'post', own), user), { ...back, of: { op: 'eq', path: 'owner', value: 'usr_1' } })
})

test('what an update changes is decided where it is known, and is unknown where a value is missing', () => {
  const draft = { status: 'draft', owner: 'usr_1', price: { amount: 5, currency: 'EUR' }, meta: { a: 1, b: 2 }, note: null }
  const decided = (rule: Rule, change: object, before = draft) => ruleFilter(rule, user, { before, after: { ...before, ...change } }).op
  const submits = all(was('status').eq('draft'), becomes('status').eq('submitted'))
  const table: readonly [Rule, object, boolean][] = [
    [submits, { status: 'submitted' }, true],
    [submits, { status: 'approved' }, false],
    [submits, {}, false],
    [not(submits), {}, true],
    [changed('status', 'owner'), { owner: 'usr_2' }, true],
    [not(changed('owner')), { status: 'x' }, true],
    [not(changed('owner')), { owner: null }, false],
    [changed('price.currency'), { price: { amount: 6, currency: 'EUR' } }, false],
    [changed('price'), { price: { amount: 6, currency: 'EUR' } }, true],
    // The order of names in JSON says nothing, and neither does a value that was never set.
    [changed('meta'), { meta: { b: 2, a: 1 } }, false],
    [changed('note', 'newer'), { newer: null }, false],
    [was('note').eq('x'), {}, false],
    [not(was('note').eq('x')), {}, false],
    [becomes('owner').eq(actorId), {}, true],
    [becomes('owner').eq(actorId), { owner: 'usr_2' }, false],
  ]
  for (const [rule, change, expected] of table)
    assert.equal(decided(rule, change), expected ? 'true' : 'false', JSON.stringify([rule, change]))
  // As long as nothing is known of the change, only what can never be is refused.
  assert.deepEqual(ruleFilter(all(was('status').eq('sent'), changed('owner')), user, { before: draft }), { op: 'false' })
  for (const rule of [submits, not(submits), changed('owner'), not(changed('owner'))])
    assert.deepEqual(ruleFilter(rule, user, { before: draft }), { op: 'true' })
})
