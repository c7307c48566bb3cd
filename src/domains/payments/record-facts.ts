// Taking the provider's word into the books: facts are inserted behind a unique fence, each posts its
// money to the ledger exactly once, and the attempt's amounts are folded anew. What the order makes of
// it is the orders domain's matter: it is told by an event.
import type { NewId } from '../../base/ids.ts'
import { money } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { liveStatuses, type Payment, type PaymentFact, paymentFacts, payments, type Refund, refunds } from './collections.ts'
import { type FactSums, foldFacts } from './fold-facts.ts'
import type { ProviderFact, ProviderView } from './provider.ts'

type Context = { readonly tx: Transaction; readonly now: number; readonly newId: NewId }

/** What the provider says of a payment, from whichever way it came. Safe to call with the same view again. */
export async function recordView(
  context: Context,
  payment: Payment,
  view: ProviderView,
  source: PaymentFact['source'],
): Promise<DomainEvent[]> {
  const { tx, newId } = context
  let isNews = false
  for (const fact of view.facts) {
    const { kind, operationRef, amount, providerTime } = fact
    const inserted = await tx.insertOnce(paymentFacts, {
      id: newId('fact'),
      payment: payment.id,
      order: payment.order,
      provider: payment.provider,
      operationRef,
      kind,
      amount,
      providerTime,
      source,
    })
    if (inserted === null) continue
    isNews = true
    await postFact(context, payment, fact)
  }
  if (!isNews) return await notePhase(tx, payment, view)
  const facts = await findAll(tx, paymentFacts, eq('payment', payment.id))
  const sums = foldFacts(facts, payment.amount.currency)
  const status = statusOf(payment, view, sums)
  await tx.update(payments, payment, {
    set: {
      ...phaseOf(payment, view, status),
      authorized: sums.authorized,
      captured: sums.captured,
      refunded: sums.refunded,
      lastError: sums.isFailed ? (view.declineReason ?? 'The payment was declined.') : null,
    },
  })
  return [{ type: 'payment.changed', payment: payment.id, order: payment.order }]
}

/** Without a new fact no money moved: only what the customer sees of an open attempt may change. */
async function notePhase(tx: Transaction, payment: Payment, view: ProviderView): Promise<DomainEvent[]> {
  const isOpen = liveStatuses.includes(payment.status) || payment.status === 'requires_action'
  const set = phaseOf(payment, view, isOpen ? (view.phase === 'open' ? 'requires_action' : 'processing') : payment.status)
  const isSame = set.status === payment.status && set.providerRef === payment.providerRef && set.checkAt === payment.checkAt
  if (!isSame) await tx.update(payments, payment, { set })
  // An attempt that waits for its customer from now on may belong to an order that closed meanwhile.
  const isOpened = set.status === 'requires_action' && payment.status !== 'requires_action'
  return isOpened ? [{ type: 'payment.changed', payment: payment.id, order: payment.order }] : []
}

function phaseOf(payment: Payment, view: ProviderView, status: Payment['status']) {
  const isOpen = status === 'requires_action' || status === 'processing'
  return {
    status,
    providerRef: view.providerRef,
    action: status === 'requires_action' ? view.action : null,
    // One that is decided needs no more looks; what still happens to it comes by webhook.
    checkAt: isOpen ? payment.checkAt : null,
  }
}

function statusOf(payment: Payment, view: ProviderView, sums: FactSums): Payment['status'] {
  if (sums.captured.amount > 0) return 'captured'
  if (sums.isVoided) return 'canceled'
  if (sums.isFailed) return 'failed'
  if (sums.authorized.amount > 0) return payment.captured.amount > 0 ? 'reversed' : 'authorized'
  return view.phase === 'open' ? 'requires_action' : 'processing'
}

async function postFact(context: Context, payment: Payment, fact: ProviderFact): Promise<void> {
  const { tx, now, newId } = context
  const { order, provider } = payment
  const psp = accounts.provider(provider)
  const post = (legs: ReturnType<typeof move>) => postTransfer(tx, now, newId, { kind: `payment.${fact.kind}`, order, legs })
  switch (fact.kind) {
    case 'cap_ok':
      return await post(move({ debit: psp, credit: accounts.deposit(order) }, fact.amount))
    case 'cap_reversed':
      return await post(move({ debit: accounts.deposit(order), credit: psp }, fact.amount))
    case 'ref_ok': {
      const refund = await endRefund(context, payment, fact, 'succeeded')
      return await post(move({ debit: accounts.refundPayable(refund.id), credit: psp }, fact.amount))
    }
    case 'ref_fail': {
      const refund = await endRefund(context, payment, fact, 'failed')
      // What was owed to the customer is owed to nobody's account again: staff must find another way.
      return await post(move({ debit: accounts.refundPayable(refund.id), credit: accounts.unmatched(provider) }, fact.amount))
    }
    case 'auth_ok':
    case 'auth_fail':
    case 'void_ok':
      return // No money moved.
  }
}

/** Our refund of this fact. One made in the provider's own dashboard is unknown to us and becomes ours here. */
async function endRefund({ tx, now, newId }: Context, payment: Payment, fact: ProviderFact, state: Refund['state']): Promise<Refund> {
  const known = await findAll(tx, refunds, eq('payment', payment.id))
  const ours = known.find((refund) => refund.providerRef === fact.operationRef || refund.id === fact.reference)
  if (ours) return await tx.update(refunds, ours, { set: { state, providerRef: fact.operationRef } })
  const external = await tx.insert(refunds, {
    id: newId('ref'),
    payment: payment.id,
    order: payment.order,
    provider: payment.provider,
    amount: fact.amount,
    state,
    reason: 'external',
    key: `external:${payment.provider}:${fact.operationRef}`,
    providerRef: fact.operationRef,
    lastError: null,
  })
  const legs = move({ debit: accounts.deposit(payment.order), credit: accounts.refundPayable(external.id) }, fact.amount)
  await postTransfer(tx, now, newId, { kind: 'refund.external', order: payment.order, legs })
  return external
}

/** Refundable now: captured, less what was refunded or is on its way back. */
export async function refundable(tx: Transaction, payment: Payment): Promise<number> {
  const open = await findAll(tx, refunds, eq('payment', payment.id))
  const reserved = open.filter(({ state }) => state === 'wanted' || state === 'pending').reduce((sum, { amount }) => sum + amount.amount, 0)
  return money(payment.captured.amount - payment.refunded.amount - reserved, payment.amount.currency).amount
}
