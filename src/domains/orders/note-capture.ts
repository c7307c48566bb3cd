// What the end of a capture means for its order: one that failed is for staff to look at before more is sent, until another succeeds.
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import { type Capture, captures } from '../payments/collections.ts'
import { orders } from './collections.ts'

export const captureFailed = 'capture_failed'

export async function noteCapture({ tx }: Work, { capture }: { readonly capture: Capture }): Promise<void> {
  const order = await tx.lock(orders, capture.order, 'exclusive')
  if (order === null) return
  const ended = await findAll(tx, captures, and(eq('order', order.id), oneOf('status', ['succeeded', 'failed'])))
  const last = ended.toSorted((a, b) => (a.id < b.id ? 1 : -1))[0]
  const isHeld = order.holds.includes(captureFailed)
  const isFailed = last?.status === 'failed'
  if (isHeld === isFailed) return
  const holds = isFailed ? [...order.holds, captureFailed] : order.holds.filter((hold) => hold !== captureFailed)
  await tx.update(orders, order, { set: { holds } })
}
