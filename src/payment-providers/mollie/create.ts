// What Mollie is asked when a payment begins (https://docs.mollie.com/reference/create-payment).
import type { StartRequest } from '../../domains/payments/provider.ts'
import { holdingMethods } from './methods.ts'
import { writeAmount } from './read.ts'
import { webhookAddress } from './webhook.ts'

const descriptionCharacters = 255

/** Why it cannot be begun at all, for people. */
export function refusalOf({ amount, method, capture }: StartRequest): string | null {
  if (writeAmount(amount) === null) return 'Mollie takes no such amount.'
  if (capture === 'later' && method !== null && !holdingMethods.includes(method))
    return `Money cannot be authorized by ${method} and captured later.`
  return null
}

/** No `cancelUrl`: without one, who gives up comes back to the same page as who pays. */
export function startBody(request: StartRequest, { addressSecret, url }: { readonly addressSecret: string; readonly url: string }) {
  const { amount, method, returnUrl, description, capture, webhookUrl, email, reference } = request
  const isHeard = isReachable(webhookUrl) || !isReachable(url)
  return {
    amount: writeAmount(amount)!,
    description: description.slice(0, descriptionCharacters),
    redirectUrl: returnUrl,
    metadata: { payment: reference },
    ...(isHeard ? { webhookUrl: webhookAddress(webhookUrl, reference, addressSecret) } : {}),
    ...(method === null ? {} : { method }),
    ...(capture === 'later' ? { captureMode: 'manual' as const } : {}),
    // To a bank transfer's customer Mollie mails where to send the money.
    ...(email === undefined ? {} : { billingAddress: { email } }),
  }
}

/**
 * Mollie refuses a webhook address that it cannot reach. So a shop on the developer's machine gives none, and learns by its own
 * looks what became of a payment.
 */
function isReachable(address: string): boolean {
  const { hostname } = new URL(address)
  return !/^(?:localhost|.*\.localhost|127\.[\d.]+|\[::1\]|0\.0\.0\.0)$/.test(hostname)
}
