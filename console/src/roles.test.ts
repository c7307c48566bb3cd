import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rolesOf } from './roles.ts'

test('roles are words, each once', () => {
  assert.deepEqual(rolesOf('admin, staff  editor,,staff'), ['admin', 'staff', 'editor'])
  for (const empty of ['', ' , ', null, undefined]) assert.deepEqual(rolesOf(empty), [])
})
