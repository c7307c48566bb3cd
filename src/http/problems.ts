// Errors as RFC 9457 problem details. What is ours is told in full; what is a bug is told by its
// request id alone, and logged whole. Never a stack, never SQL, never a value the caller may not see.
import { EngineError, isEngineError } from '../base/engine-error.ts'
import { isA } from '../base/error-text.ts'
import { withoutSecrets } from '../base/hidden.ts'
import type { Log } from '../base/log.ts'
import { ProjectError, type ProjectErrorKind } from '../base/project-error.ts'
import { type ErrorCode, errorCodes } from '../contract/error-codes.ts'

export type Problem = { readonly status: number; readonly headers: Record<string, string>; readonly body: Record<string, unknown> }

const retryAfterSeconds = '1'

/** `hint`: given in development, where the log is. The reason itself of what broke is in the log alone. */
export function problemOf(error: unknown, requestId: string, log: Log, hint?: string): Problem {
  if (isA(error, ProjectError)) return renderOwn(error, requestId)
  const known = isEngineError(error) ? error : fromFramework(error)
  if (known === null) log.write('error', 'A request failed.', { requestId, error })
  else if (known.status >= 500) log.write('error', 'A request failed.', { requestId, code: known.code, error: known.cause ?? error })
  if (known === null) return render(new EngineError('internal', hint === undefined ? {} : { detail: hint }), requestId)
  const more = hint === undefined ? undefined : known.inDevelopment?.()
  return render(known, requestId, more === undefined ? known.detail : `${known.detail} ${withoutSecrets(more)}`)
}

const commonHeaders = {
  'content-type': 'application/problem+json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
}

/** What names a kind of problem: ours in our documents, a project's own in the reference that its server shows. */
export function problemType(kind: ErrorCode | ProjectErrorKind): string {
  return typeof kind === 'string' ? `https://kingpost.dev/errors/${kind}` : `/api/docs#errors/${kind.code}`
}

/** An error of the project's own is told as the project wrote it. */
function renderOwn({ kind, detail, params, path }: ProjectError, requestId: string): Problem {
  const { code, status, message } = kind
  const more = {
    ...(path === null ? {} : { errors: [{ path, code, message: detail }] }),
    ...(Object.keys(params).length > 0 ? { params } : {}),
  }
  return { status, headers: commonHeaders, body: { type: problemType(kind), title: message, status, detail, code, requestId, ...more } }
}

function render(error: EngineError, requestId: string, detail: string = error.detail): Problem {
  const { status, retry, message } = errorCodes[error.code]
  const { errors, ...params } = { ...error.params, errors: error.errors }
  return {
    status,
    headers: {
      ...commonHeaders,
      ...(retry === 'later' ? { 'retry-after': retryAfterSeconds } : {}),
      ...error.headers,
    },
    body: {
      type: problemType(error.code),
      title: message,
      status,
      detail,
      code: error.code,
      requestId,
      ...(errors && errors.length > 0 ? { errors } : {}),
      ...(Object.keys(params).length > 0 && isPublic(error.code) ? { params } : {}),
    },
  }
}

/** Params of these codes are made for the caller. Others (driver field names) stay inside. */
function isPublic(code: ErrorCode): boolean {
  return publicParams.includes(code)
}
const publicParams: readonly ErrorCode[] = [
  'proof_needed',
  'scope_missing',
  'out_of_stock',
  'not_for_sale',
  'discount_unusable',
  'order_too_large',
  'total_changed',
  'order_state_conflict',
  'order_held',
  'download_not_open',
  'fulfillment_state_conflict',
  'return_state_conflict',
  'return_too_late',
  'cart_not_open',
  'payment_state_conflict',
  'capture_too_large',
  'refund_too_large',
  'gift_card_unusable',
  'gift_card_state_conflict',
  'credit_too_low',
  'payment_missing',
]

/** Fastify's own refusals, before an operation was reached. */
function fromFramework(error: unknown): EngineError | null {
  // What code of a project throws may be anything, also what refuses to be looked at.
  if (!isA(error, Error)) return null
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new EngineError('body_too_large')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new EngineError('unsupported_media_type')
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new EngineError('malformed_json')
    default:
      if (error instanceof SyntaxError && statusCode === 400) return new EngineError('malformed_json')
      return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
        ? new EngineError('validation_failed', { detail: 'The request is not valid HTTP for this address.' })
        : null
  }
}
