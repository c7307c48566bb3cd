/** Owns turning what went wrong into a sentence a customer can act on. */
import { ApiError, type Cart, type InputError } from 'kingpost/client'

const sentences: Record<string, string> = {
  login_failed: 'E-mail or password is wrong.',
  unauthenticated: 'Your session has ended. Please sign in again.',
  already_exists: 'There is an account with this e-mail already. Sign in instead.',
  cart_empty: 'Your cart is empty.',
  cart_incomplete: 'Something is still missing. Please look at the marked fields.',
  cart_not_open: 'This cart was already ordered, so we started a new one for you.',
  not_for_sale: 'This edition cannot be bought at the moment.',
  total_changed: 'The total has changed. Please look at it again before you pay.',
  validation_failed: 'Please look at the marked fields.',
  too_many_attempts: 'This order was tried to be paid too often. Cancel it and order again.',
  payment_in_progress: 'A payment for this order is still under way. Give it a moment.',
  payment_not_needed: 'Nothing is left to pay on this order.',
  order_state_conflict: 'This order has moved on and cannot be paid any more.',
  discount_unknown: 'This code cannot be used.',
  rate_limited: 'That was a bit fast. Please wait a moment and try again.',
  overloaded: 'The shop is very busy. Please try again in a moment.',
  storage_unavailable: 'The shop is being looked after. Please try again in a moment.',
}

export function explain(error: unknown): string {
  if (error instanceof ApiError) {
    const sentence = sentences[error.code] ?? asSentence(error.detail)
    const isOurs = error.status >= 500 && error.requestId !== undefined
    return isOurs ? `${sentence} If you write to us, mention ${error.requestId}.` : sentence
  }
  // What `fetch` throws when the connection is broken.
  if (error instanceof TypeError) {
    return 'We cannot reach the shop. Check your connection and try again; nothing is ordered twice.'
  }
  return 'Something went wrong on this page. Please reload it.'
}

const fieldSentences: Record<string, string> = {
  required: 'Please fill this in.',
  minLength: 'This is too short.',
  maxLength: 'This is too long.',
  format: 'This does not look right.',
  pattern: 'This does not look right.',
  minimum: 'This is too small.',
  maximum: 'This is too large.',
}

export function explainField(error: InputError): string {
  return fieldSentences[error.code] ?? asSentence(error.message)
}

/** As `explain`; what stands in the way of a whole cart is told by the titles of the lines that the error points at. */
export function explainLines(error: unknown, cart: Cart): string {
  if (!(error instanceof ApiError)) return explain(error)
  const titles = error.errors.flatMap(({ path }) =>
    cart.lines.filter(({ id }) => path.startsWith(`/lines/${id}`)).map(({ title }) => `“${title}”`),
  )
  if (titles.length === 0) return explain(error)
  const names = new Intl.ListFormat('en').format(titles)
  if (error.code === 'out_of_stock')
    return `We do not have enough copies of ${names}. Please lower the quantity or take it out of your cart.`
  if (error.code === 'not_for_sale') return `${names} can no longer be bought. Please take it out of your cart.`
  return asSentence(error.detail)
}

function asSentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(start) ? start : `${start}.`
}
