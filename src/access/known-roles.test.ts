import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownRoles } from './known-roles.ts'
import { all, any, anyone, exists, not, role, staff, through } from './rule.ts'

test('a role is known that the engine or any part of a rule asks for', () => {
  assert.deepEqual(knownRoles([undefined, anyone, staff], []), ['owner', 'admin', 'staff'])
  const rules = [any(role('planner'), all(not(role('visitor')), role('admin'))), through('a', 'as', role('b')), exists('c', 'd', role('a'))]
  assert.deepEqual(knownRoles(rules, ['reader']), ['owner', 'admin', 'staff', 'reader', 'a', 'b', 'planner', 'visitor'])
})
