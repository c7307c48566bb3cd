import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { endKeys } from './api-keys.ts'

/** `DELETE /api/auth/keys/{id}`: it ends at once, and so do streams that were opened with it. Taking away asks for no fresh proof. */
export const revokeKey = command({
  name: 'accounts.revokeKey',
  route: 'DELETE /api/auth/keys/:id',
  summary: 'End an API key',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: signedIn,
  async run({ tx, input, actor }) {
    if ((await endKeys(tx, and(eq('id', input.id), eq('user', actor.id!)))) === 0) throw new EngineError('not_found')
    return { output: null, status: 204 }
  },
})
