import { anyone, recently, role } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { sessions, users } from './collections.ts'
import { accountImpersonated } from './events.ts'
import { actingCookie, endActing, impersonations, impersonationToken, mayActAs, mayImpersonate } from './impersonations.ts'
import { userOutput, userView } from './shapes.ts'

/** `POST /api/users/{id}/impersonate`: the caller sees what this customer sees, and with `write` does what they can do. */
export const impersonate = command({
  name: 'accounts.impersonate',
  route: 'POST /api/users/:id/impersonate',
  summary: 'Act as a customer',
  tag: 'Accounts',
  status: 201,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      write: Type.Optional(Type.Boolean({ description: 'Also change things in their name. They are told by mail.' })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    {
      id: Type.String({ description: 'Of the impersonation, as the audit trail has it.' }),
      token: Type.String({ description: 'Send it as `Authorization: Bearer …`; browsers get it as a cookie beside that of the session.' }),
      user: userOutput,
      mayWrite: Type.Boolean(),
      expiresAt: Type.String({ format: 'date-time' }),
    },
    { title: 'Impersonation' },
  ),
  errors: ['not_found', 'impersonation_refused'],
  access: recently(role('admin')),
  isForRoles: true,
  rate: 'account',
  async run({ tx, now, newId, newSecret, input, actor, project, request }) {
    // As they are in this transaction, whatever they were when the request came.
    const by = await tx.lock(users, actor.id!, 'shared')
    const session = actor.session === null ? null : await tx.get(sessions, actor.session)
    if (by === null || session === null) throw new EngineError('unauthenticated')
    if (!mayImpersonate(by, project)) throw new EngineError('forbidden')
    const user = await tx.get(users, input.id)
    if (user === null) throw new EngineError('not_found')
    if (!mayActAs(by, user, project)) throw new EngineError('impersonation_refused')
    const token = newSecret(impersonationToken)
    const { id, mayWrite, expiresAt } = await tx.insert(impersonations, {
      id: newId('imp'),
      user: user.id,
      by: by.id,
      mayWrite: input.write ?? false,
      session: session.id,
      tokenHash: hashSecret(token),
      expiresAt: now + limits.impersonationMs,
      endedAt: null,
    })
    return {
      output: { id, token, user: userView(user), mayWrite, expiresAt: toIso(expiresAt) },
      status: 201,
      headers: { 'set-cookie': actingCookie(project, token) },
      events: mayWrite ? [accountImpersonated({ user, language: languageOf(request.headers['accept-language']) })] : [],
    }
  },
})

/** `POST /api/auth/impersonation/end`: the caller is who they are again. Saying it twice is no error. */
export const endImpersonation = command({
  name: 'accounts.endImpersonation',
  route: 'POST /api/auth/impersonation/end',
  summary: 'Act as a customer no more',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Null(),
  access: anyone,
  async run({ tx, now, actor, project }) {
    if (actor.impersonator && actor.session !== null) await endActing(tx, actor.session, now)
    return { output: null, status: 204, headers: { 'set-cookie': actingCookie(project, '') } }
  },
})
