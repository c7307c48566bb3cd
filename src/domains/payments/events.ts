// What happens to payments. Each hands on the attempt as it has just been written.
import { event } from '../../contract/events.ts'
import type { Payment } from './collections.ts'

type Told = { readonly payment: Payment }

/** Something that its order may have to follow: its state, its amounts, or what refunds claim of it. */
export const paymentChanged = event('payment.changed').with<Told>()
/** It was under way when its customer left the page. */
export const paymentFailedLate = event('payment.failed_late').with<Told>()
