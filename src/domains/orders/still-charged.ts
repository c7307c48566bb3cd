// What a receipt is for where nobody says how much came in.
import { eq } from '../../contract/filter.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { payments } from '../payments/collections.ts'
import { chargedTotal, orders } from './collections.ts'

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
