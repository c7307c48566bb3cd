// How an order of PayPal stands, in our words. Invariant: a fact is told once PayPal's record is beyond changing it, so that one
// of the same name never has another amount.
import type { ProviderFact, ProviderView } from '../../domains/payments/provider.ts'
import { type PayPalDispute, tellDisputes } from './disputes.ts'
import type { Authorization, Capture, Operation, Order, PayPalRefund } from './read.ts'

/** Reasons of a status that speak of money which had arrived: a capture that was paid may become pending again. */
const wasPaid = ['BUYER_COMPLAINT', 'CHARGEBACK', 'REFUNDED']
const paid = ['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED']
const failed = ['DECLINED', 'DENIED', 'FAILED']
const givenUp = ['VOIDED', 'EXPIRED']
/** The buyer has not agreed. */
const unapproved = ['CREATED', 'SAVED', 'PAYER_ACTION_REQUIRED']

export const isPaid = ({ status, reason }: Operation): boolean => paid.includes(status) || (reason !== null && wasPaid.includes(reason))
const isFailed = (one: Operation): boolean => failed.includes(one.status) && !isPaid(one)
const isPending = (one: Operation): boolean => one.status === 'PENDING' && !isPaid(one)
/** Something can be taken of it. */
export const isLive = ({ status }: Authorization): boolean =>
  status === 'CREATED' || status === 'PARTIALLY_CAPTURED' || status === 'PENDING'

/** It waits for its buyer, or for our word: nothing was taken and nothing is reserved. */
export const isWaiting = ({ status, captures, authorizations }: Order): boolean =>
  captures.length === 0 && authorizations.length === 0 && (status === 'APPROVED' || unapproved.includes(status))

export function viewOf(order: Order, disputes: readonly PayPalDispute[] | null = null): ProviderView {
  const told = tellDisputes(disputes ?? [], order.refunds)
  const refunds = order.refunds.filter(({ id }) => !told.taken.has(id))
  const isOpen = isWaiting(order) && unapproved.includes(order.status)
  const isUnderWay = [...order.captures, ...order.authorizations, ...refunds].some(isPending)
  const action = isOpen && order.payUrl !== null ? ({ type: 'redirect', url: order.payUrl } as const) : null
  const live = order.authorizations.find(isLive)
  return {
    providerRef: order.id,
    facts: [
      ...order.authorizations.flatMap((one) => factsOfAuthorization(one, order)),
      ...order.captures.flatMap((one) => factsOfCapture(one, order)),
      ...(order.status === 'VOIDED' && order.authorizations.length === 0 ? [voidOf(order)] : []),
      ...refunds.flatMap(factsOfRefund),
      ...told.facts,
    ],
    phase: isOpen ? 'open' : isWaiting(order) ? 'approved' : isUnderWay ? 'processing' : 'closed',
    action,
    declineReason: whyFailed(order),
    ...(live ? { capturableUntil: live.expiresAt } : {}),
    ...(disputes === null ? {} : { disputes: told.disputes }),
  }
}

const factOf = ({ id, amount, at }: Pick<Operation, 'id' | 'amount' | 'at'>) => ({ operationRef: id, amount, providerTime: at })
const named = (reference: string | null) => (reference === null ? {} : { reference })

/** An order that waited is given up. PayPal takes its money at our word alone, which it will not hear. */
export function voidOf(order: Order): ProviderFact {
  return { kind: 'void_ok', ...factOf(order) }
}

/** The buyer had agreed, and PayPal did not take the money. */
export function declinedView(order: Order, declineReason: string): ProviderView {
  return { providerRef: order.id, facts: [{ kind: 'auth_fail', ...factOf(order) }], phase: 'closed', action: null, declineReason }
}

function factsOfAuthorization(one: Authorization, { captures }: Order): ProviderFact[] {
  if (isPending(one)) return []
  if (isFailed(one)) return [{ kind: 'auth_fail', ...factOf(one) }]
  const taken = captures.filter(isPaid).reduce((sum, { amount }) => sum + amount.amount, 0)
  const left = one.amount.amount - taken
  // What is left of it is known once no capture is on its way.
  const isOver = !captures.some(isPending) && (givenUp.includes(one.status) || (one.status === 'CAPTURED' && left > 0))
  const rest = { ...factOf(one), amount: { ...one.amount, amount: Math.max(0, left) } }
  return [{ kind: 'auth_ok', ...factOf(one) }, ...(isOver ? [{ kind: 'void_ok', ...rest } as const] : [])]
}

function factsOfCapture(one: Capture, { intent }: Order): ProviderFact[] {
  if (isPaid(one)) return [{ kind: 'cap_ok', ...factOf(one), ...named(one.reference) }]
  if (isFailed(one)) return [{ kind: intent === 'CAPTURE' ? 'auth_fail' : 'cap_fail', ...factOf(one), ...named(one.reference) }]
  return []
}

function factsOfRefund(one: PayPalRefund): ProviderFact[] {
  if (one.status === 'COMPLETED') return [{ kind: one.isReversal ? 'cap_reversed' : 'ref_ok', ...factOf(one), ...named(one.reference) }]
  if (one.status === 'FAILED' || one.status === 'CANCELLED') return [{ kind: 'ref_fail', ...factOf(one), ...named(one.reference) }]
  return []
}

function whyFailed({ captures, authorizations }: Order): string | null {
  const one = [...captures, ...authorizations].findLast(isFailed)
  if (!one) return null
  return one.reason === null ? 'PayPal declined the payment.' : `PayPal declined the payment (${one.reason}).`
}
