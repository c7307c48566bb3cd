// Why Stripe or a bank said no, in words for customers and staff. Its own messages are not shown: they are for developers, and may
// hold parts of what was sent. Codes: https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes.
import type { Written } from './read.ts'

const reasons: Readonly<Record<string, string>> = {
  // A bank that says no without a reason.
  card_declined: 'The card was declined.',
  generic_decline: 'The card was declined.',
  do_not_honor: 'The card was declined.',
  insufficient_funds: 'The card has too little money for this payment.',
  expired_card: 'The card has expired.',
  incorrect_cvc: 'The security code of the card is wrong.',
  invalid_cvc: 'The security code of the card is wrong.',
  incorrect_number: 'The number of the card is wrong.',
  invalid_number: 'The number of the card is wrong.',
  processing_error: 'The card could not be charged just now. Try again in a moment.',
  authentication_required: 'The bank wants this payment to be confirmed.',
  payment_intent_authentication_failure: 'The payment was not confirmed at the bank.',
  card_not_supported: 'The card cannot be used for this payment.',
  currency_not_supported: 'The card cannot be used in this currency.',
  card_velocity_exceeded: 'The card has reached a limit.',
  withdrawal_count_limit_exceeded: 'The card has reached a limit.',
  // Of a stolen card nobody is told more than of any other.
  lost_card: 'The card was declined.',
  stolen_card: 'The card was declined.',
  fraudulent: 'The card was declined.',
  payment_intent_payment_attempt_expired: 'The payment was not finished in time.',
  payment_intent_payment_attempt_failed: 'The payment failed.',
  payment_method_customer_decline: 'The payment was declined.',
  payment_method_provider_decline: 'The payment was declined.',
  payment_method_provider_timeout: 'The payment was not answered in time.',
  debit_not_authorized: 'The bank refused the debit.',
  bank_account_declined: 'The bank refused the debit.',
  account_closed: 'The bank account is closed.',
  no_account: 'There is no such bank account.',
  amount_too_small: 'Stripe takes no amount as small as this.',
  amount_too_large: 'Stripe takes no amount as large as this.',
  invalid_currency: 'Stripe does not take this currency.',
  charge_already_refunded: 'All of it has been given back already.',
  charge_disputed: 'A bank has taken this payment back for a dispute, so it cannot be refunded.',
  charge_not_refundable: 'This payment cannot be refunded at Stripe.',
  refund_disputed_payment: 'A bank has taken this payment back for a dispute, so it cannot be refunded.',
  balance_insufficient: 'The balance at Stripe is too low for this.',
  charge_already_captured: 'It has been captured already.',
  charge_expired_for_capture: 'The authorization has expired.',
  capture_charge_authorization_expired: 'The authorization has expired.',
  capture_unauthorized_payment: 'There is nothing that could be captured.',
  payment_intent_unexpected_state: 'The payment is past that at Stripe.',
  resource_missing: 'Stripe has no such payment.',
}

/** Of an `error` of its API, or of the last error of a payment. */
export function reasonOf(error: Written): string {
  for (const key of ['decline_code', 'code', 'failure_code']) {
    const code = error[key]
    if (typeof code === 'string' && Object.hasOwn(reasons, code)) return reasons[code]!
  }
  const code = error['decline_code'] ?? error['code'] ?? error['failure_code']
  if (error['type'] === 'card_error') return reasons['card_declined']!
  const param = error['param']
  const isPlain = (value: unknown) => typeof value === 'string' && /^[\w.[\]]{1,60}$/.test(value)
  return `Stripe refused it${isPlain(code) ? ` (${String(code)})` : ''}${isPlain(param) ? `, for its ${String(param)}` : ''}.`
}
