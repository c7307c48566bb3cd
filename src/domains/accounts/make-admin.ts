import { normalEmail } from '../../base/email-address.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { noteAdmin } from './admins.ts'
import { passwords, type User, users } from './collections.ts'
import { dropProofs } from './proofs.ts'
import { removeFactors } from './second-factor.ts'
import { setPassword } from './set-password.ts'

import { forgetWayIn } from './sign-in.ts'

export type NewAdmin = { readonly email: string; readonly name: string | null; readonly hash: string }
export type MadeAdmin = {
  readonly user: User
  /** The address had an account, perhaps of somebody who only typed it in: whatever let them in is gone. */
  readonly tookOver: boolean
}

/** Beside `owner` also `admin`: code of a project may look for that alone. */
const rolesGiven = ['admin', 'owner'] as const

/** Makes an owner of this address, on the word of whoever runs the installation: an account that it had is taken over. */
export async function makeAdmin(work: Work, given: NewAdmin): Promise<MadeAdmin> {
  const { tx, newId } = work
  const email = normalEmail(given.email)
  const known = await findUnique(tx, users, eq('email', email))
  const rights = { emailVerified: true, disabled: false }
  if (known === null) {
    const account = { id: newId('usr'), email, name: given.name, roles: rolesGiven, customerGroup: null, ...rights }
    const user = await tx.insert(users, account, 'conflict')
    await tx.insert(passwords, { id: newId('pwd'), user: user.id, hash: given.hash })
    await noteAdmin(work, null, user)
    return { user, tookOver: false }
  }
  // A name that somebody gave who never showed that the address is theirs does not stay.
  const name = given.name ?? (known.emailVerified ? known.name : null)
  const user = await tx.update(users, known, { set: { ...rights, name, roles: [...new Set([...known.roles, ...rolesGiven])] } })
  await forgetWayIn(work, user.id)
  await removeFactors(tx, user.id)
  await dropProofs(tx, user.id)
  await setPassword(work, user.id, given.hash)
  await noteAdmin(work, known, user)
  return { user, tookOver: true }
}
