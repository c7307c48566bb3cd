// Requests to Mollie's API, version 2 (https://docs.mollie.com/reference): one call, one answer, never a repeat. What is no
// answer of Mollie's (a time-out, HTML, half a body) is uncertain. Invariant: no key and no body is ever in a reason.
import { createHash } from 'node:crypto'
import type { Egress, EgressAnswer } from '../../base/egress.ts'
import { textOf } from '../../base/error-text.ts'
import { limits } from '../../base/limits.ts'

/** Where Mollie answers. */
export const mollieUrl = 'https://api.mollie.com'

const charactersMax = limits.paymentAnswerCharactersMax

export type MollieAnswer =
  | { readonly result: 'ok'; readonly value: unknown }
  /** Mollie has nothing under this id. */
  | { readonly result: 'missing' }
  | { readonly result: 'refused'; readonly reason: string }
  /** As the port has it. `isLocked`: the key is refused, so nothing was done; it may be put right. */
  | {
      readonly result: 'uncertain'
      readonly reason: string
      readonly afterMs?: number
      readonly isAnswered?: true
      readonly isLocked?: true
    }

export type MollieCall = {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below `/v2/`, with its query. */
  readonly path: string
  /** Of what may be done once alone. */
  readonly key?: string
  readonly body?: object
  /** Instead of the API key. */
  readonly token?: string
  readonly withinMs?: number
}
export type MollieApi = (call: MollieCall) => Promise<MollieAnswer>

export type ApiParts = {
  readonly egress: Egress
  /** `https://api.mollie.com` */
  readonly url: string
  /** Read for each call: a new one counts without a restart. */
  readonly apiKey: () => string
}

export function createMollieApi({ egress, url, apiKey }: ApiParts): MollieApi {
  return async ({ method, path, key, body, token, withinMs }) => {
    const headers = {
      accept: 'application/hal+json',
      authorization: `Bearer ${token ?? apiKey()}`,
      ...(key === undefined ? {} : { 'idempotency-key': asUuid(key) }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    try {
      const more = { ...(body === undefined ? {} : { body: JSON.stringify(body) }), ...(withinMs === undefined ? {} : { withinMs }) }
      return answerOf(await egress.request({ method, url: `${url}/v2/${path}`, headers, charactersMax, ...more }))
    } catch (error) {
      return { result: 'uncertain', reason: textOf(error) }
    }
  }
}

/** Mollie documents its keys as UUIDs: the same key is always the same one. */
export function asUuid(key: string): string {
  const hex = createHash('sha256').update(key).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/** Errors that end of themselves: a repeat may succeed. */
const passing = [408, 425]

function answerOf({ status, body, headers = {} }: EgressAnswer): MollieAnswer {
  // 202 of a release and 204 say all by their status.
  if (status === 202 || status === 204) return { result: 'ok', value: null }
  const value = parseObject(body)
  if (status === 200 || status === 201) {
    if (value !== null) return { result: 'ok', value }
    return { result: 'uncertain', reason: `Mollie answered ${status} with something that is no JSON object.` }
  }
  // Mollie's errors say their status again (https://docs.mollie.com/reference/handling-errors). What does not is of something between.
  const isMollies = value !== null && value['status'] === status
  if (isMollies && (status === 401 || status === 403))
    return { result: 'uncertain', reason: `Mollie refuses the key (${status}): ${detailOf(value)}`, isAnswered: true, isLocked: true }
  if (status === 429) return { result: 'uncertain', reason: 'Mollie asks for fewer calls (429).', afterMs: pauseOf(headers['retry-after']) }
  // Two refunds alike in a short time, or another call with this key: a later repeat is told from both.
  if (isMollies && status === 409) return { result: 'uncertain', reason: `Mollie is at work on it: ${detailOf(value)}`, isAnswered: true }
  if (!isMollies || passing.includes(status) || status < 400 || status >= 500)
    return { result: 'uncertain', reason: `Mollie answered ${status}${isMollies ? `: ${detailOf(value)}` : '.'}` }
  if (status === 404 || status === 410) return { result: 'missing' }
  return { result: 'refused', reason: `Mollie: ${detailOf(value)}` }
}

/** Seconds, where it says a number of them that is none too long. */
function pauseOf(header: string | readonly string[] | undefined): number {
  const seconds = typeof header === 'string' && /^\d{1,4}$/.test(header) ? Number(header) : 1
  return Math.max(1, seconds) * 1_000
}

function detailOf(value: Readonly<Record<string, unknown>>): string {
  const { detail, title } = value
  return textOf(typeof detail === 'string' ? detail : typeof title === 'string' ? title : 'It said no reason.')
}

function parseObject(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
