import { anyone } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { hashSecret } from '../../base/secret.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords, sessions, users } from './collections.ts'
import { knownDevice } from './devices.ts'
import { proofs, redeemToken } from './proofs.ts'
import { passwordInput, tokenInput } from './shapes.ts'
import { proveByMail } from './sign-in.ts'
import { forgetTries, takeTry } from './sign-in-tries.ts'

/**
 * `POST /api/auth/verify`: the address of an account is confirmed by the token of a mail to it, by whoever opened the account: they are
 * signed in to it, or know its password. Anybody can open an account with an address of somebody else, who then reads the mail: a link
 * alone would make the stranger's password good. Signs nobody in.
 */
export const verifyEmail = command({
  name: 'accounts.verifyEmail',
  route: 'POST /api/auth/verify',
  summary: 'Confirm an address',
  tag: 'Accounts',
  status: 204,
  input: Type.Object(
    {
      token: tokenInput,
      password: Type.Optional(
        Type.String({ ...passwordInput, description: 'Of the account. Not needed from a session of it, nor where it has none.' }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Null(),
  errors: ['link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, actor, now, request, services, writeFirst }) {
    const proof = await findUnique(read, proofs, eq('secretHash', hashSecret(input.token)))
    if (proof === null || proof.purpose !== 'verify' || proof.expiresAt <= now) throw new EngineError('link_invalid')
    if (actor.session !== null && actor.id === proof.user) return { by: 'session' } as const
    const stored = await findUnique(read, passwords, eq('user', proof.user))
    // As of a sign-in by mail: nobody keeps what was open before.
    if (stored === null) return { by: 'mail' } as const
    if (input.password === undefined) throw invalid('/password', 'required', 'is needed: that of the account, or a session of it')
    const device = await knownDevice(read, proof.user, request)
    const tried = device === null ? { email: proof.email } : { device }
    await writeFirst((work) => takeTry(work, tried))
    if (!(await services.passwords.verify(input.password, stored.hash))) throw invalid('/password', 'wrong', 'is not the password')
    return { by: 'password', hash: stored.hash, tried } as const
  },
  async run(context) {
    const { tx, input, actor, prepared } = context
    const proof = await redeemToken(context, 'verify', input.token)
    if (prepared.by === 'mail') {
      await proveByMail(context, proof)
      return { output: null, status: 204 }
    }
    const user = await tx.lock(users, proof.user, 'exclusive')
    if (user === null || user.email !== proof.email) throw new EngineError('link_invalid')
    // It may have ended since it was looked at: by its owner, who came by another mail.
    if (prepared.by === 'session' && (await tx.get(sessions, actor.session!)) === null) throw new EngineError('unauthenticated')
    if (prepared.by === 'password') {
      // It was checked before this transaction: it must still be the account's.
      const stored = await findUnique(tx, passwords, eq('user', user.id))
      if (stored?.hash !== prepared.hash) throw invalid('/password', 'wrong', 'is not the password')
      await forgetTries(tx, prepared.tried)
    }
    await tx.update(users, user, { set: { emailVerified: true } })
    return { output: null, status: 204 }
  },
})
