// Old carts: one that nobody has touched for long is given up, and deleted later. Invariant: nothing that an order came
// of is forgotten, and a cart that its holder comes back to in this moment is theirs.
import { limits } from '../../base/limits.ts'
import { and, compare, eq, oneOf } from '../../contract/filter.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { type Cart, carts } from './collections.ts'

export const forgetCarts: Schedule = {
  name: 'carts.forget',
  everyMs: 10 * 60_000,
  async run({ tx, now }) {
    const isIdle = compare('updatedAt', 'lt', now - limits.cartIdleMs)
    const idle = await oldest(tx, 'open', now - limits.cartIdleMs)
    await Promise.all(idle.map(({ id }) => tx.touch(carts, id, { set: { status: 'abandoned' } }, and(eq('status', 'open'), isIdle))))
    const old = await oldest(tx, 'abandoned', now - limits.cartKeepMs)
    if (old.length === 0) return
    const ids = old.map(({ id }) => id)
    await tx.deleteWhere(carts, and(oneOf('id', ids), eq('status', 'abandoned'), compare('updatedAt', 'lt', now - limits.cartKeepMs)))
  },
}

/** Made and last touched before; the index of status and birth finds them. */
async function oldest(tx: Work['tx'], status: Cart['status'], before: number): Promise<Cart[]> {
  const where = and(eq('status', status), compare('createdAt', 'lt', before), compare('updatedAt', 'lt', before))
  // Beyond the limit: the next tick.
  return await tx.find(carts, { where, sort: [{ path: 'createdAt', descending: false }], limit: limits.cartsForgottenMax })
}
