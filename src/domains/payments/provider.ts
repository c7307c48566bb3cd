// The payment provider port. An adapter does I/O and translates; it writes nothing, never retries and
// keeps no state. Every call carries a key that is ours and stable: a repeat acts once.
import type { Money } from '../../base/money.ts'
import type { Outcome } from '../../effects/effect.ts'
import type { PaymentAction, PaymentFact } from './collections.ts'

/** One thing that happened to money, in the provider's own words. */
export type ProviderFact = Pick<PaymentFact, 'kind' | 'operationRef' | 'amount' | 'providerTime'> & {
  /** Our own id of the refund, where the provider gives it back. */
  readonly reference?: string
}

/** How the provider sees a payment now: all its facts, and what is still open. */
export type ProviderView = {
  readonly providerRef: string
  readonly facts: readonly ProviderFact[]
  /** `open`: the customer must act. `processing`: the provider is at work. `closed`: the facts say all. */
  readonly phase: 'open' | 'processing' | 'closed'
  readonly action: PaymentAction | null
  readonly declineReason: string | null
}

export type ProviderResult<T> =
  | { readonly result: 'ok'; readonly value: T }
  /** It will never work so: the reason is for people. */
  | { readonly result: 'refused'; readonly reason: string }
  /** Time-out, 5xx or a lost connection: it may have happened. Only a repeat with the same key, or a look, can tell. */
  | { readonly result: 'uncertain'; readonly reason: string }

export type StartRequest = {
  readonly key: string
  /** Our payment's id: the provider gives it back in everything it says. */
  readonly reference: string
  readonly amount: Money
  readonly method: string | null
  readonly returnUrl: string
  readonly description: string
}
export type RefundRequest = { readonly key: string; readonly reference: string; readonly providerRef: string; readonly amount: Money }

export type WebhookEvent = {
  readonly eventId: string
  readonly reference: string | null
  readonly providerRef: string | null
  /**
   * What the provider signed of the payment: facts, which stay true however late they arrive. Left out where it only
   * names the payment, or says how it stands: then its own record is asked for.
   */
  readonly told?: Told
}
/** Facts, and why the last one failed. */
export type Told = Pick<ProviderView, 'facts' | 'declineReason'>

export interface PaymentProvider {
  readonly id: string
  /** Methods a checkout may name. */
  readonly methods: readonly string[]
  start(request: StartRequest): Promise<ProviderResult<ProviderView>>
  /** Gives up a payment that nobody has finished. One that has been paid meanwhile answers so. */
  cancel(request: { readonly key: string; readonly providerRef: string }): Promise<ProviderResult<ProviderView>>
  refund(request: RefundRequest): Promise<ProviderResult<ProviderView>>
  /** The provider's record, the only truth. By our reference when its own is not known. Null: it has none. */
  fetch(by: { readonly reference: string; readonly providerRef: string | null }): Promise<ProviderResult<ProviderView | null>>
  /** Pure: the events in a body that the provider signed, or null when it did not. */
  verifyWebhook(body: Uint8Array, headers: Readonly<Record<string, string | undefined>>, now: number): readonly WebhookEvent[] | null
}

/** An uncertain call is repeated under its key: the provider then answers what it did the first time. */
export function outcomeOf<T>(result: ProviderResult<T>): Outcome<T> {
  if (result.result === 'ok') return { end: 'done', result: result.value }
  if (result.result === 'refused') return { end: 'dead', error: result.reason }
  return { end: 'retry', error: result.reason }
}
