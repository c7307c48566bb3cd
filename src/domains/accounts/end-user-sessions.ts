import { role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { checkMayChange, getGiver } from './may-give.ts'
import { dropBegun } from './proofs.ts'
import { endSessions } from './session.ts'

/** `DELETE /api/users/{id}/sessions`: an account is signed out everywhere, by an admin: a telephone was lost, or somebody has left. */
export const endUserSessions = command({
  name: 'accounts.endUserSessions',
  route: 'DELETE /api/users/:id/sessions',
  summary: 'Sign an account out everywhere',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: role('admin'),
  async run({ tx, input, actor }) {
    const user = await tx.get(users, input.id)
    if (user === null) throw new EngineError('not_found')
    checkMayChange((await getGiver(tx, actor.id)).roles, user)
    await endSessions(tx, eq('user', user.id))
    await dropBegun(tx, user.id)
    return { output: null, status: 204 }
  },
})
