// What must hold of discounts: each is on its orders as often as it was counted, and no more often than it may be.
import { and, eq, isNull, not, oneOf } from '../../contract/filter.ts'
import { type Discount, discounts, discountTallies, discountUses } from '../../domains/discounts/collections.ts'
import { perCustomerMax } from '../../domains/discounts/find-discounts.ts'
import { tallyId } from '../../domains/discounts/tallies.ts'
import { type Order, orders } from '../../domains/orders/collections.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const discountInvariants: InvariantGroup = {
  needs: ['discounts', 'discountUses', 'discountTallies', 'orders'],
  invariants: {
    'discounts.counted': 'A discount counts, of all and of each customer, the orders that were placed with it or wait for their payment.',
    'discounts.within_limits': 'No discount is used more often than it may be, by all or by one customer.',
    'discounts.on_orders':
      'Each discount of an order has its use, with what it took and where the order stands, and each use is of an order.',
  },
  async check(context) {
    for await (const page of pagesOf(context, discounts)) for (const discount of page) await checkTallies(context, discount)
    for await (const page of pagesOf(context, orders, not(isNull('discounts')))) await checkOrders(context, page)
    for await (const page of pagesOf(context, discountUses)) {
      const found = await context.read.getMany(
        orders,
        page.map(({ order }) => order),
      )
      const byId = new Map(found.map((order) => [order.id, order]))
      for (const { id, order, discount } of page)
        if (!byId.get(order)?.discounts?.some((one) => one.id === discount))
          context.report('discounts.on_orders', [`discountUses/${id}`, `orders/${order}`], `the order has no discount ${discount}`)
    }
  },
}

/** Holds in memory what one discount counts. */
async function checkTallies(context: VerifyContext, discount: Discount): Promise<void> {
  const { id, usesMax } = discount
  const counts = new Map<string, number>()
  const live = and(eq('discount', id), oneOf('state', ['held', 'used']))
  for await (const page of pagesOf(context, discountUses, live))
    for (const tally of page.flatMap(({ tallies }) => tallies)) counts.set(tally, (counts.get(tally) ?? 0) + 1)
  for await (const page of pagesOf(context, discountTallies, eq('discount', id)))
    for (const tally of page) {
      const rows = [`discounts/${id}`, `discountTallies/${tally.id}`]
      const counted = counts.get(tally.id) ?? 0
      if (counted !== tally.uses) context.report('discounts.counted', rows, `${tally.uses} are counted, and there are ${counted}`)
      const max = tally.id === tallyId(id) ? usesMax : perCustomerMax(discount)
      if (max !== null && tally.uses > max) context.report('discounts.within_limits', rows, `${tally.uses} of ${max} are used`)
      counts.delete(tally.id)
    }
  for (const [tally, count] of counts)
    context.report('discounts.counted', [`discounts/${id}`, `discountTallies/${tally}`], `nothing is counted, and there are ${count}`)
}

async function checkOrders(context: VerifyContext, page: readonly Order[]): Promise<void> {
  const ids = page.map(({ id }) => id)
  const uses = Map.groupBy(await allOf(context, discountUses, oneOf('order', ids)), ({ order }) => order)
  for (const order of page) {
    const wanted = (order.discounts ?? []).map(({ id, amount }) => `${id} ${amount.amount} ${amount.currency} ${stateOf(order)}`)
    const found = (uses.get(order.id) ?? []).map(
      ({ discount, amount, state }) => `${discount} ${amount.amount} ${amount.currency} ${state}`,
    )
    if (wanted.toSorted().join() !== found.toSorted().join())
      context.report('discounts.on_orders', [`orders/${order.id}`], `its discounts are ${wanted.join(', ')}; uses are ${found.join(', ')}`)
  }
}

function stateOf({ status, placedAt }: Order): string {
  if (placedAt !== null) return 'used'
  return status === 'pending_payment' || status === 'draft' ? 'held' : 'released'
}
