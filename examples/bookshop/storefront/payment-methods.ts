/** Owns the ways to pay under names a customer understands: the sandbox's, each a story to try, or those of a real provider. */
import type { CheckoutAnswer, PaymentChoice } from 'kingpost/client'
import { radios } from './forms.ts'
import { navigate } from './router.ts'
import { client } from './shop.ts'

const stories = [
  { value: 'card_success', title: 'Card', note: 'Test card that pays at once' },
  { value: 'card_challenge', title: 'Card with bank check', note: 'Your bank asks you to approve' },
  { value: 'delayed_success', title: 'Bank transfer', note: 'Arrives a little later' },
  { value: 'card_declined', title: 'Card, declined', note: 'Test card the bank refuses' },
  { value: 'delayed_failure', title: 'Bank transfer, failing', note: 'Is refused a little later' },
] as const

type Way = { readonly provider: string; readonly methods: readonly string[] }
/** The first is the one that a customer of this shop pays by. */
let way: Way = { provider: 'sandbox', methods: [] }

/** Asked for before a page shows them. */
export async function askForWays(): Promise<void> {
  const { items } = await client.call<{ items: readonly Way[] }>('GET', '/api/payments/methods')
  way = items[0] ?? way
}

function offered() {
  if (way.provider === 'sandbox') return stories
  const transfer = { value: 'banktransfer', title: 'Bank transfer', note: 'The books are sent when it has arrived' }
  const online = { value: '', title: 'Pay online', note: 'You choose how on the next page' }
  return way.methods.includes('banktransfer') ? [online, transfer] : [online]
}

export function paymentRadios(chosen?: string): HTMLFieldSetElement {
  const methods = offered()
  const isThere = methods.some(({ value }) => value === chosen)
  return radios('Pay with', 'method', methods, isThere ? chosen! : methods[0]!.value)
}

export function methodTitle(method: string | null): string {
  return [...offered(), ...stories].find(({ value }) => value === method)?.title ?? 'Payment'
}

export function paymentChoice(form: HTMLFormElement, returnPath: string): PaymentChoice {
  const method = String(new FormData(form).get('method') ?? '')
  return { provider: way.provider, ...(method === '' ? {} : { method }), returnUrl: new URL(returnPath, location.origin).href }
}

/** Goes on to the payment page, when there is one to go to, else to the order. */
export function followPayment({ order, payment }: CheckoutAnswer): void {
  const action = payment?.action
  if (action?.type === 'redirect') location.assign(action.url)
  else navigate(`/orders/${encodeURIComponent(order.id)}`, { replace: true })
}
