import assert from 'node:assert/strict'
import { test } from 'node:test'
import { staffFor, staffInOf, staffRolesOf } from './staff-roles.ts'

test('support answers letters, hands conversations over and closes them; a reader does not', () => {
  const isStaff = (role: string, scope: string) =>
    staffFor({ kind: 'user', roles: [role], staffIn: staffInOf([role], staffRolesOf({})) } as never, scope).isStaffHere
  for (const scope of ['emailThreads.reply', 'emailThreads.update'])
    assert.deepEqual([isStaff('support', scope), isStaff('reader', scope)], [true, false], scope)
  assert.equal(isStaff('support', 'refunds.create'), false)
})
