/**
 * Owns one purchase as a storefront sends it, the same for Kingpost and for the shop by hand. A storefront either lets its visitors
 * fill a cart that the shop keeps, or keeps the cart itself and sends it once: both are used, and both are measured.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Request } from '../http-connection.ts'
import type { Send } from '../json-client.ts'

/** `five`: the cart, two lines, the addresses and shipping, checkout. `one`: a cart with all of that in one request, and checkout. */
export const FLOWS = ['five', 'one'] as const
export type Flow = (typeof FLOWS)[number]

export type Shop = { readonly variants: readonly string[]; readonly shippingMethod: string; readonly discountCodes?: readonly string[] }

/** What each guest buys, where it is not two things. `isHot`: all buy the same. `hasCodes`: with the codes of the shop. */
export type Basket = { readonly lines: number; readonly isHot: boolean; readonly hasCodes: boolean }

const ADDRESS = {
  name: 'Ada Example',
  line1: '1 Long Street',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
}

export type Visit = { readonly number: number; readonly flow: Flow; readonly basket?: Basket | undefined }
type Cart = { readonly id: string; readonly token: string }

/** Who the guest with this number is, and where the parcel goes. */
export function contactOf(number: number, shippingMethod: string) {
  return { email: `shopper${number}@example.com`, shippingAddress: ADDRESS, billingAddress: ADDRESS, shippingMethod }
}

/** Of no shop's size a divisor, so that guests walk over all there is. */
const STRIDE = 7_919

function linesOf({ variants }: Shop, { number, basket }: Visit) {
  if (basket === undefined)
    return [0, 1].map((step) => ({ variant: variants[(number * 7 + step * 31) % variants.length], quantity: 1 + step }))
  const from = basket.isHot ? 0 : number * basket.lines
  return Array.from({ length: basket.lines }, (_, step) => ({ variant: variants[((from + step) * STRIDE) % variants.length], quantity: 1 }))
}

/** The requests of the guest with this number, who buys two things where nothing else is said. */
export function purchaseOf(shop: Shop, visit: Visit) {
  const { number, flow, basket } = visit
  const lines = linesOf(shop, visit)
  const codes = basket?.hasCodes ? { discountCodes: shop.discountCodes } : {}
  const contact = { ...contactOf(number, shop.shippingMethod), ...codes }
  const at = ({ id, token }: Cart) => ({ path: `/api/carts/${id}`, headers: { 'cart-token': token } })
  return {
    cart: { method: 'POST', path: '/api/carts', body: flow === 'one' ? { ...contact, lines } : {} },
    filling(cart: Cart): Request[] {
      const { path, headers } = at(cart)
      const put = (body: unknown) => ({ method: 'POST', path: `${path}/lines`, headers, body })
      return flow === 'one' ? [] : [...lines.map(put), { method: 'PATCH', path, headers, body: contact }]
    },
    checkout(cart: Cart): Request {
      const { path, headers } = at(cart)
      return { method: 'POST', path: `${path}/checkout`, headers, body: { payment: { provider: 'sandbox', method: 'card_success' } } }
    },
  }
}

/** One guest buys. Payment settles later, by webhook. */
export async function shopOnce(send: Send, shop: Shop, visit: Visit): Promise<void> {
  const { cart: opening, filling, checkout } = purchaseOf(shop, visit)
  const cart = await send(opening)
  for (const request of filling(cart)) await send(request)
  const { order } = await send(checkout(cart))
  assert.ok(order.id)
}

/** Sends each change under a key of its own, as our client does, so that a repeat would be done once. */
export function withKeys(send: Send): Send {
  return (request) =>
    send({
      ...request,
      headers: {
        ...request.headers,
        'idempotency-key': `t${Date.now().toString(16).padStart(12, '0')}-${randomBytes(16).toString('hex')}`,
      },
    })
}
