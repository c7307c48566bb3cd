// What Stripe writes, read with care: each value that is taken is looked at first. Invariant: what comes back can be stored.
import type { Money } from '../../base/money.ts'
import { lastTime } from '../../schema/kinds/date-time.ts'
import { fromStripe } from './amounts.ts'

export type Written = Readonly<Record<string, unknown>>

/** An answer that is not what Stripe writes: nobody knows then what happened. */
export class Unreadable extends Error {}

export function isWritten(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function written(value: unknown, what: string): Written {
  if (!isWritten(value)) throw new Unreadable(`Stripe's answer has no ${what}.`)
  return value
}

export const isName = (value: unknown): value is string => typeof value === 'string' && /^[\w:-]{1,200}$/.test(value)

export function nameIn(from: Written, key: string): string {
  const value = from[key]
  if (!isName(value)) throw new Unreadable(`Stripe's answer has no ${key}.`)
  return value
}

/** What was asked for, and no other: what another says of money is not this payment's. */
export function namedAs(object: Written, id: string): Written {
  if (nameIn(object, 'id') !== id) throw new Unreadable('Stripe answered with another object than was asked for.')
  return object
}

/** The id of what another object names, whether or not it came with it. */
export function idIn(from: Written, key: string): string | null {
  const value = isWritten(from[key]) ? from[key]['id'] : from[key]
  return isName(value) ? value : null
}

export function wordIn(from: Written, key: string): string | null {
  const value = from[key]
  return typeof value === 'string' && value.length <= 500 ? value : null
}

export function countIn(from: Written, key: string): number {
  const value = from[key]
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Unreadable(`Stripe's answer has no ${key}.`)
  return value as number
}

/** In ms; Stripe writes seconds. */
export function timeIn(from: Written, key: string): number {
  const ms = countIn(from, key) * 1_000
  if (ms > lastTime) throw new Unreadable(`Stripe's answer has no time as ${key}.`)
  return ms
}

export function optionalTimeIn(from: Written, key: string): number | null {
  return from[key] === null || from[key] === undefined ? null : timeIn(from, key)
}

export function moneyOf(amount: number, from: Written): Money {
  const value = fromStripe(amount, wordIn(from, 'currency') ?? '')
  if (value === null) throw new Unreadable("Stripe's answer has an amount that cannot be read.")
  return value
}

/** Amounts of accounts have signs. */
export function signedIn(from: Written, key: string): Money {
  const value = from[key]
  if (!Number.isSafeInteger(value)) throw new Unreadable(`Stripe's answer has no ${key}.`)
  return moneyOf(value as number, from)
}

export function listIn(from: Written, key: string): { readonly rows: readonly Written[]; readonly hasMore: boolean } {
  const list = written(from[key], key)
  const data = list['data']
  if (!Array.isArray(data)) throw new Unreadable(`Stripe's answer has no list of ${key}.`)
  return { rows: data.map((one) => written(one, key)), hasMore: list['has_more'] === true }
}

/** Our own ids, which we gave it. */
export const paymentMark = 'kingpost_payment'
export const refundMark = 'kingpost_refund'
/** `now` or `later`. */
export const captureMark = 'kingpost_capture'
/** Of the capture that took it. */
export const operationMark = 'kingpost_operation'

export function markIn(from: Written, mark: string): string | null {
  const metadata = from['metadata']
  const value = isWritten(metadata) ? metadata[mark] : null
  return isName(value) ? value : null
}
