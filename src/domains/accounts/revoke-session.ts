import { signedIn } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { dropBegun } from './proofs.ts'
import { endSessions } from './session.ts'

export const revokeSession = command({
  name: 'accounts.revokeSession',
  route: 'DELETE /api/auth/sessions/:id',
  summary: 'End one session',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: signedIn,
  async run({ tx, input, actor }) {
    const removed = await endSessions(tx, and(eq('id', input.id), eq('user', actor.id!)))
    if (removed === 0) throw new EngineError('not_found')
    // What it may have begun: it does not say which was its.
    await dropBegun(tx, actor.id!)
    return { output: null, status: 204 }
  },
})
