/** Owns the JSON schemas of the shop written by hand: what it takes is checked, what it answers is serialised by them. */
const text = { type: 'string' } as const
const textOrNull = { type: ['string', 'null'] } as const
const integer = { type: 'integer' } as const
const object = <Properties extends Record<string, unknown>>(properties: Properties) => ({ type: 'object', properties }) as const
const list = <Items>(items: Items) => ({ type: 'array', items }) as const
const orNull = <Properties extends Record<string, unknown>>(properties: Properties) => ({ type: ['object', 'null'], properties }) as const
const bounded = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength }) as const
/** What is taken: nothing missing, nothing more. */
const exactly = <Properties extends Record<string, unknown>>(properties: Properties) =>
  ({ ...object(properties), required: Object.keys(properties), additionalProperties: false }) as const

const money = object({ amount: integer, currency: text })
const address = { name: text, line1: text, city: text, postalCode: text, country: text }
const totals = object({ subtotal: money, discount: money, shipping: money, tax: money, total: money })
const line = { id: text, variant: text, product: text, sku: text, title: text, quantity: integer, unitPrice: money, total: money }
const cart = object({
  ...{ id: text, status: text, email: textOrNull, currency: text, lines: list(object({ ...line, available: { type: 'boolean' } })) },
  ...{ shippingAddress: orNull(address), billingAddress: orNull(address), shippingMethod: textOrNull },
  ...{ discountCodes: list(text), note: textOrNull, order: textOrNull, totals, createdAt: text, updatedAt: text, token: text },
})
const order = object({
  ...{ id: text, number: text, cart: text, customer: textOrNull, email: text },
  ...{ status: text, paymentStatus: text, fulfillmentStatus: text, lines: list(object(line)) },
  ...{ addresses: object({ shipping: object(address), billing: object(address) }) },
  ...{ shipping: object({ id: text, title: text, price: money }), totals, total: money, note: textOrNull },
  ...{ placedAt: textOrNull, expiresAt: text, createdAt: text, updatedAt: text },
})
const payment = object({ id: text, provider: text, method: text, status: text, action: textOrNull, lastError: textOrNull })

const newAddress = exactly({
  ...{ name: bounded(200), line1: bounded(200), city: bounded(100), postalCode: bounded(20) },
  country: { type: 'string', pattern: '^[A-Z]{2}$' },
})
const id = { type: 'string', pattern: '^[a-z]+_[0-9a-z]{26}$' } as const
const newLine = exactly({ variant: id, quantity: { type: 'integer', minimum: 1, maximum: 1_000 } })
const contact = {
  email: { type: 'string', maxLength: 254, pattern: '^[^@\\s]+@[^@\\s]+$' },
  ...{ shippingAddress: newAddress, billingAddress: newAddress, shippingMethod: id },
} as const
const params = exactly({ id })
const headers = {
  ...object({ 'cart-token': bounded(100), 'idempotency-key': bounded(255) }),
  required: ['cart-token'],
}

export const schemas = {
  createCart: {
    body: { ...object({ ...contact, lines: { ...list(newLine), maxItems: 100 } }), additionalProperties: false },
    response: { 201: cart },
  },
  addLine: {
    ...{ params, headers, response: { 201: cart } },
    body: newLine,
  },
  setContact: {
    ...{ params, headers, response: { 200: cart } },
    body: exactly(contact),
  },
  checkOut: {
    ...{ params, headers, response: { 201: object({ order, payment }) } },
    body: exactly({ payment: exactly({ provider: { const: 'sandbox' }, method: bounded(50) }) }),
  },
}
