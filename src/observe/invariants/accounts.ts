// What must hold of accounts: the lists of admins and owners are who has the roles, and neither falls empty.

import { eq } from '../../contract/filter.ts'
import { adminsSetting, isAdmin, isOwner } from '../../domains/accounts/admins.ts'
import { type User, users } from '../../domains/accounts/collections.ts'
import { settings } from '../../settings/collections.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const accountInvariants: InvariantGroup = {
  needs: ['users', 'settings'],
  invariants: {
    'accounts.admins_listed': 'The list of admins has every account that can sign in as one, no other, and at least one.',
    'accounts.owners_listed': 'The list of owners has every account that can sign in as one, and no other.',
  },
  async check(context) {
    const before = await readSetting(context)
    const { admins, owners } = before?.value ?? {}
    // Until the first admin is made, or the list of an earlier version is, there is nothing to compare.
    if (before === null || !Array.isArray(admins)) return
    const ofAdmins = compared(admins as string[], isAdmin)
    const ofOwners = compared(Array.isArray(owners) ? (owners as string[]) : [], isOwner)
    for await (const page of pagesOf(context, users)) for (const user of page) for (const list of [ofAdmins, ofOwners]) list.look(user)
    // Changed meanwhile: what was compared is of two times.
    if ((await readSetting(context))?.version !== before.version) return
    const row = `settings/${before.id}`
    if (admins.length === 0) context.report('accounts.admins_listed', [row], 'nobody')
    else ofAdmins.tell((rows, detail) => context.report('accounts.admins_listed', [row, ...rows], detail))
    if (Array.isArray(owners)) ofOwners.tell((rows, detail) => context.report('accounts.owners_listed', [row, ...rows], detail))
  },
}

function compared(listed: readonly string[], fits: (user: User) => boolean) {
  const missing = new Set(listed)
  const unlisted: string[] = []
  return {
    look(user: User): void {
      if (fits(user) && !missing.delete(user.id)) unlisted.push(user.id)
    },
    tell(report: (rows: readonly string[], detail: string) => void): void {
      if (missing.size + unlisted.length === 0) return
      const rows = [...missing, ...unlisted].map((id) => `users/${id}`)
      report(rows, `${missing.size} who are none, ${unlisted.length} left out`)
    },
  }
}

async function readSetting({ read }: VerifyContext) {
  return await findUnique(read, settings, eq('name', adminsSetting))
}
