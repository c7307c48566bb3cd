// What is still to be paid for an order: what a receipt is for where nobody says how much came in, and what an invoice or a mail asks for.
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { sumsBy } from '../../storage/sums-by.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts, ledgerEntries } from '../ledger/collections.ts'
import { payments } from '../payments/collections.ts'
import { chargedTotal, type Order, orders } from './collections.ts'

/** Of one that is placed, by the books, in minor units: what nobody has paid, and no provider holds for us. What was only promised is among it. */
export async function dueFor({ tx, project }: Pick<Work, 'tx' | 'project'>, { id, total }: Pick<Order, 'id' | 'total'>): Promise<number> {
  const groups = await sumsBy(tx, ledgerEntries, { where: eq('order', id), by: ['account', 'amount.currency'], sum: 'amount.amount' })
  const owed = groups.find(({ key }) => key[0] === accounts.receivable(id) && key[1] === total.currency)?.sum ?? 0
  const byHand = new Set(project.paymentProviders.filter((one) => one.isByHand).map((one) => one.id))
  const held = (await findAll(tx, payments, eq('order', id))).filter(({ provider }) => !byHand.has(provider))
  return Math.max(0, owed - held.reduce((sum, { capturable }) => sum + (capturable?.amount ?? 0), 0))
}

/**
 * What its customer still owes for an order that is placed: units may have been canceled, or have come back, since it was promised. Null
 * of another order: there the promise says it.
 */
export async function stillCharged(tx: Transaction, id: string): Promise<number | null> {
  const order = await tx.get(orders, id)
  if (order?.status !== 'placed' && order?.status !== 'completed') return null
  const attempts = await findAll(tx, payments, eq('order', id))
  return attempts.reduce((left, { captured, refunded }) => left - captured.amount + refunded.amount, chargedTotal(order))
}
