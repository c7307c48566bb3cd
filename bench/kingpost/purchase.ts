/**
 * Owns one purchase as a storefront sends it, the same for Kingpost and for the shop by hand. A storefront either lets its visitors
 * fill a cart that the shop keeps, or keeps the cart itself and sends it once: both are used, and both are measured.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Send } from '../json-client.ts'

/** `five`: the cart, two lines, the addresses and shipping, checkout. `one`: a cart with all of that in one request, and checkout. */
export const FLOWS = ['five', 'one'] as const
export type Flow = (typeof FLOWS)[number]

export type Shop = { readonly variants: readonly string[]; readonly shippingMethod: string }

const ADDRESS = {
  name: 'Ada Example',
  line1: '1 Long Street',
  city: 'Berlin',
  postalCode: '10115',
  country: 'DE',
}

/** One guest buys two things. Payment settles later, by webhook. */
export async function shopOnce(send: Send, shop: Shop, { number, flow }: { readonly number: number; readonly flow: Flow }): Promise<void> {
  const lines = [0, 1].map((step) => ({
    variant: shop.variants[(number * 7 + step * 31) % shop.variants.length],
    quantity: 1 + step,
  }))
  const contact = {
    email: `shopper${number}@example.com`,
    shippingAddress: ADDRESS,
    billingAddress: ADDRESS,
    shippingMethod: shop.shippingMethod,
  }
  const cart = await send({ method: 'POST', path: '/api/carts', body: flow === 'one' ? { ...contact, lines } : {} })
  const headers = { 'cart-token': cart.token }
  const path = `/api/carts/${cart.id}`
  if (flow === 'five') {
    for (const line of lines) await send({ method: 'POST', path: `${path}/lines`, headers, body: line })
    await send({ method: 'PATCH', path, headers, body: contact })
  }
  const payment = { provider: 'sandbox', method: 'card_success' }
  const { order } = await send({ method: 'POST', path: `${path}/checkout`, headers, body: { payment } })
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
