/** Owns the ways to pay under names a customer understands: the sandbox's, each a story to try, or those of real providers. */
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

/** By what a provider's name begins with: a second account of one is called like the first. */
const known: Readonly<Record<string, { readonly title: string; readonly note: string }>> = {
  stripe: { title: 'Card or wallet', note: 'On a page of Stripe' },
  paypal: { title: 'PayPal', note: 'You approve it on its page' },
  mollie: { title: 'iDEAL, card and more', note: 'On a page of Mollie' },
  'bank-transfer': { title: 'Bank transfer', note: 'The books are sent when the money has arrived' },
  'cash-on-delivery': { title: 'Cash on delivery', note: 'You pay whoever brings the parcel' },
  invoice: { title: 'Invoice', note: 'You pay when the books are there' },
}
const unknown = { title: 'Pay online', note: 'You choose how on the next page' }

type Way = { readonly provider: string; readonly methods: readonly string[] }
type Offer = { readonly value: string; readonly title: string; readonly note: string; readonly choice: PaymentChoice }

let offers: readonly Offer[] = []

/** Asked for before a page shows them. */
export async function askForWays(): Promise<void> {
  const { items } = await client.call<{ items: readonly Way[] }>('GET', '/api/payments/methods')
  offers = items.flatMap(offersOf)
}

function offersOf({ provider, methods }: Way): Offer[] {
  if (provider === 'sandbox') return stories.map((story) => ({ ...story, choice: { provider, method: story.value } }))
  const words = Object.entries(known).find(([name]) => provider === name || provider.startsWith(`${name}-`))?.[1] ?? unknown
  const offer = { value: provider, ...words, choice: { provider } }
  if (!methods.includes('banktransfer')) return [offer]
  const transfer = {
    value: `${provider} banktransfer`,
    title: 'Bank transfer',
    note: words.note,
    choice: { provider, method: 'banktransfer' },
  }
  return [offer, transfer]
}

export function paymentRadios(chosen?: string): HTMLFieldSetElement {
  const isThere = offers.some(({ value }) => value === chosen)
  return radios('Pay with', 'method', offers, isThere ? chosen! : (offers[0]?.value ?? ''))
}

export function paymentTitle({ provider, method }: { readonly provider: string; readonly method: string | null }): string {
  const ofProvider = offers.filter(({ choice }) => choice.provider === provider)
  return (ofProvider.find(({ choice }) => (choice.method ?? null) === method) ?? ofProvider[0])?.title ?? 'Payment'
}

export function paymentChoice(form: HTMLFormElement, returnPath: string): PaymentChoice {
  const chosen = new FormData(form).get('method')
  // Without a way to pay the server says so.
  const { choice } = offers.find(({ value }) => value === chosen) ?? { choice: { provider: '' } }
  return { ...choice, returnUrl: new URL(returnPath, location.origin).href }
}

/** Goes on to the payment page, when there is one to go to, else to the order. */
export function followPayment({ order, payment }: CheckoutAnswer): void {
  const action = payment?.action
  if (action?.type === 'redirect') location.assign(action.url)
  else navigate(`/orders/${encodeURIComponent(order.id)}`, { replace: true })
}
