// What is given back of the lines of an order: units, and money, by refunds or because it was never charged. Refunds that another
// took the place of do not count. Invariant: what names no units (an amount, or whatever a dashboard gave back) is spread over what the
// order was sold for once, when it is first known, so that no line is given back for more than was paid for it, and none that is added later bears it.
import { allocateMoney, money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Refund, refunds } from '../payments/collections.ts'
import { chargedTotal, type Order } from './collections.ts'
import { paidFor, shareOfUnits } from './paid-for.ts'

const counted: readonly Refund['status'][] = ['wanted', 'pending', 'succeeded', 'failed', 'settled']

export type GivenBack = { readonly units: number; readonly amount: number }
/** By line; null is shipping. */
export type GivenBackBy = ReadonlyMap<string | null, GivenBack>
const nothing: GivenBack = { units: 0, amount: 0 }

export async function givenBack(read: Pick<Reader, 'find'>, order: Pick<Order, 'id' | 'uncharged' | 'allowances'>): Promise<GivenBackBy> {
  return byLine(await findAll(read, refunds, and(eq('order', order.id), oneOf('status', [...counted]))), order)
}

/** Of all refunds of one order. */
export function byLine(
  of: readonly Pick<Refund, 'status' | 'lines'>[],
  { uncharged, allowances }: Pick<Order, 'uncharged' | 'allowances'>,
): GivenBackBy {
  const sums = new Map<string | null, GivenBack>()
  const refunded = of.flatMap(({ status, lines }) => (counted.includes(status) ? (lines ?? []) : []))
  const spread = (allowances ?? []).map(({ line, amount }) => ({ line, quantity: 0, amount }))
  for (const { line, quantity, amount } of [...refunded, ...(uncharged ?? []), ...spread]) {
    const before = sums.get(line) ?? nothing
    sums.set(line, { units: before.units + quantity, amount: before.amount + amount.amount })
  }
  return sums
}

/** What units of a line would be given back for. `full`: if nothing had been given back but units. */
export type Worth = { readonly full: number; readonly left: number }

/** Of the units after those that were given back. */
export function worthOfUnits(order: Order, back: GivenBackBy): (line: string, units: number) => Worth {
  const paid = paidFor(order).lines
  return (id, units) => {
    if (units === 0) return { full: 0, left: 0 }
    const whole = paid.get(id)!
    const of = order.lines.find((line) => line.id === id)!.quantity
    const { units: before, amount } = back.get(id) ?? nothing
    const share = shareOfUnits(whole, { before, units, of })
    const spread = (order.allowances ?? []).filter(({ line, before: earlier }) => line === id && earlier < of)
    const less = spread.reduce((sum, { amount: part, before: earlier }) => {
      const sharing = of - earlier
      const at = Math.max(0, before - earlier)
      return sum + shareOfUnits(part, { before: at, units: Math.min(units, sharing - at), of: sharing })
    }, 0)
    const most = Math.max(0, whole.amount - amount)
    return { full: Math.min(share, most), left: Math.min(Math.max(0, share - less), most) }
  }
}

/**
 * `returned`: what of the sale was given back in all, or is never charged; `captured`: what was taken for it. What no line has of it yet is
 * spread in proportion to what is left of each, shipping too; while something is not taken yet, over what was sent first, since that was paid for.
 * What was spread and is given back no longer is taken off again. The same where nothing has changed.
 */
export function allowancesAfter(
  order: Order,
  { returned, captured, back }: { readonly returned: number; readonly captured: number; readonly back: GivenBackBy },
): Order['allowances'] {
  const { allowances, total } = order
  const before = allowances ?? []
  const spread = before.reduce((sum, { amount }) => sum + amount.amount, 0)
  const named = [...back.values()].reduce((sum, { amount }) => sum + amount, 0) - spread
  const rest = Math.max(0, returned - named)
  if (rest === spread) return allowances
  const split = (amount: number, weights: readonly number[]) => allocateMoney(money(amount, total.currency), weights)
  if (rest < spread) {
    const parts =
      rest === 0
        ? []
        : split(
            rest,
            before.map(({ amount }) => amount.amount),
          )
    const kept = parts.map((amount, index) => ({ ...before[index]!, amount })).filter(({ amount }) => amount.amount > 0)
    return kept.length === 0 ? null : kept
  }
  const places = placesOf(order, back)
  const sent = captured < chargedTotal(order) ? places.map((place) => place.sent) : places.map(() => 0)
  const sum = (of: readonly number[]) => of.reduce((all, one) => all + one, 0)
  const more = Math.min(rest - spread, sum(places.map(({ left }) => left)))
  const first = Math.min(more, sum(sent))
  const [ofSent, others] = [
    split(first, sent),
    split(
      more - first,
      places.map(({ left }, index) => left - sent[index]!),
    ),
  ]
  const after = new Map(before.map((one) => [`${one.before} ${one.line}`, one]))
  for (const [index, { line, units }] of places.entries()) {
    const amount = ofSent[index]!.amount + others[index]!.amount
    const key = `${units} ${line}`
    const own = after.get(key)?.amount.amount ?? 0
    if (amount > 0) after.set(key, { line, amount: money(own + amount, total.currency), before: units })
  }
  return after.size === 0 ? null : [...after.values()]
}

/** What an order was sold for, by line, and shipping. `left` of it; `sent`: of that, what was sent. */
function placesOf(order: Order, back: GivenBackBy) {
  const { lines, shipping } = paidFor(order)
  const isSent = order.lines.some(({ shipped = 0 }) => shipped > 0)
  const place = (line: string | null, paid: number, sent: number) => {
    const { units, amount } = back.get(line) ?? nothing
    return { line, units, left: Math.max(0, paid - amount), sent: Math.max(0, sent - amount) }
  }
  return [
    ...order.lines.map(({ id, quantity, shipped = 0 }) => {
      const paid = lines.get(id)!
      return place(id, paid.amount, shareOfUnits(paid, { before: 0, units: shipped, of: quantity }))
    }),
    place(null, shipping.amount, isSent ? shipping.amount : 0),
  ]
}
