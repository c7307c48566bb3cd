// What Mollie answers, checked before it is used: an amount that is no whole number of minor units, a time that is none, or an id
// that could not be stored makes the whole answer unreadable. Invariant: nothing that came from outside goes on unread.
import { parseIso } from '../../base/clock.ts'
import { minorDigits } from '../../base/currencies.ts'
import { textOf } from '../../base/error-text.ts'
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'

type Json = Readonly<Record<string, unknown>>

/** Thrown inside, and answered as null by `reading`. */
export class Unreadable extends Error {}

export type MolliePayment = {
  readonly id: string
  readonly mode: string
  readonly status: (typeof paymentStatuses)[number]
  readonly amount: Money
  readonly method: string | null
  readonly isManual: boolean
  readonly isCancelable: boolean
  /** Our payment's id. */
  readonly reference: string | null
  readonly checkoutUrl: string | null
  readonly failure: string | null
  readonly createdAt: number
  readonly authorizedAt: number | null
  /** When it was paid, canceled, expired or failed. */
  readonly endedAt: number | null
  readonly captureBefore: number | null
  readonly captures: readonly MollieOperation[]
  readonly refunds: readonly MollieOperation[]
  readonly chargebacks: readonly MollieChargeback[]
}
export type MollieOperation = {
  readonly id: string
  readonly status: string
  readonly amount: Money
  /** Our id of it. */
  readonly reference: string | null
  readonly createdAt: number
}
export type MollieChargeback = {
  readonly id: string
  readonly amount: Money
  readonly createdAt: number
  readonly reversedAt: number | null
  readonly reason: string | null
}

const paymentStatuses = ['open', 'pending', 'authorized', 'paid', 'canceled', 'expired', 'failed'] as const
const captureStatuses = ['pending', 'succeeded', 'failed']
const refundStatuses = ['queued', 'pending', 'processing', 'refunded', 'failed', 'canceled']

/** Null: it cannot be read. */
export function readPayment(value: unknown): MolliePayment | null {
  return reading(() => paymentOf(objectOf(value)))
}

/** A page of a list, and the id that the next one begins with. */
export function readPage<T>(value: unknown, name: string, read: (item: Json) => T): { items: readonly T[]; next: string | null } | null {
  return reading(() => {
    const page = objectOf(value)
    const items = listIn(page, name).map(read)
    const href = objectOf(objectOf(page['_links'])['next'] ?? {})['href']
    if (href === undefined) return { items, next: null }
    const next = URL.canParse(textIn(href, 2_000)) ? new URL(href as string).searchParams.get('from') : null
    return { items, next: idOf(next) }
  })
}

export function reading<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unreadable) return null
    throw error
  }
}

function paymentOf(payment: Json): MolliePayment {
  const { status } = payment
  const isKnown = (paymentStatuses as readonly unknown[]).includes(status)
  if (!isKnown) throw new Unreadable()
  const amount = amountOf(payment['amount'])
  const embedded = objectOf(payment['_embedded'] ?? {})
  const within = { _embedded: embedded }
  const captures = 'captures' in embedded ? listIn(within, 'captures').map((one) => operationOf(one, captureStatuses, amount)) : []
  const refunds = 'refunds' in embedded ? listIn(within, 'refunds').map((one) => operationOf(one, refundStatuses, null)) : []
  const chargebacks = 'chargebacks' in embedded ? listIn(within, 'chargebacks').map(chargebackOf) : []
  const ids = [...captures, ...refunds, ...chargebacks].map(({ id }) => id)
  // One id with two amounts would be one fact with two.
  if (new Set(ids).size !== ids.length) throw new Unreadable()
  const isManual = payment['captureMode'] === 'manual'
  const isTaken = (payment['amountCaptured'] ?? null) !== null && amountOf(payment['amountCaptured']).amount > 0
  // What was captured must be there to see: it would be told as given up otherwise.
  if (isManual && status === 'paid' && isTaken && captures.length === 0) throw new Unreadable()
  const ended = ['paidAt', 'canceledAt', 'expiredAt', 'failedAt'].map((name) => timeOrNull(payment[name])).find((time) => time !== null)
  return {
    id: idOf(payment['id']),
    mode: textIn(payment['mode'], 20),
    status: status as MolliePayment['status'],
    amount,
    method: typeof payment['method'] === 'string' ? textIn(payment['method'], 50) : null,
    isManual,
    isCancelable: payment['isCancelable'] === true,
    reference: referenceIn(payment, 'payment'),
    checkoutUrl: checkoutOf(payment),
    failure: failureOf(payment),
    createdAt: timeOf(payment['createdAt']),
    authorizedAt: timeOrNull(payment['authorizedAt']),
    endedAt: ended ?? null,
    captureBefore: timeOrNull(payment['captureBefore']),
    captures,
    refunds,
    chargebacks,
  }
}

/** `whole`: of a capture that says no amount of its own. */
function operationOf(one: Json, statuses: readonly string[], whole: Money | null): MollieOperation {
  const { status } = one
  if (typeof status !== 'string' || !statuses.includes(status)) throw new Unreadable()
  const amount = whole !== null && (one['amount'] ?? null) === null ? whole : amountOf(one['amount'])
  const reference = referenceIn(one, whole === null ? 'refund' : 'capture')
  return { id: idOf(one['id']), status, amount, reference, createdAt: timeOf(one['createdAt']) }
}

function chargebackOf(one: Json): MollieChargeback {
  const { code, description } = objectOf(one['reason'] ?? {})
  const words = typeof description === 'string' ? description : typeof code === 'string' ? code : null
  return {
    id: idOf(one['id']),
    amount: amountOf(one['amount']),
    createdAt: timeOf(one['createdAt']),
    reversedAt: timeOrNull(one['reversedAt']),
    reason: words === null ? null : textOf(words),
  }
}

/** Our id in the metadata: `{ payment: 'pay_…' }`. Others' metadata may be anything. */
export function referenceIn(item: Json, name: 'payment' | 'refund' | 'capture'): string | null {
  const { metadata } = item
  const value = typeof metadata === 'object' && metadata !== null ? (metadata as Json)[name] : undefined
  return typeof value === 'string' && /^[a-z]{2,10}_[0-9a-z]{26}$/.test(value) ? value : null
}

function checkoutOf(payment: Json): string | null {
  const href = objectOf(objectOf(payment['_links'] ?? {})['checkout'] ?? {})['href']
  if (href === undefined) return null
  const url = textIn(href, limits.urlCharactersMax)
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Unreadable()
  return url
}

/** Words for the customer, where Mollie has some. Its other details are of a card or an account, and none of our business. */
function failureOf(payment: Json): string | null {
  const { failureMessage, bankReason } = objectOf(payment['details'] ?? {})
  const { message } = objectOf(payment['statusReason'] ?? {})
  const words = [failureMessage, bankReason, message].find((one) => typeof one === 'string' && one !== '')
  return words === undefined ? null : textOf(words)
}

function listIn(value: Json, name: string): readonly Json[] {
  const list = objectOf(value['_embedded'])[name]
  if (!Array.isArray(list)) throw new Unreadable()
  return list.map(objectOf)
}

function objectOf(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable()
  return value as Json
}

function textIn(value: unknown, charactersMax: number): string {
  if (typeof value !== 'string' || value.length > charactersMax) throw new Unreadable()
  return value
}

/** `tr_…`, `re_…`, `chb_…`. */
export function idOf(value: unknown): string {
  if (typeof value !== 'string' || !/^[a-z]{2,10}_[\w.-]{1,64}$/.test(value)) throw new Unreadable()
  return value
}

export function timeOf(value: unknown): number {
  const time = typeof value === 'string' && value.length <= 40 ? parseIso(value) : Number.NaN
  if (!Number.isSafeInteger(time) || time < 0) throw new Unreadable()
  return time
}

const timeOrNull = (value: unknown): number | null => ((value ?? null) === null ? null : timeOf(value))

/** Not negative, as those of payments and refunds. */
function amountOf(value: unknown): Money {
  const amount = signedAmountOf(value)
  if (amount.amount < 0) throw new Unreadable()
  return amount
}

export function signedAmountOf(value: unknown): Money {
  const { currency, value: text } = objectOf(value)
  const digits = typeof currency === 'string' ? minorDigits(currency) : undefined
  const parts = typeof text === 'string' ? /^(-?)(\d{1,16})(?:\.(\d{1,4}))?$/.exec(text) : null
  if (digits === undefined || parts === null) throw new Unreadable()
  const [, sign, whole, fraction = ''] = parts
  if (fraction.length !== digits) throw new Unreadable()
  const amount = Number(`${whole}${fraction}`)
  if (!Number.isSafeInteger(amount)) throw new Unreadable()
  // No negative zero: it is stored, and compared.
  return { amount: sign === '-' && amount !== 0 ? -amount : amount, currency: currency as string }
}

/** As Mollie writes an amount: a text with all digits that ISO 4217 gives the currency. Null: we do not know the currency. */
export function writeAmount({ amount, currency }: Money): { readonly currency: string; readonly value: string } | null {
  const digits = minorDigits(currency)
  if (digits === undefined || !Number.isSafeInteger(amount) || amount < 0) return null
  const text = String(amount).padStart(digits + 1, '0')
  return { currency, value: digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}` }
}
