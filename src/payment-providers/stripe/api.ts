// Requests to Stripe: form-encoded, under a pinned version of its API, each unsafe one under a key. Source:
// https://docs.stripe.com/api. Invariant: `refused` only for what was not done and will never work; all else is `uncertain`.
import type { Egress, EgressAnswer } from '../../base/egress.ts'
import { textOf } from '../../base/error-text.ts'
import { limits } from '../../base/limits.ts'
import { isWritten, type Written } from './read.ts'
import { reasonOf } from './reasons.ts'

/** Pinned: what it answers does not change with the account's own version. The one of the SDK that tests compare with. */
export const stripeVersion = '2026-10-28.endive'

const charactersMax = limits.paymentAnswerCharactersMax

/** Null and undefined are left out. */
export type Form = { readonly [key: string]: FormValue }
type FormValue = string | number | boolean | null | undefined | Form | readonly FormValue[]

export type ApiAnswer =
  | { readonly result: 'ok'; readonly body: Written }
  | {
      readonly result: 'refused'
      readonly reason: string
      readonly status: number
      readonly code: string | null
      readonly isReplayed: boolean
    }
  | { readonly result: 'uncertain'; readonly reason: string; readonly isReplayed: boolean; readonly afterMs?: number }

export type StripeApi = {
  get(path: string, query?: Form): Promise<ApiAnswer>
  /** `key`: a repeat under it is answered as the first was. */
  post(path: string, form: Form, key: string): Promise<ApiAnswer>
}

export type ApiParts = {
  readonly egress: Egress
  /** `https://api.stripe.com` */
  readonly url: string
  /** As of now: it may have changed since the last call. */
  readonly readKey: () => string
}

export function createStripeApi({ egress, url, readKey }: ApiParts): StripeApi {
  async function call(method: 'GET' | 'POST', path: string, more: { readonly body?: string; readonly key?: string }): Promise<ApiAnswer> {
    const headers = {
      authorization: `Bearer ${readKey()}`,
      'stripe-version': stripeVersion,
      ...(more.body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(more.key === undefined ? {} : { 'idempotency-key': more.key }),
    }
    try {
      return told(
        await egress.request({
          method,
          url: `${url}/v1/${path}`,
          headers,
          charactersMax,
          ...(more.body === undefined ? {} : { body: more.body }),
        }),
      )
    } catch (error) {
      return { result: 'uncertain', reason: textOf(error), isReplayed: false }
    }
  }
  return {
    get: (path, query = {}) => call('GET', Object.keys(query).length === 0 ? path : `${path}?${encoded(query)}`, {}),
    post: (path, form, key) => call('POST', path, { body: encoded(form), key }),
  }
}

function told(answer: EgressAnswer): ApiAnswer {
  const { status } = answer
  const isReplayed = answer.headers?.['idempotent-replayed'] === 'true'
  const body = parsed(answer.body)
  if (status >= 200 && status < 300)
    return body === null
      ? { result: 'uncertain', reason: `Stripe answered ${status} with something that is not JSON.`, isReplayed: false }
      : { result: 'ok', body }
  const error = body !== null && isWritten(body['error']) ? body['error'] : null
  if (error === null || !isForGood(status)) return { result: 'uncertain', reason: doubtOf(status), isReplayed, ...pauseOf(answer) }
  const code = typeof error['code'] === 'string' ? error['code'] : null
  // The key was used before for something that was written otherwise, such as by another version of ours: what came of it must be looked up.
  const isUsed = error['type'] === 'idempotency_error'
  return { result: 'refused', reason: reasonOf(error), status, code, isReplayed: isReplayed || isUsed }
}

/** A key that is refused, a permission that is missing, a limit and a call that is still under way may all be otherwise in a moment. */
function isForGood(status: number): boolean {
  return status >= 400 && status < 500 && ![401, 403, 408, 409, 423, 429].includes(status)
}

/** How long it asks us to wait. */
function pauseOf({ status, headers }: EgressAnswer): { readonly afterMs?: number } {
  const seconds = Number(headers?.['retry-after'])
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= 3_600) return { afterMs: seconds * 1_000 }
  return status === 429 ? { afterMs: 1_000 } : {}
}

function doubtOf(status: number): string {
  if (status === 401) return 'Stripe refused our key.'
  if (status === 403) return 'Our key at Stripe has no permission for this.'
  if (status === 429) return 'Stripe has too many requests from us now.'
  if (status === 409) return 'Stripe is still at work on the same call.'
  return `Stripe answered ${status}.`
}

function parsed(body: string): Written | null {
  try {
    const value: unknown = JSON.parse(body)
    return isWritten(value) ? value : null
  } catch {
    return null
  }
}

/** `a[b][0]=c`, as Stripe reads it. */
export function encoded(form: Form): string {
  const pairs = new URLSearchParams()
  const add = (name: string, value: FormValue): void => {
    if (value === null || value === undefined) return
    if (Array.isArray(value)) for (const [index, one] of value.entries()) add(`${name}[${index}]`, one as FormValue)
    else if (typeof value === 'object') for (const [key, one] of Object.entries(value as Form)) add(`${name}[${key}]`, one)
    else pairs.append(name, String(value))
  }
  for (const [key, value] of Object.entries(form)) add(key, value)
  return pairs.toString()
}
