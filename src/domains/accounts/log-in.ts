import { anyone } from '../../access/rule.ts'
import { normalEmail } from '../../base/email-address.ts'
import { EngineError } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords, users } from './collections.ts'
import { knownDevice } from './devices.ts'
import { emailInput, passwordInput, signInOutput } from './shapes.ts'
import { signIn } from './sign-in.ts'
import { forgetTries, takeTry } from './sign-in-tries.ts'

/** Opens a session. A wrong address and a wrong password get the same answer after the same work. */
export const logIn = command({
  name: 'accounts.logIn',
  route: 'POST /api/auth/login',
  summary: 'Sign in',
  tag: 'Accounts',
  input: Type.Object({ email: emailInput, password: passwordInput }, { additionalProperties: false }),
  output: signInOutput,
  errors: ['login_failed'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, request, project, services, writeFirst }) {
    const email = normalEmail(input.email)
    const user = await findUnique(read, users, eq('email', email))
    const device = await knownDevice(read, user?.id ?? null, request)
    const tried = device === null ? { email } : { device }
    await writeFirst((work) => takeTry(work, tried))
    const stored = await findUnique(read, passwords, eq('user', user?.id ?? 'nobody'))
    const isRight = await services.passwords.verify(input.password, stored?.hash ?? null)
    // Here, so that it takes as long as a wrong password.
    const isOpen = !project.accounts.requireVerifiedEmail || user?.emailVerified
    if (!isRight || !user || !isOpen) return null
    const { hash } = stored!
    // Of another system, or made when machines were slower.
    const newer = services.passwords.isCurrent(hash) ? null : await services.passwords.hash(input.password)
    return { user: user.id, hash, newer, tried }
  },
  async run(context) {
    const { tx, prepared } = context
    if (prepared === null) throw new EngineError('login_failed')
    // Whoever changes the password meanwhile ends the sessions that there are: this one is there by then, or finds the new one.
    const user = await tx.lock(users, prepared.user, 'shared')
    const stored = await findUnique(tx, passwords, eq('user', prepared.user))
    // The password was checked before this transaction: it must still be the account's.
    if (user === null || user.disabled || stored?.hash !== prepared.hash) throw new EngineError('login_failed')
    if (prepared.newer !== null) await tx.update(passwords, stored, { set: { hash: prepared.newer } })
    await forgetTries(tx, prepared.tried)
    return await signIn(context, user, 'password')
  },
})
