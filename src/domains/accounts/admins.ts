// Who can sign in as an admin and who as an owner, as lists in the settings: roles are lists themselves, which no two databases filter
// alike. Invariant: once there has been an admin there is one, and once an owner an owner; whoever changes the lists waits for whoever is
// changing them.
import { mayAsAdmin } from '../../access/actor.ts'
import { EngineError } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { settings } from '../../settings/collections.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type User, users } from './collections.ts'

/** The setting whose `admins` and `owners` are the ids. */
export const adminsSetting = 'hasAdmin'

export async function hasAdmin(tx: Transaction): Promise<boolean> {
  return (await findUnique(tx, settings, eq('name', adminsSetting))) !== null
}

/** Everybody who can sign in as an admin, owners included. */
export async function adminsIn(tx: Transaction): Promise<readonly User[]> {
  const { admins } = await listsIn(tx)
  return (await tx.getMany(users, admins)).filter(isAdmin)
}

/** Whether somebody can sign in as an owner. A database of an earlier version has admins alone, who then make the first. */
export async function hasOwner(read: Pick<Reader, 'find'>): Promise<boolean> {
  return (await listsIn(read)).owners.length > 0
}

type Account = Pick<User, 'id' | 'roles' | 'disabled'>

/** Whether somebody can sign in as an admin, or an owner, with it. */
export function isAdmin({ roles, disabled }: Account): boolean {
  return !disabled && mayAsAdmin(roles)
}

export function isOwner({ roles, disabled }: Account): boolean {
  return !disabled && roles.includes('owner')
}

/** Notes what a change of an account means for the lists. `before` is null for a new one, `after` for one that is gone. @throws last_owner, last_admin */
export async function noteAdmin({ tx, newId }: Work, before: Account | null, after: Account | null): Promise<void> {
  const changes = (fits: (account: Account) => boolean) => (after !== null && fits(after)) !== (before !== null && fits(before))
  if (!changes(isAdmin) && !changes(isOwner)) return
  const { id } = (after ?? before)!
  const { setting, admins, owners } = await listsIn(tx)
  const next = {
    admins: listed(admins, id, after !== null && isAdmin(after)),
    owners: listed(owners, id, after !== null && isOwner(after)),
  }
  const hadOwner = owners.length > 0 || (before !== null && isOwner(before))
  if (hadOwner && next.owners.length === 0) throw new EngineError('last_owner')
  if (next.admins.length === 0) throw new EngineError('last_admin')
  const value = { ...setting?.value, ...next }
  // The whole row, guarded: of two who take each other's role one runs again, and finds itself the last.
  if (setting === null) await tx.insert(settings, { id: newId('set'), name: adminsSetting, value }, 'conflict')
  else await tx.update(settings, setting, { set: { value } })
}

function listed(ids: readonly string[], id: string, isOne: boolean): readonly string[] {
  const others = ids.filter((other) => other !== id)
  return isOne ? [...others, id] : others
}

/** A database of an earlier version knows only that there is one: then the accounts are looked through, once. Or only the admins: nobody was an owner. */
async function listsIn(read: Pick<Reader, 'find'>) {
  const setting = await findUnique(read, settings, eq('name', adminsSetting))
  const { admins, owners } = setting?.value ?? {}
  if (Array.isArray(admins)) return { setting, admins: admins as string[], owners: Array.isArray(owners) ? (owners as string[]) : [] }
  const enabled = await findAll(read, users, eq('disabled', false))
  const idsOf = (fits: (account: Account) => boolean) => enabled.filter(fits).map(({ id }) => id)
  return { setting, admins: idsOf(isAdmin), owners: idsOf(isOwner) }
}
