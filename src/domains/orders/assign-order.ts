// An order that a guest made becomes an account's, once the account has proven to hold its cart. Its mails go to the
// account, too: what the guest typed may be an address of somebody else, and that somebody may be who paid.
import type { Work } from '../../operation/work.ts'
import type { Account } from '../carts/events.ts'
import { orders } from './collections.ts'

/** Leaves an order that is somebody's already. */
export async function assignOrder({ tx }: Work, id: string, account: Account): Promise<void> {
  const order = await tx.get(orders, id)
  if (order?.customer !== null) return
  const accountEmail = account.email === order.email ? null : account.email
  await tx.update(orders, order, { set: { customer: account.id, accountEmail } })
}
