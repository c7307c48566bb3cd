/** Owns what the shop written by hand does in each transaction of a cart. Prices come from the catalog at every step. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { newId } from './ids.ts'
import { expectOne, Refusal } from './refusal.ts'
import type { ShippingRow, ShopStatements } from './shop-tables.ts'
import { type Address, type Cart, cartView, type PricedLine } from './shop-views.ts'

export type NewLine = { readonly variant: string; readonly quantity: number }
/** A cart may be made empty, or with anything that it may be given later. */
export type NewCart = Partial<Contact> & { readonly lines?: readonly NewLine[] }
export type Contact = {
  readonly email: string
  readonly shippingAddress: Address
  readonly billingAddress: Address
  readonly shippingMethod: string
}

const QUANTITY_MAX = 1_000
const LINES_MAX = 100

const hashOf = (token: string) => createHash('sha256').update(token).digest()

/** The open cart of this token. @throws Refusal when there is none */
export function holdersCart(run: ShopStatements, id: string, token: string): Cart {
  const row = run.cart(id)
  if (row === undefined || !timingSafeEqual(row[1], hashOf(token))) throw new Refusal(404, 'cart_not_found')
  const [, tokenHash, status, lines, email, shippingAddress, billingAddress, shippingMethod, createdAt, updatedAt, version] = row
  if (status !== 'open') throw new Refusal(409, 'cart_closed')
  const addressOf = (text: string | null) => (text === null ? null : (JSON.parse(text) as Address))
  return {
    ...{ id, tokenHash, status, lines: JSON.parse(lines), email, shippingMethod, createdAt, updatedAt, version },
    shippingAddress: addressOf(shippingAddress),
    billingAddress: addressOf(billingAddress),
  }
}

/** @throws Refusal when one is not for sale any more */
export function priced(run: ShopStatements, lines: Cart['lines']): PricedLine[] {
  return lines.map((line) => {
    const row = run.variant(line.variant)
    if (row === undefined) throw new Refusal(409, 'variant_unavailable')
    return { ...line, row }
  })
}

/** @throws Refusal when it is not offered */
export function shippingOf(run: ShopStatements, id: string): ShippingRow {
  const row = run.shipping(id)
  if (row === undefined) throw new Refusal(422, 'shipping_method_not_found')
  return row
}

/** One line for each variant. @throws Refusal when it is more than a cart holds */
function withLine(lines: Cart['lines'], { variant, quantity }: NewLine): Cart['lines'] {
  const known = lines.find((line) => line.variant === variant)
  const line = { id: known?.id ?? newId('line'), variant, quantity: quantity + (known?.quantity ?? 0) }
  const all = known === undefined ? [...lines, line] : lines.map((one) => (one === known ? line : one))
  if (line.quantity > QUANTITY_MAX || all.length > LINES_MAX) throw new Refusal(422, 'too_many')
  return all
}

const textOf = (address: Address | null) => (address === null ? null : JSON.stringify(address))

export function createCarts(run: ShopStatements) {
  return {
    createCart({ lines: wanted = [], ...contact }: NewCart) {
      const token = `cart_${randomBytes(32).toString('base64url')}`
      const now = Date.now()
      const lines = wanted.reduce<Cart['lines']>(withLine, [])
      const { email = null, shippingAddress = null, billingAddress = null, shippingMethod = null } = contact
      const cart: Cart = {
        ...{ id: newId('cart'), tokenHash: hashOf(token), status: 'open', lines, createdAt: now, updatedAt: now, version: 1 },
        ...{ email: email?.toLowerCase() ?? null, shippingAddress, billingAddress, shippingMethod },
      }
      const withPrices = priced(run, lines)
      const shipping = shippingMethod === null ? null : shippingOf(run, shippingMethod)
      const addresses = [textOf(shippingAddress), textOf(billingAddress)] as const
      run.addCart.run(cart.id, cart.tokenHash, JSON.stringify(lines), cart.email, ...addresses, shippingMethod, now)
      return { ...cartView(cart, withPrices, shipping), token }
    },

    addLine(id: string, token: string, added: NewLine) {
      const cart = holdersCart(run, id, token)
      const lines = withLine(cart.lines, added)
      const withPrices = priced(run, lines)
      const updatedAt = Date.now()
      expectOne(run.setLines.run(JSON.stringify(lines), updatedAt, id, cart.version), 'version_conflict')
      return cartView({ ...cart, updatedAt }, withPrices, cart.shippingMethod === null ? null : shippingOf(run, cart.shippingMethod))
    },

    setContact(id: string, token: string, contact: Contact) {
      const cart = holdersCart(run, id, token)
      const lines = priced(run, cart.lines)
      const shipping = shippingOf(run, contact.shippingMethod)
      const updatedAt = Date.now()
      const { email, shippingAddress, billingAddress, shippingMethod } = contact
      const addresses = [JSON.stringify(shippingAddress), JSON.stringify(billingAddress)] as const
      expectOne(run.setContact.run(email.toLowerCase(), ...addresses, shippingMethod, updatedAt, id, cart.version), 'version_conflict')
      return cartView({ ...cart, ...contact, updatedAt }, lines, shipping)
    },
  }
}
