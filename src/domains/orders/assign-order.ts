// An order that a guest made becomes an account's, once the account has proven to hold its cart.
import type { Transaction } from '../../storage/transaction.ts'
import { orders } from './collections.ts'

/** Leaves an order that is somebody's already. */
export async function assignOrder({ tx }: { readonly tx: Transaction }, id: string, customer: string): Promise<void> {
  const order = await tx.get(orders, id)
  if (order?.customer === null) await tx.update(orders, order, { set: { customer } })
}
