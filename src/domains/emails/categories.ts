// What a message is for, and what follows from that: who may not be written to, how long it is tried, and what is done where nobody knows
// whether it arrived.
import { createHash } from 'node:crypto'

/**
 * `account`: what somebody needs to get into their account, or must know of it. `transactional`: of an order, a payment, or whatever else the
 * reader began. `marketing`: what they did not ask for, and can switch off.
 */
export const mailCategories = ['account', 'transactional', 'marketing'] as const
export type MailCategory = (typeof mailCategories)[number]

const minute = 60_000
const hour = 60 * minute

/**
 * From each failure to the next try. The first is soon, for what passes by itself; from the fifth on as RFC 5321 section 4.5.4.1 asks, half an
 * hour at least.
 */
const pausesMs = [4_000, minute, 5 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 4 * hour, 8 * hour]

/** All pauses together: a day for what is of no use later, three days for what somebody waits for. */
const triesMs: Readonly<Record<MailCategory, number>> = { account: 24 * hour, transactional: 72 * hour, marketing: 24 * hour }

/**
 * How long to wait after so many failures; null once it is given up. A fifth more or less, so that thousands that failed together do not come
 * back together: by the message, so that nothing has to be drawn.
 */
export function pauseAfter(
  failures: number,
  { id, category }: { readonly id: string; readonly category: MailCategory | null },
): number | null {
  let spentMs = 0
  for (let failure = 1; failure < failures; failure++) spentMs += pauseOf(failure)
  const pauseMs = pauseOf(failures)
  if (spentMs + pauseMs > triesMs[category ?? 'transactional']) return null
  const spread = createHash('sha256').update(`${id}:${failures}`).digest().readUInt16BE() / 0xff_ff
  return Math.round(pauseMs * (0.8 + 0.4 * spread))
}

function pauseOf(failure: number): number {
  return pausesMs[Math.min(failure, pausesMs.length) - 1]!
}
