import { recently, signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountFactorChanged } from './events.ts'
import { passkeys } from './passkeys.ts'
import { removePasskeyFactor } from './second-factor.ts'

/** `DELETE /api/auth/passkeys/{id}`: it opens nothing any more. Its owner is told by mail. */
export const removePasskey = command({
  name: 'accounts.removePasskey',
  route: 'DELETE /api/auth/passkeys/:id',
  summary: 'Remove a passkey',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: recently(signedIn),
  rate: 'account',
  async run({ tx, input, actor, request }) {
    // Two at once must not both see the other as what is left.
    const user = await tx.lock(users, actor.id!, 'exclusive')
    const passkey = await tx.get(passkeys, input.id)
    if (user === null || passkey === null || passkey.user !== user.id) throw new EngineError('not_found')
    await removePasskeyFactor(tx, passkey)
    const language = languageOf(request.headers['accept-language'])
    return { output: null, status: 204, events: [accountFactorChanged({ user, change: 'passkey_removed', language })] }
  },
})
