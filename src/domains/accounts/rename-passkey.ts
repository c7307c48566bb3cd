import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { passkeyOutput, passkeyView } from './passkey-view.ts'
import { passkeys } from './passkeys.ts'

/** `PATCH /api/auth/passkeys/{id}`: for its owner, who has to tell several apart. */
export const renamePasskey = command({
  name: 'accounts.renamePasskey',
  route: 'PATCH /api/auth/passkeys/:id',
  summary: 'Rename a passkey',
  tag: 'Accounts',
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      name: Type.String({ minLength: 1, maxLength: limits.passkeyNameCharactersMax, pattern: '\\S', examples: ['Telephone'] }),
    },
    { additionalProperties: false },
  ),
  output: passkeyOutput,
  errors: ['not_found'],
  access: signedIn,
  rate: 'account',
  async run({ tx, input, actor }) {
    const passkey = await tx.get(passkeys, input.id)
    if (passkey === null || passkey.user !== actor.id) throw new EngineError('not_found')
    return { output: passkeyView(await tx.update(passkeys, passkey, { set: { name: input.name.trim() } })) }
  },
})
