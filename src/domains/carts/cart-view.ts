// The cart as its holder sees it: lines with titles and prices of now, and totals.
import { Type } from 'typebox'
import { type Actor, guestActor } from '../../access/actor.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { type Money, multiplyMoney } from '../../base/money.ts'
import { and, eq } from '../../contract/filter.ts'
import type { Model } from '../../schema/model.ts'
import type { Project, ShopSettings } from '../../schema/project.ts'
import { moneySchema } from '../../schema/wire.ts'
import type { Reader } from '../../storage/storage.ts'
import { type Product, products, type ShippingMethod, shippingMethods, type Variant, variants } from '../catalog/collections.ts'
import { findVisible, readFilter } from '../records/present.ts'
import { type Cart, carts } from './collections.ts'
import { totalsOf } from './totals.ts'

export const moneyType = Type.Unsafe<Money>(moneySchema)
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const optionalText = (maxLength: number) => Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength }))

export const addressType = Type.Object(
  {
    name: text(200),
    line1: text(200),
    line2: optionalText(200),
    city: text(100),
    region: optionalText(100),
    postalCode: text(20),
    country: Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' }),
    phone: optionalText(40),
  },
  { additionalProperties: false, title: 'Address' },
)
export const totalsType = Type.Object(
  { subtotal: moneyType, discount: moneyType, shipping: moneyType, tax: moneyType, total: moneyType },
  { title: 'Totals' },
)
const nullable = (schema: object, type: string) => Type.Unsafe<unknown>({ ...schema, type: [type, 'null'] })

export const cartType = Type.Object(
  {
    id: Type.String(),
    token: Type.Optional(Type.String({ description: 'Only in the answer that makes the cart: send it as Cart-Token.' })),
    status: Type.String({ enum: ['open', 'converted', 'abandoned'] }),
    email: nullable({}, 'string'),
    currency: Type.String(),
    lines: Type.Array(
      Type.Object({
        id: Type.String(),
        variant: Type.String(),
        product: Type.String(),
        title: Type.String(),
        sku: Type.String(),
        quantity: Type.Integer(),
        unitPrice: moneyType,
        total: moneyType,
      }),
    ),
    shippingAddress: nullable({ properties: addressType.properties }, 'object'),
    billingAddress: nullable({ properties: addressType.properties }, 'object'),
    shippingMethod: nullable({}, 'string'),
    discountCodes: Type.Array(Type.String()),
    note: nullable({}, 'string'),
    order: nullable({}, 'string'),
    totals: totalsType,
    createdAt: Type.String(),
    updatedAt: Type.String(),
  },
  { title: 'Cart' },
)

export type ResolvedLine = {
  readonly id: string
  readonly quantity: number
  readonly variant: Variant
  readonly product: Product
}
export type ResolvedCart = { readonly cart: Cart; readonly lines: readonly ResolvedLine[]; readonly shipping: ShippingMethod | null }

/** @throws not_found unless it is the caller's */
export async function getCart(read: Pick<Reader, 'get'>, model: Model, actor: Actor, id: string): Promise<Cart> {
  const cart = await findVisible(read, model.get(carts), actor, id)
  if (cart === null) throw new EngineError('not_found')
  return cart as unknown as Cart
}

export function shopOf(project: Project): ShopSettings {
  if (project.shop === null) throw new EngineError('not_found')
  return project.shop
}

// What is for sale is what anybody may see, whoever holds the cart: staff cannot buy a draft by accident.
const anybody = guestActor('')

/** The cart with what its lines name. What is not on sale, or priced in another currency, is left out. */
export async function resolveCart(read: Reader, model: Model, cart: Cart): Promise<ResolvedCart> {
  const offered = and(eq('price.currency', cart.currency), readFilter(model.get(shippingMethods), anybody))
  const ids = cart.lines.map(({ variant }) => variant)
  // Asked together: to a server database that is one journey.
  const [found, shipping] = await Promise.all([
    read.getMany(variants, ids),
    cart.shippingMethod === null ? null : read.get(shippingMethods, cart.shippingMethod, offered),
  ])
  const productIds = found.map(({ product }) => product)
  const itsProducts = await read.getMany(products, productIds)
  const byId = new Map(found.map((variant) => [variant.id, variant]))
  const productById = new Map(itsProducts.map((product) => [product.id, product]))
  const lines = cart.lines.flatMap(({ id, variant: variantId, quantity }) => {
    const variant = byId.get(variantId)
    const product = variant && productById.get(variant.product)
    const isForSale = product?.status === 'active' && variant?.price.currency === cart.currency
    return isForSale && variant ? [{ id, quantity, variant, product }] : []
  })
  return { cart, lines, shipping }
}

export function lineTitle({ product, variant }: Pick<ResolvedLine, 'product' | 'variant'>): string {
  return `${product.title}, ${variant.title}`
}

export function cartTotals(shop: ShopSettings, { cart, lines, shipping }: ResolvedCart) {
  const priced = lines.map(({ variant, quantity }) => ({ unitPrice: variant.price, quantity }))
  return totalsOf(shop, priced, shipping?.price ?? null, cart.shippingAddress?.country ?? null)
}

/** The whole cart, as every cart operation answers it. */
export function cartView(project: Project, resolved: ResolvedCart, token?: string) {
  const { cart } = resolved
  const { id, status, email, currency, shippingAddress, billingAddress, shippingMethod, note, order, createdAt, updatedAt } = cart
  return {
    id,
    ...(token === undefined ? {} : { token }),
    status,
    email,
    currency,
    lines: resolved.lines.map((line) => ({
      id: line.id,
      variant: line.variant.id,
      product: line.product.id,
      title: lineTitle(line),
      sku: line.variant.sku,
      quantity: line.quantity,
      unitPrice: line.variant.price,
      total: multiplyMoney(line.variant.price, line.quantity),
    })),
    shippingAddress,
    billingAddress,
    shippingMethod,
    discountCodes: [],
    note,
    order,
    totals: cartTotals(shopOf(project), resolved),
    createdAt: toIso(createdAt),
    updatedAt: toIso(updatedAt),
  }
}
