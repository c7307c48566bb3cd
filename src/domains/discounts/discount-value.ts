// What the value of a discount means, by its kind.
import type { Money } from '../../base/money.ts'
import type { BuyGet, Discount, DiscountValue } from './collections.ts'

export type Meant = { readonly percent?: number; readonly amount?: Money | null; readonly buyGet?: BuyGet }

/** Null where it is none of this kind. */
export function meaningOf(kind: Discount['kind'], value: DiscountValue): Meant | null {
  if (kind === 'percent') return typeof value === 'number' ? { percent: value } : null
  if (typeof value === 'number') return null
  if (kind === 'free_shipping') return value === null ? { amount: null } : 'amount' in value ? { amount: value } : null
  if (value === null) return null
  if (kind === 'fixed') return 'amount' in value ? { amount: value } : null
  return 'buy' in value ? { percent: value.percent ?? 100, buyGet: value } : null
}

/** Parts per million; null for a percentage that is none, or has more than four decimals. */
export function ppmOf(percent: number): number | null {
  const ppm = Math.round(percent * 10_000)
  return ppm > 0 && ppm <= 1_000_000 && ppm / 10_000 === percent ? ppm : null
}

/** Of an amount, rounded half up. Both are at least zero. */
export function partOf(amount: number, ppm: number): number {
  return Number((BigInt(amount) * BigInt(ppm) * 2n + 1_000_000n) / 2_000_000n)
}
