// What is given back of the lines of an order: units, and money, by refunds or because it was never charged. Refunds that another
// took the place of do not count. Invariant: what names no units (an amount, or whatever a dashboard gave back) is spread over what the
// order was sold for once, when it is first known, so that no line is given back for more than was paid for it, and none that is added later bears it.
import { allocateMoney, money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Refund, refunds } from '../payments/collections.ts'
import { type Allowance, chargedTotal, type Order } from './collections.ts'
import { paidFor, shareOfUnits } from './paid-for.ts'

const counted: readonly Refund['status'][] = ['wanted', 'pending', 'succeeded', 'failed', 'settled']

export type GivenBack = { readonly units: number; readonly amount: number }
/** By line; null is shipping. */
export type GivenBackBy = ReadonlyMap<string | null, GivenBack>
const nothing: GivenBack = { units: 0, amount: 0 }

export async function givenBack(read: Pick<Reader, 'find'>, order: Pick<Order, 'id' | 'uncharged' | 'allowances'>): Promise<GivenBackBy> {
  return byLine(await findAll(read, refunds, and(eq('order', order.id), oneOf('status', [...counted]))), order)
}

/** Of all refunds of one order. What banks gave back is none of it. */
export function byLine(
  of: readonly Pick<Refund, 'status' | 'lines'>[],
  { uncharged, allowances }: Pick<Order, 'uncharged' | 'allowances'>,
): GivenBackBy {
  const sums = new Map<string | null, GivenBack>()
  const refunded = of.flatMap(({ status, lines }) => (counted.includes(status) ? (lines ?? []) : []))
  const spread = (allowances ?? []).flatMap(({ line, amount, by }) => (by === undefined ? [{ line, quantity: 0, amount }] : []))
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
    const lost = sumOf((order.allowances ?? []).filter(({ line, by }) => line === id && by === 'bank'))
    const most = Math.max(0, whole.amount - amount - lost)
    return { full: Math.min(share, most), left: Math.min(Math.max(0, share - less), most) }
  }
}

type Given = {
  /** What of the sale was given back in all, or is never charged. */
  readonly returned: number
  /** What banks gave its customer beside that, for good. */
  readonly lost: number
  /** What was taken for it. */
  readonly captured: number
  readonly back: GivenBackBy
}

/**
 * What no line has yet of what was given back is spread in proportion to what is left of each, shipping too; while something is not taken yet, over
 * what was sent first, since that was paid for. What was spread and is given back no longer is taken off again. The same where nothing has changed.
 */
export function allowancesAfter(order: Order, { returned, lost, captured, back }: Given): Order['allowances'] {
  const before = order.allowances ?? []
  const ofSale = before.filter(({ by }) => by === undefined)
  const ofBanks = before.filter(({ by }) => by === 'bank')
  const named = [...back.values()].reduce((sum, { amount }) => sum + amount, 0) - sumOf(ofSale)
  const isOpen = captured < chargedTotal(order)
  const places = placesOf(order, back)
  const sale = spreadTo(ofSale, Math.max(0, returned - named), { places, isOpen })
  const lefts = places.map((place) => ({
    ...place,
    left: Math.max(0, place.left - sumOf(ofBanks.filter(({ line }) => line === place.line))),
  }))
  const banks = spreadTo(ofBanks, lost, { places: lefts, isOpen: false })
  if (sale === ofSale && banks === ofBanks) return order.allowances
  const after = [...sale, ...banks.map((one) => ({ ...one, by: 'bank' as const }))]
  return after.length === 0 ? null : after
}

const sumOf = (rows: readonly Allowance[]) => rows.reduce((sum, { amount }) => sum + amount.amount, 0)

type Places = ReturnType<typeof placesOf>

/** The same rows where they come to that, or nothing is left to spread it over. */
function spreadTo(
  rows: readonly Allowance[],
  want: number,
  { places, isOpen }: { readonly places: Places; readonly isOpen: boolean },
): readonly Allowance[] {
  const spread = sumOf(rows)
  const { currency } = places[0]!
  const split = (amount: number, weights: readonly number[]) => allocateMoney(money(amount, currency), weights)
  if (want < spread) {
    const parts = split(
      want,
      rows.map(({ amount }) => amount.amount),
    )
    return rows.map((row, index) => ({ ...row, amount: parts[index]! })).filter(({ amount }) => amount.amount > 0)
  }
  const sum = (of: readonly number[]) => of.reduce((all, one) => all + one, 0)
  const more = Math.min(want - spread, sum(places.map(({ left }) => left)))
  if (more === 0) return rows
  const sent = places.map((place) => (isOpen ? place.sent : 0))
  const first = Math.min(more, sum(sent))
  const ofSent = split(first, sent)
  const others = split(
    more - first,
    places.map(({ left }, index) => left - sent[index]!),
  )
  const after = new Map(rows.map((one) => [`${one.before} ${one.line}`, one]))
  for (const [index, { line, units }] of places.entries()) {
    const key = `${units} ${line}`
    const own = after.get(key)?.amount.amount ?? 0
    const amount = ofSent[index]!.amount + others[index]!.amount
    if (amount > 0) after.set(key, { line, amount: money(own + amount, currency), before: units })
  }
  return [...after.values()]
}

/** What an order was sold for, by line, and shipping. `left` of it; `sent`: of that, what was sent. */
function placesOf(order: Order, back: GivenBackBy) {
  const { lines, shipping } = paidFor(order)
  const isSent = order.lines.some(({ shipped = 0 }) => shipped > 0)
  const place = (line: string | null, paid: number, sent: number) => {
    const { units, amount } = back.get(line) ?? nothing
    return { line, units, left: Math.max(0, paid - amount), sent: Math.max(0, sent - amount), currency: order.total.currency }
  }
  return [
    ...order.lines.map(({ id, quantity, shipped = 0 }) => {
      const paid = lines.get(id)!
      return place(id, paid.amount, shareOfUnits(paid, { before: 0, units: shipped, of: quantity }))
    }),
    place(null, shipping.amount, isSent ? shipping.amount : 0),
  ]
}
