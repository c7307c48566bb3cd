// What a cart costs: the server's arithmetic, pure, shared by every cart answer and by checkout, so the
// total that was shown is the total that is charged.
import { addMoney, type Money, money, multiplyMoney, sumMoney, taxAdded, taxIncluded } from '../../base/money.ts'
import type { ShopSettings } from '../../schema/project.ts'

export type Totals = {
  readonly subtotal: Money
  readonly discount: Money
  readonly shipping: Money
  readonly tax: Money
  readonly total: Money
}
export type PricedLine = { readonly unitPrice: Money; readonly quantity: number }

/** Tax is rounded once, on the document's taxable sum: one rate applies to all of an order to one country. */
export function totalsOf(shop: ShopSettings, lines: readonly PricedLine[], shipping: Money | null, country: string | null): Totals {
  const { currency, taxIncluded: isIncluded } = shop
  const subtotal = sumMoney(
    lines.map(({ unitPrice, quantity }) => multiplyMoney(unitPrice, quantity)),
    currency,
  )
  const shippingCost = shipping ?? money(0, currency)
  const taxable = addMoney(subtotal, shippingCost)
  const rate = taxRatePpm(shop, country)
  const tax = isIncluded ? taxIncluded(taxable, rate) : taxAdded(taxable, rate)
  return { subtotal, discount: money(0, currency), shipping: shippingCost, tax, total: isIncluded ? taxable : addMoney(taxable, tax) }
}

/** Parts per million. Without an address the rate for all others shows what is to be expected. */
export function taxRatePpm(shop: ShopSettings, country: string | null): number {
  const rates = shop.taxRatesPpm
  return (country === null ? undefined : rates[country]) ?? rates['*'] ?? 0
}
