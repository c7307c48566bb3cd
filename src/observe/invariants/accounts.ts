// What must hold of accounts: the list of admins is who has the role, and it never falls empty.

import { eq } from '../../contract/filter.ts'
import { adminsSetting, isAdmin } from '../../domains/accounts/admins.ts'
import { users } from '../../domains/accounts/collections.ts'
import { settings } from '../../settings/collections.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const accountInvariants: InvariantGroup = {
  needs: ['users', 'settings'],
  invariants: {
    'accounts.admins_listed': 'The list of admins has every account that can sign in as one, no other, and at least one.',
  },
  async check(context) {
    const before = await readSetting(context)
    const listed = before?.value['admins']
    // Until the first admin is made, or the list of an earlier version is, there is nothing to compare.
    if (before === null || !Array.isArray(listed)) return
    const missing = new Set(listed as string[])
    const unlisted: string[] = []
    for await (const page of pagesOf(context, users))
      for (const user of page) if (isAdmin(user) && !missing.delete(user.id)) unlisted.push(user.id)
    // Changed meanwhile: what was compared is of two times.
    if ((await readSetting(context))?.version !== before.version) return
    const rows = [`settings/${before.id}`, ...[...missing, ...unlisted].map((id) => `users/${id}`)]
    if (listed.length === 0) context.report('accounts.admins_listed', rows, 'nobody')
    else if (rows.length > 1) context.report('accounts.admins_listed', rows, `${missing.size} who are none, ${unlisted.length} left out`)
  },
}

async function readSetting({ read }: VerifyContext) {
  return await findUnique(read, settings, eq('name', adminsSetting))
}
