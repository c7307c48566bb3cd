/**
 * Owns the types of the contract's core shapes. A server may send more fields than these; it never sends less
 * to a caller who may see them.
 */

/** Minor units (cents) and an ISO 4217 code. */
export type Money = { amount: number; currency: string }

/** A deleted record that can be restored until `purgeAt`; `deletedWith` is the one whose deletion took it along. */
export type DeletedRecord<T> = { record: T; deletedAt: string; deletedBy: string; deletedWith: string | null; purgeAt: string }

/** `countIsAtLeast` says that there are more than were counted. */
export type Page<T> = { items: T[]; next: string | null; count?: number; countIsAtLeast?: boolean }

/** UTC, RFC 3339. */
export type Time = string

/** `url` is good for whoever may read the record. */
export type FileValue = {
  id: string
  name: string
  /** Of its bytes, whatever its sender called it. */
  type: string
  /** In bytes. */
  size: number
  /** Of pictures, in pixels. */
  width?: number
  height?: number
  url: string
}

export type Product = {
  id: string
  slug: string
  title: string
  description: string | null
  status: 'draft' | 'active' | 'archived'
  categories: readonly string[]
  /** The first one stands for it in lists. */
  pictures: readonly FileValue[]
  /** The lowest price among the variants, kept by the server; null while nothing of it has a price. */
  price: Money | null
  /** Only with `expand: ['variants']`. */
  variants?: readonly Variant[]
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
  /** Where it looks different from its product. */
  picture: FileValue | null
  /** What can be bought now. */
  /** Delivered by downloads, and not sent. */
  isDigital?: boolean | null
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

export type ShippingMethod = { id: string; title: string; price: Money; countries?: readonly string[] | null }

/** Given with a name and `line1`; of digital goods that were sold to a country alone, an order shows no more than that. */
export type Address = {
  name?: string | null
  line1?: string | null
  line2?: string | null
  /** Left out where the country's addresses name none. */
  city?: string | null
  region?: string | null
  /** Left out where the country has none. */
  postalCode?: string | null
  /** ISO 3166-1 alpha-2. */
  country: string
  phone?: string | null
}

export type Totals = {
  subtotal: Money
  discount: Money
  shipping: Money
  tax: Money
  total: Money
}

/** A line of an order, as it was agreed. */
export type Line = {
  id: string
  variant: string
  product: string
  sku: string
  title: string
  quantity: number
  unitPrice: Money
  total: Money
  /** Delivered by downloads, and not sent. */
  isDigital?: boolean
}

export type CartLine = Omit<Line, 'product' | 'sku'> & {
  product: string | null
  sku: string | null
  /** False once it can no longer be bought: its prices are zero then, and it must be taken out before checkout. */
  available: boolean
  /** Why it cannot be bought. */
  reason: { code: 'not_for_sale' | 'currency' | 'part' | 'file' | 'amount_too_large'; message: string } | null
}

/** What is taken off, or why a code takes nothing. */
export type CartDiscount = {
  /** Null of one that needs none. */
  code: string | null
  /** Null of a code that cannot be used. */
  title: string | null
  /** Of goods and shipping. */
  amount: Money
  reason: { code: string; message: string } | null
}

/** `unavailable`: it did not answer. `reference`: its consultation number. */
export type VatCheck = { vatId: string; state: 'valid' | 'invalid' | 'unavailable'; at: Time; reference: string | null }
export type TaxExemption = 'customer_group' | 'reverse_charge'

export type Cart = {
  id: string
  /** The guest's secret, on creation only. */
  token?: string
  status: 'open' | 'converted' | 'abandoned'
  email: string | null
  currency: string
  lines: readonly CartLine[]
  shippingAddress: Address | null
  billingAddress: Address | null
  /** Of its buyer, as long as there is no address. */
  country: string | null
  /** False where all of it is digital. */
  needsShipping: boolean
  /** Checkout asks for `digitalConsent`. */
  needsConsent: boolean
  shippingMethod: string | null
  discountCodes: readonly string[]
  discounts: readonly CartDiscount[]
  note: string | null
  vatId: string | null
  /** What the EU's register said of it; null where it was not asked. */
  vatCheck: VatCheck | null
  /** Why there is no tax though a rate is due. */
  taxExemption: TaxExemption | null
  giftMessage: string | null
  /** What it has become. */
  order: string | null
  /** False while only an address can tell which tax is due. */
  taxKnown: boolean
  totals: Totals
  createdAt: Time
  updatedAt: Time
}

/** `leftOut`: of the open cart that the account had, what did not fit; it stays in that cart. */
export type ClaimedCart = Cart & { leftOut: readonly { variant: string; title: string; quantity: number }[] }

/** Null takes a value away. */
export type CartPatch = {
  email?: string | null
  shippingAddress?: Address | null
  billingAddress?: Address | null
  country?: string | null
  shippingMethod?: string | null
  discountCodes?: readonly string[]
  currency?: string
  note?: string | null
  /** Of a business, with the letters of its country. */
  vatId?: string | null
  giftMessage?: string | null
}

/** Empty, or with all that checkout needs. */
export type NewCart = CartPatch & { lines?: readonly { variant: string; quantity?: number }[] }

export type Order = {
  id: string
  number: string
  cart: string
  customer: string | null
  email: string
  accountEmail: string | null
  status: 'draft' | 'pending_payment' | 'placed' | 'completed' | 'expired' | 'canceled'
  paymentStatus: 'none' | 'authorized' | 'partially_paid' | 'paid' | 'partially_refunded' | 'refunded' | 'voided' | 'overcharged'
  fulfillmentStatus: 'unfulfilled' | 'partially_fulfilled' | 'fulfilled' | 'returned'
  holds: readonly string[]
  lines: readonly Line[]
  addresses: { shipping: Address; billing: Address }
  shipping: { id: string; title: string; price: Money } | null
  /** Null where nothing was taken off. */
  discounts: readonly { id: string; code: string | null; title: string; amount: Money }[] | null
  totals: Totals
  /** The sum of `totals` again. */
  total: Money
  vatId: string | null
  vatCheck: VatCheck | null
  taxExemption: TaxExemption | null
  note: string | null
  giftMessage: string | null
  placedAt: Time | null
  /** A draft that waits for its payment. */
  isOffered?: boolean | null
  /** Until when the stock is kept for a payment. */
  expiresAt: Time | null
  createdAt: Time
}

export type PaymentAction =
  | null
  | { type: 'redirect'; url: string }
  | { type: 'clientSecret'; value: string }
  | { type: 'transfer'; holder: string; iban: string; bic: string | null; reference: string }

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
  /** What banks took back for disputes, and what can still be captured. Null: nothing. */
  disputed: Money | null
  capturable: Money | null
  action: PaymentAction
  lastError: string | null
  createdAt: Time
}

export type PaymentChoice = { provider: string; method?: string; returnUrl?: string }

/** What is paid by gift cards, in their order, and by all the store credit of the account. `expectedDue`: what is left for the provider. */
export type CreditChoice = { giftCards?: readonly string[]; storeCredit?: boolean; expectedDue?: Money }
/** `payment` may be left out where credit pays for all of it. */
/** `digitalConsent`: where `needsConsent` of the cart asks for it. */
export type CheckoutBody = CreditChoice & { payment?: PaymentChoice; expectedTotal?: Money; digitalConsent?: boolean }
export type OrderPayment = CreditChoice & Partial<PaymentChoice>

export type CheckoutAnswer = {
  order: Order
  /** Null when there was nothing to pay: the order is placed. */
  payment: Pick<Payment, 'id' | 'provider' | 'method' | 'status' | 'action' | 'lastError'> | null
}

export type User = {
  id: string
  email: string
  name: string | null
  roles: readonly string[]
  emailVerified: boolean
  createdAt: Time
}

export type SignIn = { token: string; user: User }
/** `passkey`: by `POST /api/auth/passkeys/login/start` and `/finish`. `totp`: what an authenticator app shows. `recovery`: one of the codes that came with it. */
export type SecondFactor = 'passkey' | 'totp' | 'recovery'

export type Session = {
  id: string
  /** `Chrome 142, Windows` */
  device: string | null
  /** The block of addresses that it was opened from: `203.0.113.0/24`. */
  origin: string
  /** How its owner showed who they are: `password`, `magic`, `code` … */
  ways: readonly string[]
  /** The one that asks. */
  isCurrent: boolean
  createdAt: Time
  /** To within ten minutes. */
  usedAt: Time
  /** When it ends if nobody uses it until then. */
  expiresAt: Time
}

export type ApiKey = {
  id: string
  name: string
  /** How the key ends. */
  hint: string
  scopes: readonly string[]
  createdAt: Time
  /** Null: when it is revoked. */
  expiresAt: Time | null
  usedAt: Time | null
}

/** Counts and sums of records by groups; staff's, unless the collection opens them. */
export type Groups<TItem = Group> = { items: TItem[]; groups: number }
export type Group = {
  group: Record<string, string | number | boolean | null>
  count: number
  sum?: Record<string, unknown>
  avg?: Record<string, unknown>
  min?: Record<string, unknown>
  max?: Record<string, unknown>
}

/** One of several operations in one transaction. */
export type BatchStep = { method: 'POST' | 'PATCH' | 'PUT' | 'DELETE'; path: string; body?: object; ifMatch?: string }
export type BatchResult = { status: number; headers: Record<string, string>; body: unknown }
