// The caller's own account and sessions.
import { Type } from 'typebox'
import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import { command, query } from '../../operation/define.ts'
import { sessions, users } from './collections.ts'
import { endSessions } from './session.ts'
import { nameInput, userOutput, userView } from './shapes.ts'

const nothing = Type.Object({}, { additionalProperties: false })

export const getMe = query({
  name: 'accounts.me',
  route: 'GET /api/auth/me',
  summary: 'The account that asks',
  tag: 'Accounts',
  input: nothing,
  output: userOutput,
  access: signedIn,
  async run({ read, actor }) {
    const user = await read.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    return { output: userView(user) }
  },
})

export const updateMe = command({
  name: 'accounts.updateMe',
  route: 'PATCH /api/auth/me',
  summary: 'Change the own account',
  tag: 'Accounts',
  input: Type.Object({ name: nameInput }, { additionalProperties: false }),
  output: userOutput,
  access: signedIn,
  async run({ tx, input, actor }) {
    const user = await tx.get(users, actor.id!)
    if (user === null) throw new EngineError('unauthenticated')
    if (input.name === undefined) return { output: userView(user) }
    return { output: userView(await tx.update(users, user, { set: { name: input.name } })) }
  },
})

export const listSessions = query({
  name: 'accounts.listSessions',
  route: 'GET /api/auth/sessions',
  summary: 'Where the account is signed in',
  tag: 'Accounts',
  input: nothing,
  output: Type.Object({
    items: Type.Array(
      Type.Object({
        id: Type.String(),
        origin: Type.String(),
        userAgent: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
        isCurrent: Type.Boolean(),
        createdAt: Type.String({ format: 'date-time' }),
        expiresAt: Type.String({ format: 'date-time' }),
      }),
    ),
  }),
  access: signedIn,
  async run({ read, actor, now }) {
    const where = and(eq('user', actor.id!), compare('expiresAt', 'gt', now))
    // Beyond the limit: the oldest sessions are not shown; they end with the others.
    const found = await read.find(sessions, { where, sort: [{ path: 'createdAt', descending: true }], limit: limits.pageSizeMax })
    const items = found.map(({ id, origin, userAgent, createdAt, expiresAt }) => ({
      id,
      origin,
      userAgent,
      isCurrent: id === actor.session,
      createdAt: toIso(createdAt),
      expiresAt: toIso(expiresAt),
    }))
    return { output: { items } }
  },
})

/** Ends every session of the account but the one that asks. */
export const revokeSessions = command({
  name: 'accounts.revokeSessions',
  route: 'DELETE /api/auth/sessions',
  summary: 'Sign out everywhere else',
  tag: 'Accounts',
  status: 204,
  input: nothing,
  output: Type.Null(),
  access: signedIn,
  async run({ tx, actor }) {
    await endSessions(tx, and(eq('user', actor.id!), { op: 'ne', path: 'id', value: actor.session ?? '' }))
    return { output: null, status: 204 }
  },
})

export const revokeSession = command({
  name: 'accounts.revokeSession',
  route: 'DELETE /api/auth/sessions/:id',
  summary: 'End one session',
  tag: 'Accounts',
  status: 204,
  input: Type.Object({ id: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
  output: Type.Null(),
  errors: ['not_found'],
  access: signedIn,
  async run({ tx, input, actor }) {
    const removed = await endSessions(tx, and(eq('id', input.id), eq('user', actor.id!)))
    if (removed === 0) throw new EngineError('not_found')
    return { output: null, status: 204 }
  },
})
