// What a shipping method costs for what is in a cart, by weight, sum and zone. Pure: the same for a cart that is shown and for its checkout.
import { type Money, money } from '../../base/money.ts'

/**
 * One price, for where and for how much it holds. `upTo`: grams of the goods, or the minor units that they cost, whichever `by` says; without it,
 * any. `countries`: left out, all others.
 */
export type ShippingRate = {
  readonly countries?: readonly string[] | null
  readonly by?: 'weight' | 'sum' | null
  readonly upTo?: number | null
  readonly price: Money
}

export type ShippingTerms = {
  readonly price: Money
  readonly countries: readonly string[] | null
  readonly rates: readonly ShippingRate[] | null
  readonly freeFrom: Money | null
}

/** `sum`: what the goods cost, in minor units. `weight`: in grams; what has none weighs nothing. */
export type Goods = { readonly country: string | null; readonly sum: number; readonly weight: number }

/** Why a method does not take them. */
export type ShippingMisfit = 'country' | 'weight'

/** Before there is an address, the first rate that holds anywhere. */
export function shippingPrice({ price, countries, rates, freeFrom }: ShippingTerms, goods: Goods): Money | ShippingMisfit {
  const { country, sum, weight } = goods
  if (country !== null && countries !== null && !countries.includes(country)) return 'country'
  const own = (rates ?? []).filter((rate) => rate.price.currency === price.currency)
  // Rates that name a country before those that hold for all others.
  const named = own.filter((rate) => rate.countries && (country === null || rate.countries.includes(country)))
  const there = named.length > 0 ? named : own.filter((rate) => !rate.countries)
  if (own.length > 0 && there.length === 0) return 'country'
  const found = there.find(({ by, upTo }) => upTo === undefined || upTo === null || (by === 'sum' ? sum : weight) <= upTo)
  if (own.length > 0 && found === undefined) return 'weight'
  const isFree = freeFrom !== null && freeFrom.currency === price.currency && sum >= freeFrom.amount
  return isFree ? money(0, price.currency) : (found?.price ?? price)
}
