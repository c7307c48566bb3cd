// Refunds as claims on the money of a payment: what is on its way back, or owed and stuck. Invariant: what was given
// back and what is claimed is never more than what was taken; where the provider's facts say otherwise, claims give way.

import { EngineError } from '../../base/engine-error.ts'
import { type Money, money } from '../../base/money.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectWork, effectKind, effects, enqueue } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { isCreditProvider } from '../credit/collections.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { claimingStatuses, importedProvider, type Payment, paymentFacts, type Refund, refunds } from './collections.ts'
import { returnCredit } from './credit-payment.ts'
import { foldFacts } from './fold-facts.ts'

/** Sends a refund that is owed. */
export const paymentRefund = effectKind('payment.refund', Type.Object({ refund: Type.String() }))

type Owed = {
  readonly amount: Money
  readonly from: string
  readonly reason: string
  readonly key: string
  readonly lines?: Refund['lines']
  readonly isAwaited?: boolean
}

export async function refundsOf(tx: Transaction, payment: string): Promise<readonly Refund[]> {
  return await findAll(tx, refunds, eq('payment', payment))
}

/** What refunds of these statuses come to, in one currency. */
function claimed(of: readonly Refund[], currency: string, statuses: readonly Refund['status'][]): number {
  return of
    .filter(({ status, amount }) => statuses.includes(status) && amount.currency === currency)
    .reduce((sum, { amount }) => sum + amount.amount, 0)
}

/** Refundable now: captured, less what was given back or disputed, is on its way back or is owed and waits for staff. */
export async function refundable(tx: Transaction, payment: Payment): Promise<number> {
  if (payment.provider === importedProvider) return 0
  const { currency } = payment.amount
  const taken = claimed(await refundsOf(tx, payment.id), currency, [...claimingStatuses, 'settled'])
  const disputed = payment.disputed?.amount ?? 0
  return money(payment.captured.amount - payment.refunded.amount - disputed - taken, currency).amount
}

/** What is left of all of them together. */
export async function keptOf(tx: Transaction, attempts: readonly Payment[]): Promise<number> {
  let amount = 0
  for (const payment of attempts) amount += await refundable(tx, payment)
  return amount
}

/**
 * Owes a refund of at most `amount` from one account of the ledger; what is refundable is reserved by
 * the row before any call. Null when nothing is left to refund. Whoever calls holds the order.
 */
export async function refundPayment(context: Work, payment: Payment, given: Owed): Promise<Refund | null> {
  const amount = money(Math.min(given.amount.amount, await refundable(context.tx, payment)), given.amount.currency)
  if (amount.amount <= 0) return null
  // A cause can come back: what it had claimed was given back otherwise, and part of it is still owed.
  const earlier = (await refundsOf(context.tx, payment.id)).length
  const key = earlier === 0 ? given.key : `${given.key}:${earlier + 1}`
  return await oweRefund(context, payment, { ...given, amount, key })
}

/** Owes it whatever else is claimed of the payment. What was paid by credit is credit again at once. */
export async function oweRefund(work: Work, payment: Payment, owed: Owed): Promise<Refund | null> {
  const { tx, newId } = work
  const { amount, from, reason, key, lines = null, isAwaited = false } = owed
  const { id: paymentId, order, provider } = payment
  const isCredit = isCreditProvider(provider)
  const id = newId('ref')
  const refund = await tx.insertOnce(refunds, {
    id,
    payment: paymentId,
    order,
    provider,
    amount,
    status: isCredit ? 'succeeded' : 'wanted',
    reason,
    lines,
    key,
    providerRef: isCredit ? id : null,
    lastError: null,
  })
  if (refund === null) return null
  const legs = move({ debit: from, credit: accounts.refundPayable(refund.id) }, amount)
  await postTransfer(work, { kind: refundKind(reason), order, legs })
  if (isCredit) {
    await returnCredit(work, payment, refund)
    return refund
  }
  await enqueue(work, paymentRefund, {
    key: `payment.refund:${refund.id}`,
    payload: { refund: refund.id },
    record: order,
    ...(isAwaited && { isAwaited }),
  })
  return refund
}

/** A refund whose money goes another way than it came: whoever calls takes it from the account of the refund at once. */
export async function settleRefundElsewhere({ tx, newId, ...work }: Work, payment: Payment, owed: Owed): Promise<Refund> {
  const { amount, from, reason, key, lines = null } = owed
  const { id: paymentId, order, provider } = payment
  const refund = await tx.insert(refunds, {
    id: newId('ref'),
    payment: paymentId,
    order,
    provider,
    amount,
    status: 'settled',
    reason,
    lines,
    key,
    providerRef: null,
    lastError: 'Given back as store credit.',
  })
  const legs = move({ debit: from, credit: accounts.refundPayable(refund.id) }, amount)
  await postTransfer({ tx, newId, ...work }, { kind: refundKind(reason), order, legs })
  return refund
}

/** Of its transfer in the ledger. Staff give reasons in words of their own. */
export function refundKind(reason: string): string {
  return /^[a-z]+(?:_[a-z]+)*$/.test(reason) && !['canceled', 'settled'].includes(reason) ? `refund.${reason}` : 'refund.requested'
}

/** Still owed to the customer, and no longer on its way: staff decide. */
export async function failRefund(tx: Transaction, refund: Refund, lastError: string): Promise<void> {
  await tx.update(refunds, refund, { set: { status: 'failed', lastError } })
}

/** The provider's record has been read and does not hold it: it has failed, unless it may still be sent. */
export async function failUnsentRefund({ tx, effect }: EffectWork, refund: Refund): Promise<boolean> {
  if (refund.status !== 'wanted') return false
  const sender = await findUnique(tx, effects, eq('key', `payment.refund:${refund.id}`))
  const isSent = sender !== null && !['dead', 'canceled', 'done'].includes(sender.state)
  // Tried again since this look began: what that made of it is not in what was read.
  if (isSent || (sender !== null && sender.updatedAt > effect.createdAt)) return false
  await failRefund(tx, refund, 'The provider has no record of it.')
  return true
}

/** @throws not_found, refund_state_conflict */
export async function getFailedRefund(tx: Transaction, id: string): Promise<Refund> {
  const refund = await tx.get(refunds, id)
  if (refund === null) throw new EngineError('not_found')
  if (refund.status !== 'failed')
    throw new EngineError('refund_state_conflict', { detail: `The refund is ${refund.status}.`, params: { state: refund.status } })
  return refund
}

/** What banks keep of a payment for good: its customer has it, and is owed it by no refund. */
export async function lostOf(tx: Transaction, { id, amount }: Payment): Promise<number> {
  return foldFacts(await findAll(tx, paymentFacts, eq('payment', id)), amount.currency).lost.amount
}

export type Moved = { readonly captured: Money; readonly refunded: Money }

/**
 * Claims that can no longer be met end here: the provider has given that money back otherwise. Each puts what it
 * claimed back to the deposit of its order, from where the order decides again.
 */
export async function dropUnmetClaims(context: Work, payment: Payment, { captured, refunded }: Moved): Promise<void> {
  const { currency } = captured
  const all = await refundsOf(context.tx, payment.id)
  let over = claimed(all, currency, [...claimingStatuses, 'settled']) + refunded.amount - captured.amount
  // What is stuck first, then what has not been sent, then what the provider has; of these the newest.
  const order: readonly Refund['status'][] = ['failed', 'wanted', 'pending']
  const claims = all
    .filter(({ status, amount }) => claimingStatuses.includes(status) && amount.currency === currency)
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status) || (a.id < b.id ? 1 : -1))
  if (over <= 0) return
  const isForeign = currency !== payment.amount.currency
  const home = isForeign ? accounts.unmatched(payment.provider) : accounts.deposit(payment.order)
  for (const claim of claims) {
    if (over <= 0) break
    await dropClaim(context, claim, home)
    over -= claim.amount.amount
  }
  // No order asks for money that is none of its own.
  if (isForeign && over < 0)
    await oweRefund(context, payment, {
      amount: money(-over, currency),
      from: home,
      reason: 'other_currency',
      key: `rest:${payment.id}:${all.length}`,
    })
}

async function dropClaim(work: Work, claim: Refund, home: string): Promise<void> {
  const lastError = 'The provider gave this money back by another refund.'
  await work.tx.update(refunds, claim, { set: { status: 'canceled', lastError } })
  const legs = move({ debit: accounts.refundPayable(claim.id), credit: home }, claim.amount)
  await postTransfer(work, { kind: 'refund.canceled', order: claim.order, legs })
  await stopEffect(work.tx, `payment.refund:${claim.id}`)
}

/**
 * Keeps an effect from being tried again. False when an attempt is under way: what comes of it cannot be known yet.
 */
export async function stopEffect(tx: Transaction, key: string): Promise<boolean> {
  const found = await findUnique(tx, effects, eq('key', key))
  const effect = found && (await tx.lock(effects, found.id, 'exclusive'))
  if (effect?.state === 'running') return false
  if (effect && effect.state !== 'done' && effect.state !== 'canceled') await tx.update(effects, effect, { set: { state: 'canceled' } })
  return true
}
