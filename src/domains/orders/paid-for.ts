// What was agreed for each line of an order, to the cent: by weights that were frozen when it was placed, so that canceling or
// returning one line moves nothing to another.
import { allocateMoney, type Money, money, shareOfMoney } from '../../base/money.ts'
import type { Order } from './collections.ts'
import { type SoldPart, soldParts } from './place-order.ts'

export type PaidFor = {
  /** By line. */
  readonly lines: ReadonlyMap<string, Money>
  readonly shipping: Money
}

/** The parts sum to the total, whatever tax is added to them. */
export function paidFor(order: Order): PaidFor {
  const parts = soldParts(order)
  if (parts !== null) {
    const { currency } = order.total
    const of = (own: readonly SoldPart[]) =>
      money(
        own.reduce((sum, { net, tax }) => sum + net + tax, 0),
        currency,
      )
    const lines = order.lines.map(({ id }) => [id, of(parts.filter(({ line }) => line === id))] as const)
    return { lines: new Map(lines), shipping: of(parts.filter(({ line }) => line === null)) }
  }
  const weights = [...order.lines.map(({ total }) => total.amount), order.totals.shipping.amount]
  const shares = allocateMoney(order.total, weights)
  return { lines: new Map(order.lines.map(({ id }, index) => [id, shares[index]!])), shipping: shares.at(-1)! }
}

/** What the units from the `before`-th on come to, so that the cents of any parts of a line sum to what was paid for it. */
export function shareOfUnits(paid: Money, { before, units, of }: { readonly before: number; readonly units: number; readonly of: number }) {
  return shareOfMoney(paid, before + units, of).amount - shareOfMoney(paid, before, of).amount
}
