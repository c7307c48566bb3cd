/** What somebody typed to change stock, as the body of `PATCH /api/stockLevels/{id}`. Pure. */
export type StockWay = 'add' | 'take' | 'set'

export interface StockChange {
  onHand: number | { $increment: number }
  reason?: string
}

/** A count replaces what is there; what came or went is counted from it, so that two changes at once both hold. */
export function readStockChange(way: StockWay, units: string, reason: string): StockChange | { problem: string } {
  const text = units.trim()
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) return { problem: 'Give a whole number of units.' }
  const count = Number(text)
  if (way !== 'set' && count === 0) return { problem: 'Nothing changes by 0 units.' }
  const onHand = way === 'set' ? count : { $increment: way === 'add' ? count : -count }
  return { onHand, ...(reason.trim() === '' ? {} : { reason: reason.trim() }) }
}
