// What happens to invoices.
import { event } from '../../contract/events.ts'
import type { Order } from '../orders/collections.ts'
import type { Invoice } from './collections.ts'

type Told = { readonly invoice: Invoice; readonly order: Order }

export const invoiceIssued = event('invoice.issued').with<Told>()
/** Staff have it sent, once more or for the first time. */
export const invoiceSendAsked = event('invoice.send_asked').with<Told>()
