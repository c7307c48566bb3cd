// From Stripe's objects to how we see a payment. A payment is a Checkout Session (`cs_…`), which gets its PaymentIntent when the customer
// pays, or a PaymentIntent alone (`pi_…`). Facts are named after the PaymentIntent: it captures once, so an amount of one never changes.
import type { PaymentAction } from '../../domains/payments/collections.ts'
import type { ProviderDispute, ProviderFact, ProviderView } from '../../domains/payments/provider.ts'
import {
  countIn,
  idIn,
  isWritten,
  listIn,
  markIn,
  moneyOf,
  nameIn,
  operationMark,
  optionalTimeIn,
  refundMark,
  timeIn,
  Unreadable,
  type Written,
  wordIn,
  written,
} from './read.ts'
import { reasonOf } from './reasons.ts'

/** A payment with all that belongs to it. */
export type Found = {
  readonly session: Written | null
  readonly intent: Written | null
  readonly refunds: readonly Written[]
  readonly disputes: readonly Written[]
}

/** What came with the answer: the PaymentIntent of a session, and its charge. */
export function intentOf(session: Written): Written | null {
  return isWritten(session['payment_intent']) ? session['payment_intent'] : null
}
export function chargeOf(intent: Written | null): Written | null {
  return intent !== null && isWritten(intent['latest_charge']) ? intent['latest_charge'] : null
}

/** @throws Unreadable */
export function viewOf({ session, intent, refunds, disputes }: Found): ProviderView {
  const charge = chargeOf(intent)
  const phase = phaseOf(session, intent)
  const isLastWord = phase === 'closed'
  const facts = [
    // Of a session that expired its own word counts.
    ...(intent === null ? [] : factsOfIntent(intent, charge, isLastWord && (session === null || wordIn(session, 'status') === 'complete'))),
    ...(session === null ? [] : factsOfSession(session, intent)),
    ...refunds.flatMap(factsOfRefund),
    ...disputes.flatMap(factsOfDispute),
  ]
  // It was told that it has ended and not how: that is no answer of Stripe's.
  if (isLastWord && facts.length === 0) throw new Unreadable('Stripe tells of a payment that has ended, and not how.')
  return {
    providerRef: nameIn(session ?? written(intent, 'payment'), 'id'),
    facts,
    phase,
    action: phase === 'open' ? actionOf(session, intent) : null,
    declineReason: declineOf(intent, charge),
    capturableUntil: capturableUntil(charge),
    disputes: disputes.map(disputeOf),
  }
}

/** Whether the customer must act, Stripe is at work, or all is said. */
function phaseOf(session: Written | null, intent: Written | null): ProviderView['phase'] {
  const ofSession = session === null ? null : wordIn(session, 'status')
  switch (intent === null ? 'none' : wordIn(intent, 'status')) {
    case 'succeeded':
    case 'canceled':
    case 'requires_capture':
      return 'closed'
    case 'processing':
      return 'processing'
    case 'requires_action':
      // A session that is complete has shown what the customer needs, such as the number of a bank transfer.
      return ofSession === 'complete' ? 'processing' : ofSession === 'expired' ? 'closed' : 'open'
    case 'requires_payment_method':
      if (ofSession === null) return isDelayed(intent!) ? 'closed' : 'open'
      return ofSession === 'open' ? 'open' : 'closed'
    case 'requires_confirmation':
      return ofSession === 'expired' ? 'closed' : 'open'
    case 'none':
      if (ofSession === 'open' || ofSession === 'expired') return ofSession === 'open' ? 'open' : 'closed'
      if (ofSession === 'complete') return 'processing'
      break
  }
  throw new Unreadable('Stripe tells of a state that this version does not know.')
}

/** Failed days after the customer has left: nobody is there to try another way. */
function isDelayed(intent: Written): boolean {
  const charge = chargeOf(intent)
  const details = charge !== null && isWritten(charge['payment_method_details']) ? charge['payment_method_details'] : {}
  const type = wordIn(details, 'type') ?? ''
  return (
    charge !== null &&
    wordIn(charge, 'status') === 'failed' &&
    /_debit$|_bank_account$|^(boleto|oxxo|konbini|multibanco|customer_balance|payto)$/.test(type)
  )
}

function factsOfIntent(intent: Written, charge: Written | null, isLastWord: boolean): ProviderFact[] {
  const operationRef = nameIn(intent, 'id')
  const at = charge === null ? timeIn(intent, 'created') : timeIn(charge, 'created')
  const fact = (kind: ProviderFact['kind'], amount: number, providerTime = at): ProviderFact => ({
    kind,
    operationRef,
    amount: moneyOf(amount, intent),
    providerTime,
  })
  const isAuthorized = wordIn(intent, 'capture_method') === 'manual' && charge !== null && wordIn(charge, 'status') === 'succeeded'
  const authorized = isAuthorized ? [fact('auth_ok', countIn(charge, 'amount'))] : []
  switch (wordIn(intent, 'status')) {
    case 'requires_capture':
      return authorized
    case 'succeeded': {
      const taken = countIn(intent, 'amount_received')
      const rest = isAuthorized ? countIn(charge, 'amount') - taken : 0
      const reference = markIn(intent, operationMark)
      return [
        ...authorized,
        { ...fact('cap_ok', taken), ...(reference === null ? {} : { reference }) },
        ...(rest > 0 ? [fact('void_ok', rest)] : []),
      ]
    }
    case 'canceled':
      return [...authorized, fact('void_ok', countIn(intent, 'amount'), optionalTimeIn(intent, 'canceled_at') ?? at)]
    case 'requires_payment_method':
      return isLastWord ? [fact('auth_fail', countIn(intent, 'amount'))] : []
    default:
      return []
  }
}

/** A session that expired took nothing, and never will. */
function factsOfSession(session: Written, intent: Written | null): ProviderFact[] {
  if (wordIn(session, 'status') !== 'expired') return []
  if (intent !== null && ['succeeded', 'processing', 'canceled', 'requires_capture'].includes(wordIn(intent, 'status') ?? '')) return []
  const amount = moneyOf(countIn(session, 'amount_total'), session)
  // When it is closed early, `expires_at` is that time.
  return [{ kind: 'void_ok', operationRef: nameIn(session, 'id'), amount, providerTime: timeIn(session, 'expires_at') }]
}

function factsOfRefund(refund: Written): ProviderFact[] {
  const reference = markIn(refund, refundMark)
  const of = {
    operationRef: nameIn(refund, 'id'),
    amount: moneyOf(countIn(refund, 'amount'), refund),
    providerTime: timeIn(refund, 'created'),
    ...(reference === null ? {} : { reference }),
  }
  switch (wordIn(refund, 'status')) {
    case 'succeeded':
      return [{ kind: 'ref_ok', ...of }]
    case 'failed':
    case 'canceled':
      return [{ kind: 'ref_fail', ...of }]
    default:
      return [] // On its way.
  }
}

/** What a dispute moved: Stripe tells of it by lines of its account. */
function factsOfDispute(dispute: Written): ProviderFact[] {
  const lines = Array.isArray(dispute['balance_transactions']) ? dispute['balance_transactions'].filter(isWritten) : []
  const amount = moneyOf(countIn(dispute, 'amount'), dispute)
  const operationRef = nameIn(dispute, 'id')
  const fact = (kind: ProviderFact['kind'], line: Written): ProviderFact => ({
    kind,
    operationRef,
    // The account may be in another currency than the payment: then it is the disputed amount.
    amount: line['currency'] === dispute['currency'] ? moneyOf(Math.abs(Number(line['amount'])), line) : amount,
    providerTime: timeIn(line, 'created'),
  })
  const withdrawn = lines.find((line) => Number(line['amount']) < 0)
  const reinstated = lines.find((line) => Number(line['amount']) > 0)
  if (withdrawn === undefined) return []
  const isLost = wordIn(dispute, 'status') === 'lost' && reinstated === undefined
  return [
    fact('disp_withdrawn', withdrawn),
    ...(reinstated === undefined ? [] : [fact('disp_reinstated', reinstated)]),
    ...(isLost ? [fact('disp_lost', withdrawn)] : []),
  ]
}

const statuses = new Map<string | null, ProviderDispute['status']>(
  Object.entries({
    warning_needs_response: 'warning',
    warning_under_review: 'warning',
    warning_closed: 'closed',
    needs_response: 'needs_response',
    appeal_needs_response: 'needs_response',
    under_review: 'under_review',
    appeal_under_review: 'under_review',
    won: 'won',
    lost: 'lost',
    prevented: 'closed',
  }),
)

function disputeOf(dispute: Written): ProviderDispute {
  const details = isWritten(dispute['evidence_details']) ? dispute['evidence_details'] : {}
  const status = statuses.get(wordIn(dispute, 'status'))
  if (status === undefined) throw new Unreadable('Stripe tells of a dispute in a state that this version does not know.')
  return {
    ref: nameIn(dispute, 'id'),
    status,
    amount: moneyOf(countIn(dispute, 'amount'), dispute),
    reason: wordIn(dispute, 'reason'),
    evidenceDueAt: optionalTimeIn(details, 'due_by'),
  }
}

function actionOf(session: Written | null, intent: Written | null): PaymentAction | null {
  if (session === null) {
    const value = intent === null ? null : wordIn(intent, 'client_secret')
    return value === null ? null : { type: 'clientSecret', value }
  }
  const url = session['url']
  // Hosted pages are on Stripe's site, or on one of the account's own; never anything but a page.
  return typeof url === 'string' && url.length <= 4_000 && /^https?:\/\//.test(url) ? { type: 'redirect', url } : null
}

function declineOf(intent: Written | null, charge: Written | null): string | null {
  const error = intent?.['last_payment_error']
  if (isWritten(error)) return reasonOf(error)
  return charge !== null && wordIn(charge, 'status') === 'failed' ? reasonOf(charge) : null
}

function capturableUntil(charge: Written | null): number | null {
  const details = charge?.['payment_method_details']
  const card = isWritten(details) && isWritten(details['card']) ? details['card'] : {}
  return optionalTimeIn(card, 'capture_before')
}

/** Whether a charge may have more than what came with it. */
export function needsMore(intent: Written | null): { readonly refunds: boolean; readonly disputes: boolean } {
  const charge = chargeOf(intent)
  if (charge === null) return { refunds: false, disputes: false }
  const isListed = isWritten(charge['refunds'])
  return { refunds: !isListed || listIn(charge, 'refunds').hasMore, disputes: charge['disputed'] === true }
}

export function refundsWith(intent: Written | null): readonly Written[] {
  const charge = chargeOf(intent)
  return charge !== null && isWritten(charge['refunds']) ? listIn(charge, 'refunds').rows : []
}

export const intentIdIn = (session: Written) => idIn(session, 'payment_intent')
