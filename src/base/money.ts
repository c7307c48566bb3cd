// Money: whole minor units and a currency. An amount is a safe integer (up to 90 trillion euros);
// every result is checked, and products are computed as numbers where these are exact and in bigint elsewhere, so no cent is ever
// rounded away silently. Invariant: amounts of different currencies never meet in one sum.
import { assert } from './assert.ts'
import { minorDigits } from './currencies.ts'
import { EngineError } from './engine-error.ts'

/** `amount` in minor units (1999 is 19.99 EUR), `currency` in ISO 4217. */
export type Money = { readonly amount: number; readonly currency: string }

export function money(amount: number, currency: string): Money {
  return { amount: safe(amount), currency }
}

/** @throws amount_too_large when the sum leaves the safe integers. */
export function addMoney(a: Money, b: Money): Money {
  assert(a.currency === b.currency, `cannot add ${b.currency} to ${a.currency}`)
  return money(a.amount + b.amount, a.currency)
}

/** @throws amount_too_large */
export function subtractMoney(a: Money, b: Money): Money {
  return addMoney(a, negateMoney(b))
}

export function negateMoney(a: Money): Money {
  return { amount: a.amount === 0 ? 0 : -a.amount, currency: a.currency }
}

/** Sum of amounts in one currency; zero of it when there are none. */
export function sumMoney(parts: readonly Money[], currency: string): Money {
  let amount = 0
  for (const part of parts) {
    assert(part.currency === currency, `cannot add ${part.currency} to ${currency}`)
    amount = safe(amount + part.amount)
  }
  return { amount, currency }
}

/** @throws amount_too_large */
export function multiplyMoney(a: Money, quantity: number): Money {
  assert(Number.isSafeInteger(quantity), 'a quantity is a whole number')
  // A product beyond the safe integers is rounded to one that is beyond them, too. No zero is negative.
  return { amount: safe(a.amount * quantity + 0), currency: a.currency }
}

/**
 * The tax contained in a gross amount: gross - gross / (1 + rate), rounded half away from zero, as
 * invoices do. `ratePpm` is in parts per million: 19 % is 190,000.
 */
export function taxIncluded(gross: Money, ratePpm: number): Money {
  return money(partHalfUp(gross.amount, ratePpm, 1_000_000 + ratePpm), gross.currency)
}

/** The tax to add to a net amount, rounded half away from zero. */
export function taxAdded(net: Money, ratePpm: number): Money {
  return money(partHalfUp(net.amount, ratePpm, 1_000_000), net.currency)
}

/**
 * Splits a total by weights so that the parts sum to it exactly: largest remainder, ties to the
 * earlier part. Weights are whole numbers >= 0; when all are zero everything goes to the first.
 */
export function allocateMoney(total: Money, weights: readonly number[]): Money[] {
  assert(weights.length > 0, 'nothing to allocate to')
  return allocateExactly(total, weights) ?? allocateInBigint(total, weights)
}

/** Null where a step could leave the numbers that are exact. */
function allocateExactly({ amount, currency }: Money, weights: readonly number[]): Money[] | null {
  const whole = Math.abs(amount)
  let sum = 0
  for (const weight of weights) {
    if (!(Number.isSafeInteger(weight) && weight >= 0 && Number.isSafeInteger(whole * weight))) return null
    sum += weight
  }
  if (!Number.isSafeInteger(sum)) return null
  if (sum === 0) return weights.map((_, index) => money(index === 0 ? amount : 0, currency))
  let left = whole
  const remainders: number[] = []
  const floors = weights.map((weight) => {
    const remainder = (whole * weight) % sum
    const floor = (whole * weight - remainder) / sum
    remainders.push(remainder)
    left -= floor
    return floor
  })
  if (left > 0) {
    const byRemainder = weights.map((_, index) => index).sort((a, b) => remainders[b]! - remainders[a]! || a - b)
    for (const index of byRemainder.slice(0, left)) floors[index]!++
  }
  return floors.map((floor) => ({ amount: amount < 0 && floor !== 0 ? -floor : floor, currency }))
}

function allocateInBigint(total: Money, weights: readonly number[]): Money[] {
  const sum = weights.reduce((a, b) => a + BigInt(b), 0n)
  const sign = total.amount < 0 ? -1n : 1n
  const whole = BigInt(total.amount) * sign
  if (sum === 0n) return weights.map((_, index) => money(index === 0 ? total.amount : 0, total.currency))
  const shares = weights.map((weight, index) => {
    const product = whole * BigInt(weight)
    return { index, floor: product / sum, remainder: product % sum }
  })
  let left = whole - shares.reduce((a, share) => a + share.floor, 0n)
  const byRemainder = shares.toSorted((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const share of byRemainder) {
    if (left === 0n) break
    share.floor += 1n
    left -= 1n
  }
  return shares.map((share) => money(narrow(share.floor * sign), total.currency))
}

/** What `part` of `whole` equal units come to, rounded half away from zero; all of them to the amount itself. */
export function shareOfMoney(total: Money, part: number, whole: number): Money {
  return money(partHalfUp(total.amount, part, whole), total.currency)
}

/** `19.99 EUR`: for mails and the command line, the same on every machine and ICU version. */
export function formatMoney(value: Money): string {
  const digits = minorDigits(value.currency) ?? 2
  const sign = value.amount < 0 ? '-' : ''
  const text = String(Math.abs(value.amount)).padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${sign}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''} ${value.currency}`
}

/** amount * part / whole, rounded half away from zero. */
function partHalfUp(amount: number, part: number, whole: number): number {
  const product = amount * part
  // If this sum is exact, so is what it is made of: a number beyond the safe integers is rounded to one that is beyond them, too.
  const doubled = Math.abs(product) * 2 + whole
  if (!(Number.isSafeInteger(doubled) && Number.isSafeInteger(part) && whole > 0))
    return narrow(divideHalfUp(BigInt(amount) * BigInt(part), BigInt(whole)))
  const rounded = (doubled - (doubled % (whole * 2))) / (whole * 2)
  return product < 0 && rounded !== 0 ? -rounded : rounded
}

function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n
  const doubled = numerator * sign * 2n + denominator
  return sign * (doubled / (denominator * 2n))
}

function safe(amount: number): number {
  if (!Number.isSafeInteger(amount)) throw new EngineError('amount_too_large')
  return amount
}

function narrow(amount: bigint): number {
  return safe(Number(amount))
}
