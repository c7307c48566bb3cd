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
  exists,
  nobody,
  not,
  ruleFilter,
  signedIn,
  staff,
  through,
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
  ] as const
  for (const [rule, ...expected] of table)
    assert.deepEqual(
      [guest, user, admin, systemActor].map((actor) => allows(rule, actor)),
      expected,
    )
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
