import { signedIn } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { passwords, type SignInWay, sessions, users } from './collections.ts'
import { type CheckedPasskey, checkPasskey, redeemPasskey } from './passkey-use.ts'
import { type Proof, redeemCode, tryCode } from './proofs.ts'
import { redeemFactor } from './second-factor.ts'
import { openSession } from './session.ts'
import { passwordInput, sessionOutput, userView } from './shapes.ts'
import { recoveryUsed } from './sign-in.ts'
import { forgetTries, takeTry, triedBy } from './sign-in-tries.ts'
import { waysToProve } from './ways-to-prove.ts'
import { assertionInput } from './webauthn.ts'

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
      totp: Type.Optional(
        Type.String({
          pattern: '^[0-9]{6}$',
          examples: ['042917'],
          description: 'What the authenticator app shows. An account that has one, or a passkey, takes neither password nor mail.',
        }),
      ),
      passkey: Type.Optional(assertionInput),
      recovery: Type.Optional(
        Type.String({ minLength: 6, maxLength: limits.codeCharactersMax, description: 'A recovery code in place of the app.' }),
      ),
    },
    { additionalProperties: false },
  ),
  output: sessionOutput,
  errors: ['code_invalid'],
  access: signedIn,
  rate: 'account',
  hasSecretInput: true,
  async prepare(context): Promise<Shown> {
    const { input, read, actor, services, writeFirst } = context
    const ways = await waysToProve(read, actor.id ?? '')
    if (input.passkey !== undefined && ways.includes('passkey')) {
      const purpose = { for: 'prove', session: actor.session ?? '' } as const
      return { way: 'passkey', checked: await checkPasskey(context, input.passkey, { purpose, user: actor.id }) }
    }
    const factor = (ways.includes('totp') ? input.totp : undefined) ?? (ways.includes('recovery') ? input.recovery : undefined)
    if (factor !== undefined) {
      await writeFirst((work) => takeTry(work, triedBy(actor)))
      return { way: 'factor', code: factor, path: factor === input.totp ? '/totp' : '/recovery' }
    }
    if (input.password !== undefined && ways.includes('password')) {
      await writeFirst((work) => takeTry(work, triedBy(actor)))
      const stored = await findUnique(read, passwords, eq('user', actor.id!))
      if (!(await services.passwords.verify(input.password, stored?.hash ?? null)))
        throw invalid('/password', 'wrong', 'is not the password')
      return { way: 'password', hash: stored!.hash }
    }
    if (input.code !== undefined && ways.includes('code'))
      return { way: 'code', proof: await writeFirst((work) => tryCode(work, actor.id!, input.code!)) }
    throw invalid('', 'required', `needs one of these: ${ways.join(', ')}`)
  },
  async run(context) {
    const { tx, actor, prepared } = context
    const user = await tx.get(users, actor.id!)
    const session = actor.session === null ? null : await tx.get(sessions, actor.session)
    if (user === null || session === null) throw new EngineError('unauthenticated')
    const way = await redeem(context, user.id, prepared)
    await forgetTries(tx, triedBy(actor))
    await tx.delete(sessions, session)
    const { token, headers } = await openSession(context, user, [...new Set([...(session.ways ?? []), way])])
    return { output: { token, user: userView(user) }, headers, events: recoveryUsed(context, user, way) }
  },
})

/** What was tried before the transaction. */
type Shown =
  | { readonly way: 'passkey'; readonly checked: CheckedPasskey | null }
  | { readonly way: 'factor'; readonly code: string; readonly path: string }
  | { readonly way: 'password'; readonly hash: string }
  | { readonly way: 'code'; readonly proof: Proof | null }

/** @throws validation_failed or code_invalid when it is not right, or no more */
async function redeem(work: Work, user: string, shown: Shown): Promise<SignInWay> {
  switch (shown.way) {
    case 'passkey':
      if (!(await redeemPasskey(work, shown.checked))) throw invalid('/passkey', 'wrong', 'is not one of the account, or took too long')
      return 'passkey'
    case 'factor': {
      const factor = await redeemFactor(work, user, shown.code)
      if (factor === null) throw invalid(shown.path, 'wrong', 'is wrong, or was used')
      return factor
    }
    case 'password':
      if ((await findUnique(work.tx, passwords, eq('user', user)))?.hash !== shown.hash)
        throw invalid('/password', 'wrong', 'is not the password')
      return 'password'
    case 'code':
      await redeemCode(work, shown.proof)
      return 'code'
  }
}
