import { signedIn } from '../../access/rule.ts'
import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { creditGrants, storeCredits } from './collections.ts'
import { moneyOutput } from './gift-card-view.ts'

/** `GET /api/auth/me/credit`: what is left of it, and what was given lately. */
export const getMyCredit = query({
  name: 'credit.mine',
  route: 'GET /api/auth/me/credit',
  summary: 'Your store credit',
  tag: 'Store credit',
  input: Type.Object({}, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(Type.Object({ balance: moneyOutput }), { description: 'One for each currency.' }),
    grants: Type.Array(
      Type.Object({
        amount: moneyOutput,
        reason: Type.String(),
        order: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
        createdAt: Type.String({ format: 'date-time' }),
      }),
      { description: 'The latest first. All of them: `GET /api/creditGrants`.' },
    ),
  }),
  access: signedIn,
  async run({ read, actor }) {
    const own = eq('customer', actor.id!)
    const credits = await findAll(read, storeCredits, own)
    // Beyond the limit: the collection has them all.
    const grants = await read.find(creditGrants, {
      where: own,
      sort: [{ path: 'createdAt', descending: true }],
      limit: limits.creditGrantsShown,
    })
    return {
      output: {
        items: credits.map(({ balance }) => ({ balance })),
        grants: grants.map(({ amount, reason, order, createdAt }) => ({ amount, reason, order, createdAt: toIso(createdAt) })),
      },
    }
  },
})
