// Amounts as Stripe writes them: the smallest unit, but not always ISO's. Source: https://docs.stripe.com/currencies.
import { minorDigits } from '../../base/currencies.ts'
import type { Money } from '../../base/money.ts'

/** Where Stripe's unit is not the one of ISO 4217. */
const digitsAtStripe: Readonly<Record<string, number>> = {
  // Written with two decimals, which must be 00.
  ISK: 2,
  UGX: 2,
  // Without decimals there, with two in ISO.
  MGA: 0,
}
/** The last written digit of three-decimal ones must be 0. */
const stepOf = (digits: number) => (digits === 3 ? 10 : 1)

const digitsOf = (currency: string) => digitsAtStripe[currency] ?? minorDigits(currency)

/** Null: Stripe cannot take exactly this. */
export function toStripe({ amount, currency }: Money): number | null {
  const ours = minorDigits(currency)
  const theirs = digitsOf(currency)
  if (ours === undefined || theirs === undefined || !Number.isSafeInteger(amount)) return null
  const written = theirs >= ours ? amount * 10 ** (theirs - ours) : amount / 10 ** (ours - theirs)
  return Number.isSafeInteger(written) && written % stepOf(theirs) === 0 ? written : null
}

/** Null: nothing that we could book. */
export function fromStripe(written: number, code: string): Money | null {
  const currency = code.toUpperCase()
  const ours = minorDigits(currency)
  const theirs = digitsOf(currency)
  if (ours === undefined || theirs === undefined) return null
  const amount = theirs > ours ? written / 10 ** (theirs - ours) : written * 10 ** (ours - theirs)
  return Number.isSafeInteger(amount) ? { amount: amount === 0 ? 0 : amount, currency } : null
}
