import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountFactorChanged } from './events.ts'
import { removeFactors } from './second-factor.ts'

/** `DELETE /api/auth/totp`: the app and the recovery codes are asked for no more. */
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
    const user = await tx.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    if (!(await removeFactors(tx, user.id))) throw new EngineError('not_found')
    const language = languageOf(request.headers['accept-language'])
    return { output: null, status: 204, events: [accountFactorChanged({ user, change: 'removed', language })] }
  },
})
