// Who can sign in as an admin, as a list in the settings: roles are lists themselves, which no two databases filter
// alike. Invariant: once there has been an admin there is one; whoever changes the list waits for whoever is changing it.
import { EngineError } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { settings } from '../../settings/collections.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { type User, users } from './collections.ts'

/** The setting whose `admins` are the ids. */
export const adminsSetting = 'hasAdmin'

export async function hasAdmin(tx: Transaction): Promise<boolean> {
  return (await findUnique(tx, settings, eq('name', adminsSetting))) !== null
}

/** Everybody who can sign in as an admin. */
export async function adminsIn(tx: Transaction): Promise<readonly User[]> {
  const setting = await findUnique(tx, settings, eq('name', adminsSetting))
  const ids = await adminsOf(tx, setting?.value ?? {})
  return (await tx.getMany(users, ids)).filter(isAdmin)
}

type Account = Pick<User, 'id' | 'roles' | 'disabled'>

/** Whether somebody can sign in as an admin with it. */
export function isAdmin({ roles, disabled }: Account): boolean {
  return !disabled && roles.includes('admin')
}

/** Notes what a change of an account means for the list. `before` is null for a new one. @throws last_admin */
export async function noteAdmin({ tx, newId }: Work, before: Account | null, after: Account): Promise<void> {
  if (isAdmin(after) === (before !== null && isAdmin(before))) return
  const setting = await findUnique(tx, settings, eq('name', adminsSetting))
  const others = (await adminsOf(tx, setting?.value ?? {})).filter((id) => id !== after.id)
  if (others.length === 0 && !isAdmin(after)) throw new EngineError('last_admin')
  const value = { ...setting?.value, admins: isAdmin(after) ? [...others, after.id] : others }
  // The whole row, guarded: of two admins who take each other's role one runs again, and finds itself the last.
  if (setting === null) await tx.insert(settings, { id: newId('set'), name: adminsSetting, value }, 'conflict')
  else await tx.update(settings, setting, { set: { value } })
}

/** A database of an earlier version knows only that there is one: then the accounts are looked through, once. */
async function adminsOf(tx: Transaction, { admins }: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  if (Array.isArray(admins)) return admins as string[]
  return (await findAll(tx, users, eq('disabled', false))).filter(isAdmin).map(({ id }) => id)
}
