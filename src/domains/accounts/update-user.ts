import { recently, role } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { noteAdmin } from './admins.ts'
import { users } from './collections.ts'
import { accountShut } from './events.ts'
import { checkMayChange, checkMayGive, checkRoles, getGiver } from './may-give.ts'
import { dropBegun } from './proofs.ts'
import { endSessions } from './session.ts'
import { userOutput, userView } from './shapes.ts'

/** `PATCH /api/users/{id}`: what somebody may do and which prices they have, by an admin. It holds from their next request on; who is disabled is signed out. */
export function updateUser(roles: readonly string[]): Operation {
  return command({
    name: 'accounts.updateUser',
    route: 'PATCH /api/users/:id',
    summary: 'Give or take roles, put in a customer group, or shut an account',
    tag: 'Accounts',
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        roles: Type.Optional(
          Type.Array(Type.String({ pattern: '^[a-z][a-zA-Z0-9_-]{0,39}$' }), {
            maxItems: limits.rolesMax,
            uniqueItems: true,
            description: `owner may do everything, admin all but what is an owner's, staff runs the shop; others mean what the project says: ${roles.join(', ')}.`,
          }),
        ),
        disabled: Type.Optional(
          Type.Boolean({
            description: 'Cannot sign in, and is signed out at once. `false` opens it again, and keeps one that waits to be erased.',
          }),
        ),
        customerGroup: Type.Optional(
          Type.Unsafe<string | null>({
            type: ['string', 'null'],
            maxLength: limits.codeCharactersMax,
            description: 'One of `shop.customerGroups` of the config, or null for none.',
          }),
        ),
      },
      { additionalProperties: false },
    ),
    output: Type.Object({
      ...userOutput.properties,
      disabled: Type.Boolean(),
      customerGroup: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    }),
    errors: ['not_found', 'precondition_failed', 'last_admin', 'last_owner', 'address_not_proven', 'account_erased'],
    access: recently(role('admin')),
    async run(context) {
      const { tx, actor, model, project, request } = context
      const { id, ...set } = context.input
      const before = await tx.get(users, id)
      if (before === null) throw new EngineError('not_found')
      const giver = await getGiver(tx, actor.id)
      checkMayChange(giver.roles, before)
      const { roles: wanted = before.roles } = set
      checkRoles(wanted, before.roles, roles)
      checkGroup(set.customerGroup, project.shop?.customerGroups ?? [])
      const given = wanted.filter((name) => !before.roles.includes(name))
      await checkMayGive(tx, giver.roles, given)
      if (given.length > 0 && !before.emailVerified) throw new EngineError('address_not_proven')
      const collection = model.get(users)
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, before)
      const after = Object.keys(set).length === 0 ? before : await tx.update(users, before, { set })
      await noteAdmin(context, before, after)
      if (after.disabled) await endSessions(tx, eq('user', id))
      // Nor does it go on with what was begun, where it is opened again.
      if (after.disabled) await dropBegun(tx, id)
      const { disabled, customerGroup } = after
      const events =
        set.disabled === undefined ? [] : [accountShut({ user: after, language: languageOf(request.headers['accept-language']) })]
      return { output: { ...userView(after), disabled, customerGroup }, headers: { etag: etagOf(collection, actor, after) }, events }
    },
  })
}

/** @throws validation_failed */
function checkGroup(wanted: string | null | undefined, known: readonly string[]): void {
  if (wanted === undefined || wanted === null || known.includes(wanted)) return
  const message = known.length === 0 ? 'must be null: the project declares no groups' : `must be one of ${known.join(', ')}, or null`
  throw invalid('/customerGroup', 'enum', message)
}
