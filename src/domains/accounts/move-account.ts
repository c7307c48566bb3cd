import { EngineError } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type User, users } from './collections.ts'
import { formerOwner } from './proofs.ts'

/** An address that was shown to be its owner's becomes that of the account. @throws email_taken */
export async function moveTo(work: Work, user: User, email: string): Promise<User> {
  if (user.email === email) return user
  const holder = await findUnique(work.tx, users, eq('email', email))
  const former = await formerOwner(work, email)
  if (holder !== null || (former !== null && former !== user.id)) throw new EngineError('email_taken')
  return await work.tx.update(users, user, { set: { email, emailVerified: true } })
}
