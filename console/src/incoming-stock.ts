/** What a delivery that is expected promises, and reading the form of one. Pure. */
import type { StockLevel } from './shapes.ts'

/** Units that were sold and are not in the house: they wait for it. */
export function soldAhead({ onHand, held, committed }: Pick<StockLevel, 'onHand' | 'held' | 'committed'>): number {
  return Math.max(0, held + committed - onHand)
}

/** In a sentence: who has been promised what. */
export function promiseWords(
  level: Pick<StockLevel, 'onHand' | 'held' | 'committed' | 'available' | 'incoming' | 'sellsIncoming'>,
): string {
  const ahead = Math.min(soldAhead(level), level.incoming ?? 0)
  const sold =
    ahead === 0 ? 'None of them is sold yet.' : ahead === 1 ? 'One of them is sold already.' : `${ahead} of them are sold already.`
  const left = `${level.available} left to sell, with what is in the house.`
  return level.sellsIncoming === true
    ? `Sold before they come. ${sold} ${left}`
    : `Not sold before they come. ${ahead > 0 ? `${sold} ` : ''}${left}`
}

export function isLate({ expectedAt }: Pick<StockLevel, 'expectedAt'>, now: number): boolean {
  return expectedAt != null && Date.parse(expectedAt) < now
}

/** A whole number above zero; undefined otherwise. */
export function readUnits(text: string): number | undefined {
  const units = /^\d+$/.test(text.trim()) ? Number(text) : 0
  return units > 0 && Number.isSafeInteger(units) ? units : undefined
}

/** The day as `<input type="date">` has it: the local one. */
export function dayOf(iso: string | null | undefined): string {
  if (!iso) return ''
  const date = new Date(iso)
  const two = (part: number) => String(part).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** Its end: on that day it is not late. */
export function momentOf(day: string): string | null {
  return day === '' ? null : new Date(`${day}T23:59:59`).toISOString()
}
