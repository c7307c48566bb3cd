// Somebody of support acts as a customer, to see what they see. A token of its own that is worth nothing without the session it was made in, for a
// short time, and only to look unless writing was asked for. The row stays, so that an admin sees who acted as whom.
// Invariant: whoever acts may do at most what they may give themselves, which is looked at with each request.
import { mayAsAdmin } from '../../access/actor.ts'
import { nobody, role } from '../../access/rule.ts'
import { fixedRoles, staffInOf } from '../../access/staff-roles.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import { compare, isNull } from '../../contract/filter.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import type { Transaction } from '../../storage/transaction.ts'
import type { User } from './collections.ts'
import { cookieOf } from './cookies.ts'

export const impersonations = collection('impersonations', {
  prefix: 'imp',
  system: true,
  fields: {
    /** As whom. */
    user: field.ref('users', { required: true, onErase: 'delete' }),
    by: field.ref('users', { required: true, onErase: 'keep' }),
    mayWrite: field.boolean({ required: true }),
    /** Of whoever acts: it ends with that. */
    session: field.text({ required: true, read: nobody }),
    tokenHash: field.text({ required: true, unique: true, feed: false, read: nobody }),
    expiresAt: field.dateTime({ required: true }),
    endedAt: field.dateTime(),
  },
  indexes: [['user'], ['by'], ['expiresAt']],
  access: { read: role('admin') },
})
export type Impersonation = NonNullable<(typeof impersonations)['record']>

export const impersonationToken = 'kpi'
/** Beside that of the session, which it leaves as it is. */
export const impersonationCookie = 'kp_as'

export const isImpersonationToken = (token: string): boolean => token.startsWith(`${impersonationToken}_`)

export function actingCookie(project: Project, token: string): string {
  return cookieOf(project, { name: impersonationCookie, value: token, maxAgeSeconds: token === '' ? 0 : limits.impersonationMs / 1_000 })
}

type StaffRoles = Pick<Project, 'staffRoles'>

/** Whether somebody may act as others at all. */
export function mayImpersonate({ roles, disabled }: Pick<User, 'roles' | 'disabled'>, { staffRoles }: StaffRoles): boolean {
  if (disabled) return false
  return mayAsAdmin(roles) || (staffInOf(roles, staffRoles)?.includes('accounts.impersonate') ?? false)
}

/** Nobody who is staff for anything, and nobody with a role that whoever acts neither has nor could give themselves. */
export function mayActAs(by: User, target: User, { staffRoles }: StaffRoles): boolean {
  if (target.disabled || by.id === target.id) return false
  const isOfStaff = (name: string) => fixedRoles.some((fixed) => fixed === name) || Object.hasOwn(staffRoles, name)
  if (target.roles.some(isOfStaff)) return false
  return mayAsAdmin(by.roles) || target.roles.every((name) => by.roles.includes(name))
}

/** Its streams end and the audit trail has a line by the change that is told: so it is no touch. */
export async function endActing(tx: Transaction, id: string, now: number): Promise<void> {
  await tx.adjust(impersonations, id, { set: { endedAt: now } }, isNull('endedAt'))
}

/** Those that have ended, some time after; the audit trail has them longer. */
export async function forgetImpersonations(tx: Transaction, now: number): Promise<void> {
  const where = compare('expiresAt', 'lt', now - limits.impersonationsKeepMs)
  // Beyond the limit: the next tick's.
  for (const one of await tx.find(impersonations, { where, limit: limits.pageSizeMax, isUnordered: true }))
    await tx.delete(impersonations, one)
}
