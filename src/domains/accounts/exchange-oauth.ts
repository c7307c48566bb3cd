import { createHash } from 'node:crypto'
import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { redeemExchange } from './provider-flows.ts'
import { signInOutput, tokenInput } from './shapes.ts'
import { signIn } from './sign-in.ts'

/**
 * `POST /api/auth/oauth/exchange`: a program that began to sign somebody in gets the session for the code that came to its address. Who
 * has read the code on its way has not the program's own secret.
 */
export const exchangeOAuth = command({
  name: 'accounts.exchangeOAuth',
  route: 'POST /api/auth/oauth/exchange',
  summary: 'Turn the code of a program into a session',
  tag: 'Accounts',
  input: Type.Object(
    {
      code: tokenInput,
      codeVerifier: Type.String({
        pattern: '^[\\w.~-]{43,128}$',
        examples: ['dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'],
        description: 'The secret whose hash was sent as `codeChallenge`.',
      }),
    },
    { additionalProperties: false },
  ),
  output: signInOutput,
  errors: ['code_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const { tx, input } = context
    const challenge = createHash('sha256').update(input.codeVerifier).digest('base64url')
    const user = await tx.lock(users, await redeemExchange(context, input.code, challenge), 'shared')
    if (user === null || user.disabled) throw new EngineError('code_invalid')
    return await signIn(context, user, 'provider')
  },
})
