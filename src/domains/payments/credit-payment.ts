// Payments by gift card and store credit: money that is ours to move. So nothing is asked of anybody: each is captured, and given
// back, in the transaction that wants it, by the facts that any payment is made of. Whoever calls holds the order.
import { addMoney, type Money } from '../../base/money.ts'
import type { Work } from '../../operation/work.ts'
import { type CreditSource, drawCredit, putBackCredit } from '../credit/move-credit.ts'
import { accounts } from '../ledger/collections.ts'
import { newPayment, type Payment, paymentFacts, payments, type Refund } from './collections.ts'

type Drawn = { readonly order: string; readonly sequence: number; readonly amount: Money; readonly source: CreditSource }

/** Pays at most `amount` of an order, of what is left. Null where nothing is. */
export async function payByCredit(work: Work, { order, sequence, amount: wanted, source }: Drawn): Promise<Payment | null> {
  const amount = await drawCredit(work, source, { order, amount: wanted })
  if (amount.amount === 0) return null
  const { tx, newId } = work
  const payment = await tx.insert(payments, {
    ...newPayment(amount),
    ...{ id: newId('pay'), order, sequence, provider: source.provider, providerRef: source.id },
    ...{ status: 'captured', authorized: amount, captured: amount, facts: 1 },
  })
  await addFact(work, payment, { kind: 'cap_ok', operationRef: payment.id, amount })
  return payment
}

/** What is owed as this refund is on the card, or the account, again. */
export async function returnCredit(work: Work, { id, provider }: Pick<Payment, 'id' | 'provider'>, refund: Refund): Promise<void> {
  const { tx } = work
  // As it is by now: other refunds of it may have been made in this transaction.
  const payment = (await tx.get(payments, id))!
  const source = { provider, id: payment.providerRef! } as CreditSource
  await putBackCredit(work, source, { order: refund.order, amount: refund.amount, from: accounts.refundPayable(refund.id) })
  await addFact(work, payment, { kind: 'ref_ok', operationRef: refund.id, amount: refund.amount })
  await tx.update(payments, payment, { set: { refunded: addMoney(payment.refunded, refund.amount), facts: (payment.facts ?? 0) + 1 } })
}

type NewFact = { readonly kind: 'cap_ok' | 'ref_ok'; readonly operationRef: string; readonly amount: Money }

async function addFact({ tx, now, newId }: Work, { id, order, provider }: Payment, fact: NewFact): Promise<void> {
  await tx.insert(paymentFacts, { id: newId('fact'), payment: id, order, provider, ...fact, providerTime: now, source: 'api' }, 'conflict')
}
