import { anyone } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { issueChallenge, passkeysOf } from './passkeys.ts'
import { findPending } from './proofs.ts'
import { tokenInput } from './shapes.ts'
import { requestOptions, requestOptionsOutput } from './webauthn.ts'

/**
 * `POST /api/auth/passkeys/login/start`: nobody says who they are: the browser shows what there is. With the token of a sign-in that
 * waits for a second factor, it asks for a passkey of that account.
 */
export const startPasskeySignIn = command({
  name: 'accounts.startPasskeySignIn',
  route: 'POST /api/auth/passkeys/login/start',
  summary: 'Begin to sign in by a passkey',
  tag: 'Accounts',
  input: Type.Object({ pending: Type.Optional(tokenInput) }, { additionalProperties: false }),
  output: requestOptionsOutput,
  errors: ['pending_invalid'],
  access: anyone,
  async run(context) {
    const { tx, now, project, input } = context
    const { pending } = input
    const waiting = pending === undefined ? null : await findPending(tx, now, pending)
    const challenge = await issueChallenge(context, pending === undefined ? { for: 'signIn' } : { for: 'secondFactor', pending })
    return { output: requestOptions(project, { challenge, known: waiting === null ? [] : await passkeysOf(tx, waiting.user) }) }
  },
})
