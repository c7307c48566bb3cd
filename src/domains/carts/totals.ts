// What a cart costs: the server's arithmetic, pure, shared by every cart answer and by checkout, so the
// total that was shown is the total that is charged.
import { EngineError } from '../../base/engine-error.ts'
import {
  addMoney,
  allocateMoney,
  type Money,
  money,
  multiplyMoney,
  negateMoney,
  sumMoney,
  taxAdded,
  taxIncluded,
} from '../../base/money.ts'
import type { Project, ShopSettings } from '../../config/project.ts'

export type Totals = {
  readonly subtotal: Money
  readonly discount: Money
  readonly shipping: Money
  readonly tax: Money
  readonly total: Money
}
export type PricedLine = { readonly unitPrice: Money; readonly quantity: number }

export type Priced = {
  /** Of every price in it. */
  readonly currency: string
  readonly lines: readonly PricedLine[]
  readonly shipping: Money | null
  readonly country: string | null
}

/** Tax is rounded once, on the document's taxable sum: one rate applies to all of an order to one country. */
export function totalsOf(shop: ShopSettings, { currency, lines, shipping, country }: Priced): Totals {
  const { taxIncluded: isIncluded } = shop
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

/**
 * What of the totals is income of goods, income of shipping, and tax: the three sum to the total. Tax that prices
 * include is in both, in proportion, since one rate applies to both.
 */
export function revenueOf({ subtotal, discount, shipping, tax, total }: Totals): { readonly sales: Money; readonly shipping: Money } {
  const goods = addMoney(subtotal, negateMoney(discount))
  const isIncluded = addMoney(goods, shipping).amount === total.amount
  if (!isIncluded) return { sales: goods, shipping }
  const [ofGoods, ofShipping] = allocateMoney(tax, [goods.amount, shipping.amount])
  return { sales: addMoney(goods, negateMoney(ofGoods!)), shipping: addMoney(shipping, negateMoney(ofShipping!)) }
}

/** @throws not_found in a project without a shop */
export function shopOf(project: Project): ShopSettings {
  if (project.shop === null) throw new EngineError('not_found')
  return project.shop
}

/** Parts per million. Without an address the rate for all others shows what is to be expected. */
function taxRatePpm(shop: ShopSettings, country: string | null): number {
  const rates = shop.taxRatesPpm
  return (country === null ? undefined : rates[country]) ?? rates['*'] ?? 0
}
