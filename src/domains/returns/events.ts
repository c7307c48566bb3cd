// What happens to returns. Each hands on the return and its order as they have just been written.
import { event } from '../../contract/events.ts'
import type { Order } from '../orders/collections.ts'
import type { OrderReturn } from './collections.ts'

/** Its `status` says what has happened. */
export const returnChanged = event('return.changed').with<{ readonly order: Order; readonly orderReturn: OrderReturn }>()
