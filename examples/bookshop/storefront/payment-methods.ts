/** Owns the sandbox's payment methods under names a customer understands. */
import type { CheckoutAnswer, PaymentChoice } from 'kingpost/client'
import { radios } from './forms.ts'
import { navigate } from './router.ts'

const methods = [
  { value: 'card_success', title: 'Card', note: 'Test card that pays at once' },
  { value: 'card_challenge', title: 'Card with bank check', note: 'Your bank asks you to approve' },
  { value: 'delayed_success', title: 'Bank transfer', note: 'Arrives a little later' },
  { value: 'card_declined', title: 'Card, declined', note: 'Test card the bank refuses' },
  { value: 'delayed_failure', title: 'Bank transfer, failing', note: 'Is refused a little later' },
] as const

export function paymentRadios(chosen: string = methods[0].value): HTMLFieldSetElement {
  return radios('Pay with', 'method', methods, chosen)
}

export function methodTitle(method: string | null): string {
  return methods.find(({ value }) => value === method)?.title ?? 'Payment'
}

export function paymentChoice(form: HTMLFormElement, returnPath: string): PaymentChoice {
  const method = String(new FormData(form).get('method'))
  return { provider: 'sandbox', method, returnUrl: new URL(returnPath, location.origin).href }
}

/** Goes on to the payment page, when there is one to go to, else to the order. */
export function followPayment({ order, payment }: CheckoutAnswer): void {
  const action = payment?.action
  if (action?.type === 'redirect') location.assign(action.url)
  else navigate(`/orders/${encodeURIComponent(order.id)}`, { replace: true })
}
