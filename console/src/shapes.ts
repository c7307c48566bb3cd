/**
 * Shapes of what the API answers, as far as the console reads it. Fields the contract leaves open
 * are optional, so that a missing one shows as a gap and never as a crash.
 */
export interface Money {
  /** Integer minor units. */
  amount: number
  currency: string
}

export type FieldKind =
  | 'id'
  | 'text'
  | 'longText'
  | 'integer'
  | 'decimal'
  | 'money'
  | 'boolean'
  | 'date'
  | 'dateTime'
  | 'email'
  | 'url'
  | 'enum'
  | 'json'
  | 'ref'
  | 'refs'

export interface FieldInfo {
  name: string
  kind: FieldKind
  required: boolean
  filterable: boolean
  sortable: boolean
  /** Whether this caller may give it a value. */
  writable?: boolean
  /** Money: the only one it may be in. */
  currency?: string
  ref?: string
  options?: string[]
}

export interface CollectionInfo {
  name: string
  title: string
  system: boolean
  /** What its ids begin with: `ord`. */
  prefix?: string
  fields: FieldInfo[]
  searchable?: boolean
  can: { create: boolean; update: boolean; delete: boolean }
}

export type RecordData = { id: string } & { [field: string]: unknown }

export interface Page<T> {
  items: T[]
  next: string | null
  count?: number
}

export interface User {
  id: string
  email: string
  name?: string | null
  roles: string[]
}

export interface Address {
  name?: string
  line1?: string
  line2?: string
  city?: string
  region?: string
  postalCode?: string
  country?: string
  phone?: string
}

export interface OrderLine {
  id: string
  variant?: string
  title?: string
  quantity: number
  unitPrice?: Money
  total?: Money
}

export interface Order {
  id: string
  number?: string | number | null
  customer?: string | null
  email?: string | null
  accountEmail?: string | null
  status: string
  paymentStatus: string
  fulfillmentStatus: string
  holds?: unknown[] | null
  lines?: OrderLine[]
  /** The contract says `addresses`; carts say `shippingAddress` and `billingAddress`: both are read. */
  addresses?: { shipping?: Address | null; billing?: Address | null } | null
  shippingAddress?: Address | null
  billingAddress?: Address | null
  totals?: Partial<Record<'subtotal' | 'discount' | 'shipping' | 'tax' | 'total', Money>>
  note?: string | null
  createdAt?: string
  placedAt?: string | null
  canceledAt?: string | null
  expiredAt?: string | null
}

export interface Payment {
  id: string
  order: string
  provider: string
  method?: string | null
  status: string
  amount?: Money
  authorized?: Money | null
  captured?: Money | null
  refunded?: Money | null
  lastError?: string | null
  createdAt?: string
}

export interface PaymentFact {
  id: string
  payment: string
  order: string
  provider: string
  operationRef?: string | null
  kind: string
  amount?: Money | null
  providerTime?: string | null
  source?: string | null
  createdAt: string
}

export interface Refund {
  id: string
  payment: string
  order: string
  amount?: Money
  status: string
  reason?: string | null
  lastError?: string | null
  createdAt?: string
}

export interface LedgerEntry {
  id: string
  transfer: string
  account: string
  /** Why it was booked: `order.placed`. */
  kind?: string | null
  order?: string | null
  amount: Money
  postedAt: string
}

export type StockLevel = { id: string; variant: string; location: string } & Record<'onHand' | 'held' | 'committed' | 'available', number>

export interface Reservation {
  id: string
  variant: string
  quantity: number
  state: string
  expiresAt?: string | null
  createdAt?: string
}

export interface Email {
  id: string
  direction: 'out' | 'in'
  status: string
  from?: unknown
  to?: unknown
  subject?: string | null
  text?: string | null
  html?: string | null
  messageId?: string | null
  thread?: string | null
  record?: string | null
  template?: string | null
  createdAt: string
}

/** What lists of mail need: the bodies of fifty mails would be megabytes. */
export const emailListFields = ['id', 'direction', 'status', 'from', 'to', 'subject', 'createdAt'] as const

export interface Effect {
  id: string
  kind: string
  key?: string | null
  state: string
  attempts: number
  dueAt?: string | null
  lastError?: unknown
  record?: string | null
  createdAt?: string
  updatedAt?: string
}

export interface Balances {
  items: { account: string; currency: string; balance: Money }[]
  totals: { currency: string; sum: Money }[]
}

/** One event of the change feed. */
export interface ChangeEvent {
  collection: string
  id: string
  action: 'created' | 'updated' | 'deleted'
  record?: RecordData | null
}
