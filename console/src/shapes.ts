/**
 * Shapes of what staff are answered, beside those of the client. Fields the contract leaves open are optional, so that a
 * missing one shows as a gap and never as a crash.
 */

import type { InputError, Money } from '/client/index.ts'
import type { DisplayName, InputName } from '../../src/contract/field-forms.ts'
import type { Operator } from './query-state.ts'

export type { Address, DeletedRecord, FileValue, Line, Money, Order, Page, Payment, User } from '/client/index.ts'

export interface FieldInfo {
  name: string
  required: boolean
  filterable: boolean
  sortable: boolean
  /** Which form takes its value, and which shows it. */
  input: InputName
  display: DisplayName
  /** No two records share a value. */
  unique?: boolean
  /** Operators worth offering, the most useful one first. */
  operators: readonly Operator[]
  /** Whether this caller may give it a value. */
  writable?: boolean
  /** The shop has added it to what the engine has. */
  own?: boolean
  /** Money: the only one it may be in. */
  currency?: string
  /** Decimals: how many there are. */
  scale?: number
  ref?: string
  options?: string[]
  /** Files: their media types, and how large each may be. */
  accept?: string[]
  maxBytes?: number
}

export interface CollectionInfo {
  name: string
  title: string
  system: boolean
  /** What its ids begin with: `ord`. */
  prefix?: string
  fields: FieldInfo[]
  searchable?: boolean
  can: { create: boolean; update: boolean; delete: boolean; restore?: boolean }
  /** For as many days a deleted record can be restored. */
  keepDays?: number | null
}

/** What came of the rows of a file. */
export interface ImportReport {
  rows: number
  created: number
  changed: number
  unchanged: number
  rejected: number
  rejections: { line: number; errors: InputError[] }[]
  ignored: string[]
}

export type RecordData = { id: string } & { [field: string]: unknown }

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

/** How many of a line's units are where; left out: none. */
export interface UnitCounts {
  shipped?: number
  canceled?: number
  returning?: number
  returned?: number
  /** Downloaded: nothing of it is sent back. */
  isDigital?: boolean
}

export interface LineUnits {
  line: string
  quantity: number
}

export interface Fulfillment {
  id: string
  status: string
  lines: readonly LineUnits[]
  tracking: readonly { carrier: string; number: string; url: string | null }[]
  createdAt: string
  deliveredAt: string | null
}

export interface OrderReturn {
  id: string
  status: string
  lines: readonly (LineUnits & { reason: string; received: number; restocked: number })[]
  comment: string | null
  instructions: string | null
  answer: string | null
  refunded: Money | null
  deduction: Money | null
  /** Something else was added to the order for it. */
  isExchange?: boolean | null
  createdAt: string
}

export interface OrderNote {
  id: string
  audience: string
  text: string
  createdAt: string
}

export interface GivenBackLine {
  /** Null: shipping. */
  line: string | null
  quantity?: number
  amount: Money
}

export interface Refund {
  id: string
  payment: string
  order: string
  amount?: Money
  /** What of it is of which line. Null: it names none. */
  lines?: readonly GivenBackLine[] | null
  status: string
  reason?: string | null
  lastError?: string | null
  createdAt?: string
}

export interface Invoice {
  id: string
  number: string
  kind: 'invoice' | 'credit_note'
  order: string
  total: Money
  issuedAt: string
}

export interface Dispute {
  id: string
  payment: string
  order: string
  amount: Money
  status: string
  reason: string | null
  evidenceDueAt: string | null
  createdAt: string
}

export interface SettlementLine {
  id: string
  provider: string
  ref: string
  kind: string
  providerRef: string | null
  amount: Money
  at: string
  payoutRef: string | null
  state: string
  lastError: string | null
}

export interface Difference {
  kind: string
  /** Of the line, or of the fact where there is no line. */
  record: string
  ref: string
  payment: string | null
  order: string | null
  ours: Money | null
  theirs: Money | null
}

export interface Reconciliation {
  id: string
  provider: string
  status: string
  until: string
  lines: number | null
  explainedPpm: number | null
  differenceCount: number | null
  differences?: Difference[] | null
  lastError: string | null
}

/** What a reading that was asked for came to. Without `reconciliation` the provider does not list its account. */
export interface ReconciledAccount {
  reconciliation: string | null
  provider: string
  lines: number
  explainedPpm: number
  differenceCount: number
  differences: Difference[]
  isComplete: boolean
  reason: string | null
}

export interface InboxMessage {
  id: string
  provider: string
  eventId: string
  providerRef: string | null
  createdAt: string
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

export type StockLevel = { id: string; variant: string; location: string } & Record<
  'onHand' | 'held' | 'committed' | 'available',
  number
> & { incoming?: number | null; expectedAt?: string | null; sellsIncoming?: boolean | null; safetyStock?: number | null }

export interface PriceList {
  id: string
  title: string
  active: boolean | null
  currency: string
  customerGroups: readonly string[]
  startsAt: string | null
  endsAt: string | null
}

export interface ListPrice {
  id: string
  list: string
  variant: string
  fromQuantity: number
  price: Money
  compareAtPrice: Money | null
}

export interface Reservation {
  id: string
  variant: string
  quantity: number
  state: string
  expiresAt?: string | null
  createdAt?: string
}

export interface Conversation {
  id: string
  record: string | null
  address: string
  name: string | null
  subject: string
  status: string
  isUnread: boolean
  isVerified: boolean | null
  assignee: string | null
  lastAt: string
  createdAt: string
}

export interface ThreadNote {
  id: string
  author: string | null
  text: string
  createdAt: string
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
  /** Of one that came in. */
  fromName?: string | null
  reply?: string | null
  isVerified?: boolean | null
  isAutomatic?: boolean | null
  enclosed?: readonly { place: number; name: string; type: string; size: number }[] | null
  createdAt: string
}

/** What lists of mail need: the bodies of fifty mails would be megabytes. */
export const emailListFields = ['id', 'direction', 'status', 'from', 'to', 'subject', 'fromName', 'isVerified', 'createdAt'] as const
/** What a conversation shows. */
export const letterFields = [...emailListFields, 'thread', 'template', 'text', 'reply', 'isAutomatic', 'enclosed'] as const

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

export interface Webhook {
  id: string
  url: string
  description: string | null
  /** Empty: all. */
  events: readonly string[]
  enabled: boolean
  disabledBecause: string | null
  /** Until then the secret before this one signs as well. */
  formerUntil: string | null
  failingSince: string | null
  pausedUntil: string | null
  createdAt: string
}

export interface WebhookDelivery {
  id: string
  webhook: string
  event: string
  status: string
  lastError: string | null
  deliveredAt: string | null
  createdAt: string
}

export interface Balances {
  items: { account: string; currency: string; balance: Money }[]
  totals: { currency: string; sum: Money }[]
}

export interface SalesSums {
  currency: string
  /** Null where an order has several. */
  orders: number | null
  units: number
  gross: Money
  discount: Money
  shipping: Money
  refunds: Money
  canceled: Money
  net: Money
  tax: Money
  averageOrder: Money | null
}

export interface SalesRow extends SalesSums {
  key: string | null
  title: string | null
}

export interface SalesFigures {
  from: string
  to: string
  timeZone: string
  rows: number
  totals: SalesSums[]
  items: SalesRow[]
}

export interface TaxRow {
  country: string
  ratePpm: number
  currency: string
  netBack: Money
  taxBack: Money
  net: Money
  tax: Money
}

export interface TaxFigures {
  items: TaxRow[]
}

export interface CustomerFigures {
  items: { orders: number; customers: number; returning: number; unknown: number }[]
}

export interface StockRow {
  location: string
  currency: string
  units: number
  value: Money
  unitsAtPrice: number
}

export interface StockFigures {
  items: StockRow[]
}
