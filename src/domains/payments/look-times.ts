// When a payment is looked at by itself. Webhooks tell sooner; these looks are for those that are lost.
import type { Payment } from './collections.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** How long after its start a silent provider is asked. Later checks come at growing distances. */
export const firstCheckMs = 10 * second

const openDistancesMs = [30 * second, minute, 5 * minute, 30 * minute, 2 * hour, day]

/** After its capture: the first look finds what was done in the first hour, when most is put right. */
export const firstLookMs = hour
/**
 * From the first look on: at a day, a week, a month, three and six months after the capture. Providers refund and dispute
 * up to half a year back. Six looks for each payment: a shop with a million orders a year asks 0.2 times a second.
 */
const takenDistancesMs = [day - hour, 6 * day, 23 * day, 60 * day, 90 * day]

/** From look number `checks` (1 is the first) to the next; null when it was the last. */
export function nextLookMs(status: Payment['status'], checks: number): number | null {
  const isDecided = ['captured', 'reversed', 'failed', 'canceled'].includes(status)
  if (isDecided) return takenDistancesMs[checks - 1] ?? null
  return openDistancesMs[Math.min(checks, openDistancesMs.length) - 1]!
}

/** From the end of an authorization to the look that learns of it. */
export const afterEndMs = minute

/** How soon there is another look after one that was given up because the provider was silent. */
export const lookAgainMs = day

/** Looks for a refund whose end is not known: soon, then less and less often, for about two months. */
export const refundDistancesMs = [minute, 5 * minute, 30 * minute, 2 * hour, 12 * hour, day, 3 * day, 7 * day, 14 * day, 30 * day]
