import { recently, role } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { nearest } from '../../base/nearest.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { noteAdmin } from './admins.ts'
import { users } from './collections.ts'
import { endSessions } from './session.ts'
import { userOutput, userView } from './shapes.ts'

/** `PATCH /api/users/{id}`: what somebody may do, by an admin. It holds from their next request on; who is disabled is signed out. */
export function updateUser(roles: readonly string[]): Operation {
  return command({
    name: 'accounts.updateUser',
    route: 'PATCH /api/users/:id',
    summary: 'Give or take roles, or shut an account',
    tag: 'Accounts',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        roles: Type.Optional(
          Type.Array(Type.String({ pattern: '^[a-z][a-zA-Z0-9_-]{0,39}$' }), {
            maxItems: limits.rolesMax,
            uniqueItems: true,
            description: `admin may do everything, staff runs the shop; others mean what the rules of the project say: ${roles.join(', ')}.`,
          }),
        ),
        disabled: Type.Optional(Type.Boolean({ description: 'Cannot sign in, and is signed out at once.' })),
      },
      { additionalProperties: false },
    ),
    output: Type.Object({ ...userOutput.properties, disabled: Type.Boolean() }),
    errors: ['not_found', 'precondition_failed', 'last_admin'],
    access: recently(role('admin')),
    async run(context) {
      const { tx, actor, model, request } = context
      const { id, ...set } = context.input
      const before = await tx.get(users, id)
      if (before === null) throw new EngineError('not_found')
      checkRoles(set.roles, before.roles, roles)
      const collection = model.get(users)
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, before)
      const after = Object.keys(set).length === 0 ? before : await tx.update(users, before, { set })
      await noteAdmin(context, before, after)
      if (after.disabled) await endSessions(tx, eq('user', id))
      const { disabled } = after
      return { output: { ...userView(after), disabled }, headers: { etag: etagOf(collection, actor, after) } }
    },
  })
}

/** One that the account has stays, also when no rule asks for it any more. */
function checkRoles(given: readonly string[] = [], had: readonly string[], known: readonly string[]): void {
  const index = given.findIndex((name) => !known.includes(name) && !had.includes(name))
  if (index < 0) return
  const name = given[index]!
  throw invalid(`/roles/${index}`, 'enum', `"${name}" is no role here${nearest(name, known)}; there are ${known.join(', ')}`)
}
