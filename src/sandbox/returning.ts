// Money that goes back: refunds by the shop, and disputes by the buyer's bank.
import { checkAmount, isRemembered, keyReused } from './checks.ts'
import type { BookCore } from './core.ts'
import {
  capturedOf,
  refundableOf,
  returnedOf,
  type SandboxDispute,
  type SandboxPayment,
  type SandboxRefund,
  stateOf,
  withdrawnOf,
} from './payment.ts'
import { SandboxRefusal } from './refusal.ts'

export type RefundRequest = {
  readonly key?: string
  /** The shop's own name of it; empty where it has none. */
  readonly reference: string
  /** All that is left when left out. */
  readonly amountMinor?: number
  /** Of this capture alone. */
  readonly capture?: string
}

/** Money back, once per key and never more than was taken. @throws SandboxRefusal */
export function refundPayment(core: BookCore, id: string, request: RefundRequest): SandboxPayment {
  const payment = core.get(id)
  const { key, reference, capture } = request
  const known = key === undefined ? undefined : payment.refunds.find((one) => one.key === key)
  if (known && isRemembered(core, known.at)) {
    const isSame = known.reference === reference && known.amountMinor === (request.amountMinor ?? known.amountMinor)
    if (!isSame) throw keyReused()
    return payment
  }
  const left = Math.min(refundableOf(payment), capture === undefined ? Number.MAX_SAFE_INTEGER : leftOfCapture(payment, capture))
  const amountMinor = request.amountMinor ?? left
  checkAmount(amountMinor, left)
  const { refundMs, refundFailures } = core.settings()
  const fault = core.faults.strike('refund', ['fail_later', 'decline'])
  if (fault?.kind === 'decline') throw new SandboxRefusal('declined', 'The money cannot be given back.')
  const willFail = fault !== null || core.happens(refundFailures)
  const waitMs = fault ? (fault.ms ?? Math.max(refundMs, 1_000)) : refundMs
  const state = waitMs > 0 ? 'pending' : willFail ? 'failed' : 'succeeded'
  const now = core.now()
  const refund: SandboxRefund = {
    id: core.newId('sref'),
    key: key ?? '',
    ...{ reference, amountMinor, capture: capture ?? null },
    ...{ at: now, state, dueAt: waitMs > 0 ? now + waitMs : null, willFail },
  }
  return core.change(payment, { refunds: [...payment.refunds, refund] })
}

/** @throws SandboxRefusal */
function leftOfCapture(payment: SandboxPayment, id: string): number {
  const capture = payment.captures.find((one) => one.id === id)
  if (capture?.state !== 'succeeded') throw new SandboxRefusal('no_operation', 'There is no such capture.')
  return capture.amountMinor - returnedOf(payment, id)
}

/** The buyer's bank sends a refund back that had succeeded: an account that was closed. @throws SandboxRefusal */
export function returnRefund(core: BookCore, id: string, refundId: string): SandboxPayment {
  const payment = core.get(id)
  const isMeant = (refund: SandboxRefund) => refund.id === refundId && stateOf(refund) === 'succeeded'
  if (!payment.refunds.some(isMeant)) return payment
  return core.change(payment, { refunds: payment.refunds.map((one) => (isMeant(one) ? { ...one, state: 'returned' } : one)) })
}

export type DisputeRequest = {
  /** All that is left of it when left out. */
  readonly amountMinor?: number
  readonly reason?: string
  /** The bank only asks: no money moves yet. */
  readonly isWarning?: boolean
}

/** The payment with a dispute more; as it is where there is nothing to ask for. Pure but for ids and time. */
export function disputed(core: BookCore, payment: SandboxPayment, request: DisputeRequest): SandboxPayment {
  const { reason = 'fraudulent', isWarning = false } = request
  // A bank does not know of refunds, and may ask for what has gone back already.
  const most = capturedOf(payment) - withdrawnOf(payment)
  const left = refundableOf(payment)
  const amountMinor = request.amountMinor ?? (left > 0 ? left : most)
  if (most === 0 && request.amountMinor === undefined) return payment
  checkAmount(amountMinor, most)
  const { disputeFeeMinor, evidenceMs } = core.settings()
  const now = core.now()
  const dispute: SandboxDispute = {
    id: core.newId('sdisp'),
    ...{ amountMinor, reason, status: isWarning ? 'warning' : 'needs_response' },
    ...{ evidenceDueAt: now + evidenceMs, openedAt: now, withdrawnAt: isWarning ? null : now, reinstatedAt: null, lostAt: null },
    feeMinor: isWarning ? 0 : disputeFeeMinor,
  }
  return { ...payment, disputes: [...payment.disputes, dispute] }
}

/** @throws SandboxRefusal */
export function openDispute(core: BookCore, id: string, request: DisputeRequest): SandboxPayment {
  const payment = core.get(id)
  const after = disputed(core, payment, request)
  if (after === payment) throw new SandboxRefusal('too_much', 'Nothing was taken that a bank could ask for.')
  return core.write(payment, after)
}

/**
 * `withdraw`: a question becomes a claim, and the bank takes the money. `respond`: evidence was handed in. `reinstate`: the
 * money is back before the decision. `win`: after it was lost as well. `close`: it ends without a decision.
 */
export const disputeSteps = ['withdraw', 'respond', 'reinstate', 'win', 'lose', 'close'] as const
export type DisputeStep = (typeof disputeSteps)[number]

/** @throws SandboxRefusal */
export function moveDispute(core: BookCore, disputeId: string, step: DisputeStep): SandboxPayment {
  const payment = core.store.findByName(disputeId)
  const dispute = payment?.disputes.find(({ id }) => id === disputeId)
  if (!payment || !dispute) throw new SandboxRefusal('no_operation', 'There is no such dispute.')
  const set = afterStep(core, { payment, dispute }, step)
  if (set === null) throw new SandboxRefusal('wrong_state', `The dispute is ${dispute.status}.`)
  return core.change(payment, { disputes: payment.disputes.map((one) => (one === dispute ? { ...one, ...set } : one)) })
}

type Disputed = { readonly payment: SandboxPayment; readonly dispute: SandboxDispute }

function afterStep(core: BookCore, { payment, dispute }: Disputed, step: DisputeStep): Partial<SandboxDispute> | null {
  const { status, withdrawnAt, reinstatedAt, lostAt, amountMinor } = dispute
  const now = core.now()
  const isOpen = status === 'warning' || status === 'needs_response' || status === 'under_review'
  const isOut = withdrawnAt !== null && reinstatedAt === null
  switch (step) {
    case 'withdraw':
      if (!isOpen || withdrawnAt !== null || amountMinor > capturedOf(payment) - withdrawnOf(payment)) return null
      return { status: status === 'warning' ? 'needs_response' : status, withdrawnAt: now, feeMinor: core.settings().disputeFeeMinor }
    case 'respond':
      return status === 'warning' || status === 'needs_response' ? { status: 'under_review' } : null
    case 'reinstate':
      return isOpen && isOut ? { reinstatedAt: now } : null
    case 'win':
      return isOpen || status === 'lost' ? { status: 'won', ...(isOut ? { reinstatedAt: now } : {}) } : null
    case 'lose':
      return isOpen && isOut ? { status: 'lost', lostAt: lostAt ?? now } : null
    case 'close':
      return isOpen && !isOut ? { status: 'closed' } : null
  }
}
