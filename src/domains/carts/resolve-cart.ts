// What a cart comes to now: the variants and the shipping method that it names, looked up at every answer. An open cart is in
// one of the shop's currencies, in its own where it names none of them, and what has no price in that is not for sale.
// Invariant: whatever has become of prices, the cart can be shown, changed and emptied.
import { guestActor } from '../../access/actor.ts'
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import type { Project, ShopSettings } from '../../config/project.ts'
import { regionOf, taxClassOf } from '../../config/tax.ts'
import { exemptionOf } from '../../config/tax-exemption.ts'
import type { TaxQuestion, TaxQuote } from '../../config/tax-service.ts'
import type { Filter } from '../../contract/filter.ts'
import { readFilter } from '../../records/present.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { type Composition, compose, type Parts, partsOf, type Unsold, withoutFile } from '../catalog/bundles.ts'
import { type ShippingMethod, shippingMethods } from '../catalog/collections.ts'
import { type ChosenPrice, findListPrices, findPriceLists, isCurrent, type Listed, lowestPrice } from '../catalog/list-price.ts'
import { type Product, products } from '../catalog/products.ts'
import { type Goods, plainPrice, type ShippingMisfit, shippingPrice } from '../catalog/shipping-price.ts'
import { type Variant, variants } from '../catalog/variants.ts'
import type { Discounting } from '../discounts/discounts-of.ts'
import { findDiscounts } from '../discounts/find-discounts.ts'
import { discountCart } from './cart-discounts.ts'
import type { Address, Cart, CartLine, LinePriceList } from './collections.ts'
import { answerTo, taxQuestion, withRates } from './tax-question.ts'
import { type Basket, type LinePrice, type Priced, priceBasket, shopOf, withoutTax } from './totals.ts'

type Line = Composition & {
  readonly id: string
  readonly quantity: number
  readonly variant: Variant
  readonly product: Product
  readonly unitPrice: Money
  /** By staff, with its customer. */
  readonly isAgreed: boolean
  /** That its price is of; null: it is the variant's own, or was agreed on. */
  readonly priceList: LinePriceList | null
}

export type ResolvedLine = Line & { readonly price: LinePrice }
export type GoneLine = CartLine & { readonly why: Unsold }

export type ResolvedCart = {
  readonly cart: Cart
  /** What can be bought. */
  readonly lines: readonly ResolvedLine[]
  /** Whether any of it is sent. */
  readonly needsShipping: boolean
  /** Whether checkout asks for `digitalConsent`. */
  readonly needsConsent: boolean
  /** What cannot, and why. */
  readonly gone: readonly GoneLine[]
  /** What is for sale, but with the lines before it is more than can be counted. */
  readonly tooLarge: readonly CartLine[]
  /** At its price for these goods. None whose price is beyond counting, either. */
  readonly shipping: ShippingMethod | null
  /** Why the method that was chosen does not take them. */
  /** `amount`: with the goods it is beyond counting. */
  readonly shippingMisfit: ShippingMisfit | 'amount' | null
  /** Of its account, where the project has groups. */
  readonly customerGroup: string | null
  readonly priced: Priced
  /** What was taken off, and why the other codes take nothing. */
  readonly discounting: Discounting
  /** For the outside service that knows the tax; null where nothing is to be asked. */
  readonly taxQuestion: TaxQuestion | null
  /** Its answer to that. Null: until then taxes are those of the config, and no more than an estimate. */
  readonly taxQuote: TaxQuote | null
}

export type CartContext = {
  readonly read: Pick<Reader, 'get' | 'getMany' | 'find'>
  readonly model: Model
  readonly project: Project
  readonly now: number
  /** Its prices were agreed on with somebody. */
  readonly isAgreed?: boolean
}

export async function resolveCart({ read, model, project, now, isAgreed = false }: CartContext, stored: Cart): Promise<ResolvedCart> {
  const shop = shopOf(project)
  const cart = stored.status === 'converted' || shop.currencies.includes(stored.currency) ? stored : { ...stored, currency: shop.currency }
  const { currency } = cart
  const ids = cart.lines.map(({ variant }) => variant)
  const codes = isAgreed ? [] : (cart.discountCodes ?? [])
  const isAutomatic = !isAgreed && shop.hasAutomaticDiscounts
  const seen = new Set(cart.lines.flatMap((line) => line.seen?.product ?? []))
  // Asked together, with the products that its lines had when they were put in: to a server database that is one round trip.
  const [found, known, method, customerGroup, offers, lists] = await Promise.all([
    read.getMany(variants, ids),
    read.getMany(products, [...seen]),
    cart.shippingMethod === null ? null : read.get(shippingMethods, cart.shippingMethod, offered(model)),
    groupOf({ read, project }, cart),
    codes.length > 0 || isAutomatic ? findDiscounts(read, { codes, isAutomatic }) : null,
    shop.hasPriceLists ? findPriceLists(read) : [],
  ])
  const others = found.map(({ product }) => product).filter((product) => !seen.has(product))
  const current = lists.filter((list) => isCurrent(list, { currency, customerGroup, now }))
  const bundles = found.filter(({ parts: of }) => (of ?? []).length > 0)
  const [itsProducts, listed, parts] = await Promise.all([
    others.length === 0 ? known : read.getMany(products, others).then((more) => [...known, ...more]),
    current.length === 0 ? null : findListPrices(read, ids, current),
    bundles.length === 0 ? null : partsOf(read, bundles),
  ])
  const digitalClass = shop.downloads.taxClass
  const { lines, gone, tooLarge } = sortedLines(cart, { variants: found, products: itsProducts, listed, parts, digitalClass })
  const needsShipping = lines.length === 0 || lines.some(({ isDigital }) => !isDigital)
  const { shipping, shippingMisfit } = shippingOf(cart, lines, method)
  const basket = basketOf(shop, { cart, lines, needsShipping, shipping, customerGroup, now })
  const own = lines.map((line, index) => ({ ...line, unitPrice: basket.lines[index]!.unitPrice }))
  const asked = offers && { cart, lines: own, shipping: basket.shipping?.price ?? null, customerGroup, offers, now }
  const discounting = asked === null ? nothingOff(lines, currency) : await discountCart(read, asked)
  const whole = discounted(basket, discounting)
  const question = shop.tax.service === null ? null : taxQuestion(shop, { cart, lines: own, to: placeOf(cart, needsShipping) }, whole)
  const taxQuote = question && answerTo(question, cart.taxQuote, now)
  const priced = priceBasket(shop, taxQuote ? withRates(whole, taxQuote) : whole)
  const withPrices = own.map((line, index) => ({ ...line, price: priced.lines[index]! }))
  const needsConsent = shop.downloads.asksConsent && lines.some(({ isDigital, hasDownloads }) => isDigital || hasDownloads)
  return {
    cart,
    lines: withPrices,
    needsShipping,
    needsConsent,
    gone,
    tooLarge,
    shipping,
    shippingMisfit,
    customerGroup,
    priced,
    discounting,
    taxQuestion: question,
    taxQuote,
  }
}

type Stock = {
  readonly variants: readonly Variant[]
  readonly products: readonly Product[]
  /** Null where no list holds. */
  readonly listed: ReadonlyMap<string, readonly Listed[]> | null
  /** Of bundles; null where there is none. */
  readonly parts: Parts | null
  readonly digitalClass: string
}

/** Its lines at their prices; those that are no longer for sale in its currency, and those that are more than can be counted. */
function sortedLines(cart: Cart, { variants: found, products: itsProducts, listed, parts, digitalClass }: Stock) {
  const byId = new Map(found.map((variant) => [variant.id, variant]))
  const productById = new Map(itsProducts.map((product) => [product.id, product]))
  const lines: Line[] = []
  const gone: GoneLine[] = []
  const tooLarge: CartLine[] = []
  let amount = 0
  for (const line of cart.lines) {
    const variant = byId.get(line.variant)
    const product = variant && productById.get(variant.product)
    const chosen = variant && priceOf(line, variant, { listed, currency: cart.currency })
    const made = variant && product && compositionOf(variant, product, { parts, digitalClass })
    if (product?.status !== 'active' || !variant || !made || 'code' in made || !chosen) {
      const isThere = product?.status === 'active' && made !== undefined
      const noPrice = { code: 'currency', message: `has no price in ${cart.currency}` } as const
      gone.push({ ...line, why: !isThere ? unknown : 'code' in made ? made : noPrice })
      continue
    }
    // Inexact only where it is far beyond the limit.
    const sum = amount + chosen.price.amount * line.quantity
    if (sum > limits.cartAmountMax) {
      tooLarge.push(line)
      continue
    }
    amount = sum
    const { id, quantity } = line
    const { price: unitPrice, list, fromQuantity } = chosen
    const priceList = list && { id: list.id, title: list.title, fromQuantity }
    lines.push({ ...made, id, quantity, variant, product, unitPrice, isAgreed: line.unitPrice !== undefined, priceList })
  }
  return { lines, gone, tooLarge }
}

/** Of shipping. */
export const pastCounting = 'comes with the goods to more than can be counted'

/** What has become of it may not be for the eyes of whoever asks. */
const unknown: Unsold = { code: 'not_for_sale', message: 'is not for sale' }

/** Of what is no bundle, nothing is asked. */
function compositionOf(
  variant: Variant,
  product: Product,
  { parts, digitalClass }: Pick<Stock, 'parts' | 'digitalClass'>,
): Composition | Unsold {
  const { weight, downloads, isDigital } = variant
  if (parts !== null && (variant.parts ?? []).length > 0) return compose(variant, parts, digitalClass)
  if (isDigital === true && downloads.length === 0) return withoutFile
  const taxClass = taxClassOf(variant, product, digitalClass)
  return { parts: [], isDigital: isDigital === true, hasDownloads: downloads.length > 0, taxClass, weight: weight ?? 0 }
}

type Prices = Pick<Stock, 'listed'> & { readonly currency: string }

/** What was agreed on, or the lowest there is. Null: it is not for sale in this currency. */
function priceOf({ unitPrice, quantity }: CartLine, variant: Variant, { listed, currency }: Prices): ChosenPrice | null {
  if (unitPrice !== undefined) return unitPrice.currency === currency ? { price: unitPrice, list: null, fromQuantity: 1 } : null
  if (listed === null) return variant.price.currency === currency ? { price: variant.price, list: null, fromQuantity: 1 } : null
  return lowestPrice(variant.price, listed.get(variant.id) ?? [], { quantity, currency })
}

/** The chosen method at its price for these goods; none where both together are beyond counting. */
function shippingOf(cart: Cart, lines: readonly Line[], method: ShippingMethod | null): Pick<ResolvedCart, 'shipping' | 'shippingMisfit'> {
  if (method === null) return { shipping: null, shippingMisfit: null }
  // One price for all needs no look at the goods.
  const isFlat = method.rates === null && method.freeFrom === null && method.price.currency === cart.currency
  const cost = isFlat ? method.price : shippingPrice(method, goodsOf(cart, lines))
  const shippingMisfit = typeof cost === 'string' ? cost : null
  // Without a price in the currency of the cart it is none: a zero would be wrong.
  if (cost === 'currency') return { shipping: null, shippingMisfit }
  const price = typeof cost === 'string' ? plainPrice(method, cart.currency) : cost
  const isBeyond = amountOf(lines) + price.amount > limits.cartAmountMax
  return isBeyond ? { shipping: null, shippingMisfit: 'amount' } : { shipping: { ...method, price }, shippingMisfit }
}

function amountOf(lines: readonly Line[]): number {
  return lines.reduce((total, { unitPrice, quantity }) => total + unitPrice.amount * quantity, 0)
}

/** What decides how they can be sent. */
export function goodsOf({ shippingAddress, currency }: Cart, lines: readonly Line[]): Goods {
  const sum = amountOf(lines)
  const weight = lines.reduce((total, { weight: ofOne, quantity }) => total + ofOne * quantity, 0)
  return { country: shippingAddress?.country ?? null, currency, sum, weight }
}

/** Nobody asked for a discount. */
function nothingOff(lines: readonly Line[], currency: string): Discounting {
  const nothing = money(0, currency)
  return { lines: lines.map(() => nothing), shipping: nothing, applied: [], refused: [] }
}

/** A project without groups asks for none. */
async function groupOf({ read, project }: Pick<CartContext, 'read' | 'project'>, { customer }: Cart): Promise<string | null> {
  if (customer === null || shopOf(project).customerGroups.length === 0) return null
  return (await read.get(users, customer))?.customerGroup ?? null
}

type Unpriced = Pick<ResolvedCart, 'cart' | 'needsShipping' | 'shipping' | 'customerGroup'> & {
  readonly lines: readonly Line[]
  readonly now: number
}

/** At the prices that its holder pays, before discounts. */
function basketOf(shop: ShopSettings, { cart, lines, needsShipping, shipping, customerGroup, now }: Unpriced): Basket {
  const { currency, vatId, vatCheck } = cart
  const to = placeOf(cart, needsShipping)
  const none = money(0, currency)
  return withoutTax(shop, {
    currency,
    lines: lines.map(({ id, unitPrice, quantity, taxClass, isDigital, isAgreed }) => ({
      id,
      isAgreed,
      unitPrice,
      quantity,
      discount: none,
      taxClass,
      ...(isDigital && { isDigital }),
    })),
    shipping: needsShipping ? shipping && { price: shipping.price, discount: none } : null,
    place: { country: to?.country ?? null, region: to && regionOf(shop.tax, to), at: now },
    exemption: exemptionOf(shop, { customerGroup, vatId, vatCheck, to }),
  })
}

/**
 * Where it is taxed: where goods go, and what is digital where its buyer is, which a billing address says best (EU: Directive 2006/112
 * article 58).
 */
export function placeOf(cart: Pick<Cart, 'shippingAddress' | 'billingAddress' | 'country'>, needsShipping: boolean): Address | null {
  const country = cart.country === null ? null : { country: cart.country }
  return needsShipping ? (cart.shippingAddress ?? country) : (cart.billingAddress ?? cart.shippingAddress ?? country)
}

function discounted(basket: Basket, { lines, shipping }: Discounting): Basket {
  return {
    ...basket,
    lines: basket.lines.map((line, index) => ({ ...line, discount: lines[index]! })),
    shipping: basket.shipping && { ...basket.shipping, discount: shipping },
  }
}

/** Shipping methods that a cart can choose: those that anybody may see, whoever holds the cart. */
export function offered(model: Model): Filter {
  return readFilter(model.get(shippingMethods), guestActor(''))
}

/** Whether there is any. Beyond the limit: one is enough. */
export async function offersShipping(read: Pick<Reader, 'find'>, model: Model): Promise<boolean> {
  return (await read.find(shippingMethods, { where: offered(model), limit: 1 })).length > 0
}

export function lineTitle({ product, variant }: Pick<Line, 'product' | 'variant'>): string {
  return `${product.title}, ${variant.title}`
}

/** The lines with what they were called when they could be bought: it is shown once they cannot. */
export function namedLines(lines: readonly CartLine[], resolved: ResolvedCart): CartLine[] {
  const byId = new Map(resolved.lines.map((line) => [line.id, line]))
  return lines.map((line) => {
    const now = byId.get(line.id)
    if (!now) return line
    const price = line.seen?.price ?? now.unitPrice.amount
    return { ...line, seen: { product: now.product.id, sku: now.variant.sku, title: lineTitle(now), price } }
  })
}

/**
 * What a holder of the cart has been shown is in another currency than the cart is now: prices of that one are no news, and those of the other
 * say nothing any more.
 */
export function pricedAnew({ looked }: Pick<Cart, 'looked'>, resolved: ResolvedCart): Pick<Cart, 'lines' | 'looked'> {
  const unpriced = resolved.cart.lines.map(({ seen, ...line }): CartLine => {
    if (seen === undefined) return line
    const { price: _, ...rest } = seen
    return { ...line, seen: rest }
  })
  return { lines: namedLines(unpriced, resolved), looked: looked && { ...looked, shipping: null, discounts: [] } }
}
