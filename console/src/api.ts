/**
 * The one door to the server: fetch with the session cookie, JSON both ways, problem details turned
 * into ApiError. Owns no state but the listener for "the session has ended". To be replaced by the
 * typed client of `client/` when that lands; nothing else in the console calls fetch.
 */
export interface InputError {
  /** JSON Pointer into the body that was sent. */
  path: string
  code: string
  message: string
}

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly errors: readonly InputError[]
  readonly requestId: string | undefined

  constructor(problem: {
    status: number
    code: string
    detail: string
    errors?: readonly InputError[]
    requestId?: string | undefined
  }) {
    super(problem.detail)
    this.name = 'ApiError'
    this.status = problem.status
    this.code = problem.code
    this.errors = problem.errors ?? []
    this.requestId = problem.requestId
  }

  get detail(): string {
    return this.message
  }
}

export interface Answer<T> {
  data: T
  etag: string | undefined
}

export interface RequestOptions {
  body?: unknown
  ifMatch?: string | undefined
  signal?: AbortSignal | undefined
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

let sessionEnded: () => void = () => {}

/** Calls `listener` whenever a request finds that the session is gone. */
export function onSessionEnd(listener: () => void): void {
  sessionEnded = listener
}

/** @throws ApiError for every answer that is not 2xx, and when the server cannot be reached. */
export async function call<T>(method: Method, path: string, options: RequestOptions = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (options.body !== undefined) headers['content-type'] = 'application/json'
  if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch
  // One key per click: should the browser or a proxy send the request again, it acts once.
  // Not for sign-in, whose answer is a secret that nobody should keep for a repeat.
  if (method === 'POST' && !path.startsWith('/api/auth/')) headers['idempotency-key'] = newKey()
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError({
      status: 0,
      code: 'unreachable',
      detail: 'The server could not be reached. Check that it is running, then try again.',
    })
  }
  const body = await readBody(response)
  if (!response.ok) {
    if (response.status === 401 && !path.startsWith('/api/auth/')) sessionEnded()
    throw problemOf(response, body)
  }
  return { data: body as T, etag: response.headers.get('etag') ?? undefined }
}

/** The body of a GET, when its ETag does not matter. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call<T>('GET', path, { signal })).data
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function problemOf(response: Response, body: unknown): ApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const word = (name: string) => (typeof problem[name] === 'string' ? problem[name] : undefined)
  return new ApiError({
    status: response.status,
    code: word('code') ?? `http_${response.status}`,
    detail: word('detail') ?? word('title') ?? `The server answered ${response.status}.`,
    errors: Array.isArray(problem.errors) ? (problem.errors as InputError[]) : [],
    requestId: word('requestId') ?? response.headers.get('x-request-id') ?? undefined,
  })
}

// Not crypto.randomUUID: it is missing where the console is opened over plain HTTP from another machine.
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
