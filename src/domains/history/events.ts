// What happens to notes.
import { event } from '../../contract/events.ts'
import type { Order } from '../orders/collections.ts'
import type { OrderNote } from './collections.ts'

/** Staff have written something for the customer. */
export const customerNoted = event('order.customer_noted').with<{ readonly order: Order; readonly note: OrderNote }>()
