import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountTakenBack } from './events.ts'
import { moveTo } from './move-account.ts'
import { dropLaterUndos, dropProofs, redeemToken } from './proofs.ts'
import { removeFactors } from './second-factor.ts'
import { tokenInput } from './shapes.ts'
import { forgetWayIn } from './sign-in.ts'

/**
 * `POST /api/auth/email/undo`: the account goes back to the address that it was moved from. Whoever moved it knew the
 * password or had a session, so both are gone: its owner sets a new password by mail.
 */
export const undoEmailChange = command({
  name: 'accounts.undoEmailChange',
  route: 'POST /api/auth/email/undo',
  summary: 'Take the address back',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ token: tokenInput }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['link_invalid', 'email_taken'],
  access: anyone,
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const { tx, input, request } = context
    const proof = await redeemToken(context, 'undoEmail', input.token)
    const user = await tx.lock(users, proof.user, 'exclusive')
    if (user === null) throw new EngineError('link_invalid')
    const restored = await moveTo(context, user, proof.email)
    await forgetWayIn(context, user.id)
    // Whoever moved it may have added one, to keep its owner out. One of before stays: this mail is one factor.
    await removeFactors(tx, user.id, { since: proof.expiresAt - limits.undoEmailLinkMs })
    await dropProofs(tx, user.id)
    await dropLaterUndos(tx, proof)
    const language = languageOf(request.headers['accept-language'])
    return { output: null, status: 204, events: [accountTakenBack({ user: restored, language })] }
  },
})
