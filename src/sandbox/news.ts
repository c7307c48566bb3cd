// What a change of a payment is called when it is told: by the state it came to, and by the operations that moved.
import type { SandboxLine, SandboxPayout } from './account.ts'
import { type SandboxCapture, type SandboxDispute, type SandboxPayment, type SandboxRefund, type SandboxState, stateOf } from './payment.ts'

export type NewsKind =
  | `payment.${SandboxState}`
  /** A try was refused, and the payment is open for another. */
  | 'payment.declined'
  | `capture.${SandboxCapture['state']}`
  | `refund.${SandboxRefund['state'] & string}`
  | 'dispute.opened'
  | 'dispute.withdrawn'
  | 'dispute.reinstated'
  | `dispute.${SandboxDispute['status']}`
  | 'payout.paid'

/** `operation`: the capture, refund, dispute or payout that it is of; null where it is of the payment itself. */
export type SandboxNews = { readonly kind: NewsKind; readonly operation: string | null }

/** What a webhook tells of: a payment before and after, or a payout with its lines. */
export type SandboxChange = {
  readonly at: number
  readonly news: readonly SandboxNews[]
  readonly before: SandboxPayment | null
  readonly payment: SandboxPayment | null
  readonly payout: SandboxPayout | null
  readonly lines: readonly SandboxLine[]
}

export function newsOf(before: SandboxPayment | null, after: SandboxPayment): SandboxNews[] {
  const news: SandboxNews[] = []
  const isDeclined = after.state === 'requires_action' && after.declineReason !== null && after.decidedAt !== before?.decidedAt
  for (const one of after.captures)
    if (one.state !== before?.captures.find(({ id }) => id === one.id)?.state)
      news.push({ kind: `capture.${one.state}`, operation: one.id })
  if (after.state !== before?.state) news.push({ kind: `payment.${after.state}`, operation: null })
  if (isDeclined) news.push({ kind: 'payment.declined', operation: null })
  for (const one of after.refunds) {
    const earlier = before?.refunds.find(({ id }) => id === one.id)
    if (earlier === undefined || stateOf(earlier) !== stateOf(one)) news.push({ kind: `refund.${stateOf(one)}`, operation: one.id })
  }
  for (const one of after.disputes) {
    const earlier = before?.disputes.find(({ id }) => id === one.id)
    if (earlier === undefined) news.push({ kind: 'dispute.opened', operation: one.id })
    if (one.withdrawnAt !== (earlier?.withdrawnAt ?? null)) news.push({ kind: 'dispute.withdrawn', operation: one.id })
    if (one.reinstatedAt !== (earlier?.reinstatedAt ?? null)) news.push({ kind: 'dispute.reinstated', operation: one.id })
    if (earlier !== undefined && earlier.status !== one.status) news.push({ kind: `dispute.${one.status}`, operation: one.id })
  }
  return news
}
