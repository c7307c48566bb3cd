// PayPal's refusals, in its published words.
import type { RefusalCode } from '../refusal.ts'
import type { FaceAnswer } from './face.ts'

const names: Readonly<Record<number, readonly [name: string, message: string]>> = {
  400: ['INVALID_REQUEST', 'Request is not well-formed, syntactically incorrect, or violates schema.'],
  401: ['AUTHENTICATION_FAILURE', 'Authentication failed due to missing authorization header, or invalid authentication credentials.'],
  404: ['RESOURCE_NOT_FOUND', 'The specified resource does not exist.'],
  409: ['RESOURCE_CONFLICT', 'The server has detected a conflict while processing this request.'],
  422: ['UNPROCESSABLE_ENTITY', 'The requested action could not be performed, semantically incorrect, or failed business validation.'],
  429: ['RATE_LIMIT_REACHED', 'Too many requests. Blocked due to rate limiting.'],
  500: ['INTERNAL_SERVER_ERROR', 'An internal server error has occurred.'],
}

export function refusal(status: number, issue: string | null = null): FaceAnswer {
  const [name, message] = names[status]!
  const details = issue === null ? {} : { details: [{ issue }] }
  return { status, body: { name, message, ...details, debug_id: 'f2b0a8c1d7e94' } }
}

/** What the book or the plumbing refuses, by what was asked for. */
export function payPalErrors(code: RefusalCode, message: string, path: string): FaceAnswer {
  const isRefund = path.endsWith('/refund')
  switch (code) {
    case 'no_payment':
    case 'no_operation':
    case 'no_route':
      return refusal(404, 'INVALID_RESOURCE_ID')
    case 'unauthorized':
      if (path !== '/v1/oauth2/token') return refusal(401)
      return { status: 401, body: { error: 'invalid_client', error_description: 'Client Authentication failed' } }
    case 'too_much':
      return refusal(422, isRefund ? 'REFUND_AMOUNT_EXCEEDED' : 'MAX_CAPTURE_AMOUNT_EXCEEDED')
    case 'declined':
      return refusal(422, isRefund ? 'REFUND_FAILED_INSUFFICIENT_FUNDS' : 'PAYER_CANNOT_PAY')
    case 'wrong_state':
      return refusal(422, isRefund ? 'REFUND_NOT_ALLOWED' : path.endsWith('/void') ? 'CANNOT_BE_VOIDED' : 'AUTHORIZATION_ALREADY_CAPTURED')
    case 'key_in_use':
      return refusal(409, 'PREVIOUS_REQUEST_IN_PROGRESS')
    case 'rate_limited':
      return refusal(429)
    case 'unavailable':
      return refusal(500)
    default: {
      const { status, body } = refusal(400, 'INVALID_PARAMETER_VALUE')
      const [detail] = (body as { details: object[] }).details
      return { status, body: { ...(body as object), details: [{ ...detail, value: message.slice(0, 100) }] } }
    }
  }
}
