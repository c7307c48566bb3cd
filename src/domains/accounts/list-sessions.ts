import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { sessions } from './collections.ts'

export const listSessions = query({
  name: 'accounts.listSessions',
  route: 'GET /api/auth/sessions',
  summary: 'Where the account is signed in',
  tag: 'Accounts',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          origin: Type.String(),
          userAgent: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
          isCurrent: Type.Boolean(),
          createdAt: Type.String({ format: 'date-time' }),
          expiresAt: Type.String({ format: 'date-time' }),
        },
        { title: 'Session' },
      ),
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
