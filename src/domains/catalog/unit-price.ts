// The price of a kilogram, a litre, a metre or a piece, by what is in a package: Directive 98/6/EC asks for it beside the price. Pure.
import type { Money } from '../../base/money.ts'

export const contentUnits = ['mg', 'g', 'kg', 'ml', 'cl', 'l', 'cm', 'm', 'm2', 'm3', 'piece'] as const
export type ContentUnit = (typeof contentUnits)[number]

/** What it is priced by, and how many thousandths of the own unit that is. */
const references: Readonly<Record<ContentUnit, { readonly per: string; readonly thousandths: bigint }>> = {
  mg: { per: 'kg', thousandths: 1_000_000_000n },
  g: { per: 'kg', thousandths: 1_000_000n },
  kg: { per: 'kg', thousandths: 1_000n },
  ml: { per: 'l', thousandths: 1_000_000n },
  cl: { per: 'l', thousandths: 100_000n },
  l: { per: 'l', thousandths: 1_000n },
  cm: { per: 'm', thousandths: 100_000n },
  m: { per: 'm', thousandths: 1_000n },
  m2: { per: 'm2', thousandths: 1_000n },
  m3: { per: 'm3', thousandths: 1_000n },
  piece: { per: 'piece', thousandths: 1_000n },
}

export type UnitPrice = { readonly price: Money; readonly per: string }

/** `amount`: thousandths of the unit. Rounded half up to a minor unit; null where nothing is said, or beyond what is exact. */
export function unitPriceOf(price: Money | null, amount: number | null, unit: ContentUnit | null): UnitPrice | null {
  if (price === null || amount === null || unit === null || amount <= 0) return null
  const { per, thousandths } = references[unit]
  const content = BigInt(amount)
  const minor = Number((BigInt(price.amount) * thousandths * 2n + content) / (content * 2n))
  return Number.isSafeInteger(minor) ? { price: { amount: minor, currency: price.currency }, per } : null
}
