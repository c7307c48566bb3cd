// What a dispute means for its order: somebody should look before more of it is shipped. The hold goes when the last
// dispute has ended well; one that was lost leaves a hold of its own.
import type { DomainEvent } from '../../contract/events.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { type Dispute, disputes, openDisputes } from '../payments/collections.ts'
import { orders } from './collections.ts'
import { dueDigital } from './digital-due.ts'
import { writeStanding } from './order-standing.ts'

const disputed = 'disputed'
const lost = 'dispute_lost'

export async function noteDispute({ tx }: Work, { dispute }: { readonly dispute: Dispute }): Promise<readonly DomainEvent[]> {
  const order = await tx.lock(orders, dispute.order, 'exclusive')
  if (order === null) return []
  const all = await findAll(tx, disputes, eq('order', order.id))
  const wanted = [
    ...(all.some(({ status }) => openDisputes.includes(status)) ? [disputed] : []),
    ...(all.some(({ status }) => status === 'lost') ? [lost] : []),
  ]
  const holds = [...order.holds.filter((hold) => hold !== disputed && hold !== lost), ...wanted]
  if (holds.join() === order.holds.join()) return []
  const after = await tx.update(orders, order, { set: { holds } })
  const standing = await writeStanding(tx, after)
  return [...standing.events, ...dueDigital(standing.order)]
}
