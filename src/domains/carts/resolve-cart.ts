// What a cart comes to now: the variants and the shipping method that it names, looked up at every answer. A cart has
// no currency of its own while it is open: it is in the shop's, and what is priced in another is not for sale.
// Invariant: whatever has become of prices, the cart can be shown, changed and emptied.
import { guestActor } from '../../access/actor.ts'
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import type { Project, ShopSettings } from '../../config/project.ts'
import { regionOf, standardClass } from '../../config/tax.ts'
import { exemptionOf } from '../../config/tax-exemption.ts'
import type { Filter } from '../../contract/filter.ts'
import { readFilter } from '../../records/present.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { users } from '../accounts/collections.ts'
import { type ShippingMethod, shippingMethods } from '../catalog/collections.ts'
import { type Product, products } from '../catalog/products.ts'
import { type Goods, type ShippingMisfit, shippingPrice } from '../catalog/shipping-price.ts'
import { type Variant, variants } from '../catalog/variants.ts'
import type { Discounting } from '../discounts/discounts-of.ts'
import { findDiscounts } from '../discounts/find-discounts.ts'
import { discountCart } from './cart-discounts.ts'
import type { Cart, CartLine } from './collections.ts'
import { type Basket, type LinePrice, type Priced, priceBasket, shopOf, withoutTax } from './totals.ts'

type Line = {
  readonly id: string
  readonly quantity: number
  readonly variant: Variant
  readonly product: Product
  readonly unitPrice: Money
}
export type ResolvedLine = Line & { readonly price: LinePrice }

export type ResolvedCart = {
  readonly cart: Cart
  /** What can be bought. */
  readonly lines: readonly ResolvedLine[]
  /** What no longer can. */
  readonly gone: readonly CartLine[]
  /** What is for sale, but with the lines before it is more than can be counted. */
  readonly tooLarge: readonly CartLine[]
  /** At its price for these goods. None whose price is beyond counting, either. */
  readonly shipping: ShippingMethod | null
  /** Why the method that was chosen does not take them. */
  readonly shippingMisfit: ShippingMisfit | null
  /** Of its account, where the project has groups. */
  readonly customerGroup: string | null
  readonly priced: Priced
  /** What was taken off, and why the other codes take nothing. */
  readonly discounting: Discounting
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
  const cart = stored.status === 'converted' ? stored : { ...stored, currency: shopOf(project).currency }
  const ids = cart.lines.map(({ variant }) => variant)
  const codes = isAgreed ? [] : (cart.discountCodes ?? [])
  const isAutomatic = !isAgreed && shopOf(project).hasAutomaticDiscounts
  const seen = new Set(cart.lines.flatMap((line) => line.seen?.product ?? []))
  // Asked together, with the products that its lines had when they were put in: to a server database that is one round trip.
  const [found, known, method, customerGroup, offers] = await Promise.all([
    read.getMany(variants, ids),
    read.getMany(products, [...seen]),
    cart.shippingMethod === null ? null : read.get(shippingMethods, cart.shippingMethod, offered(model)),
    groupOf({ read, project }, cart),
    codes.length > 0 || isAutomatic ? findDiscounts(read, { codes, isAutomatic }) : null,
  ])
  const others = found.map(({ product }) => product).filter((product) => !seen.has(product))
  const itsProducts = others.length === 0 ? known : [...known, ...(await read.getMany(products, others))]
  const byId = new Map(found.map((variant) => [variant.id, variant]))
  const productById = new Map(itsProducts.map((product) => [product.id, product]))
  const lines: Line[] = []
  const gone: CartLine[] = []
  const tooLarge: CartLine[] = []
  let amount = 0
  for (const line of cart.lines) {
    const variant = byId.get(line.variant)
    const product = variant && productById.get(variant.product)
    const isForSale = product?.status === 'active' && variant?.price.currency === cart.currency
    if (!isForSale || !variant) {
      gone.push(line)
      continue
    }
    // Inexact only where it is far beyond the limit.
    const unitPrice = line.unitPrice ?? variant.price
    const sum = amount + unitPrice.amount * line.quantity
    if (sum > limits.cartAmountMax) {
      tooLarge.push(line)
      continue
    }
    amount = sum
    lines.push({ id: line.id, quantity: line.quantity, variant, product, unitPrice })
  }
  // One price for all needs no look at the goods.
  const hasRates = method !== null && (method.rates !== null || method.freeFrom !== null)
  const cost = hasRates ? shippingPrice(method, goodsOf(cart, lines)) : null
  const shippingMisfit = typeof cost === 'string' ? cost : null
  const costed = method && typeof cost === 'object' && cost !== null ? { ...method, price: cost } : method
  const shipping = costed && costed.price.amount > limits.cartAmountMax ? null : costed
  const basket = basketOf(shopOf(project), { cart, lines, shipping, customerGroup, now })
  const own = lines.map((line, index) => ({ ...line, unitPrice: basket.lines[index]!.unitPrice }))
  const asked = offers && { cart, lines: own, shipping: basket.shipping?.price ?? null, customerGroup, offers, now }
  const discounting = asked === null ? nothingOff(lines, cart.currency) : await discountCart(read, asked)
  const priced = priceBasket(shopOf(project), discounted(basket, discounting))
  const withPrices = own.map((line, index) => ({ ...line, price: priced.lines[index]! }))
  return { cart, lines: withPrices, gone, tooLarge, shipping, shippingMisfit, customerGroup, priced, discounting }
}

/** What decides how they can be sent. */
export function goodsOf({ shippingAddress }: Cart, lines: readonly Line[]): Goods {
  const sum = lines.reduce((total, { unitPrice, quantity }) => total + unitPrice.amount * quantity, 0)
  const weight = lines.reduce((total, { variant, quantity }) => total + (variant.weight ?? 0) * quantity, 0)
  return { country: shippingAddress?.country ?? null, sum, weight }
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

type Unpriced = Pick<ResolvedCart, 'cart' | 'shipping' | 'customerGroup'> & { readonly lines: readonly Line[]; readonly now: number }

/** At the prices that its holder pays, before discounts. */
function basketOf(shop: ShopSettings, { cart, lines, shipping, customerGroup, now }: Unpriced): Basket {
  const { currency, shippingAddress: to, vatId, vatCheck } = cart
  const none = money(0, currency)
  return withoutTax(shop, {
    currency,
    lines: lines.map(({ id, unitPrice, quantity, variant, product }) => ({
      id,
      unitPrice,
      quantity,
      discount: none,
      taxClass: variant.taxClass ?? product.taxClass ?? standardClass,
    })),
    shipping: shipping && { price: shipping.price, discount: none },
    place: { country: to?.country ?? null, region: to && regionOf(shop.tax, to), at: now },
    exemption: exemptionOf(shop, { customerGroup, vatId, vatCheck, to }),
  })
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
    return now ? { ...line, seen: { product: now.product.id, sku: now.variant.sku, title: lineTitle(now) } } : line
  })
}
