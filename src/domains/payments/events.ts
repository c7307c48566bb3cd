// What happens to payments. Each hands on the attempt as it has just been written.
import { event } from '../../contract/events.ts'
import type { Capture, Dispute, Payment } from './collections.ts'

type Told = { readonly payment: Payment }

/** Something that its order may have to follow: its state, its amounts, or what refunds claim of it. */
export const paymentChanged = event('payment.changed').with<Told>()
/** Its customer has agreed: the provider waits for our word to take the money. */
export const paymentApproved = event('payment.approved').with<Told>()
/** What is authorized can be captured for a short time only. */
export const paymentEnding = event('payment.ending').with<Told>()
/** A capture that was asked for is there, or has failed. */
export const captureEnded = event('payment.capture_ended').with<{ readonly capture: Capture }>()
/** It was under way when its customer left the page. */
export const paymentFailedLate = event('payment.failed_late').with<Told>()
/** A customer's bank asks for the money of a payment back, or what it makes of it has changed. */
export const disputeChanged = event('dispute.changed').with<{ readonly dispute: Dispute }>()
