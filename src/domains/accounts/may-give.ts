// Who may change what somebody may do. Nobody gives more than they have: an owner is made, changed and shut by an owner alone.
import { mayAsAdmin } from '../../access/actor.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { nearest } from '../../base/nearest.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { hasOwner } from './admins.ts'
import { type User, users } from './collections.ts'

/** Whether somebody with these roles may give that one. Where nobody is an owner yet, an admin may make the first. */
export async function mayGive(read: Pick<Reader, 'find'>, own: readonly string[], role: string): Promise<boolean> {
  if (own.includes('owner')) return true
  return mayAsAdmin(own) && (role !== 'owner' || !(await hasOwner(read)))
}

/** The caller as they are in this transaction, whatever they were when the request came. @throws forbidden */
export async function getGiver(tx: Transaction, id: string | null): Promise<User> {
  const giver = id === null ? null : await tx.get(users, id)
  if (giver === null || giver.disabled || !mayAsAdmin(giver.roles)) throw new EngineError('forbidden')
  return giver
}

/** @throws forbidden when a role is given, or taken, that `own` may not give */
export async function checkMayGive(tx: Transaction, own: readonly string[], roles: readonly string[]): Promise<void> {
  for (const role of roles)
    if (!(await mayGive(tx, own, role))) throw new EngineError('forbidden', { detail: `Only an owner gives or takes the role ${role}.` })
}

/** Whoever is an owner is changed by owners alone. @throws forbidden */
export function checkMayChange(own: readonly string[], { roles }: Pick<User, 'roles'>): void {
  if (roles.includes('owner') && !own.includes('owner'))
    throw new EngineError('forbidden', { detail: 'Only an owner changes the account of an owner.' })
}

/** Roles that there are, or that the account has: one of those stays when no rule asks for it any more. @throws validation_failed */
export function checkRoles(given: readonly string[], had: readonly string[], known: readonly string[]): void {
  const index = given.findIndex((name) => !known.includes(name) && !had.includes(name))
  if (index < 0) return
  const name = given[index]!
  throw invalid(`/roles/${index}`, 'enum', `"${name}" is no role here${nearest(name, known)}; there are ${known.join(', ')}`)
}
