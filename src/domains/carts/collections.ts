// Carts: what somebody means to buy. Lines name variants; prices are looked up at every answer, so a
// cart can never sell at yesterday's price. A guest holds it by a token, stored hashed.
import { actorCartToken, actorId, all, any, nobody, type Rule, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import type { PostalAddress } from '../../base/postal-form.ts'
import type { VatCheck } from '../../config/tax-exemption.ts'
import type { TaxQuote } from '../../config/tax-service.ts'
import { collection, type Fields } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'

/** Of digital goods that nobody sent, it may be a country alone. */
export type Address = PostalAddress & { readonly name?: string | null; readonly phone?: string | null }
export const vatCheckShape = {
  type: ['object', 'null'],
  title: 'VatCheck',
  properties: {
    vatId: { type: 'string' },
    state: { type: 'string', enum: ['valid', 'invalid', 'unavailable'] },
    at: { type: 'string' },
    reference: { type: ['string', 'null'] },
  },
} as const
/** Named: cart-view.ts says what is in it. */
export const addressShape = { type: 'object', title: 'Address' } as const
/** `fromQuantity`: units from which on its price holds. */
export type LinePriceList = { readonly id: string; readonly title: string; readonly fromQuantity: number }
export type CartLine = {
  readonly id: string
  readonly variant: string
  readonly quantity: number
  /** What staff agreed on for it, in place of its price. */
  readonly unitPrice?: Money
  /** What it was when it was put in. `price`, in minor units: what a unit cost when its holder was last shown what has changed. */
  readonly seen?: { readonly product: string; readonly sku: string; readonly title: string; readonly price?: number } | undefined
}

/** What a holder was shown last, of what is not in the lines: what differs from it is told as a change. */
export type CartLook = {
  /** Country and region: another place has other taxes, and that is no news. */
  readonly place: string | null
  /** By line. `units` that there were; null of one that was not for sale. */
  readonly lines: Readonly<Record<string, { readonly units: number | null; readonly ratePpm: number }>>
  readonly shipping: { readonly id: string; readonly price: number } | null
  readonly discounts: readonly { readonly title: string; readonly amount: number }[]
}

/**
 * A guest's, who has its token. Once it is an account's, that token opens it no more: it may lie in a browser that others use,
 * and the account's own address may have come into the cart.
 */
export const heldByToken = all(where('tokenHash').eq(actorCartToken), where('customer').isNull())

const cartFields = {
  status: field.enum(['open', 'converted', 'abandoned'], { required: true }),
  tokenHash: field.text({ required: true, read: nobody }),
  customer: field.ref('users', { onErase: 'delete' }),
  email: field.email({ onErase: 'delete' }),
  currency: field.text({ required: true }),
  lines: field.json<readonly CartLine[]>({ required: true, schema: { type: 'array', items: { type: 'object' } } }),
  shippingAddress: field.json<Address | null>({ schema: addressShape }),
  billingAddress: field.json<Address | null>({ schema: addressShape }),
  /** Where its buyer is, as long as there is no address: decides the tax. */
  country: field.text({ max: 2 }),
  /** No reference: an old cart keeps nobody from deleting a method. One that is gone is not shown. */
  shippingMethod: field.text({ max: 64 }),
  /** As they are kept, without repeats. What they take is looked at anew with every answer. */
  discountCodes: field.json<readonly string[]>({ schema: { type: ['array', 'null'], items: { type: 'string' } } }),
  note: field.longText({ max: 2_000 }),
  /** Of a business: its VAT number, and what VIES said of it. */
  vatId: field.text({ max: 20 }),
  vatCheck: field.json<VatCheck | null>({ schema: vatCheckShape }),
  /** Goes with the parcel, to whom it is sent. */
  giftMessage: field.longText({ max: limits.giftMessageCharactersMax }),
  /** What an outside tax service said, and of what. */
  taxQuote: field.json<TaxQuote | null>({ read: nobody, schema: { type: ['object', 'null'] } }),
  looked: field.json<CartLook | null>({ read: nobody, schema: { type: ['object', 'null'] } }),
  order: field.text(),
} as const

const asOf = { prefix: 'cart', system: true, feed: false } as const
const indexes = [['tokenHash'], ['customer', '-createdAt'], ['status', 'createdAt']] as const
const read = any(staff, heldByToken, where('customer').eq(actorId))

export const carts = collection('carts', { ...asOf, fields: cartFields, indexes, access: { read } })

/** `carts` of a shop with its own fields. The handle for engine code stays `carts`. */
export function cartsIn<TFields extends Fields>(more: TFields) {
  const fields = { ...cartFields, ...more }
  // What fields there are besides is known when it is called.
  const known = { indexes: indexes as readonly (readonly string[])[], access: { read: read as Rule } }
  return collection('carts', { ...asOf, fields, own: Object.keys(more), ...known })
}
export type Cart = NonNullable<(typeof carts)['record']>

/** Of a cart that says nothing yet beside what is in it and whose it is. */
export const unsaid = {
  shippingAddress: null,
  billingAddress: null,
  country: null,
  shippingMethod: null,
  discountCodes: null,
  note: null,
  giftMessage: null,
  vatId: null,
  vatCheck: null,
  taxQuote: null,
  looked: null,
} as const satisfies Partial<Cart>

/** When to look whether somebody has left their cart. */
export const cartReminders = collection('cartReminders', {
  prefix: 'crm',
  title: 'Cart reminders',
  system: true,
  internal: true,
  feed: false,
  fields: {
    cart: field.text({ required: true, unique: true }),
    dueAt: field.dateTime({ required: true }),
    sentAt: field.dateTime(),
  },
  indexes: [['dueAt']],
  personal: { because: 'That somebody was reminded of a cart, so that it is done once. It names nobody but the cart.' },
})
