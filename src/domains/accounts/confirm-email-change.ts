import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountEmailChanged } from './events.ts'
import { moveTo } from './move-account.ts'
import { dropProofs, issueProof, redeemToken } from './proofs.ts'
import { tokenInput } from './shapes.ts'

/**
 * `POST /api/auth/email/confirm`: the account moves to the address that the mail reached. The one before is told, with a way back.
 * Asked for by a session of that account: whoever opens the link of a mail that they did not ask for binds no stranger's account to
 * their address.
 */
export const confirmEmailChange = command({
  name: 'accounts.confirmEmailChange',
  route: 'POST /api/auth/email/confirm',
  summary: 'Confirm the new address',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ token: tokenInput }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['link_invalid', 'email_taken'],
  access: signedIn,
  rate: 'account',
  hasSecretInput: true,
  async run(context) {
    const { tx, input, actor, request } = context
    const proof = await redeemToken(context, 'changeEmail', input.token)
    const before = await tx.get(users, proof.user)
    if (before === null || before.disabled || before.id !== actor.id) throw new EngineError('link_invalid')
    const user = await moveTo(context, before, proof.email)
    // Links to the old address no longer prove anything.
    await dropProofs(tx, user.id)
    // Nobody showed that the old one is theirs: it may be a stranger's, who must not get the account.
    const undoSecret = before.emailVerified ? await issueProof(context, { purpose: 'undoEmail', user, email: before.email }) : null
    const language = languageOf(request.headers['accept-language'])
    return { output: null, status: 204, events: [accountEmailChanged({ user, before: before.email, undoSecret, language })] }
  },
})
