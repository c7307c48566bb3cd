// Spans of time that an aggregate groups by. A database groups by spans of one length; what is longer or of a calendar (a
// month, a day of a time zone with its summer) is put together here. Pure.
import { offsetAt } from '../base/time-zone.ts'
import type { GroupKey } from '../storage/storage.ts'

export const spans = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const
export type Span = (typeof spans)[number]

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** 1970-01-05 was a Monday, and ISO weeks begin there. */
const monday = 4 * dayMs
/** Every offset of a time zone since 1972 is a multiple of it. */
const stepMs = hourMs / 4

/** What the database groups times by so that each group lies in one span. */
export function keyOfTimes(path: string, span: Span, timeZone: string): GroupKey {
  if (timeZone !== 'UTC') return { path, ms: stepMs, from: 0 }
  if (span === 'week') return { path, ms: 7 * dayMs, from: monday }
  return { path, ms: span === 'hour' ? hourMs : dayMs, from: 0 }
}

/** The same of days, which are texts such as `2026-11-29`. */
export function keyOfDays(path: string, span: Span): GroupKey {
  return { path, characters: span === 'year' ? 4 : span === 'month' || span === 'quarter' ? 7 : 10 }
}

/** What ISO 8601 calls the span that a time lies in (`2026-11-29T14`, `2026-11-29`, `2026-W48`, `2026-11`, `2026`), and `2026-Q4`. */
export function spanOfTime(time: number, span: Span, timeZone: string): string {
  return spanOfWall(timeZone === 'UTC' ? time : time + offsetAt(timeZone, time), span)
}

/** The same of a day or the beginning of one. */
export function spanOfDay(day: string, span: Span): string {
  return spanOfWall(Date.parse(`${day}${'-01-01'.slice(day.length - 4)}T00:00:00Z`), span)
}

function spanOfWall(wall: number, span: Span): string {
  const text = new Date(wall).toISOString()
  switch (span) {
    case 'hour':
      return text.slice(0, 13)
    case 'day':
      return text.slice(0, 10)
    case 'week':
      return weekOf(wall)
    case 'month':
      return text.slice(0, 7)
    case 'quarter':
      return `${text.slice(0, 4)}-Q${Math.ceil(Number(text.slice(5, 7)) / 3)}`
    case 'year':
      return text.slice(0, 4)
  }
}

/** A week belongs to the year that its Thursday lies in. */
function weekOf(wall: number): string {
  const day = Math.floor(wall / dayMs)
  const thursday = new Date((day - ((((day + 3) % 7) + 7) % 7) + 3) * dayMs)
  const year = thursday.getUTCFullYear()
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * dayMs))
  return `${String(year).padStart(4, '0')}-W${String(week).padStart(2, '0')}`
}
