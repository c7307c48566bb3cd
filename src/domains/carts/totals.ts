// What a cart costs: the server's arithmetic, pure, shared by every cart answer and by checkout, so the
// total that was shown is the total that is charged. Invariant: subtotal - discount + shipping, plus tax where it is
// added, is the total; the taxes of lines and shipping are those of the groups, and these the tax of all.
import { assert } from '../../base/assert.ts'
import { EngineError } from '../../base/engine-error.ts'
import {
  addMoney,
  allocateMoney,
  type Money,
  money,
  multiplyMoney,
  subtractMoney,
  sumMoney,
  taxAdded,
  taxIncluded,
} from '../../base/money.ts'
import type { Project, ShopSettings, TaxSettings } from '../../config/project.ts'
import { isRateKnown, rateOf, standardClass, type TaxPlace } from '../../config/tax.ts'
import type { TaxExemption } from '../../config/tax-exemption.ts'

export type Totals = {
  readonly subtotal: Money
  readonly discount: Money
  readonly shipping: Money
  readonly tax: Money
  readonly total: Money
}
export type PricedLine = {
  readonly id: string
  readonly unitPrice: Money
  readonly quantity: number
  /** What discounts take of it: nothing, up to all of it. */
  readonly discount: Money
  readonly taxClass: string
  /** That an outside service says; that of its class when left out. */
  readonly ratePpm?: number
  /** What was agreed on is what is paid: nothing is taken off it for who pays no tax. */
  readonly isAgreed?: boolean
  /** Nothing of it is sent. */
  readonly isDigital?: true
}
export type Basket = {
  /** Of every price in it. */
  readonly currency: string
  readonly lines: readonly PricedLine[]
  /** `ratePpm`: that an outside service says; as its goods when left out. */
  readonly shipping: { readonly price: Money; readonly discount: Money; readonly ratePpm?: number } | null
  readonly place: TaxPlace
  readonly exemption: TaxExemption | null
}

/** Everything of one rate. `taxClass`: where several classes have that rate, the one of the first line. */
export type TaxGroup = {
  readonly ratePpm: number
  readonly taxClass: string
  /** Null while there is no address. */
  readonly country: string | null
  readonly region: string | null
  readonly net: Money
  readonly tax: Money
}
/** `total`: less its discount; tax is in it where prices include it, and comes to it where it is added. */
export type LinePrice = {
  readonly id: string
  readonly subtotal: Money
  readonly discount: Money
  readonly tax: Money
  readonly total: Money
  readonly ratePpm: number
  readonly taxClass: string
}
/** What of the shipping goes with the goods of one rate. */
export type ShippingPart = { readonly ratePpm: number; readonly taxClass: string; readonly total: Money; readonly tax: Money }
export type Priced = {
  readonly taxIncluded: boolean
  /** False while there is no address, and only an address can tell: then its taxes are nothing, and none are listed. */
  readonly isTaxKnown: boolean
  readonly taxExemption: TaxExemption | null
  readonly lines: readonly LinePrice[]
  readonly shipping: { readonly price: Money; readonly discount: Money; readonly parts: readonly ShippingPart[] }
  readonly taxes: readonly TaxGroup[]
  readonly totals: Totals
}

type Group = { readonly ratePpm: number; readonly taxClass: string; readonly lines: readonly Untaxed[]; readonly shipping: Money }
type Untaxed = Omit<LinePrice, 'tax'> & { readonly isDigital?: true }
type Summed = {
  readonly lines: readonly Untaxed[]
  readonly shipping: { readonly price: Money; readonly discount: Money }
  readonly tax: Money
}

/** By what a basket is taxed. */
type Terms = Pick<TaxSettings, 'isIncluded' | 'rounding'> & { readonly rateOf: (line: Pick<PricedLine, 'taxClass' | 'ratePpm'>) => number }

/** Who is exempt has prices without tax, at a rate of nothing. */
function termsOf({ tax }: ShopSettings, { place, exemption }: Pick<Basket, 'place' | 'exemption'>): Terms {
  const { rounding } = tax
  if (exemption !== null) return { isIncluded: false, rounding, rateOf: () => 0 }
  return { isIncluded: tax.isIncluded, rounding, rateOf: ({ taxClass, ratePpm }) => ratePpm ?? rateOf(tax, taxClass, place) }
}

/**
 * The basket of who pays no tax, where prices include it: without what others there pay of it. A unit's price is rounded once and is then
 * its price, so that a line is still so many of it. Before discounts are found.
 */
export function withoutTax(shop: ShopSettings, basket: Basket): Basket {
  const due = termsOf(shop, { ...basket, exemption: null })
  if (basket.exemption === null || !due.isIncluded) return basket
  const less = (price: Money, ratePpm: number) => subtractMoney(price, taxIncluded(price, ratePpm))
  const gross = basket.lines.map((line) => untaxed(due, line))
  const shipping = basket.shipping && {
    ...basket.shipping,
    price: sumMoney(
      groupsOf(due, gross, basket.shipping.price).map((group) => less(group.shipping, group.ratePpm)),
      basket.currency,
    ),
  }
  return {
    ...basket,
    shipping,
    lines: basket.lines.map((line) => (line.isAgreed === true ? line : { ...line, unitPrice: less(line.unitPrice, due.rateOf(line)) })),
  }
}

export function priceBasket(shop: ShopSettings, basket: Basket): Priced {
  const { currency, place, exemption } = basket
  const terms = termsOf(shop, basket)
  const nothing = money(0, currency)
  const lines = basket.lines.map((line) => untaxed(terms, line))
  const shipping = { price: basket.shipping?.price ?? nothing, discount: basket.shipping?.discount ?? nothing }
  const sent = subtractMoney(shipping.price, shipping.discount)
  const ownRate = exemption === null ? basket.shipping?.ratePpm : undefined
  const groups = ownRate === undefined ? groupsOf(terms, lines, sent) : withShipping(groupsOf(terms, lines, nothing), sent, ownRate)
  const taxed = groups.map((group) => ({ ...group, taxes: taxesOf(terms, group) }))
  const taxes = taxed.map(({ ratePpm, taxClass, lines: of, shipping: part, taxes: shares }): TaxGroup => {
    const tax = sumMoney(shares, currency)
    const whole = sumMoney([...of.map(({ total }) => total), part], currency)
    const { country, region } = place
    return { ratePpm, taxClass, country, region, net: terms.isIncluded ? subtractMoney(whole, tax) : whole, tax }
  })
  const taxOf = new Map(taxed.flatMap(({ lines: of, taxes: shares }) => of.map(({ id }, index) => [id, shares[index]!])))
  const parts = taxed
    .filter((group) => group.shipping.amount > 0)
    .map(({ ratePpm, taxClass, shipping: total, taxes: shares }): ShippingPart => ({ ratePpm, taxClass, total, tax: shares.at(-1)! }))
  const tax = sumMoney(
    taxes.map((group) => group.tax),
    currency,
  )
  const isTaxKnown = (exemption !== null && !shop.tax.isIncluded) || groups.every((group) => isRateKnown(shop.tax, group.taxClass, place))
  return {
    taxIncluded: terms.isIncluded,
    isTaxKnown,
    taxExemption: exemption,
    lines: lines.map((line) => ({ ...line, tax: taxOf.get(line.id)! })),
    shipping: { ...shipping, parts },
    taxes: isTaxKnown ? taxes : [],
    totals: totalsOf(terms, { lines, shipping, tax }),
  }
}

function untaxed(terms: Terms, line: PricedLine): Untaxed {
  const { id, unitPrice, quantity, discount, taxClass, isDigital } = line
  const subtotal = multiplyMoney(unitPrice, quantity)
  assert(discount.amount >= 0 && discount.amount <= subtotal.amount, 'a discount takes no more than there is')
  const total = subtractMoney(subtotal, discount)
  return { id, subtotal, discount, total, ratePpm: terms.rateOf(line), taxClass, ...(isDigital && { isDigital }) }
}

/**
 * By rate, the highest first; where nothing is due also by class, since the reasons differ. Shipping goes with the goods that are sent, in
 * proportion to what they cost; with those that cost nothing as if none had a discount.
 */
function groupsOf(terms: Terms, lines: readonly Untaxed[], shipping: Money): Group[] {
  const byRate = [...Map.groupBy(lines, ({ ratePpm, taxClass }) => (ratePpm === 0 ? taxClass : String(ratePpm))).values()]
  const groups = byRate
    .map((of) => ({ ratePpm: of[0]!.ratePpm, taxClass: of[0]!.taxClass, lines: of }))
    .toSorted((a, b) => b.ratePpm - a.ratePpm)
  if (groups.length === 0) groups.push({ ratePpm: terms.rateOf({ taxClass: standardClass }), taxClass: standardClass, lines: [] })
  const weigh = (line: Untaxed, of: 'total' | 'subtotal') => (line.isDigital ? 0 : line[of].amount)
  const sums = (of: 'total' | 'subtotal') => groups.map((group) => group.lines.reduce((sum, line) => sum + weigh(line, of), 0))
  const weights = sums('total')
  const shares = allocateMoney(shipping, weights.some((weight) => weight > 0) ? weights : sums('subtotal'))
  return groups.map((group, index) => ({ ...group, shipping: shares[index]! }))
}

/** Shipping at a rate of its own, in the group that has it. */
function withShipping(groups: readonly Group[], shipping: Money, ratePpm: number): Group[] {
  const at = groups.findIndex((group) => group.ratePpm === ratePpm)
  if (at >= 0) return groups.map((group, index) => (index === at ? { ...group, shipping } : group))
  return [...groups, { ratePpm, taxClass: standardClass, lines: [], shipping }].toSorted((a, b) => b.ratePpm - a.ratePpm)
}

/** Of each line of a group, and of its part of the shipping last. */
function taxesOf({ isIncluded, rounding }: Terms, { ratePpm, lines, shipping }: Group): Money[] {
  const amounts = [...lines.map(({ total }) => total), shipping]
  const taxOn = isIncluded ? taxIncluded : taxAdded
  if (rounding === 'line') return amounts.map((amount) => taxOn(amount, ratePpm))
  const whole = taxOn(sumMoney(amounts, shipping.currency), ratePpm)
  return allocateMoney(
    whole,
    amounts.map(({ amount }) => amount),
  )
}

function totalsOf(terms: Terms, { lines, shipping, tax }: Summed): Totals {
  const { price, discount: off } = shipping
  const sum = (of: 'subtotal' | 'discount') =>
    sumMoney(
      lines.map((line) => line[of]),
      price.currency,
    )
  const subtotal = sum('subtotal')
  const discount = addMoney(sum('discount'), off)
  const taxable = addMoney(subtractMoney(subtotal, discount), price)
  return { subtotal, discount, shipping: price, tax, total: terms.isIncluded ? taxable : addMoney(taxable, tax) }
}

/**
 * What of the totals of an order without its own taxes is income of goods, income of shipping, and tax: the three sum to the total.
 * Tax that prices include is in both, in proportion, since one rate applied to both.
 */
export function revenueOf({ subtotal, discount, shipping, tax, total }: Totals): { readonly sales: Money; readonly shipping: Money } {
  const goods = subtractMoney(subtotal, discount)
  const isIncluded = addMoney(goods, shipping).amount === total.amount
  if (!isIncluded) return { sales: goods, shipping }
  const [ofGoods, ofShipping] = allocateMoney(tax, [goods.amount, shipping.amount])
  return { sales: subtractMoney(goods, ofGoods!), shipping: subtractMoney(shipping, ofShipping!) }
}

/** @throws not_found in a project without a shop */
export function shopOf(project: Project): ShopSettings {
  if (project.shop === null) throw new EngineError('not_found')
  return project.shop
}
