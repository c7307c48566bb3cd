/**
 * Owns the types of the contract's core shapes. A server may send more fields than these; it never sends less
 * to a caller who may see them.
 */

/** Minor units (cents) and an ISO 4217 code. */
export type Money = { amount: number; currency: string }

export type Page<T> = { items: T[]; next: string | null; count?: number }

/** UTC, RFC 3339. */
export type Time = string

export type Product = {
  id: string
  slug: string
  title: string
  description: string
  status: 'draft' | 'active' | 'archived'
  categories: string[]
  /** The lowest price among the variants, kept by the server. */
  price: Money
  /** Only with `expand: ['variants']`. */
  variants?: Variant[]
  createdAt: Time
  updatedAt: Time
}

export type Category = { id: string; slug: string; title: string }

export type Variant = {
  id: string
  product: string
  sku: string
  title: string
  price: Money
  /** What can be bought now. */
  available: number
}

export type StockLevel = {
  id: string
  variant: string
  location: string
  onHand: number
  held: number
  committed: number
}

export type ShippingMethod = { id: string; title: string; price: Money; description?: string; countries?: string[] | null }

export type Address = {
  name: string
  line1: string
  line2?: string
  city: string
  region?: string
  postalCode: string
  /** ISO 3166-1 alpha-2. */
  country: string
  phone?: string
}

export type Totals = {
  subtotal: Money
  discount: Money
  shipping: Money
  tax: Money
  total: Money
}

export type Line = {
  id: string
  variant: string
  title: string
  quantity: number
  unitPrice: Money
  total: Money
}

export type Cart = {
  id: string
  /** The guest's secret, on creation only. */
  token?: string
  status: 'open' | 'locked' | 'converted' | 'abandoned'
  email: string | null
  currency: string
  lines: Line[]
  shippingAddress: Address | null
  billingAddress: Address | null
  shippingMethod: string | null
  discountCodes: string[]
  totals: Totals
}

export type CartPatch = {
  email?: string
  shippingAddress?: Address
  billingAddress?: Address
  shippingMethod?: string
  discountCodes?: string[]
  currency?: string
  note?: string
}

export type Order = {
  id: string
  number: string
  cart: string | null
  customer: string | null
  email: string
  status: 'draft' | 'pending_payment' | 'placed' | 'completed' | 'expired' | 'canceled'
  paymentStatus: 'none' | 'authorized' | 'partially_paid' | 'paid' | 'partially_refunded' | 'refunded' | 'voided' | 'overcharged'
  fulfillmentStatus: 'unfulfilled' | 'partially_fulfilled' | 'fulfilled' | 'returned'
  holds: string[]
  lines: Line[]
  addresses?: { shipping: Address; billing: Address }
  totals: Totals
  placedAt: Time | null
  createdAt: Time
}

export type PaymentAction = null | { type: 'redirect'; url: string } | { type: 'clientSecret'; value: string }

export type Payment = {
  id: string
  order: string
  provider: string
  method: string | null
  status: string
  amount: Money
  authorized: Money
  captured: Money
  refunded: Money
  action: PaymentAction
  createdAt: Time
}

export type PaymentChoice = { provider: string; method?: string; returnUrl?: string }

export type CheckoutAnswer = {
  order: Order
  payment: { id: string; status: string; action: PaymentAction }
}

export type User = {
  id: string
  email: string
  name: string | null
  roles: string[]
  emailVerified: boolean
  createdAt: Time
}

export type SignIn = { token: string; user: User }

export type Session = {
  id: string
  userAgent: string | null
  /** The one that asks. */
  isCurrent: boolean
  createdAt: Time
  expiresAt: Time
}
