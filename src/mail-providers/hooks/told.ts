// What the webhooks of all providers share: values of a body that may be anything, read as far as they are what they should be.
import { createHash } from 'node:crypto'
import { parseIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { ToldEvent } from '../../domains/inbound/mail-hook.ts'

export type Json = Readonly<Record<string, unknown>>

/** The JSON of a body; null where it is none. */
export function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return null
  }
}

export const objectIn = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** One line of what can be stored anywhere; '' where it is no text. */
export function textIn(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'string') return ''
  return value
    .toWellFormed()
    .replaceAll(/[\0-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, 2_000)
}

/** ISO 8601 with a zone; ms since 1970 UTC. */
export function timeIn(value: unknown): number | null {
  const at = typeof value === 'string' ? parseIso(value) : Number.NaN
  return isTime(at) ? at : null
}

/** Seconds since 1970 UTC. */
export function secondsIn(value: unknown): number | null {
  const at = Math.round(Number(value) * 1_000)
  return (typeof value === 'number' || typeof value === 'string') && isTime(at) ? at : null
}

/** Until the year 2100: a time behind it is a mistake. */
const isTime = (at: number) => at > 0 && at < 4_102_444_800_000

/** The provider's own id of an event, or a digest of what makes it that one. */
export function eventIdOf(...parts: readonly string[]): string {
  const [only] = parts
  if (parts.length === 1 && only!.length <= limits.mailEventIdCharactersMax) return only!
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

type Told = Pick<ToldEvent, 'eventId' | 'kind'> & Partial<ToldEvent>

export function told({ eventId, kind, ...more }: Told): ToldEvent {
  return { email: null, messageId: null, recipient: '', isNoMailbox: false, detail: '', happenedAt: null, ...more, eventId, kind }
}

/**
 * Whether what a provider calls a hard bounce says that nobody reads mail there. Providers say so of other refusals, too: of a mailbox that is
 * full (5.2), and of what the receiver does not like of the message or of us (5.6, 5.7).
 */
export function isHard(words: string): boolean {
  const status = /(?:^|[^\d.])([245]\.\d{1,2}\.\d{1,3})(?![\d.])/.exec(words)?.[1]
  return status === undefined || /^5\.[014]\./.test(status)
}
