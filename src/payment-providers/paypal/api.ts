// Calls of PayPal's REST API. What is kept is the access token, until shortly before its end. Invariant: an answer that
// PayPal did not plainly give (none, half of one, a page of somebody between us) is uncertain, and never a refusal.
import type { Clock } from '../../base/clock.ts'
import type { Egress, EgressAnswer } from '../../base/egress.ts'
import { textOf } from '../../base/error-text.ts'
import { limits } from '../../base/limits.ts'
import type { ProviderResult } from '../../domains/payments/provider.ts'

/** Which PayPal: the live one, its sandbox, or one that stands for it. */
export type PayPalPlace = {
  /** `https://api-m.paypal.com`. */
  readonly apiUrl: string
  /** Below which the certificates of its webhooks lie: `https://api.paypal.com/v1/notifications/certs/`. */
  readonly certificateUrls: readonly string[]
  /** Of that certificate: whom it names. */
  readonly signer: string
  /** It is on the public Internet, and nothing else is asked. */
  readonly isPublic: boolean
}

const paypalAt = (domain: string): PayPalPlace => ({
  apiUrl: `https://api-m.${domain}`,
  certificateUrls: [`https://api.${domain}`, `https://api-m.${domain}`].map((origin) => `${origin}/v1/notifications/certs/`),
  signer: `messageverificationcerts.${domain}`,
  isPublic: true,
})
export const livePayPal = paypalAt('paypal.com')
export const sandboxPayPal = paypalAt('sandbox.paypal.com')

/** As they are now: they may be exchanged while the server runs. */
export type PayPalKeys = {
  readonly clientId: string
  readonly clientSecret: string
  /** Of the webhooks that PayPal sends here: one, or two while they are exchanged. */
  readonly webhookIds: readonly string[]
}

export type PayPalParts = {
  readonly egress: Egress
  readonly clock: Pick<Clock, 'now'>
  readonly place: PayPalPlace
  readonly keys: () => PayPalKeys
}

export type PayPalCall = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** What PayPal knows a repeat by: a repeat acts once. */
  readonly key?: string
  readonly body?: unknown
}

/** `issue`: PayPal's word for it, such as `INSTRUMENT_DECLINED`. */
export type PayPalRefusal = {
  readonly result: 'refused'
  readonly reason: string
  readonly status: number
  readonly issue: string
  /** Our keys, or what they may do. */
  readonly isOurs?: true
}
export type PayPalAnswer = Extract<ProviderResult<unknown>, { result: 'ok' | 'uncertain' }> | PayPalRefusal
export type PayPalApi = (call: PayPalCall) => Promise<PayPalAnswer>

const charactersMax = limits.paymentAnswerCharactersMax

/** A token is not used in its last minute: it would end on the way. */
const tokenSpareMs = 60_000
const tokenLastsMaxMs = 24 * 3_600_000

type Token = { readonly of: string; readonly text: string; readonly until: number }
type TokenAnswer = { readonly result: 'ok'; readonly value: Token } | Exclude<PayPalAnswer, { result: 'ok' }>

export function createPayPalApi(parts: PayPalParts): PayPalApi {
  const { place } = parts
  let kept: Token | null = null
  let asked: { readonly of: string; readonly answer: Promise<TokenAnswer> } | null = null

  async function askToken(of: string): Promise<TokenAnswer> {
    const headers = {
      authorization: `Basic ${Buffer.from(of).toString('base64')}`,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    }
    const answer = await send(parts, { path: '/v1/oauth2/token', method: 'POST', headers, body: 'grant_type=client_credentials' })
    if (answer.result === 'refused')
      return { ...answer, reason: `PayPal does not accept the client id and secret of this shop (${answer.issue}).` }
    if (answer.result === 'uncertain') return answer
    const { access_token: text, expires_in: seconds } = answer.value as Record<string, unknown>
    if (typeof text !== 'string' || !/^[\x21-\x7e]{1,4000}$/.test(text) || typeof seconds !== 'number' || !(seconds > 0))
      return { result: 'uncertain', reason: 'PayPal answered with something that is no access token.' }
    return { result: 'ok', value: { of, text, until: parts.clock.now() + Math.min(seconds * 1_000, tokenLastsMaxMs) - tokenSpareMs } }
  }

  /** Calls that need one at the same time wait for the same. */
  async function tokenNow(): Promise<TokenAnswer> {
    const { clientId, clientSecret } = parts.keys()
    const of = `${clientId}:${clientSecret}`
    if (kept?.of === of && kept.until > parts.clock.now()) return { result: 'ok', value: kept }
    if (asked?.of !== of) {
      const answer = askToken(of).finally(() => {
        if (asked?.answer === answer) asked = null
      })
      asked = { of, answer }
    }
    const answer = await asked.answer
    if (answer.result === 'ok') kept = answer.value
    return answer
  }

  return async function call({ method, path, key, body }) {
    for (let time = 1; ; time++) {
      const token = await tokenNow()
      if (token.result !== 'ok') return token
      const headers = {
        authorization: `Bearer ${token.value.text}`,
        accept: 'application/json',
        ...(method === 'POST' ? { 'content-type': 'application/json', prefer: 'return=representation' } : {}),
        ...(key === undefined ? {} : { 'paypal-request-id': key }),
      }
      const answer = await send(parts, { method, path, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
      // A token may be ended before its time: then nothing was done, and another one is asked for, once.
      if (answer.result !== 'refused' || answer.status !== 401 || time === 2) return answer
      if (kept === token.value) kept = null
    }
  }

  async function send({ egress }: PayPalParts, call: Omit<PayPalCall, 'key'> & { headers: Record<string, string>; body?: string }) {
    const { path, ...request } = call
    try {
      return read(await egress.request({ ...request, url: place.apiUrl + path, isPublicOnly: place.isPublic, charactersMax }))
    } catch (error) {
      return { result: 'uncertain', reason: textOf(`PayPal did not answer. ${error instanceof Error ? error.message : ''}`) } as const
    }
  }
}

/** Of these a repeat finds the end: the first request is still running. */
const stillRunning = ['PREVIOUS_REQUEST_IN_PROGRESS', 'ORDER_COMPLETION_IN_PROGRESS', 'DUPLICATE_REQUEST_ID']
const mayPass = [408, 409, 425, 429]
/** Where PayPal asks for a pause and does not say how long. */
const pauseSeconds = 10

function read({ status, body, headers }: EgressAnswer): PayPalAnswer {
  if (status === 204) return { result: 'ok', value: {} }
  const value = objectOf(body)
  if (status >= 200 && status < 300 && value !== null) return { result: 'ok', value }
  const { issue, text } = errorOf(value)
  const isPlain = status >= 400 && status < 500 && issue !== null && !mayPass.includes(status) && !stillRunning.includes(issue)
  if (!isPlain) {
    const seconds = secondsIn(headers?.['retry-after'])
    const pause = status === 429 || seconds !== null ? { afterMs: (seconds ?? pauseSeconds) * 1_000 } : {}
    return { result: 'uncertain', reason: textOf(`PayPal answered ${status}${issue === null ? '' : ` (${issue})`}.`), ...pause }
  }
  const ours = status === 401 || status === 403 ? { isOurs: true as const } : {}
  return { result: 'refused', status, issue, reason: textOf(`PayPal refuses it: ${text} (${issue})`), ...ours }
}

/** Where it says a number of them that is none too long. */
function secondsIn(header: string | readonly string[] | undefined): number | null {
  return typeof header === 'string' && /^[1-9]\d{0,3}$/.test(header) ? Number(header) : null
}

function objectOf(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const isWord = (value: unknown): value is string => typeof value === 'string' && /^\w{1,100}$/.test(value)
const isSentence = (value: unknown): value is string => typeof value === 'string' && value.length <= 500

/** `{name, message, details: [{issue, description}]}`, and of the token `{error, error_description}`. */
function errorOf(value: Record<string, unknown> | null): { readonly issue: string | null; readonly text: string } {
  const details = Array.isArray(value?.['details']) ? (value['details'] as unknown[]) : []
  const first = (details[0] ?? {}) as Record<string, unknown>
  const issue = [first['issue'], value?.['name'], value?.['error']].find(isWord) ?? null
  const text = [first['description'], value?.['message'], value?.['error_description']].find(isSentence) ?? 'it does not say why.'
  return { issue, text }
}
