// The one table of errors: what a client can meet, its HTTP status, and whether trying again can help.
// docs/reference/errors.md is made from it, and a test holds both together.

type ErrorSpec = {
  readonly status: number
  /**
   * `now`: the same call may pass at once. `later`: after Retry-After. `whenChanged`: once what it speaks of is
   * another (the cart was mended, the goods are back). `never`: it is the call itself that does not fit.
   */
  readonly retry: 'never' | 'whenChanged' | 'now' | 'later'
  readonly message: string
}

export const errorCodes = {
  // Any request
  malformed_request: { status: 400, retry: 'never', message: 'This is not valid HTTP.' },
  malformed_json: { status: 400, retry: 'never', message: 'The body is not valid JSON.' },
  validation_failed: { status: 400, retry: 'never', message: 'The request does not fit the schema.' },
  unauthenticated: { status: 401, retry: 'whenChanged', message: 'Sign in first.' },
  forbidden: { status: 403, retry: 'whenChanged', message: 'You may not do this.' },
  cross_site_request: { status: 403, retry: 'never', message: 'A request from another site may not use your session.' },
  not_found: { status: 404, retry: 'whenChanged', message: 'There is nothing here, or you may not see it.' },
  method_not_allowed: { status: 405, retry: 'never', message: 'This address does not answer that method.' },
  request_timeout: { status: 408, retry: 'now', message: 'The request took too long to arrive.' },
  conflict: { status: 409, retry: 'now', message: 'Another change came first. Read again and retry.' },
  already_exists: { status: 409, retry: 'whenChanged', message: 'Something with this value exists already.' },
  reference_not_found: { status: 422, retry: 'whenChanged', message: 'A referenced record does not exist, or you may not see it.' },
  still_referenced: { status: 409, retry: 'whenChanged', message: 'Other records still refer to this one.' },
  cascade_too_large: {
    status: 409,
    retry: 'whenChanged',
    message: 'Too many records would go with it, lose it or come back. Delete or change them first, or use smaller batches.',
  },
  precondition_failed: { status: 412, retry: 'whenChanged', message: 'The record has changed since you read it.' },
  body_too_large: { status: 413, retry: 'never', message: 'The body is too large.' },
  unsupported_media_type: { status: 415, retry: 'never', message: 'Send JSON with Content-Type: application/json.' },
  expand_too_large: { status: 422, retry: 'never', message: 'What is to be expanded makes the answer too large.' },
  too_many_groups: { status: 422, retry: 'never', message: 'These are more groups than an answer holds. Filter, or group by less.' },
  idempotency_key_reused: { status: 422, retry: 'never', message: 'This Idempotency-Key was used with another request.' },
  idempotency_in_flight: { status: 409, retry: 'later', message: 'The first request with this Idempotency-Key is still running.' },
  headers_too_large: { status: 431, retry: 'never', message: 'The headers are too large.' },
  rate_limited: { status: 429, retry: 'later', message: 'Too many requests. Wait and retry.' },
  internal: { status: 500, retry: 'later', message: 'Something broke on our side. The log has the request id.' },
  overloaded: { status: 503, retry: 'later', message: 'Too much is waiting. Retry in a moment.' },
  took_too_long: { status: 504, retry: 'later', message: 'What code of the project does for this takes too long.' },
  storage_unavailable: { status: 503, retry: 'later', message: 'The database cannot be reached now.' },
  outcome_unknown: {
    status: 503,
    retry: 'later',
    message: 'The database went away while it stored this: it may or may not have happened. Repeat it with the same Idempotency-Key.',
  },
  storage_full: { status: 507, retry: 'later', message: 'The disk is full: nothing was stored.' },

  // Accounts
  login_failed: { status: 401, retry: 'whenChanged', message: 'E-mail or password is wrong.' },
  email_taken: { status: 409, retry: 'never', message: 'This address is the one of an account.' },
  proof_needed: {
    status: 403,
    retry: 'whenChanged',
    message: 'Show again who you are: POST /api/auth/prove, by one of the ways named here.',
  },
  scope_missing: { status: 403, retry: 'whenChanged', message: 'This API key lacks a scope that this needs.' },
  too_many_keys: { status: 409, retry: 'whenChanged', message: 'This account has as many API keys as it may have. End one first.' },
  invitation_ended: { status: 409, retry: 'never', message: 'This invitation was accepted, or taken back. Send another one.' },
  invitation_for_account: {
    status: 403,
    retry: 'whenChanged',
    message: 'The address of this invitation has an account. Sign in with it, then accept.',
  },
  impersonation_refused: {
    status: 403,
    retry: 'never',
    message: 'You cannot act as this account: it is shut, of somebody who runs it, or may do what you may not.',
  },
  impersonation_reads_only: {
    status: 403,
    retry: 'never',
    message: 'You act as somebody else to look, and changed nothing. Begin again with write.',
  },
  last_owner: { status: 409, retry: 'never', message: 'Somebody must stay an owner. Make another one first.' },
  address_not_proven: {
    status: 409,
    retry: 'whenChanged',
    message: 'Nobody has shown that the address of this account is theirs, so it gets no role. Its owner opens the link of a mail first.',
  },
  account_erased: {
    status: 409,
    retry: 'never',
    message: 'This account is being erased, or was, and cannot be opened again. A new one can have its address.',
  },
  second_factor_required: {
    status: 403,
    retry: 'whenChanged',
    message: 'Your role asks for a second factor, and you have shown none. Add one: open /account, or POST /api/auth/totp/enrol.',
  },
  last_admin: { status: 409, retry: 'never', message: 'Somebody must stay an admin. Make another one first.' },
  link_invalid: { status: 403, retry: 'never', message: 'This link is used, expired, or a newer one was sent. Ask for a new one.' },
  code_invalid: {
    status: 401,
    retry: 'whenChanged',
    message: 'This code is wrong, used, expired, or was tried too often. Look at the newest mail, or ask for a new code.',
  },
  pending_invalid: {
    status: 403,
    retry: 'never',
    message: 'This sign-in has ended: it was used, waited too long, or was tried too often. Sign in again from the beginning.',
  },
  sign_in_expired: {
    status: 403,
    retry: 'never',
    message: 'This way to a provider was used, waited too long, or was begun in another browser. Begin again.',
  },
  sign_in_refused: {
    status: 403,
    retry: 'never',
    message: 'The provider was told not to say who you are. Begin again, or sign in another way.',
  },
  sign_in_failed: {
    status: 403,
    retry: 'never',
    message: 'What the provider answered cannot be believed, or leads to no account. Sign in another way.',
  },
  provider_unavailable: {
    status: 503,
    retry: 'later',
    message: 'The provider cannot be reached now. Try again later, or sign in another way.',
  },
  address_unproven: {
    status: 403,
    retry: 'whenChanged',
    message:
      'The provider does not say that your address is yours. Confirm it there; or sign in another way, and link the provider to your account.',
  },
  identity_taken: {
    status: 409,
    retry: 'whenChanged',
    message: 'This account at the provider is linked to another one here, or another one of theirs is linked to yours. Unlink that first.',
  },
  last_way_in: {
    status: 409,
    retry: 'whenChanged',
    message: 'This is the only way into the account. Set a password, add a passkey or link another provider first.',
  },
  second_factor_exists: { status: 409, retry: 'whenChanged', message: 'The account has an authenticator app. Remove it first.' },
  passkey_invalid: {
    status: 401,
    retry: 'whenChanged',
    message: 'This passkey was not accepted: it is not known here, was removed, or took too long. Start again.',
  },
  too_many_passkeys: { status: 409, retry: 'whenChanged', message: 'This account has as many passkeys as it may have. Remove one first.' },
  setup_link_invalid: { status: 403, retry: 'never', message: 'This set-up link is used, expired or not ours.' },

  // Shop
  cart_not_open: { status: 409, retry: 'whenChanged', message: 'This cart is closed for changes.' },
  discount_unknown: { status: 422, retry: 'whenChanged', message: 'There is no such discount.' },
  discount_unusable: { status: 409, retry: 'whenChanged', message: 'A discount of the cart cannot be used.' },
  cart_empty: { status: 409, retry: 'whenChanged', message: 'The cart has no lines.' },
  cart_incomplete: { status: 422, retry: 'whenChanged', message: 'Something is missing before checkout.' },
  tax_unavailable: { status: 503, retry: 'later', message: 'What tax is due is not known now. Try again in a moment.' },
  total_changed: { status: 409, retry: 'whenChanged', message: 'The total is not what you expected.' },
  out_of_stock: { status: 409, retry: 'whenChanged', message: 'Not enough in stock.' },
  order_too_large: { status: 422, retry: 'whenChanged', message: 'These are more units than this shop sells in one order.' },
  not_for_sale: { status: 422, retry: 'whenChanged', message: 'This cannot be bought now.' },
  order_state_conflict: { status: 409, retry: 'whenChanged', message: 'The order is not in a state that allows this.' },
  order_held: { status: 409, retry: 'whenChanged', message: 'The order is held: somebody should look at it before it is sent.' },
  fulfillment_state_conflict: { status: 409, retry: 'whenChanged', message: 'What was sent is not in a state that allows this.' },
  return_state_conflict: { status: 409, retry: 'whenChanged', message: 'The return is not in a state that allows this.' },
  return_too_late: { status: 409, retry: 'never', message: 'The time to send it back is over.' },
  amount_too_large: { status: 422, retry: 'whenChanged', message: 'The amount is beyond what can be counted exactly.' },

  // Payments
  payment_in_progress: { status: 409, retry: 'later', message: 'A payment of this order is still under way.' },
  payment_not_needed: { status: 409, retry: 'whenChanged', message: 'Nothing is owed on this order.' },
  too_many_attempts: {
    status: 409,
    retry: 'never',
    message: 'This order was tried to be paid too often. Cancel it, or let it expire, and order again.',
  },
  payment_state_conflict: { status: 409, retry: 'whenChanged', message: 'The payment is not in a state that allows this.' },
  capture_too_large: { status: 409, retry: 'whenChanged', message: 'That much is not left to capture.' },
  refund_too_large: { status: 409, retry: 'whenChanged', message: 'That much is not left to give back.' },
  not_supported_by_provider: { status: 409, retry: 'never', message: 'The payment provider cannot do that.' },
  settlement_state_conflict: {
    status: 409,
    retry: 'whenChanged',
    message: 'What the provider tells of is not in a state that allows this.',
  },
  refund_state_conflict: { status: 409, retry: 'whenChanged', message: 'The refund is not in a state that allows this.' },
  payment_link_invalid: { status: 403, retry: 'never', message: 'This payment link is expired, was replaced, or is not ours.' },
  gift_card_unusable: { status: 422, retry: 'whenChanged', message: 'This gift card cannot be used.' },
  gift_card_state_conflict: { status: 409, retry: 'whenChanged', message: 'The gift card is not in a state that allows this.' },
  credit_too_low: { status: 409, retry: 'whenChanged', message: 'There is not that much store credit.' },
  payment_missing: {
    status: 422,
    retry: 'whenChanged',
    message: 'Gift cards and store credit do not pay for all of it: say how the rest is paid.',
  },
  provider_unknown: { status: 422, retry: 'never', message: 'There is no such payment provider or method.' },
  webhook_rejected: { status: 400, retry: 'never', message: 'The webhook is not signed by the provider.' },

  // Files
  too_many_files: { status: 409, retry: 'whenChanged', message: 'Too many files of yours wait for a record to claim them.' },
  tus_version_unsupported: { status: 412, retry: 'never', message: 'The request names no version of tus that is spoken here.' },
  upload_offset_conflict: { status: 409, retry: 'whenChanged', message: 'The upload does not stand there. Ask by HEAD where it does.' },
  download_not_open: { status: 409, retry: 'whenChanged', message: 'This cannot be downloaded now.' },
  file_link_invalid: { status: 403, retry: 'never', message: 'This link to a file has ended, or is not ours.' },
  picture_not_resizable: { status: 422, retry: 'never', message: 'This file cannot be made smaller.' },
  range_not_satisfiable: { status: 416, retry: 'never', message: 'The file does not have these bytes.' },

  // Webhooks of ours
  too_many_webhooks: { status: 409, retry: 'whenChanged', message: 'There are as many webhooks as there may be. Delete one first.' },
  webhook_disabled: { status: 409, retry: 'whenChanged', message: 'The webhook is switched off. Switch it on first.' },

  // Effects
  email_state_conflict: { status: 409, retry: 'whenChanged', message: 'The e-mail is not in a state that allows this.' },
  effect_state_conflict: { status: 409, retry: 'whenChanged', message: 'The effect is not in a state that allows this.' },
} as const satisfies Record<string, ErrorSpec>

export type ErrorCode = keyof typeof errorCodes
