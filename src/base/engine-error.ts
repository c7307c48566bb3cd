// The one error class. Its code is looked up in contract/error-codes.ts for status, text and whether
// a retry can help; drivers' errors are translated into it at the edge of their adapter.
import { type ErrorCode, errorCodes } from '../contract/error-codes.ts'
import { isA } from './error-text.ts'
import { valueWithoutSecrets, withoutSecrets } from './hidden.ts'

/** One mistake in the input: `path` is a JSON pointer into the body, or `query:name` for a parameter. */
export type InputIssue = { readonly path: string; readonly code: string; readonly message: string }

export type ErrorDetails = {
  readonly detail?: string
  readonly errors?: readonly InputIssue[]
  readonly params?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  /** A sentence after the detail, for whoever develops: what everybody may not be told. */
  readonly inDevelopment?: () => string
  readonly cause?: unknown
}

export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: ErrorCode
  readonly errors: readonly InputIssue[] | undefined
  readonly params: Readonly<Record<string, unknown>> | undefined
  readonly headers: Readonly<Record<string, string>> | undefined
  readonly inDevelopment: (() => string) | undefined
  /** The sentence shown to the caller. Never holds SQL, a stack or a value the caller may not see. */
  readonly detail: string

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    // Code of a project throws it as well.
    const detail = details.detail === undefined ? errorCodes[code].message : withoutSecrets(details.detail)
    super(`${code}: ${detail}`, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.detail = detail
    this.errors = details.errors && valueWithoutSecrets(details.errors)
    this.params = details.params && valueWithoutSecrets(details.params)
    this.headers = details.headers
    this.inDevelopment = details.inDevelopment
  }

  get status(): number {
    return errorCodes[this.code].status
  }
}

/**
 * Another transaction came first, as the storage saw it: run again, this one may pass. A `conflict` that an operation
 * throws is an answer, and runs nothing again.
 */
export class LostRace extends EngineError {
  constructor(cause?: unknown) {
    super('conflict', { cause })
  }
}

/** A driver's error as ours. */
export function storageError(code: ErrorCode, cause: unknown): EngineError {
  return code === 'conflict' ? new LostRace(cause) : new EngineError(code, { cause })
}

/** The input does not fit: one issue, with its path. */
export function invalid(path: string, code: string, message: string): EngineError {
  return new EngineError('validation_failed', { detail: message, errors: [{ path, code, message }] })
}

export function isEngineError(error: unknown, code?: ErrorCode): error is EngineError {
  return isA(error, EngineError) && (code === undefined || error.code === code)
}

/** What the storage says of this moment, and another try may find otherwise. */
export function isPassing(error: unknown): boolean {
  return error instanceof LostRace || (isEngineError(error) && error.status >= 500 && errorCodes[error.code].retry !== 'never')
}
