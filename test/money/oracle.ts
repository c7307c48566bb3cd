// What a basket costs, computed once more and in another way: decimals of any length (big.js) from rates in percent, without bigint and
// without anything of base/money.ts. Whole minor units come in and go out.
import Big from 'big.js'
import type { Basket } from '../../src/domains/carts/totals.ts'

export type Terms = { readonly isIncluded: boolean; readonly rounding: 'line' | 'group'; readonly ratePpm: (taxClass: string) => number }
export type Reckoned = {
  readonly tax: string
  readonly total: string
  readonly lineTaxes: readonly string[]
  /** By rate, the highest first; what is taxed at nothing by class. */
  readonly groups: readonly { readonly ratePpm: number; readonly net: string; readonly tax: string; readonly shipping: string }[]
}

const sum = (of: readonly Big[]) => of.reduce((all, one) => all.plus(one), new Big(0))
const halfUp = (value: Big) => value.round(0, Big.roundHalfUp)

/** Largest remainder: the floor of each share, and what is left one by one to the largest fractions, the first of equal ones. */
function divide(total: Big, weights: readonly Big[]): Big[] {
  const all = sum(weights)
  if (all.eq(0)) return weights.map((_, index) => (index === 0 ? total : new Big(0)))
  // Fractions are compared as products, which are exact, and not as quotients, which may not be.
  const floors = weights.map((weight) => {
    const product = total.times(weight)
    const floor = product.minus(product.mod(all)).div(all)
    return { floor, rest: product.mod(all) }
  })
  const order = floors.map((_, index) => index).sort((a, b) => floors[b]!.rest.cmp(floors[a]!.rest) || a - b)
  let left = Number(total.minus(sum(floors.map(({ floor }) => floor))))
  const shares = floors.map(({ floor }) => floor)
  for (const index of order) if (left-- > 0) shares[index] = shares[index]!.plus(1)
  return shares
}

export function reckon({ lines, shipping }: Pick<Basket, 'lines' | 'shipping'>, { isIncluded, rounding, ratePpm }: Terms): Reckoned {
  const percentOf = (ppm: number) => new Big(ppm).div(10_000)
  const taxOf = (amount: Big, ppm: number) => {
    const percent = percentOf(ppm)
    return isIncluded ? quotient(amount.times(percent), percent.plus(100)) : halfUp(amount.times(percent).div(100))
  }
  const goods = lines.map(({ unitPrice, quantity, discount, taxClass }) => {
    const before = new Big(unitPrice.amount).times(quantity)
    const ppm = ratePpm(taxClass)
    return { before, amount: before.minus(discount.amount), ppm, key: ppm === 0 ? taxClass : `${ppm}` }
  })
  const keys = [...new Set(goods.map(({ key }) => key))]
  const ppmOf = (key: string) => goods.find((one) => one.key === key)?.ppm ?? ratePpm('standard')
  const sorted = (keys.length > 0 ? keys : ['none']).toSorted((a, b) => ppmOf(b) - ppmOf(a))
  const of = (key: string) => goods.filter((one) => one.key === key)
  const charged = new Big(shipping?.price.amount ?? 0).minus(shipping?.discount.amount ?? 0)
  const discounted = sorted.map((key) => sum(of(key).map(({ amount }) => amount)))
  const isFree = sum(discounted).eq(0)
  const carried = divide(charged, isFree ? sorted.map((key) => sum(of(key).map(({ before }) => before))) : discounted)
  const taxes = sorted.map((key, index) => {
    const amounts = [...of(key).map(({ amount }) => amount), carried[index]!]
    if (rounding === 'line') return amounts.map((amount) => taxOf(amount, ppmOf(key)))
    return divide(taxOf(sum(amounts), ppmOf(key)), amounts)
  })
  const tax = sum(taxes.flat())
  const gross = sum(goods.map(({ amount }) => amount)).plus(charged)
  const next = new Map(sorted.map((key, index) => [key, taxes[index]!.values()]))
  return {
    tax: tax.toFixed(),
    total: (isIncluded ? gross : gross.plus(tax)).toFixed(),
    lineTaxes: goods.map(({ key }) => (next.get(key)!.next().value as Big).toFixed()),
    groups: sorted.map((key, index) => {
      const whole = discounted[index]!.plus(carried[index]!)
      const own = sum(taxes[index]!)
      return {
        ratePpm: ppmOf(key),
        net: (isIncluded ? whole.minus(own) : whole).toFixed(),
        tax: own.toFixed(),
        shipping: carried[index]!.toFixed(),
      }
    }),
  }
}

/** Rounded half up by the rest of the division, since a quotient of decimals may have no end. */
function quotient(above: Big, below: Big): Big {
  const scale = new Big(10).pow(6)
  const [a, b] = [above.times(scale), below.times(scale)]
  const rest = a.mod(b)
  const whole = a.minus(rest).div(b)
  return rest.times(2).gte(b) ? whole.plus(1) : whole
}
