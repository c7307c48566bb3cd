/** Owns what the shop written by hand answers and mails: carts, orders, the receipt. Pure. */
import type { Line, OrderLineRow, OrderRow, ShippingRow, VariantRow } from './shop-tables.ts'

export type Address = {
  readonly name: string
  readonly line1: string
  readonly city: string
  readonly postalCode: string
  readonly country: string
}
export type Cart = {
  readonly id: string
  readonly tokenHash: Uint8Array
  readonly status: string
  readonly lines: readonly Line[]
  readonly email: string | null
  readonly shippingAddress: Address | null
  readonly billingAddress: Address | null
  readonly shippingMethod: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly version: number
}
/** A line with what the catalog says of it now. */
export type PricedLine = Line & { readonly row: VariantRow }
export type OrderView = ReturnType<typeof orderView>

const euros = (amount: number) => ({ amount, currency: 'EUR' })
const subtotalOf = (lines: readonly PricedLine[]) => lines.reduce((sum, { quantity, row }) => sum + quantity * row[5], 0)

function totalsOf(lines: readonly PricedLine[], shipping: ShippingRow | null) {
  const subtotal = subtotalOf(lines)
  const shippingPrice = shipping?.[2] ?? 0
  return {
    subtotal: euros(subtotal),
    discount: euros(0),
    shipping: euros(shippingPrice),
    tax: euros(0),
    total: euros(subtotal + shippingPrice),
  }
}

function linesView(lines: readonly PricedLine[]) {
  return lines.map(({ id, quantity, row: [variant, , product, sku, title, price] }) => ({
    id,
    variant,
    product,
    sku,
    title,
    quantity,
    unitPrice: euros(price),
    total: euros(quantity * price),
  }))
}

export function cartView(cart: Cart, lines: readonly PricedLine[], shipping: ShippingRow | null) {
  const { id, status, email, shippingAddress, billingAddress, shippingMethod, createdAt, updatedAt } = cart
  return {
    id,
    status,
    email,
    currency: 'EUR',
    lines: linesView(lines).map((line) => ({ ...line, available: true })),
    shippingAddress,
    billingAddress,
    shippingMethod,
    discountCodes: [],
    note: null,
    order: null,
    totals: totalsOf(lines, shipping),
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  }
}

export function orderView(
  order: { readonly id: string; readonly number: number; readonly now: number; readonly expiresAt: number },
  cart: Cart & { readonly shippingAddress: Address; readonly billingAddress: Address; readonly email: string },
  { lines, shipping }: { readonly lines: readonly PricedLine[]; readonly shipping: ShippingRow },
) {
  const { id, number, now, expiresAt } = order
  const totals = totalsOf(lines, shipping)
  const at = new Date(now).toISOString()
  return {
    id,
    number: String(number),
    cart: cart.id,
    customer: null,
    email: cart.email,
    status: 'pending_payment',
    paymentStatus: 'none',
    fulfillmentStatus: 'unfulfilled',
    lines: linesView(lines),
    addresses: { shipping: cart.shippingAddress, billing: cart.billingAddress },
    shipping: { id: shipping[0], title: shipping[1], price: euros(shipping[2]) },
    totals,
    total: totals.total,
    note: null,
    placedAt: null,
    expiresAt: new Date(expiresAt).toISOString(),
    createdAt: at,
    updatedAt: at,
  }
}

/** Subject, text and HTML: what is kept of a mail until it is sent. */
export function receiptMail([, number, , address, total]: OrderRow, lines: readonly OrderLineRow[]): string {
  const { shipping: to } = JSON.parse(address) as { shipping: Address }
  const rows = lines.map(([, title, quantity, price]) => ({ title, quantity, total: inWords(quantity * price) }))
  const place = [to.name, to.line1, `${to.postalCode} ${to.city}`, to.country]
  const text = [
    'Thank you for your order.',
    `Order ${number}`,
    ...rows.map((row) => `${row.quantity} x ${row.title}: ${row.total}`),
    `Total: ${inWords(total)}`,
    'It goes to:',
    ...place,
  ].join('\n')
  const cells = rows.map((row) => `<tr><td>${row.quantity}</td><td>${escapeHtml(row.title)}</td><td>${row.total}</td></tr>`).join('')
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Your order ${number}</title>
<body style="font-family:sans-serif"><h1>Thank you for your order</h1><p>Order ${number}</p>
<table>${cells}<tr><td></td><td>Total</td><td>${inWords(total)}</td></tr></table>
<p>It goes to:<br>${place.map(escapeHtml).join('<br>')}</p></body></html>`
  return JSON.stringify({ subject: `Your order ${number}`, text, html })
}

const inWords = (amount: number) => `EUR ${(amount / 100).toFixed(2)}`

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
