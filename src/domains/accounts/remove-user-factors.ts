import { recently, role } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { users } from './collections.ts'
import { accountFactorChanged } from './events.ts'
import { checkMayChange, getGiver } from './may-give.ts'
import { removeFactors } from './second-factor.ts'

/** `DELETE /api/users/{id}/factors`: by an admin, for somebody who lost their telephone and their recovery codes. Its owner is told by mail. */
export const removeUserFactors = command({
  name: 'accounts.removeUserFactors',
  route: 'DELETE /api/users/:id/factors',
  summary: 'Take the second factor from an account',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: recently(role('admin')),
  async run({ tx, input, actor, request }) {
    const user = await tx.get(users, input.id)
    if (user !== null) checkMayChange((await getGiver(tx, actor.id)).roles, user)
    if (user === null || !(await removeFactors(tx, user.id))) throw new EngineError('not_found')
    const language = languageOf(request.headers['accept-language'])
    return { output: null, status: 204, events: [accountFactorChanged({ user, change: 'removed', language })] }
  },
})
