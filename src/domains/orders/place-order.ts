// Placing: the one step that makes a covered order a sale. Stock, ledger and what follows are written
// with the state or not at all; compare-and-set on the state makes it happen once.
import { type Money, money, negateMoney } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import type { Work } from '../../operation/work.ts'
import { revenueOf } from '../carts/totals.ts'
import { keepUses } from '../discounts/use-discounts.ts'
import { accounts } from '../ledger/collections.ts'
import { type Leg, postTransfer, type SalesPart } from '../ledger/post-transfer.ts'
import { commitStock } from '../stock/reserve-stock.ts'
import { type Order, orders } from './collections.ts'
import { dueDigital } from './digital-due.ts'
import { orderPlaced } from './events.ts'

/** O4 of the state table: pending_payment or a revived expired order becomes placed. */
export async function placeOrder(
  context: Work,
  order: Order,
  paymentStatus: Order['paymentStatus'],
  holds: readonly string[] = order.holds,
): Promise<DomainEvent[]> {
  const { tx, now } = context
  const placed = await tx.update(orders, order, {
    set: { status: 'placed', paymentStatus, placedAt: now, expiresAt: null, closedAt: null, holds },
  })
  await commitStock(context, order.id)
  if (order.discounts !== null) await keepUses(context, order.id)
  await postTransfer(context, { kind: 'order.recognized', order: order.id, legs: recognition(placed), sales: salesOf(placed) })
  const hasDigital = placed.lines.some(({ isDigital }) => isDigital)
  return [orderPlaced({ order: placed }), ...(hasDigital ? dueDigital(placed) : [])]
}

/** Of an order that keeps its taxes: a line by its id, or the shipping that goes with the goods of one rate. */
export type SoldPart = { readonly line: string | null; readonly net: number; readonly tax: number; readonly ratePpm: number }

/** Null of an order from before that. The parts sum to its total. */
export function soldParts({ lines, shipping, taxes, taxIncluded }: Order): SoldPart[] | null {
  if (taxes === null) return null
  const part = (line: string | null, ratePpm: number, of: { readonly total: Money; readonly tax?: Money }): SoldPart => {
    const tax = of.tax?.amount ?? 0
    return { line, ratePpm, net: of.total.amount - (taxIncluded ? tax : 0), tax }
  }
  return [
    ...lines.map((line) => part(line.id, line.taxRatePpm ?? 0, line)),
    ...(shipping?.parts ?? []).map((one) => part(null, one.ratePpm, one)),
  ]
}

/** The accounts of a part, with what of it each has. */
export function accountsOf(
  { addresses }: Order,
  { line, ratePpm, net, tax }: SoldPart,
): readonly (readonly [account: string, amount: number])[] {
  const at = { country: addresses.shipping.country, ratePpm }
  return [
    [line === null ? accounts.shipping(at) : accounts.sales(at), net],
    [accounts.tax(at), tax],
  ]
}

/** The sale: the customer's deposit becomes income and tax. Reversed when a placed order is canceled. */
export function recognition(order: Order): Leg[] {
  const { currency } = order.total
  const sums = new Map<string, number>()
  for (const part of soldParts(order) ?? [])
    for (const [account, amount] of accountsOf(order, part)) sums.set(account, (sums.get(account) ?? 0) + amount)
  const income = [...sums].map(([account, amount]): Leg => ({ account, amount: negateMoney(money(amount, currency)) }))
  return [{ account: accounts.deposit(order.id), amount: order.totals.total }, ...(order.taxes === null ? oldIncome(order) : income)]
}

/** What an order was sold as, part by part: for the figures. None of one from before orders kept their taxes. */
export function salesOf(order: Order): SalesPart[] {
  const { lines, shipping, addresses, channel, total } = order
  const lineOf = new Map(lines.map((line) => [line.id, line]))
  const shared = { currency: total.currency, country: addresses.shipping.country, channel: channel ?? ownChannel }
  const sold = soldParts(order) ?? []
  // What nobody pays for is no part of the sale; its discount is one of the order all the same.
  const isFree = shipping?.discount !== undefined && !sold.some(({ line }) => line === null)
  const parts = isFree ? [...sold, { line: null, net: 0, tax: 0, ratePpm: sold[0]?.ratePpm ?? 0 }] : sold
  const firstShipping = parts.findIndex(({ line }) => line === null)
  return parts.map(({ line: id, net, tax, ratePpm }, index) => {
    const line = id === null ? undefined : lineOf.get(id)
    const off = index === firstShipping ? shipping!.discount : line?.discount
    const goods = { line: id, product: line?.product || null, quantity: line?.quantity ?? 0 }
    return { ...goods, orders: index === 0 ? 1 : 0, net, tax, discount: off?.amount ?? 0, ratePpm, ...shared }
  })
}

/** What figures call orders that say nothing else. */
export const ownChannel = 'shop'

/** Of an order that keeps no taxes of its own: one rate applied to all of it. */
function oldIncome({ totals }: Order): Leg[] {
  const { sales, shipping } = revenueOf(totals)
  return [
    { account: accounts.sales(), amount: negateMoney(sales) },
    { account: accounts.shipping(), amount: negateMoney(shipping) },
    { account: accounts.tax(), amount: negateMoney(totals.tax) },
  ]
}
