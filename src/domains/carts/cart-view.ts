// The cart as its holder sees it: lines with titles and prices of now, and totals.

import type { Actor } from '../../access/actor.ts'
import { toIso } from '../../base/clock.ts'
import { EngineError } from '../../base/engine-error.ts'
import { type Money, money } from '../../base/money.ts'
import { type TaxExemption, taxExemptions } from '../../config/tax-exemption.ts'
import { Type } from '../../contract/type.ts'
import { ownView, tellsMoment } from '../../records/own-fields.ts'
import { findVisible } from '../../records/present.ts'
import { recordOf } from '../../schema/collection.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import type { Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { type WhyNot, whyNotCodes } from '../discounts/why-not.ts'
import { addressOutput } from './address.ts'
import { type Cart, type CartLine, carts, type LinePriceList, vatCheckShape } from './collections.ts'
import { lineTitle, type ResolvedCart, type ResolvedLine } from './resolve-cart.ts'

export const moneyType = Type.Unsafe<Money>(moneySchema)
export const totalsType = Type.Object(
  { subtotal: moneyType, discount: moneyType, shipping: moneyType, tax: moneyType, total: moneyType },
  { title: 'Totals' },
)
export const taxesType = Type.Array(
  Type.Object(
    {
      ratePpm: Type.Integer({ description: 'Parts per million: 190000 is 19 %.' }),
      taxClass: Type.String({ description: 'Where several classes have this rate, that of the first line.' }),
      country: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Null while there is no address.' }),
      region: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Where a part of the country has rates of its own.' }),
      net: moneyType,
      tax: moneyType,
    },
    { title: 'TaxGroup' },
  ),
  { description: 'All that has one rate, shipping with its goods. Their taxes are the tax of the totals.' },
)
const nullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] })

const discountsType = Type.Array(
  Type.Object(
    {
      code: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Null of one that needs none.' }),
      title: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Null of a code that cannot be used.' }),
      amount: Type.Unsafe<Money>({ ...moneySchema, title: undefined, description: 'What it takes, of goods and shipping.' }),
      reason: Type.Unsafe<WhyNot | null>({
        type: ['object', 'null'],
        title: 'DiscountReason',
        description: 'Why it takes nothing.',
        properties: { code: { type: 'string', enum: [...whyNotCodes] }, message: { type: 'string' } },
        required: ['code', 'message'],
      }),
    },
    { title: 'CartDiscount' },
  ),
  { description: 'What is taken off, and each code that takes nothing.' },
)

const lineReasonCodes = ['not_for_sale', 'currency', 'part', 'file', 'amount_too_large'] as const
type LineReason = { readonly code: (typeof lineReasonCodes)[number]; readonly message: string }
const tooMany: LineReason = { code: 'amount_too_large', message: 'is more than can be counted' }

export const cartType = Type.Object(
  {
    id: Type.String(),
    token: Type.Optional(Type.String({ description: 'Only in the answer that makes the cart: send it as Cart-Token.' })),
    status: Type.String({ enum: ['open', 'converted', 'abandoned'] }),
    email: nullableText,
    currency: Type.String(),
    lines: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          variant: Type.String(),
          product: nullableText,
          title: Type.String(),
          sku: nullableText,
          quantity: Type.Integer(),
          unitPrice: moneyType,
          priceList: Type.Unsafe<LinePriceList | null>({
            type: ['object', 'null'],
            title: 'LinePriceList',
            description: 'That the price is of, and from how many on it holds. Null: it is what everybody pays for one.',
            properties: { id: { type: 'string' }, title: { type: 'string' }, fromQuantity: { type: 'integer' } },
            required: ['id', 'title', 'fromQuantity'],
          }),
          discount: moneyType,
          total: Type.Unsafe<Money>({
            ...moneySchema,
            title: undefined,
            description: 'Less its discount. Tax is in it where prices include tax.',
          }),
          tax: moneyType,
          taxRatePpm: Type.Integer(),
          isDigital: Type.Boolean({ description: 'It is delivered by downloads, and not sent.' }),
          available: Type.Boolean({
            description: 'False once it can no longer be bought, or not so many: then its prices are zero, and checkout asks to change it.',
          }),
          reason: Type.Unsafe<LineReason | null>({
            type: ['object', 'null'],
            title: 'LineReason',
            description: 'Why it cannot be bought: of a bundle also which part is not for sale.',
            properties: { code: { type: 'string', enum: [...lineReasonCodes] }, message: { type: 'string' } },
            required: ['code', 'message'],
          }),
        },
        { title: 'CartLine' },
      ),
    ),
    shippingAddress: addressOutput,
    billingAddress: addressOutput,
    country: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Of its buyer, as long as there is no address.' }),
    needsShipping: Type.Boolean({
      description: 'False where all of it is digital: checkout asks for no address, but for a country.',
    }),
    needsConsent: Type.Boolean({ description: 'Checkout asks for `digitalConsent`.' }),
    shippingMethod: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Null also when it is no longer offered.' }),
    discountCodes: Type.Array(Type.String()),
    discounts: discountsType,
    note: nullableText,
    vatId: nullableText,
    vatCheck: Type.Unsafe<object | null>({
      ...vatCheckShape,
      description: 'What the EU’s register said of the number; `unavailable`: it did not say. Null: it was not asked.',
    }),
    taxExemption: Type.Unsafe<TaxExemption | null>({ type: ['string', 'null'], enum: [...taxExemptions, null] }),
    giftMessage: nullableText,
    order: nullableText,
    taxIsEstimate: Type.Boolean({
      description: 'An outside service has yet to say what is due: `POST /api/carts/{id}/taxes`, or checkout, asks it.',
    }),
    taxIncluded: Type.Boolean({ description: 'Whether tax is in all prices; otherwise it is added to them.' }),
    taxKnown: Type.Boolean({
      description:
        'False while only an address can tell which tax is due: the tax of the totals is nothing so far, and no taxes are listed.',
    }),
    taxes: taxesType,
    totals: totalsType,
    createdAt: Type.String(),
    updatedAt: Type.String(),
  },
  { title: 'Cart' },
)

/** @throws not_found unless it is the caller's */
export async function getCart(read: Pick<Reader, 'get'>, model: Model, actor: Actor, id: string): Promise<Cart> {
  const cart = await findVisible(read, model.get(carts), actor, id)
  if (cart === null) throw new EngineError('not_found')
  return recordOf(carts, cart)
}

/** @throws cart_not_open */
export function checkOpen({ status, order }: Cart): void {
  if (status === 'open') return
  const detail = order === null ? 'This cart was given up.' : 'This cart has become an order.'
  throw new EngineError('cart_not_open', { detail: `${detail} Make a new cart.`, params: { order } })
}

/** The whole cart, as every cart operation answers it. */
export function cartView(resolved: ResolvedCart, { model, actor }: Seer, token?: string) {
  const { cart, priced } = resolved
  const {
    id,
    status,
    email,
    currency,
    lines,
    shippingAddress,
    billingAddress,
    country,
    note,
    vatId,
    vatCheck,
    order,
    createdAt,
    updatedAt,
  } = cart
  const collection = model.get(carts)
  const forSale = new Map(resolved.lines.map((line) => [line.id, line]))
  const why = new Map(resolved.gone.map((line) => [line.id, line.why]))
  return {
    id,
    ...(token === undefined ? {} : { token }),
    status,
    email,
    currency,
    lines: lines.map((line) => {
      const found = forSale.get(line.id)
      return found ? lineView(found) : goneView(line, { currency, why: why.get(line.id) ?? tooMany })
    }),
    shippingAddress,
    billingAddress,
    country,
    needsShipping: resolved.needsShipping,
    needsConsent: resolved.needsConsent,
    shippingMethod: resolved.shipping?.id ?? null,
    discountCodes: cart.discountCodes ?? [],
    discounts: discountsView(resolved),
    note,
    vatId,
    vatCheck,
    taxExemption: priced.taxExemption,
    giftMessage: cart.giftMessage,
    order,
    taxIsEstimate: resolved.taxQuestion !== null && resolved.taxQuote === null,
    taxIncluded: priced.taxIncluded,
    taxKnown: priced.isTaxKnown,
    taxes: priced.taxes,
    totals: priced.totals,
    createdAt: toIso(createdAt),
    updatedAt: toIso(updatedAt),
    ...(!tellsMoment(collection, actor) && { updatedAt: undefined as never }),
    ...ownView(collection, actor, cart),
  }
}

/** Who is shown it, and by which declaration. */
type Seer = { readonly model: Model; readonly actor: Actor }

function discountsView({ cart, discounting: { applied, refused } }: ResolvedCart) {
  return [
    ...applied.map(({ discount: { code, title }, amount }) => ({
      code,
      title: title as string | null,
      amount,
      reason: null as WhyNot | null,
    })),
    ...refused.map((one) => ({ ...one, amount: money(0, cart.currency) })),
  ]
}

function lineView(line: ResolvedLine) {
  const { id, quantity, variant, product, unitPrice, priceList, price } = line
  return {
    id,
    variant: variant.id,
    product: product.id,
    title: lineTitle(line),
    sku: variant.sku,
    quantity,
    unitPrice,
    priceList,
    discount: price.discount,
    total: price.total,
    tax: price.tax,
    taxRatePpm: price.ratePpm,
    isDigital: line.isDigital,
    available: true,
    reason: null as LineReason | null,
  }
}

/** As it was last seen for sale: what has become of it since may not be for the holder's eyes. */
function goneView({ id, variant, quantity, seen }: CartLine, { currency, why }: { readonly currency: string; readonly why: LineReason }) {
  const nothing = money(0, currency)
  const { product = null, sku = null } = seen ?? {}
  const prices = {
    unitPrice: nothing,
    priceList: null as LinePriceList | null,
    discount: nothing,
    total: nothing,
    tax: nothing,
    taxRatePpm: 0,
    isDigital: false,
  }
  return { id, variant, product, title: goneTitle({ seen }), sku, quantity, ...prices, available: false, reason: why as LineReason | null }
}

/** What people call a line that is no longer for sale. */
export function goneTitle({ seen }: Pick<CartLine, 'seen'>): string {
  return seen?.title ?? 'Something no longer for sale'
}
