// PayPal's answers, checked: whatever is taken from one has been looked at here. Forms: its OpenAPI documents, of which what is
// used stands in test/payments/published/paypal.
import { parseIso } from '../../base/clock.ts'
import type { Money } from '../../base/money.ts'
import { parseWebAddress } from '../../base/web-address.ts'
import { fromPayPal } from './amounts.ts'

export type Operation = {
  readonly id: string
  readonly status: string
  /** Why it has this status, where PayPal says so. */
  readonly reason: string | null
  readonly amount: Money
  readonly at: number
}
export type Capture = Operation & {
  /** Our id of the capture, where we asked for it with one. */
  readonly reference: string | null
  readonly isFinal: boolean
}
export type Authorization = Operation & { readonly expiresAt: number | null }
export type PayPalRefund = Operation & {
  /** Our id of the refund, where we asked for it. */
  readonly reference: string | null
  readonly capture: string | null
  /** PayPal took it back itself: a bank returned a debit, a buyer complained. */
  readonly isReversal: boolean
}
export type Order = {
  readonly id: string
  /** Our payment's id, where it says so. */
  readonly reference: string | null
  readonly status: string
  readonly intent: 'CAPTURE' | 'AUTHORIZE'
  readonly amount: Money
  /** 0 where PayPal does not say. */
  readonly at: number
  readonly payUrl: string | null
  readonly authorizations: readonly Authorization[]
  readonly captures: readonly Capture[]
  readonly refunds: readonly PayPalRefund[]
}

/** The year 2200. */
const latestTime = 7_258_118_400_000

class Unreadable extends Error {}

type Fields = Readonly<Record<string, unknown>>

/** Null where something in it is not as PayPal documents it. */
export function reading<T>(read: (value: unknown) => T): (value: unknown) => T | null {
  return (value) => {
    try {
      return read(value)
    } catch (error) {
      if (error instanceof Unreadable) return null
      throw error
    }
  }
}

export function fieldsOf(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unreadable()
  return value as Fields
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new Unreadable()
  return value
}

export const isId = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{1,64}$/.test(value)

export function idOf(value: unknown): string {
  if (!isId(value)) throw new Unreadable()
  return value
}

export function wordOf(value: unknown): string {
  if (typeof value !== 'string' || !/^[A-Z0-9_]{1,100}$/.test(value)) throw new Unreadable()
  return value
}

/** What only explains. */
export const wordOrNull = (value: unknown): string | null => (typeof value === 'string' && /^[A-Z0-9_]{1,100}$/.test(value) ? value : null)

export function amountOf(value: unknown): Money {
  const amount = fromPayPal(value)
  if (amount === null || amount.amount < 0) throw new Unreadable()
  return amount
}

export function timeOf(value: unknown): number | null {
  const time = typeof value === 'string' ? parseIso(value) : Number.NaN
  return Number.isNaN(time) || time < 0 || time > latestTime ? null : time
}

/** A name that we gave: of a payment, a refund, a capture. */
export const referenceOf = (value: unknown): string | null => (typeof value === 'string' && /^[\w:-]{1,127}$/.test(value) ? value : null)

function operationOf(value: unknown, orderAt: number | null): Operation {
  const { id, status, status_details: details, amount, create_time: created, update_time: updated } = fieldsOf(value)
  const { reason } = fieldsOf(details ?? {})
  const at = timeOf(created) ?? timeOf(updated) ?? orderAt
  if (at === null) throw new Unreadable()
  return { id: idOf(id), status: wordOf(status), reason: wordOrNull(reason), amount: amountOf(amount), at }
}

function captureOf(value: unknown, orderAt: number | null, payment: string | null): Capture {
  const { invoice_id: invoice, final_capture: isFinal } = fieldsOf(value)
  const reference = referenceOf(invoice)
  return { ...operationOf(value, orderAt), reference: reference === payment ? null : reference, isFinal: isFinal === true }
}

/** `payment`: our id of it, by which a capture that repeats it is known to have none of its own. */
export const readCapture = (value: unknown, payment: string | null) => reading((one) => captureOf(one, null, payment))(value)

/** Of a refund made in the dashboard PayPal may repeat the name of the payment: that is no name of a refund. */
function refundOf(value: unknown, orderAt: number | null, payment: string | null): PayPalRefund {
  const { custom_id: custom, note_to_payer: note } = fieldsOf(value)
  const reference = referenceOf(custom)
  return {
    ...operationOf(value, orderAt),
    reference: reference === payment ? null : reference,
    capture: captureAbove(value),
    isReversal: typeof note === 'string' && /^payment reversed$/i.test(note.trim()),
  }
}
export const readRefund = (value: unknown, payment: string | null) => reading((one) => refundOf(one, null, payment))(value)

/** The capture that a refund is of: PayPal says it in a link. */
export function captureAbove(value: unknown): string | null {
  return /\/v2\/payments\/captures\/([\w-]{1,64})$/.exec(linkOf(value, ['up']) ?? '')?.[1] ?? null
}

function linkOf(value: unknown, names: readonly string[]): string | null {
  const links = listOf(fieldsOf(value)['links']).map(fieldsOf)
  const found = names.flatMap((name) => links.filter(({ rel }) => rel === name))[0]?.['href']
  return typeof found === 'string' && found.length <= 2_000 && parseWebAddress(found) !== null ? found : null
}

export const readOrder = reading((value): Order => {
  const fields = fieldsOf(value)
  const units = listOf(fields['purchase_units']).map(fieldsOf)
  const [unit] = units
  if (units.length !== 1 || unit === undefined) throw new Unreadable()
  const payments = fieldsOf(unit['payments'] ?? {})
  const at = timeOf(fields['create_time']) ?? timeOf(fields['update_time']) ?? 0
  const payment = referenceOf(unit['custom_id'])
  const intent = fields['intent']
  if (intent !== 'CAPTURE' && intent !== 'AUTHORIZE') throw new Unreadable()
  return {
    id: idOf(fields['id']),
    reference: payment,
    status: wordOf(fields['status']),
    intent,
    amount: amountOf(unit['amount']),
    at,
    payUrl: linkOf(value, ['payer-action', 'approve']),
    authorizations: listOf(payments['authorizations']).map((one) => ({
      ...operationOf(one, at),
      expiresAt: timeOf(fieldsOf(one)['expiration_time']),
    })),
    captures: listOf(payments['captures']).map((one) => captureOf(one, at, payment)),
    refunds: listOf(payments['refunds']).map((one) => refundOf(one, at, payment)),
  }
})
