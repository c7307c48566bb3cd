// Whom customers can pay by: the server says what the config names in shop.payments. Of the sandbox, index.html lists the cards to try.
import type { PaymentChoice } from 'kingpost/client'
import { client } from './client.ts'
import { element } from './dom.ts'

const titles: Readonly<Record<string, string>> = {
  stripe: 'Card or wallet',
  paypal: 'PayPal',
  mollie: 'Pay online',
  'bank-transfer': 'Bank transfer',
  'cash-on-delivery': 'Cash on delivery',
  invoice: 'Invoice',
}
let isSandbox = true

export async function showWays(): Promise<void> {
  const { items } = await client.call<{ items: readonly { provider: string }[] }>('GET', '/api/payments/methods')
  isSandbox = items.some(({ provider }) => provider === 'sandbox')
  if (isSandbox) return
  const options = items.map(({ provider }) => new Option(titles[provider] ?? provider, provider))
  element('ways').replaceChildren(...options)
}

/** `value`: of the chosen option. */
export function choiceOf(value: string): PaymentChoice {
  const back = { returnUrl: `${location.origin}/` }
  return isSandbox ? { provider: 'sandbox', method: value, ...back } : { provider: value, ...back }
}
