/** What the page of figures shows: ranges of days, and the columns of the chart. Draws nothing. */
import { currencyDigits } from './format.ts'
import type { SalesRow } from './shapes.ts'

export interface DayRange {
  from: string
  to: string
}

const dayMs = 86_400_000
const addDays = (day: string, days: number) => new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)

/** The day it is in a time zone. Swedish writes days as ISO 8601 does. */
export function todayIn(timeZone: string, now: Date): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
}

export const presets = ['last_7_days', 'last_30_days', 'this_month', 'last_month', 'this_year'] as const
export type Preset = (typeof presets)[number]

/** `today`: `2026-11-30`. */
export function rangeOf(preset: Preset, today: string): DayRange {
  const firstOfMonth = `${today.slice(0, 8)}01`
  switch (preset) {
    case 'last_7_days':
      return { from: addDays(today, -6), to: today }
    case 'last_30_days':
      return { from: addDays(today, -29), to: today }
    case 'this_month':
      return { from: firstOfMonth, to: today }
    case 'last_month': {
      const last = addDays(firstOfMonth, -1)
      return { from: `${last.slice(0, 8)}01`, to: last }
    }
    case 'this_year':
      return { from: `${today.slice(0, 4)}-01-01`, to: today }
  }
}

export function presetOf({ from, to }: DayRange, today: string): Preset | '' {
  return presets.find((preset) => rangeOf(preset, today).from === from && rangeOf(preset, today).to === to) ?? ''
}

export interface Bar {
  /** A day, or the first of several. */
  from: string
  to: string
  /** In minor units. */
  gross: number
  back: number
  orders: number
}

const barsMax = 62

/** A bar for each day, also for those without any sale; where there are many days, one for some of them together. */
export function barsOf({ from, to }: DayRange, rows: readonly SalesRow[], currency: string): Bar[] {
  const count = Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1
  const together = Math.max(1, Math.ceil(count / barsMax))
  const bars = Array.from({ length: Math.ceil(count / together) }, (_, index): Bar => {
    const first = addDays(from, index * together)
    const last = addDays(first, together - 1)
    return { from: first, to: last > to ? to : last, gross: 0, back: 0, orders: 0 }
  })
  for (const row of rows) {
    const bar = bars[Math.floor(Math.round((Date.parse(row.key ?? '') - Date.parse(from)) / dayMs) / together)]
    if (row.currency !== currency || bar === undefined) continue
    bar.gross += row.gross.amount
    bar.back += row.refunds.amount + row.canceled.amount
    bar.orders += row.orders ?? 0
  }
  return bars
}

/** The next of 1, 2, 5, 10, 20, … whole units: where the scale of a chart ends. */
export function scaleOf(most: number, currency: string): number {
  const unit = 10 ** currencyDigits(currency)
  for (let step = unit; ; step *= 10) {
    const found = [1, 2, 5].find((times) => times * step >= most)
    if (found !== undefined) return found * step
  }
}
