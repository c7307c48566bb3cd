// Orders and payments, as code of a project moves them: by the steps that our own operations take. What else there is to
// know of them is read by `records(orders)` and `records(payments)`.
import type { DomainEvent } from '../contract/events.ts'
import { cancelOrderAsStaff } from '../domains/orders/cancel-order.ts'
import { orders } from '../domains/orders/collections.ts'
import type { Work } from '../operation/work.ts'
import type { PublicOrder } from './events.ts'
import { type During, OwnMistake } from './own-code.ts'
import { checkId } from './own-key.ts'

export type Orders = {
  /** As staff do: what was paid goes back. @throws order_state_conflict once something was shipped, or it is closed */
  cancel(order: string): Promise<PublicOrder>
}

export function ordersIn(work: Work, during: During, events: DomainEvent[]): Orders {
  return {
    cancel: (id) =>
      during(async () => {
        checkId(id, 'orders.cancel: the id')
        const order = work.project.shop === null ? null : await work.tx.get(orders, id)
        if (order === null) throw new OwnMistake(`orders.cancel: there is no order ${id}`)
        const canceled = await cancelOrderAsStaff(work, order)
        events.push(...canceled.events)
        const { tokenHash: _, ...told } = canceled.order
        return told
      }),
  }
}
