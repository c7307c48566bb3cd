// What discounts take of a cart: pure arithmetic, without a database and without a clock. Invariants: no line and no shipping is ever
// below zero; the parts of a discount sum to what it took, by largest remainder with ties to the earlier line; the same cart and the same
// discounts give the same cents, in whatever order the discounts are given.
import { formatMoney, type Money, money } from '../../base/money.ts'
import type { Discount } from './collections.ts'
import { isFor, type PricedGoods, sumOf, takenBy } from './taken-by.ts'
import { type WhyNot, whyNot } from './why-not.ts'

/** A discount that may apply, and what is known of how often it was used. */
export type Candidate = {
  readonly discount: Discount
  /** On orders of all. */
  readonly uses: number
  /** On orders of this customer, as far as they are known. */
  readonly usesOfCustomer: number
  /** Whether this customer has ordered before, as far as they are known. */
  readonly hasOrdered: boolean
}

export type DiscountContext = {
  readonly currency: string
  readonly now: number
  readonly candidates: readonly Candidate[]
  /** On the cart, as they are kept. */
  readonly codes: readonly string[]
  readonly customerGroup: string | null
  /** Whether anybody is signed in: who a guest is, is known at checkout. */
  readonly isGuest: boolean
}

export type Applied = {
  readonly discount: Discount
  /** Minor units of each line, in their order, and of the shipping. */
  readonly lines: readonly number[]
  readonly shipping: number
  readonly amount: Money
}
export type Refused = { readonly code: string; readonly title: string | null; readonly reason: WhyNot }

export type Discounting = {
  /** Of each line, in their order. */
  readonly lines: readonly Money[]
  readonly shipping: Money
  /** In the order in which they were taken. */
  readonly applied: readonly Applied[]
  /** Codes of the cart that take nothing, each with its reason. */
  readonly refused: readonly Refused[]
}

/**
 * Of all discounts that fit, those that combine are taken together, and each of the others is taken alone; the customer has what takes
 * most. On a tie what combines goes first, then the earlier one.
 */
export function discountsOf(lines: readonly PricedGoods[], shipping: Money | null, context: DiscountContext): Discounting {
  const { codes, candidates, currency } = context
  const byCode = new Map(candidates.flatMap((one) => (one.discount.code === null ? [] : [[one.discount.code, one] as const])))
  const reasons = new Map<Candidate, WhyNot>()
  const fitting = candidates.toSorted(inOrder).filter((one) => {
    const reason = eligibility(one, { lines, shipping }, context)
    if (reason !== null) reasons.set(one, reason)
    return reason === null
  })
  const best = bestOf(fitting, { lines, shipping, currency })
  const winner = best.applied.map(({ discount }) => `“${discount.title}”`).join(', ')
  const isTaken = (one: Candidate) => best.applied.some(({ discount }) => discount.id === one.discount.id)
  const refused = codes.flatMap((code): Refused[] => {
    const one = byCode.get(code)
    if (one !== undefined && isTaken(one)) return []
    if (one === undefined) return [{ code, title: null, reason: whyNot('unavailable') }]
    const isBeaten = winner !== '' && !best.set.includes(one)
    const reason = reasons.get(one) ?? (isBeaten ? whyNot('not_combined', { with: winner }) : whyNot('nothing_left'))
    // What cannot be used at all tells nothing of itself.
    return [{ code, title: reason.code === 'unavailable' ? null : one.discount.title, reason }]
  })
  return {
    lines: lines.map((_, index) =>
      money(
        best.applied.reduce((sum, of) => sum + of.lines[index]!, 0),
        currency,
      ),
    ),
    shipping: money(
      best.applied.reduce((sum, of) => sum + of.shipping, 0),
      currency,
    ),
    applied: best.applied,
    refused,
  }
}

/** First what goes by the unit, then by the line, then by the whole of it; shipping last. */
function rankOf({ kind, per }: Discount): number {
  if (kind === 'buy_x_get_y') return 0
  if (kind === 'free_shipping') return 5
  if (per !== 'order') return per === 'unit' ? 1 : 2
  return kind === 'percent' ? 3 : 4
}

function inOrder({ discount: a }: Candidate, { discount: b }: Candidate): number {
  return rankOf(a) - rankOf(b) || (a.id < b.id ? -1 : 1)
}

type Taken = { readonly set: readonly Candidate[]; readonly applied: readonly Applied[] }

type Basket = { readonly lines: readonly PricedGoods[]; readonly shipping: Money | null }

function bestOf(fitting: readonly Candidate[], basket: Basket & { readonly currency: string }): Taken {
  const together = fitting.filter(({ discount }) => discount.combines)
  const alone = fitting.filter(({ discount }) => !discount.combines).map((one) => [one])
  let best: Taken = { set: [], applied: [] }
  let most = 0
  for (const set of [together, ...alone]) {
    const applied = takeAll(set, basket)
    const amount = applied.reduce((sum, of) => sum + of.amount.amount, 0)
    // What takes nothing is in no set but its own, and says so.
    if (amount > most || (best.set.length === 0 && set.length > 0)) best = { set, applied }
    most = Math.max(most, amount)
  }
  return best
}

/** Each takes of what those before it have left. */
function takeAll(set: readonly Candidate[], { lines, shipping, currency }: Basket & { readonly currency: string }): Applied[] {
  const left = lines.map(({ unitPrice, quantity }) => unitPrice.amount * quantity)
  let shippingLeft = shipping?.amount ?? 0
  const applied: Applied[] = []
  for (const { discount } of set) {
    const taken = takenBy(discount, lines, { left, shipping: shippingLeft, currency })
    const amount = taken.lines.reduce((sum, part) => sum + part, taken.shipping)
    if (amount === 0) continue
    for (const [index, part] of taken.lines.entries()) left[index]! -= part
    shippingLeft -= taken.shipping
    applied.push({ discount, ...taken, amount: money(amount, currency) })
  }
  return applied
}

/** Why it takes nothing, whatever else there is; null where it may. */
function eligibility(one: Candidate, { lines, shipping }: Basket, context: DiscountContext): WhyNot | null {
  const { discount } = one
  if (!isAvailable(discount, context)) return whyNot('unavailable')
  const other = otherCurrency(discount, context)
  if (other !== null)
    return discount.code === null ? whyNot('unavailable') : whyNot('other_currency', { of: other, currency: context.currency })
  const { usesMax, usesPerCustomerMax, firstOrder, minimumQuantity, minimumSum, kind } = discount
  if (usesMax !== null && one.uses >= usesMax) return whyNot('used_up')
  if (firstOrder && one.hasOrdered) return whyNot('not_first_order')
  if (one.usesOfCustomer >= (firstOrder ? 1 : (usesPerCustomerMax ?? Number.POSITIVE_INFINITY))) return whyNot('used_by_customer')
  // Nobody types it in, so nobody could be told at checkout to take it out.
  if (discount.code === null && context.isGuest && (firstOrder || usesPerCustomerMax !== null)) return whyNot('unavailable')
  const own = lines.filter((line) => isFor(discount, line))
  if (own.length === 0) return whyNot('nothing_matches')
  const quantity = own.reduce((sum, line) => sum + line.quantity, 0)
  if (minimumQuantity !== null && quantity < minimumQuantity)
    return whyNot('minimum_quantity', { missing: minimumQuantity - quantity, minimum: minimumQuantity })
  const missing = minimumSum === null ? 0 : minimumSum.amount - sumOf(own)
  if (missing > 0)
    return whyNot('minimum_sum', { minimum: formatMoney(minimumSum!), missing: formatMoney(money(missing, context.currency)) })
  if (kind === 'free_shipping' && shipping === null) return whyNot('no_shipping')
  return null
}

/** That its amounts are in, where it is not that of the cart: they are compared with nothing there. */
function otherCurrency({ value, minimumSum }: Discount, { currency }: DiscountContext): string | null {
  const amounts = [value !== null && typeof value === 'object' && 'currency' in value ? value : null, minimumSum]
  return amounts.find((one) => one !== null && one.currency !== currency)?.currency ?? null
}

/** Whether it is there for this customer now. */
function isAvailable({ active, startsAt, endsAt, customerGroups }: Discount, context: DiscountContext): boolean {
  const { now, customerGroup } = context
  const isOwn = customerGroups.length === 0 || (customerGroup !== null && customerGroups.includes(customerGroup))
  return active && isOwn && (startsAt === null || startsAt <= now) && (endsAt === null || now < endsAt)
}
