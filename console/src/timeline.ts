/**
 * What happened to an order, from all its records, in order of time. Pure. Times are ours (when the
 * engine wrote it): a provider's clock may run differently, so its time only stands in the detail.
 */
import { formatMailbox, formatMoney, humanize, shortenIds, type Tone, toneOf } from './format.ts'
import { groupTransfers } from './ledger-groups.ts'
import type {
  Dispute,
  Effect,
  Email,
  Fulfillment,
  Invoice,
  LedgerEntry,
  Order,
  OrderNote,
  OrderReturn,
  Payment,
  PaymentFact,
  Refund,
  Reservation,
} from './shapes.ts'

export type Lane = 'order' | 'payment' | 'stock' | 'ledger' | 'mail' | 'effect'

export interface TimelineItem {
  key: string
  at: string
  lane: Lane
  title: string
  detail: string
  tone: Tone
  /** The record behind it. */
  collection: string
  id: string
}

export interface OrderFile {
  order: Order
  payments: readonly Payment[]
  facts: readonly PaymentFact[]
  disputes: readonly Dispute[]
  refunds: readonly Refund[]
  entries: readonly LedgerEntry[]
  reservations: readonly Reservation[]
  fulfillments?: readonly Fulfillment[]
  returns?: readonly OrderReturn[]
  notes?: readonly OrderNote[]
  emails: readonly Email[]
  effects: readonly Effect[]
  invoices: readonly Invoice[]
}

const laneOrder: Lane[] = ['order', 'stock', 'payment', 'ledger', 'mail', 'effect']

/** Oldest first; what has the same time stands in the order cause to consequence. */
export function timelineOf(file: OrderFile): TimelineItem[] {
  const items: TimelineItem[] = [
    ...orderItems(file.order),
    ...file.payments.map(paymentItem),
    ...file.facts.map(factItem),
    ...file.refunds.flatMap(refundItems),
    ...file.reservations.flatMap(reservationItems),
    ...(file.fulfillments ?? []).flatMap(parcelItems),
    ...(file.returns ?? []).map(returnItem),
    ...(file.notes ?? []).map(noteItem),
    ...transferItems(file.entries),
    ...file.emails.map(mailItem),
    ...file.effects.flatMap(effectItems),
  ]
  return items.sort(
    (a, b) => Date.parse(a.at) - Date.parse(b.at) || laneOrder.indexOf(a.lane) - laneOrder.indexOf(b.lane) || a.key.localeCompare(b.key),
  )
}

function orderItems(order: Order): TimelineItem[] {
  const item = (at: string | null | undefined, title: string, tone: Tone): TimelineItem[] =>
    at ? [{ ...record('orders', order.id, title), at, lane: 'order', title, detail: '', tone }] : []
  return [...item(order.createdAt, 'Checked out', 'quiet'), ...item(order.placedAt, 'Order placed', 'good')]
}

function paymentItem(payment: Payment): TimelineItem {
  const by = [payment.provider, payment.method && humanize(payment.method)].filter(Boolean).join(', ')
  return {
    ...record('payments', payment.id),
    at: payment.createdAt,
    lane: 'payment',
    title: `Payment of ${formatMoney(payment.amount)} started`,
    detail: by,
    tone: 'quiet',
  }
}

const effectWords: Record<string, string> = {
  'email.send': 'Send an e-mail',
  'payment.start': 'Start a payment',
  'payment.follow': 'Ask how a payment went',
  'payment.cancel': 'Close a payment',
  'payment.refund': 'Give money back',
  'invoices.issue': 'Issue an invoice',
  'invoices.correct': 'Correct an invoice',
}

const factWords: Record<string, string> = {
  auth_ok: 'authorized',
  auth_fail: 'declined',
  void_ok: 'released',
  cap_ok: 'captured',
  cap_fail: 'could not be captured',
  cap_reversed: 'taken back',
  disp_withdrawn: 'disputed, and taken back for now',
  disp_reinstated: 'won back from a dispute',
  disp_lost: 'lost by a dispute',
  ref_ok: 'refunded',
  ref_fail: 'could not be refunded',
}

/** `cap_ok` as `captured`: what a fact says of its amount. */
export function factWord(kind: string): string {
  return factWords[kind] ?? humanize(kind).toLowerCase()
}

/** `payment.cap_ok` as `Payment captured`: why something was booked. */
export function bookingWords(kind: string): string {
  const [noun = '', ...rest] = kind.split('.')
  return rest.length === 0 ? humanize(noun) : `${humanize(noun)} ${factWord(rest.join('.'))}`
}

/** A `kind` of whatever record: a fact's, a booking's, an effect's, or any other word. */
export function kindWords(kind: string): string {
  return effectWords[kind] ?? (kind.includes('.') ? bookingWords(kind) : humanize(factWord(kind)))
}

function factItem(fact: PaymentFact): TimelineItem {
  const word = factWord(fact.kind)
  const skewMs = fact.providerTime ? Date.parse(fact.createdAt) - Date.parse(fact.providerTime) : 0
  // Under a minute is the way over the network; more means late or repeated news.
  const late = skewMs > 60_000 ? `happened ${new Date(fact.providerTime ?? '').toISOString()}` : ''
  const source = fact.source ? `told by ${humanize(fact.source).toLowerCase()}` : ''
  return {
    ...record('paymentFacts', fact.id),
    at: fact.createdAt,
    lane: 'payment',
    title: fact.amount ? `${formatMoney(fact.amount)} ${word}` : humanize(word),
    detail: [fact.provider, source, shortenIds(fact.operationRef ?? ''), late].filter(Boolean).join(' · '),
    tone: /declin|fail|reversed|disp_withdrawn|disp_lost|error/.test(fact.kind) ? 'bad' : 'good',
  }
}

function refundItems(refund: Refund): TimelineItem[] {
  if (!refund.createdAt) return []
  return [
    {
      ...record('refunds', refund.id),
      at: refund.createdAt,
      lane: 'payment',
      title: refund.amount ? `Refund of ${formatMoney(refund.amount)} wanted` : 'Refund wanted',
      detail: [refund.reason && humanize(refund.reason), `now ${humanize(refund.status).toLowerCase()}`].filter(Boolean).join(' · '),
      tone: toneOf(refund.status),
    },
  ]
}

function reservationItems(reservation: Reservation): TimelineItem[] {
  if (!reservation.createdAt) return []
  return [
    {
      ...record('reservations', reservation.id),
      at: reservation.createdAt,
      lane: 'stock',
      title: reservation.quantity === 1 ? '1 piece reserved' : `${reservation.quantity} pieces reserved`,
      detail: `now ${humanize(reservation.state).toLowerCase()}`,
      tone: toneOf(reservation.state),
    },
  ]
}

const unitsOf = (lines: readonly { quantity: number }[]) => {
  const sum = lines.reduce((total, { quantity }) => total + quantity, 0)
  return sum === 1 ? '1 piece' : `${sum} pieces`
}

function parcelItems({ id, createdAt, deliveredAt, status, lines, tracking }: Fulfillment): TimelineItem[] {
  const item = (at: string, title: string, tone: Tone): TimelineItem => {
    const detail = tracking.map(({ carrier, number }) => `${carrier} ${number}`).join(', ')
    return { ...record('fulfillments', id, title), at, lane: 'order', title, detail, tone }
  }
  const sent = item(createdAt, status === 'canceled' ? `${unitsOf(lines)} did not leave` : `${unitsOf(lines)} sent`, 'good')
  return deliveredAt === null ? [sent] : [sent, item(deliveredAt, `${unitsOf(lines)} delivered`, 'good')]
}

function returnItem({ id, createdAt, status, lines }: OrderReturn): TimelineItem {
  const detail = [`now ${status}`, ...lines.map(({ reason }) => reason)].join(' · ')
  return {
    ...record('returns', id),
    at: createdAt,
    lane: 'order',
    title: `${unitsOf(lines)} to be sent back`,
    detail,
    tone: toneOf(status),
  }
}

function noteItem({ id, createdAt, audience, text }: OrderNote): TimelineItem {
  const title = audience === 'customer' ? 'Note for the customer' : 'Note'
  return { ...record('orderNotes', id), at: createdAt, lane: 'order', title, detail: text, tone: 'quiet' }
}

function transferItems(entries: readonly LedgerEntry[]): TimelineItem[] {
  return groupTransfers(entries).map((group) => {
    const debits = group.entries.filter((entry) => entry.amount.amount > 0)
    const credits = group.entries.filter((entry) => entry.amount.amount < 0)
    const names = (own: LedgerEntry[]) => own.map((entry) => shortenIds(entry.account)).join(', ')
    const first = group.entries[0]
    const total = debits.reduce((sum, entry) => sum + entry.amount.amount, 0)
    const booked = first ? formatMoney({ amount: total, currency: first.amount.currency }) : 'Transfer'
    return {
      ...record('ledgerEntries', first?.id ?? group.transfer, group.transfer),
      at: group.postedAt,
      lane: 'ledger' as const,
      title: `${booked} booked`,
      detail: [first?.kind && bookingWords(first.kind), `${names(debits)} to ${names(credits)}`].filter(Boolean).join(' · '),
      tone: group.balanced ? ('quiet' as const) : ('bad' as const),
    }
  })
}

function mailItem(email: Email): TimelineItem {
  const inbound = email.direction === 'in'
  return {
    ...record('emails', email.id),
    at: email.createdAt,
    lane: 'mail',
    title: inbound ? `Mail from ${formatMailbox(email.from)}` : `Mail to ${formatMailbox(email.to)}: ${email.status}`,
    detail: email.subject ?? '',
    tone: toneOf(email.status),
  }
}

function effectItems(effect: Effect): TimelineItem[] {
  const at = effect.createdAt ?? effect.dueAt
  if (!at) return []
  const tries = effect.attempts === 1 ? '1 attempt' : `${effect.attempts} attempts`
  return [
    {
      ...record('effects', effect.id),
      at,
      lane: 'effect',
      title: `${kindWords(effect.kind)}: ${humanize(effect.state).toLowerCase()}`,
      detail: [tries, errorText(effect.lastError)].filter(Boolean).join(' · '),
      tone: toneOf(effect.state),
    },
  ]
}

/** `lastError` may be a sentence or an object with one. */
export function errorText(error: unknown): string {
  if (typeof error === 'string') return error
  if (typeof error !== 'object' || error === null) return ''
  const { message, detail, code } = error as Record<string, unknown>
  return String(message ?? detail ?? code ?? '')
}

function record(collection: string, id: string, part = '') {
  return { key: `${collection}/${id}/${part}`, collection, id }
}
