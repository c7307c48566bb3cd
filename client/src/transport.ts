/**
 * Owns one call over HTTP: headers, JSON, and the client's own retry.
 * Invariant: a change is sent again under the `Idempotency-Key` of its first attempt or not at all, so a retry
 * after a lost answer cannot do the thing twice.
 */
import { readApiError } from './api-error.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export type CallOptions = {
  /** Sent as JSON; a `Blob` or `File` as it is. */
  body?: unknown
  /** A strong ETag; the server answers 412 when the record has moved on. */
  ifMatch?: string | undefined
  /** Give your own to make a call repeatable across page loads. */
  idempotencyKey?: string | undefined
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

export type Transport = {
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>
  /** One attempt, answer unread: for streams. @throws ApiError */
  open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response>
  etagOf(record: object): string | undefined
  /** Told whenever the client speaks for somebody else. */
  readonly others: Set<() => void>
}

export type Credentials = { token?: string | undefined; cartToken?: string | undefined }

const RETRIES_MAX = 2
/** Doubled for each retry. Short: a person is waiting in front of the page. */
const RETRY_DELAY_MS = 300
/** A server that asks for more than this is told to the caller instead of waited for. */
export const RETRY_AFTER_MS_MAX = 10_000

/** Not all at once: those who lost the same server come back spread over the time. */
export function backoffMs(failures: number): number {
  return RETRY_DELAY_MS * 2 ** failures * (0.5 + Math.random())
}

export function createTransport(url: string, fetch: Fetch, credentials: Credentials): Transport {
  const etags = new WeakMap<object, string>()

  function headersOf(extra: Record<string, string>): Record<string, string> {
    const headers: Record<string, string> = { accept: 'application/json', ...extra }
    if (credentials.token) headers.authorization = `Bearer ${credentials.token}`
    if (credentials.cartToken) headers['cart-token'] = credentials.cartToken
    return headers
  }

  async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const headers = headersOf(options.headers ?? {})
    const init: RequestInit = { method, headers, credentials: 'same-origin' }
    if (options.signal) init.signal = options.signal
    if (options.ifMatch) headers['if-match'] = options.ifMatch
    const key = options.idempotencyKey ?? (needsKey(method, path) ? newKey() : undefined)
    if (key !== undefined) headers['idempotency-key'] = key
    // Without a key a change that may have happened is not sent again.
    const retriesMax = method === 'GET' || key !== undefined ? RETRIES_MAX : 0
    if (options.body instanceof Blob) {
      headers['content-type'] = options.body.type || 'application/octet-stream'
      init.body = options.body
    } else if (options.body !== undefined) {
      headers['content-type'] = 'application/json'
      init.body = JSON.stringify(options.body)
    }
    for (let attempt = 0; ; attempt += 1) {
      const isLast = attempt === retriesMax
      let response: Response
      try {
        response = await fetch(url + path, init)
      } catch (error) {
        // `fetch` throws TypeError for a broken connection; anything else is an abort or a bug.
        if (isLast || !(error instanceof TypeError)) throw error
        await delay(backoffMs(attempt), options.signal)
        continue
      }
      if (response.ok) return (await readBody(response)) as T
      const error = await readApiError(response)
      const waitMs = error.retryAfterMs ?? backoffMs(attempt)
      // The second code: our first attempt lost its connection, but the server is still at it.
      const canRetry = error.status === 503 || error.status === 429 || error.code === 'idempotency_in_flight'
      if (!canRetry || isLast || waitMs > RETRY_AFTER_MS_MAX) throw error
      await delay(waitMs, options.signal)
    }
  }

  async function readBody(response: Response): Promise<unknown> {
    const text = await response.text()
    if (text === '') return undefined
    const body: unknown = JSON.parse(text)
    const etag = response.headers.get('etag')
    if (etag && typeof body === 'object' && body !== null) etags.set(body, etag)
    return body
  }

  async function open(path: string, extra: Record<string, string>, signal: AbortSignal) {
    const headers = headersOf({ ...extra, accept: 'text/event-stream' })
    const response = await fetch(url + path, { headers, signal, credentials: 'same-origin' })
    if (!response.ok) throw await readApiError(response)
    return response
  }

  return { call, open, etagOf: (record) => etags.get(record), others: new Set() }
}

/** A sign-in does no harm twice, and its answer is a secret that nobody should keep for a repeat. A piece of a file says where it belongs. */
function needsKey(method: string, path: string): boolean {
  return method !== 'GET' && !/^\/api\/(?:auth|uploads)\//.test(path)
}

/**
 * The time in front lets a server keep keys of one time side by side. Not `crypto.randomUUID`: pages that came over plain HTTP from
 * another machine have none.
 */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `t${Date.now().toString(16).padStart(12, '0')}-${hex}`
}

/** Resolves after `ms`, or rejects with the signal's reason. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
