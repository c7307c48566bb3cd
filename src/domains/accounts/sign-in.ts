// How every way of signing in ends. Whoever signs in by a mail has shown that the address is theirs; where nobody had before,
// what was set by whoever opened the account (a password, sessions) goes: that may have been somebody else, who waits.
import { EngineError } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import type { CommandContext } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords, type SignInWay, type User, users } from './collections.ts'
import { accountSignedIn } from './events.ts'
import type { Proof } from './proofs.ts'
import { endSessions, openSession } from './session.ts'
import { userView } from './shapes.ts'

export async function signIn(context: CommandContext<unknown, unknown>, user: User, way: SignInWay) {
  const { token, headers } = await openSession(context, user, [way])
  const { cartTokenHash } = context.actor
  return { output: { token, user: userView(user) }, headers, events: [accountSignedIn({ user, cartTokenHash })] }
}

/** The account of a mail that was answered, with its address proven. @throws code_invalid of a code, otherwise link_invalid */
export async function proveByMail(work: Work, { user: id, email, purpose }: Proof): Promise<User> {
  const user = await work.tx.get(users, id)
  // Shut since, or moved to another address, which this mail did not reach.
  if (user === null || user.disabled || user.email !== email) throw new EngineError(purpose === 'code' ? 'code_invalid' : 'link_invalid')
  if (user.emailVerified) return user
  await forgetWayIn(work, user.id)
  return await work.tx.update(users, user, { set: { emailVerified: true } })
}

/** Nobody who could get into the account before can do so now. */
export async function forgetWayIn({ tx }: Work, user: string): Promise<void> {
  const password = await findUnique(tx, passwords, eq('user', user))
  if (password !== null) await tx.delete(passwords, password)
  await endSessions(tx, eq('user', user))
}
