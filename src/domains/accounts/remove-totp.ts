import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountFactorChanged } from './events.ts'
import { removeTotpFactor } from './second-factor.ts'

/** `DELETE /api/auth/totp`: the app is asked for no more, and neither are the recovery codes where no passkey is left. */
export const removeTotp = command({
  name: 'accounts.removeTotp',
  route: 'DELETE /api/auth/totp',
  summary: 'Do without an authenticator app',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: recently(signedIn),
  rate: 'account',
  async run({ tx, actor, request }) {
    // With a passkey that goes at the same time: neither must see the other as what is left.
    const user = await tx.lock(users, actor.id!, 'exclusive')
    if (user === null) throw new EngineError('unauthenticated')
    if (!(await removeTotpFactor(tx, user.id))) throw new EngineError('not_found')
    const language = languageOf(request.headers['accept-language'])
    return { output: null, status: 204, events: [accountFactorChanged({ user, change: 'removed', language })] }
  },
})
