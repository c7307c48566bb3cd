// How every way of signing in ends: with a session, or where the account has a second factor with a wait for that. Whoever
// signs in by a mail has shown that the address is theirs; where nobody had before, what was set by whoever opened the account
// (a password, a second factor, sessions) goes: that may have been somebody else, who waits.
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { eq } from '../../contract/filter.ts'
import type { Answer, CommandContext } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { endKeys } from './api-keys.ts'
import { type FirstFactor, passwords, type SignInWay, type User, users } from './collections.ts'
import { accountFactorChanged, accountSignedIn } from './events.ts'
import { removeIdentities } from './identities.ts'
import { dropBegun, issueProof, type Proof } from './proofs.ts'
import { factorsOf, removeFactors } from './second-factor.ts'
import { endSessions, openSession } from './session.ts'
import { userView } from './shapes.ts'

export async function signIn(context: CommandContext<unknown, unknown>, user: User, way: FirstFactor): Promise<Answer<unknown>> {
  // Whoever adds one meanwhile ends the sessions that there are: this one is there by then, or asks for it.
  await context.tx.lock(users, user.id, 'shared')
  const factors = await factorsOf(context.tx, user.id)
  if (factors.length === 0) return await openAccount(context, user, [way])
  const pending = await issueProof(context, { purpose: 'secondFactor', user, email: user.email, way })
  return { output: { pending, factors } }
}

/** Everything that its account asks for has been shown. */
export async function openAccount(context: CommandContext<unknown, unknown>, user: User, ways: readonly SignInWay[]) {
  const { token, headers } = await openSession(context, user, ways)
  const { cartTokenHash } = context.actor
  return { output: { token, user: userView(user) }, headers, events: [accountSignedIn({ user, cartTokenHash })] }
}

/** What its owner is told when it was a recovery code. */
export function recoveryUsed({ request }: CommandContext<unknown, unknown>, user: User, shown: SignInWay) {
  if (shown !== 'recovery') return []
  return [accountFactorChanged({ user, change: 'recovery_used', language: languageOf(request.headers['accept-language']) })]
}

/** The account of a mail that was answered, with its address proven. @throws code_invalid of a code, otherwise link_invalid */
export async function proveByMail(work: Work, { user: id, email, purpose }: Proof): Promise<User> {
  const user = await work.tx.lock(users, id, 'exclusive')
  // Shut since, or moved to another address, which this mail did not reach.
  if (user === null || user.disabled || user.email !== email) throw new EngineError(purpose === 'code' ? 'code_invalid' : 'link_invalid')
  return await proveAddress(work, user)
}

/** Its address is known to be theirs who sign in. Where nobody had shown that before, what was set until now goes. */
export async function proveAddress(work: Work, user: User): Promise<User> {
  if (user.emailVerified) return user
  await forgetWayIn(work, user.id)
  await removeFactors(work.tx, user.id)
  return await work.tx.update(users, user, { set: { emailVerified: true } })
}

/** Nobody who could get into the account before can do so now, by what they know, have open or have begun. A second factor stays. */
export async function forgetWayIn({ tx }: Work, user: string): Promise<void> {
  const password = await findUnique(tx, passwords, eq('user', user))
  if (password !== null) await tx.delete(passwords, password)
  await endSessions(tx, eq('user', user))
  await dropBegun(tx, user)
  await endKeys(tx, eq('user', user))
  await removeIdentities(tx, user)
}
