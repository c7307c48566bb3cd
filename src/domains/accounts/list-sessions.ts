import { signedIn } from '../../access/rule.ts'
import { addressBlock } from '../../base/address-block.ts'
import { agentName } from '../../base/agent-name.ts'
import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { and, compare, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { sessions } from './collections.ts'
import { endOfSession } from './session.ts'
import { lastUse } from './uses.ts'

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
          device: Type.Unsafe<string | null>({
            type: ['string', 'null'],
            description: 'The browser or program, by its own word: `Chrome 142, Windows`.',
          }),
          origin: Type.String({ description: 'The block of addresses that it was opened from: `203.0.113.0/24`.' }),
          ways: Type.Array(Type.String(), { description: 'How its owner showed who they are: `password`, `magic`, `code` …' }),
          isCurrent: Type.Boolean({ description: 'The one that asks.' }),
          createdAt: Type.String({ format: 'date-time' }),
          usedAt: Type.String({ format: 'date-time', description: 'The last use, to within ten minutes.' }),
          expiresAt: Type.String({ format: 'date-time', description: 'When it ends if nobody uses it until then.' }),
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
    const items = found.map((session) => ({
      id: session.id,
      device: agentName(session.userAgent ?? undefined) || null,
      origin: addressBlock(session.origin),
      ways: session.ways ?? [],
      isCurrent: session.id === actor.session,
      createdAt: toIso(session.createdAt),
      usedAt: toIso(lastUse(session)),
      expiresAt: toIso(endOfSession(session)),
    }))
    return { output: { items: items.filter(({ expiresAt }) => expiresAt > toIso(now)) } }
  },
})
