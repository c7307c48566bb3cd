import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { command } from '../../operation/define.ts'
import { type SignInWay, users } from './collections.ts'
import { checkPasskey, redeemPasskey } from './passkey-use.ts'
import { findPending, redeemPending } from './proofs.ts'
import { sessionOutput } from './shapes.ts'
import { openAccount } from './sign-in.ts'
import { signInAssertionInput } from './webauthn.ts'

/**
 * `POST /api/auth/passkeys/login/finish`: opens a session. A passkey alone is enough, also where there is an app: its owner had the
 * device and opened it. With `pending` it ends a sign-in that waits. It is no guess, so no wait of a guesser stands in its way.
 */
export const finishPasskeySignIn = command({
  name: 'accounts.finishPasskeySignIn',
  route: 'POST /api/auth/passkeys/login/finish',
  summary: 'Sign in by a passkey',
  tag: 'Accounts',
  input: signInAssertionInput,
  output: sessionOutput,
  errors: ['passkey_invalid', 'pending_invalid'],
  access: anyone,
  rate: 'account',
  async prepare(context) {
    const { input, read, now } = context
    const { pending } = input
    if (pending !== undefined) {
      const { user } = await findPending(read, now, pending)
      return await checkPasskey(context, input, { purpose: { for: 'secondFactor', pending }, user })
    }
    // Who signs in by nothing else is named by the passkey: WebAuthn Level 3, section 7.2, step 6.
    if (!input.response.userHandle) return null
    return await checkPasskey(context, input, { purpose: { for: 'signIn' }, user: null })
  },
  async run(context) {
    const { tx, input, prepared } = context
    if (prepared === null) throw new EngineError('passkey_invalid')
    // Before it is used up: whoever takes the passkey away meanwhile ends the session with it.
    const user = await tx.lock(users, prepared.passkey.user, 'shared')
    const ways: SignInWay[] = input.pending === undefined ? [] : [(await redeemPending(context, input.pending)).way]
    if (user === null || user.disabled || !(await redeemPasskey(context, prepared))) throw new EngineError('passkey_invalid')
    return await openAccount(context, user, [...ways, 'passkey'])
  },
})
