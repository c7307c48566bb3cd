import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { redeemToken } from './proofs.ts'
import { tokenInput } from './shapes.ts'

/** `POST /api/auth/verify`: the address of an account is confirmed by the token of a mail to it. Signs nobody in. */
export const verifyEmail = command({
  name: 'accounts.verifyEmail',
  route: 'POST /api/auth/verify',
  summary: 'Confirm an address',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ token: tokenInput }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['link_invalid'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const { tx, input } = context
    const proof = await redeemToken(context, 'verify', input.token)
    const user = await tx.get(users, proof.user)
    if (user === null || user.email !== proof.email) throw new EngineError('link_invalid')
    await tx.update(users, user, { set: { emailVerified: true } })
    return { output: null, status: 204 }
  },
})
