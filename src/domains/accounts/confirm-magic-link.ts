import { anyone } from '../../access/rule.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { redeemToken } from './proofs.ts'
import { signInOutput, tokenInput } from './shapes.ts'
import { proveByMail, signIn } from './sign-in.ts'

/** `POST /api/auth/magic/confirm`: signs in by the token of a mail. */
export const confirmMagicLink = command({
  name: 'accounts.confirmMagicLink',
  route: 'POST /api/auth/magic/confirm',
  summary: 'Sign in by the link of a mail',
  tag: 'Accounts',
  input: Type.Object({ token: tokenInput }, { additionalProperties: false }),
  output: signInOutput,
  errors: ['link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    return await signIn(context, await proveByMail(context, await redeemToken(context, 'magic', context.input.token)), 'magic')
  },
})
