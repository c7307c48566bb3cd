import { signedIn } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords, sessions, users } from './collections.ts'
import { redeemCode, tryCode } from './proofs.ts'
import { openSession } from './session.ts'
import { passwordInput, sessionOutput, userView } from './shapes.ts'
import { forgetTries, takeTry, triedBy } from './sign-in-tries.ts'
import { waysToProve } from './ways-to-prove.ts'

/**
 * `POST /api/auth/prove`: whoever is signed in shows again who they are, for what asks for a fresh proof. The session gets a
 * new token, and the old one ends: whoever may have had that gains nothing by it.
 */
export const prove = command({
  name: 'accounts.prove',
  route: 'POST /api/auth/prove',
  summary: 'Show again who you are',
  tag: 'Accounts',
  input: Type.Object(
    {
      password: Type.Optional(passwordInput),
      code: Type.Optional(
        Type.String({ pattern: '^[0-9]{6}$', examples: ['042917'], description: 'Of the mail that `POST /api/auth/code` sends.' }),
      ),
    },
    { additionalProperties: false },
  ),
  output: sessionOutput,
  errors: ['code_invalid'],
  access: signedIn,
  rate: 'account',
  hasSecretInput: true,
  async prepare({ input, read, actor, services, writeFirst }) {
    const ways = await waysToProve(read, actor.id ?? '')
    if (input.password !== undefined && ways.includes('password')) {
      await writeFirst((work) => takeTry(work, triedBy(actor)))
      const stored = await findUnique(read, passwords, eq('user', actor.id!))
      if (!(await services.passwords.verify(input.password, stored?.hash ?? null)))
        throw invalid('/password', 'wrong', 'is not the password')
      return { way: 'password', hash: stored!.hash } as const
    }
    if (input.code !== undefined && ways.includes('code'))
      return { way: 'code', proof: await writeFirst((work) => tryCode(work, actor.id!, input.code!)) } as const
    throw invalid('', 'required', `needs one of these: ${ways.join(', ')}`)
  },
  async run(context) {
    const { tx, actor, prepared } = context
    const user = await tx.get(users, actor.id!)
    const session = actor.session === null ? null : await tx.get(sessions, actor.session)
    if (user === null || session === null) throw new EngineError('unauthenticated')
    if (prepared.way === 'code') await redeemCode(context, prepared.proof)
    else if ((await findUnique(tx, passwords, eq('user', user.id)))?.hash !== prepared.hash)
      throw invalid('/password', 'wrong', 'is not the password')
    await forgetTries(tx, triedBy(actor))
    await tx.delete(sessions, session)
    const { token, headers } = await openSession(context, user, [...new Set([...(session.ways ?? []), prepared.way])])
    return { output: { token, user: userView(user) }, headers }
  },
})
