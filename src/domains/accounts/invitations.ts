// Invitations by mail to become one of the people who run it. One for each address: a newer one takes the place of an older. Its token is
// stored hashed, is good once, and only as long as whoever invited may still give the roles.
import { nobody, role } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { compare, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { users } from './collections.ts'
import { mayGive } from './may-give.ts'

export const invitations = collection('invitations', {
  prefix: 'inv',
  system: true,
  fields: {
    email: field.email({ required: true, unique: true }),
    roles: field.json<readonly string[]>({ required: true, schema: { type: 'array', items: { type: 'string' } } }),
    status: field.enum(['pending', 'accepted', 'revoked'], { required: true }),
    invitedBy: field.ref('users', { required: true, onErase: 'delete' }),
    /** Null once it has ended. */
    secretHash: field.text({ unique: true, feed: false, read: nobody }),
    expiresAt: field.dateTime({ required: true }),
  },
  indexes: [['expiresAt'], ['invitedBy']],
  access: { read: role('admin') },
  personal: { by: { email: { holds: 'address', onErase: 'delete' } } },
})
export type Invitation = NonNullable<(typeof invitations)['record']>

export const invitationOutput = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    roles: Type.Array(Type.String()),
    status: Type.Unsafe<Invitation['status']>({ type: 'string', enum: ['pending', 'accepted', 'revoked'] }),
    invitedBy: Type.String({ description: 'The id of an account.' }),
    expiresAt: Type.String({ format: 'date-time' }),
    createdAt: Type.String({ format: 'date-time' }),
  },
  { title: 'Invitation' },
)

export function invitationView({ id, email, roles, status, invitedBy, expiresAt, createdAt }: Invitation) {
  return { id, email, roles, status, invitedBy, expiresAt: toIso(expiresAt), createdAt: toIso(createdAt) }
}

type Wanted = Pick<Invitation, 'email' | 'roles' | 'invitedBy'>

/** A new one, or the one of this address anew. Answers its token, for the mail alone. */
export async function issueInvitation({ tx, now, newId, newSecret }: Work, { email, roles, invitedBy }: Wanted) {
  const token = newSecret('invite')
  const fields = {
    roles,
    invitedBy,
    status: 'pending',
    secretHash: hashSecret(token),
    expiresAt: now + limits.invitationMs,
  } as const
  const before = await findUnique(tx, invitations, eq('email', email))
  const invitation =
    before === null
      ? await tx.insert(invitations, { id: newId('inv'), email, ...fields }, 'conflict')
      : await tx.update(invitations, before, { set: fields })
  return { invitation, token }
}

/** The one that the token opens. @throws link_invalid when there is none, it has ended, or whoever sent it may not give that any more */
export async function getInvitation(read: Pick<Reader, 'find' | 'get'>, now: number, token: string): Promise<Invitation> {
  const invitation = await findUnique(read, invitations, eq('secretHash', hashSecret(token)))
  if (invitation === null || invitation.status !== 'pending' || invitation.expiresAt <= now) throw new EngineError('link_invalid')
  const giver = await read.get(users, invitation.invitedBy)
  if (giver === null || giver.disabled) throw new EngineError('link_invalid')
  for (const name of invitation.roles) if (!(await mayGive(read, giver.roles, name))) throw new EngineError('link_invalid')
  return invitation
}

/** Ends it by a guarded write: of two at once one runs again, and finds it ended. */
export async function endInvitation(tx: Transaction, invitation: Invitation, status: 'accepted' | 'revoked'): Promise<Invitation> {
  return await tx.update(invitations, invitation, { set: { status, secretHash: null } })
}

/** Those that nobody can use any more, some time after. */
export async function forgetInvitations(tx: Transaction, now: number): Promise<void> {
  const where = compare('expiresAt', 'lt', now - limits.invitationsKeepMs)
  // Beyond the limit: the next tick's.
  for (const one of await tx.find(invitations, { where, limit: limits.pageSizeMax, isUnordered: true })) await tx.delete(invitations, one)
}
