/**
 * Owns the one error a caller of the client has to know: the server's RFC 9457 problem as an exception.
 * Network failures stay what `fetch` throws (`TypeError`): they carry no answer, so they are no problem document.
 */
import type { ErrorCode } from '../../src/contract/error-codes.ts'
import type { SecondFactor } from './shapes.ts'

/** One wrong place in the input; `path` is a JSON pointer into the request body. */
export type InputError = { path: string; code: string; message: string }

/** RFC 9457 section 3.1, with Kingpost's `code`, `requestId`, `errors` and `params`. */
export type Problem = {
  type: string
  title: string
  status: number
  detail?: string
  code: string
  requestId?: string
  errors?: InputError[]
  /** What some codes say more, such as the lines that are out of stock. */
  params?: Record<string, unknown>
}

/** Codes of the server's own, and `http_502` and alike from what stands before it. */
type KnownCode = ErrorCode | `http_${number}`

/** A project names the codes of its own: `error as ApiError<keyof typeof errors>`, from the `defineErrors` of its config. */
export class ApiError<TOwnCode extends string = never> extends Error {
  override readonly name = 'ApiError'
  readonly problem: Problem
  readonly status: number
  /** Stable across versions, e.g. `out_of_stock`; the one thing to branch on. */
  readonly code: KnownCode | TOwnCode | (string & {})
  readonly detail: string
  readonly errors: readonly InputError[]
  readonly params: Readonly<Record<string, unknown>>
  /** What to quote to the operator: the trace is found by it. */
  readonly requestId: string | undefined
  /** The server's `Retry-After`, when it sent one. */
  readonly retryAfterMs: number | undefined

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.detail ?? problem.title)
    this.problem = problem
    this.status = problem.status
    this.code = problem.code
    this.detail = this.message
    this.errors = problem.errors ?? []
    this.params = problem.params ?? {}
    this.requestId = problem.requestId
    this.retryAfterMs = retryAfterMs
  }
}

/** The sign-in is right, and its account asks for a second factor as well: send a code with `pending` by `auth.verifyTotp`. */
export class SecondFactorNeeded extends ApiError {
  /** Good for ten minutes and five tries. */
  readonly pending: string
  readonly factors: readonly SecondFactor[]

  constructor({ pending, factors }: Pick<SecondFactorNeeded, 'pending' | 'factors'>) {
    super({ type: 'about:blank', title: 'Second factor needed', status: 401, code: 'second_factor_needed' })
    this.pending = pending
    this.factors = factors
  }
}

/** Reads a failed answer. A proxy's HTML page becomes a problem too, so that callers have one case. */
export async function readApiError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null)
  const given = (typeof body === 'object' && body ? body : {}) as Partial<Problem>
  const requestId = given.requestId ?? response.headers.get('x-request-id')
  const problem: Problem = {
    ...given,
    type: given.type ?? 'about:blank',
    title: given.title ?? (response.statusText || `HTTP ${response.status}`),
    status: response.status,
    code: given.code ?? `http_${response.status}`,
    ...(requestId ? { requestId } : {}),
  }
  return new ApiError(problem, retryAfterMs(response.headers.get('retry-after'), Date.now()))
}

/** RFC 9110 section 10.2.3: seconds or an HTTP date. Undefined when absent or unreadable. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const seconds = Number(header)
  const ms = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * 1000
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}
