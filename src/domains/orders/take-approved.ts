// A customer has agreed to a payment that its provider takes when we say so. It is taken while the order still waits for
// it; of any other order it is given up, and nobody was charged.
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { cancelPayment } from '../payments/cancel-payment.ts'
import { type Payment, payments } from '../payments/collections.ts'
import { resumePayment } from '../payments/resume-payment.ts'
import { orders } from './collections.ts'

export async function takeApproved(work: Work, { payment }: { readonly payment: Payment }): Promise<void> {
  const { tx } = work
  // Under the lock of whoever settles, cancels or lets the order expire.
  const order = await tx.lock(orders, payment.order, 'exclusive')
  const attempts = await findAll(tx, payments, eq('order', payment.order))
  const newest = attempts.every(({ sequence }) => sequence <= payment.sequence)
  if (order?.status === 'pending_payment' && newest) await resumePayment(work, payment)
  else await cancelPayment(work, payment)
}
