// What one discount takes of what is left of each line and of the shipping. Pure; whole minor units.
import { allocateMoney, type Money, money } from '../../base/money.ts'
import type { BuyGet, Discount } from './collections.ts'
import { meaningOf, partOf, ppmOf } from './discount-value.ts'

/** A line of a cart, as a discount looks at it. */
export type PricedGoods = {
  readonly product: string
  readonly categories: readonly string[]
  readonly unitPrice: Money
  readonly quantity: number
}

/** What discounts before have left. */
export type Left = { readonly left: readonly number[]; readonly shipping: number; readonly currency: string }
export type Taken = { readonly lines: readonly number[]; readonly shipping: number }

/** Whether it is one of these products, or in one of these categories. */
function isOneOf(products: readonly string[], categories: readonly string[], line: PricedGoods): boolean {
  return products.includes(line.product) || line.categories.some((category) => categories.includes(category))
}

/** Whether a discount is for this line. */
export function isFor({ products, categories }: Discount, line: PricedGoods): boolean {
  return products.length + categories.length === 0 || isOneOf(products, categories, line)
}

/** Of `buy_x_get_y`: whether it becomes cheaper. Where nothing else is said, what is bought does. */
function isGiven(discount: Discount, line: PricedGoods): boolean {
  const { getProducts, getCategories } = discount
  return getProducts.length + getCategories.length === 0 ? isFor(discount, line) : isOneOf(getProducts, getCategories, line)
}

export function sumOf(lines: readonly PricedGoods[]): number {
  return lines.reduce((sum, { unitPrice, quantity }) => sum + unitPrice.amount * quantity, 0)
}

export function takenBy(discount: Discount, lines: readonly PricedGoods[], rest: Left): Taken {
  const nothing = lines.map(() => 0)
  const value = meaningOf(discount.kind, discount.value)
  if (value === null) return { lines: nothing, shipping: 0 }
  const { amount = null, percent, buyGet } = value
  if (discount.kind === 'free_shipping')
    return { lines: nothing, shipping: Math.min(rest.shipping, amount?.amount ?? Number.POSITIVE_INFINITY) }
  const ppm = percent === undefined ? null : ppmOf(percent)
  if (buyGet !== undefined) return { lines: takenOfGiven(discount, lines, { ...rest, buyGet, ppm: ppm ?? 0 }), shipping: 0 }
  const own = lines.map((line, index) => (isFor(discount, line) ? rest.left[index]! : 0))
  if (discount.per === 'order')
    return { lines: takenAtOnce(own, { ppm, amount: amount?.amount ?? 0, currency: rest.currency }), shipping: 0 }
  const taken = lines.map((line, index) => {
    const left = own[index]!
    const times = discount.per === 'unit' ? line.quantity : 1
    // By the unit it is a part of the whole price: what others took of each unit is not known.
    const each = ppm === null ? (amount?.amount ?? 0) : discount.per === 'unit' ? partOf(line.unitPrice.amount, ppm) : partOf(left, ppm)
    return Math.min(left, each * times)
  })
  return { lines: taken, shipping: 0 }
}

type AtOnce = { readonly ppm: number | null; readonly amount: number; readonly currency: string }

/** One amount of all lines, divided in proportion to what is left of each: so no part is more than that. */
function takenAtOnce(left: readonly number[], { ppm, amount, currency }: AtOnce): readonly number[] {
  const sum = left.reduce((total, one) => total + one, 0)
  if (sum === 0) return left
  const total = ppm === null ? Math.min(sum, amount) : partOf(sum, ppm)
  return allocateMoney(money(total, currency), left).map((part) => part.amount)
}

type Giving = Left & { readonly buyGet: BuyGet; readonly ppm: number }

/** The cheapest units that become cheaper, as many as enough others are bought for. */
function takenOfGiven(discount: Discount, lines: readonly PricedGoods[], { left, buyGet, ppm }: Giving): number[] {
  const { buy, get, timesMax = Number.POSITIVE_INFINITY } = buyGet
  const given = lines
    .map((line, index) => ({ line, index, isBought: isFor(discount, line) }))
    .filter(({ line }) => isGiven(discount, line))
    .toSorted((a, b) => a.line.unitPrice.amount - b.line.unitPrice.amount || a.index - b.index)
  const bought = lines.filter((line) => isFor(discount, line)).reduce((sum, { quantity }) => sum + quantity, 0)
  const available = given.reduce((sum, { line }) => sum + line.quantity, 0)

  /** Of each line, where so many units become cheaper. */
  const unitsOf = (count: number) => {
    let missing = count
    return given.map(({ line }) => {
      const units = Math.min(line.quantity, missing)
      missing -= units
      return units
    })
  }
  /** A unit that becomes cheaper is not one that is bought for another. */
  const isEnough = (times: number) => {
    if (times * get > available) return false
    const spent = unitsOf(times * get).reduce((sum, units, at) => sum + (given[at]!.isBought ? units : 0), 0)
    return bought - spent >= times * buy
  }
  const times = largest(Math.min(timesMax, Math.floor(bought / buy), Math.floor(available / get)), isEnough)
  const taken = lines.map(() => 0)
  for (const [at, units] of unitsOf(times * get).entries()) {
    const { line, index } = given[at]!
    taken[index] = Math.min(left[index]!, partOf(line.unitPrice.amount * units, ppm))
  }
  return taken
}

/** The largest number up to `most` that fits, where all below one that fits do, too. */
function largest(most: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, most]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(middle)) low = middle
    else high = middle - 1
  }
  return low
}
