// What the clock on the wall shows in a time zone, from the data that Node brings.

import { toIso } from './clock.ts'
import { limits } from './limits.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

/** How far the clock on the wall is ahead of UTC, in milliseconds. */
export function offsetAt(timeZone: string, at: number): number {
  // The first format of a process takes 10 ms.
  if (timeZone === 'UTC') return 0
  const format = formats.get(timeZone) ?? formatOf(timeZone)
  const parts: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(at)) parts[type] = Number(value)
  const { year, month, day, hour, minute, second } = parts as Record<string, number>
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) - Math.floor(at / 1_000) * 1_000
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const two = '2-digit' as const
  const day = { year: 'numeric', month: two, day: two } as const
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    calendar: 'iso8601',
    hourCycle: 'h23',
    ...day,
    hour: two,
    minute: two,
    second: two,
  })
  if (formats.size >= limits.timeZonesKeptMax) formats.clear()
  formats.set(timeZone, format)
  return format
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name)
    return true
  } catch {
    return false
  }
}

/** The moment at which a day begins there. */
export function beginOfDay(day: string, timeZone: string): number {
  const asUtc = Date.parse(`${day}T00:00:00Z`)
  return asUtc - offsetAt(timeZone, asUtc - offsetAt(timeZone, asUtc))
}

export function nextDay(day: string): string {
  return toIso(Date.parse(`${day}T00:00:00Z`) + 86_400_000).slice(0, 10)
}
