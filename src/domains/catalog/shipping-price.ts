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

/** In another currency of the shop. */
export type OtherPrice = { readonly price: Money; readonly freeFrom?: Money | null }

export type ShippingTerms = {
  readonly price: Money
  readonly countries: readonly string[] | null
  readonly rates: readonly ShippingRate[] | null
  readonly freeFrom: Money | null
  readonly otherPrices: readonly OtherPrice[] | null
}

/** `sum`: what the goods cost, in minor units of `currency`. `weight`: in grams; what has none weighs nothing. */
export type Goods = { readonly country: string | null; readonly currency: string; readonly sum: number; readonly weight: number }

/** Why a method does not take them. */
export type ShippingMisfit = 'country' | 'weight' | 'currency'

/** Before there is an address, the first rate that holds anywhere. */
export function shippingPrice(terms: ShippingTerms, goods: Goods): Money | ShippingMisfit {
  const { country, currency, sum, weight } = goods
  const { countries, rates } = terms
  const inCurrency = termsIn(terms, currency)
  if (inCurrency === null) return 'currency'
  const { price, freeFrom } = inCurrency
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

/** Without a look at the goods, in a currency that it has a price in: what is shown of a method that does not take them. */
export function plainPrice(terms: ShippingTerms, currency: string): Money {
  return termsIn(terms, currency)!.price
}

/** Null: none in this currency. */
function termsIn({ price, freeFrom, otherPrices }: ShippingTerms, currency: string): Pick<ShippingTerms, 'price' | 'freeFrom'> | null {
  if (price.currency === currency) return { price, freeFrom }
  const other = otherPrices?.find((one) => one.price.currency === currency)
  return other === undefined ? null : { price: other.price, freeFrom: other.freeFrom ?? null }
}
