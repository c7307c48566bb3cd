/** What a provider says no with. Each face puts it into its own words. */
export const refusalCodes = [
  'no_payment',
  'no_operation',
  'no_method',
  'no_route',
  'bad_request',
  'unauthorized',
  'too_much',
  'wrong_state',
  'declined',
  'nothing_to_pay_out',
  /** The key came before with another request. */
  'key_reused',
  /** A request with this key is still at work. */
  'key_in_use',
  'rate_limited',
  'unavailable',
] as const
export type RefusalCode = (typeof refusalCodes)[number]

/** Thrown by the book's operations: nothing has changed. */
export class SandboxRefusal extends Error {
  readonly code: RefusalCode
  constructor(code: RefusalCode, message: string) {
    super(message)
    this.code = code
  }
}
