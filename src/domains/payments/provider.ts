// The payment provider port. An adapter does I/O and translates; it writes nothing, never retries and
// keeps no state. Every call carries a key that is ours and stable: a repeat acts once.
import type { Money } from '../../base/money.ts'
import type { Outcome } from '../../effects/effect.ts'
import type { PaymentAction, PaymentFact } from './collections.ts'

/** One thing that happened to money, in the provider's own words. */
export type ProviderFact = Pick<PaymentFact, 'kind' | 'operationRef' | 'amount' | 'providerTime'> & {
  /** Our own id of the refund or capture, where the provider gives it back. */
  readonly reference?: string
}

/** A customer's bank that asks for its money back. What it moved of the money is told by facts: `disp_withdrawn` and so on. */
export type ProviderDispute = {
  readonly ref: string
  /** `warning`: a question of the bank, no money has moved. `closed`: it ended without a decision. */
  readonly status: 'warning' | 'needs_response' | 'under_review' | 'won' | 'lost' | 'closed'
  readonly amount: Money
  readonly reason: string | null
  /** Until when evidence can be handed in. */
  readonly evidenceDueAt: number | null
}

/** How the provider sees a payment now: all its facts, and what is still open. */
export type ProviderView = {
  readonly providerRef: string
  readonly facts: readonly ProviderFact[]
  /**
   * `open`: the customer must act. `approved`: the customer has agreed, and the provider takes the money when we say so
   * (`resume`). `processing`: the provider is at work. `closed`: the facts say all.
   */
  readonly phase: 'open' | 'approved' | 'processing' | 'closed'
  readonly action: PaymentAction | null
  readonly declineReason: string | null
  /** Until when an authorization can be captured, where the provider says so. */
  readonly capturableUntil?: number | null
  /** All that there are. Left out by a provider that has none. */
  readonly disputes?: readonly ProviderDispute[]
}

export type ProviderResult<T> =
  | { readonly result: 'ok'; readonly value: T }
  /** It will never work so: the reason is for people. `isOurs`: it is the shop's own matter, such as a key, and no customer's. */
  | { readonly result: 'refused'; readonly reason: string; readonly isOurs?: true }
  /**
   * Time-out, 5xx or a lost connection: it may have happened. Only a repeat with the same key, or a look, can tell. `afterMs`:
   * it asks for a pause (429, Retry-After). `isAnswered`: it has answered, and will know later: it is not spared for that.
   */
  | { readonly result: 'uncertain'; readonly reason: string; readonly afterMs?: number; readonly isAnswered?: true }
  /** Nothing was sent, since the provider is spared: for certain it has not happened. No adapter answers so. */
  | { readonly result: 'unsent'; readonly reason: string; readonly afterMs: number }

export type StartRequest = {
  readonly key: string
  /** Our payment's id: the provider gives it back in everything it says. */
  readonly reference: string
  readonly amount: Money
  readonly method: string | null
  readonly returnUrl: string
  readonly description: string
  /** As its customer knows the order. */
  readonly orderNumber?: string
  /** `later`: it is only authorized, and captured by a call of its own. `now` when left out. */
  readonly capture?: 'now' | 'later'
  /** Where the provider sends its webhooks, for those that are told with each payment. An adapter may add `payment` and `proof` to its query. */
  readonly webhookUrl: string
  readonly email?: string
}
/** A call about a payment that the provider knows. `reference` is our payment's id, whatever the call. */
export type PaymentCall = { readonly key: string; readonly payment: string; readonly providerRef: string }
/** `reference`: our id of the refund. */
export type RefundRequest = PaymentCall & { readonly reference: string; readonly amount: Money }
/** `reference`: our id of the capture. `isFinal`: what is authorized beyond it is given up. */
export type CaptureRequest = PaymentCall & { readonly reference: string; readonly amount: Money; readonly isFinal: boolean }

/** What a provider can do besides taking a payment whole and giving it back in parts. What it cannot is refused with a reason. */
export type Capabilities = {
  /** Authorize now, capture later. */
  readonly capturesLater: boolean
  /** Capture less than was authorized. */
  readonly capturesParts: boolean
  /** Capture several times until all is taken. */
  readonly capturesOften: boolean
  /** Tells what it has since a time: closes the gap after a restore, and explains the account. */
  readonly lists: boolean
  /** Tells of a dispute and of its good end, and never that it is lost: staff say so. */
  readonly disputesStayOpen?: true
  /** Nobody can be asked what came in: staff book it. */
  readonly isBookedByStaff?: true
  /** ISO 4217; null: whatever there is. */
  readonly currencies: readonly string[] | null
}

/** One line of the provider's own account: what it credited or debited there, and what it kept for itself. */
export type SettlementLine = {
  /** Unique at the provider: `txn_…`. */
  readonly ref: string
  readonly kind: 'payment' | 'refund' | 'dispute' | 'dispute_reversal' | 'fee' | 'payout' | 'adjustment'
  /** The operation that moved the money, as facts name it; null where it is of none. */
  readonly operationRef: string | null
  /** The provider's name of the payment, or of its operation that this undoes. */
  readonly providerRef: string | null
  /** Our payment's id, where the provider gives it back. */
  readonly reference: string | null
  /** Signed: what the account gained. Without the fee. */
  readonly amount: Money
  /** Signed: what it was in the currency of its payment, where the provider changed it into another. */
  readonly original?: Money | null
  /** At least 0: what the provider kept. Of the same currency. */
  readonly fee: Money
  readonly at: number
  /** The payout that brought it to the bank, once there is one. */
  readonly payoutRef: string | null
}
/** `next`: given back to read on; null at the end. */
export type SettlementPage = { readonly lines: readonly SettlementLine[]; readonly next: string | null }

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
/** As it came: the bytes, its headers by lower-case names, and what our own address of it was given (see `webhookUrl`). */
export type Webhook = {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly query?: { readonly payment?: string; readonly proof?: string }
  readonly now: number
}
/** Facts, and why the last one failed. */
export type Told = Pick<ProviderView, 'facts' | 'declineReason' | 'disputes'>

export interface PaymentProvider {
  /** `stripe`; of a second account of one provider the name that the config gives it. */
  readonly id: string
  /** The version of its API that the adapter speaks. */
  readonly apiVersion: string
  /** Methods a checkout may name. */
  readonly methods: readonly string[]
  readonly capabilities: Capabilities
  start(request: StartRequest): Promise<ProviderResult<ProviderView>>
  /** Takes the money that the customer has agreed to: where a view says `approved`. */
  resume?(request: PaymentCall & { readonly capture: 'now' | 'later' }): Promise<ProviderResult<ProviderView>>
  /** Takes what was authorized, or part of it. */
  capture?(request: CaptureRequest): Promise<ProviderResult<ProviderView>>
  /** Gives up what was not taken: an open payment, or the rest of an authorization. One that has been paid meanwhile answers so. */
  cancel(request: PaymentCall): Promise<ProviderResult<ProviderView>>
  refund(request: RefundRequest): Promise<ProviderResult<ProviderView>>
  /** The provider's record, the only truth. By our reference when its own is not known. Null: it has none. */
  fetch(by: { readonly reference: string; readonly providerRef: string | null }): Promise<ProviderResult<ProviderView | null>>
  /** Its account's lines since a time, oldest first. */
  list?(since: number, after: string | null): Promise<ProviderResult<SettlementPage>>
  /** The events in a body that the provider signed, or null when it did not. It may ask the provider for its certificate. */
  verifyWebhook(webhook: Webhook): WebhookEvents | Promise<WebhookEvents>
}
type WebhookEvents = readonly WebhookEvent[] | null

/** An uncertain call is repeated under its key: the provider then answers what it did the first time. */
export function outcomeOf<T>(result: ProviderResult<T>): Outcome<T> {
  if (result.result === 'ok') return { end: 'done', result: result.value }
  if (result.result === 'refused') return { end: 'dead', error: result.reason, ...(result.isOurs && { isOurs: true }) }
  const { reason: error, afterMs } = result
  if (result.result === 'unsent') return { end: 'retry', error, afterMs: result.afterMs, isNoAttempt: true }
  return { end: 'retry', error, ...(afterMs === undefined ? {} : { afterMs }) }
}
