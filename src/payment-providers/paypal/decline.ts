// PayPal's words for a payment that it did not take although the buyer had agreed: the attempt has failed, and another one may be
// begun. Source: the errors of `orders.capture` and `orders.authorize` in PayPal's OpenAPI document.
const words: Readonly<Record<string, string>> = {
  INSTRUMENT_DECLINED: 'The card or account at PayPal was declined. Choose another one there.',
  REDIRECT_PAYER_FOR_ALTERNATE_FUNDING: 'The card or account at PayPal was declined. Choose another one there.',
  PAYER_CANNOT_PAY: 'This PayPal account cannot pay for this.',
  PAYER_ACCOUNT_RESTRICTED: 'This PayPal account is restricted.',
  PAYER_ACCOUNT_LOCKED_OR_CLOSED: 'This PayPal account is locked or closed.',
  MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED: 'PayPal was asked too often for this payment.',
  TRANSACTION_REFUSED: 'PayPal refused the payment.',
  TRANSACTION_BLOCKED_BY_PAYEE: 'PayPal refused the payment by the rules of this shop.',
  PAYEE_BLOCKED_TRANSACTION: 'PayPal refused the payment by the rules of this shop.',
  TRANSACTION_LIMIT_EXCEEDED: 'The payment is above the limit of this PayPal account.',
  COMPLIANCE_VIOLATION: 'PayPal may not carry out this payment.',
  CARD_EXPIRED: 'The card at PayPal has expired.',
  ORDER_EXPIRED: 'The payment was agreed to, and not taken in time.',
}

/** For the buyer; null where it is no decline. */
export const declineOf = (issue: string): string | null => (Object.hasOwn(words, issue) ? words[issue]! : null)

/** Another call of ours came first, or the buyer has not agreed yet: the order's record says how it stands. */
export const standsOtherwise = [
  'ORDER_ALREADY_CAPTURED',
  'ORDER_ALREADY_AUTHORIZED',
  'ORDER_COMPLETED_OR_VOIDED',
  'ORDER_NOT_APPROVED',
  'PAYER_ACTION_REQUIRED',
]
