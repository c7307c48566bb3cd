import { signedIn } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords, users } from './collections.ts'
import { accountPasswordChanged } from './events.ts'
import { checkNewPassword } from './password-rules.ts'
import { dropBegun, dropMailed } from './proofs.ts'
import { endOtherSessions } from './session.ts'
import { passwordInput } from './shapes.ts'
import { forgetTries, takeTry, triedBy } from './sign-in-tries.ts'

/** `POST /api/auth/password`: a new password for somebody who knows the old one. Everywhere else the account is signed out, and its owner is told by mail. */
export const changePassword = command({
  name: 'accounts.changePassword',
  route: 'POST /api/auth/password',
  summary: 'Change the own password',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ current: passwordInput, password: passwordInput }, { additionalProperties: false }),
  output: Type.Null(),
  access: signedIn,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, actor, project, services, writeFirst }) {
    const user = await read.get(users, actor.id ?? '')
    if (user === null) throw new EngineError('unauthenticated')
    await checkNewPassword({ project, services }, input.password, user)
    await writeFirst((work) => takeTry(work, triedBy(actor)))
    const stored = await findUnique(read, passwords, eq('user', user.id))
    if (!(await services.passwords.verify(input.current, stored?.hash ?? null))) throw invalid('/current', 'wrong', 'is not the password')
    return { before: stored!.hash, hash: await services.passwords.hash(input.password) }
  },
  async run({ tx, actor, request, prepared }) {
    // Who signs in meanwhile by the old one is there by now and ends, or finds the new one.
    const user = await tx.lock(users, actor.id!, 'exclusive')
    if (user === null) throw new EngineError('unauthenticated')
    const stored = await findUnique(tx, passwords, eq('user', user.id))
    // It was checked before this transaction: it must still be the account's.
    if (stored?.hash !== prepared.before) throw invalid('/current', 'wrong', 'is not the password')
    await tx.update(passwords, stored, { set: { hash: prepared.hash } })
    await forgetTries(tx, triedBy(actor))
    await endOtherSessions(tx, actor)
    await dropBegun(tx, user.id)
    await dropMailed(tx, user.id)
    return {
      output: null,
      status: 204,
      events: [accountPasswordChanged({ user, language: languageOf(request.headers['accept-language']) })],
    }
  },
})
