// What happens to parcels. Each hands on the fulfillment and its order as they have just been written.
import { event } from '../../contract/events.ts'
import type { Order } from '../orders/collections.ts'
import type { Fulfillment } from './collections.ts'

type Told = { readonly order: Order; readonly fulfillment: Fulfillment }

/** Units have left the house. `isQuiet`: its customer is not written to. */
export const orderShipped = event('order.shipped').with<Told & { readonly isQuiet: boolean }>()
/** What is digital of it has been delivered: its downloads are open. */
export const digitalDelivered = event('order.digital_delivered').with<Told>()
/** Its tracking has changed, it was delivered, or it did not leave. */
export const fulfillmentChanged = event('fulfillment.changed').with<Told>()
