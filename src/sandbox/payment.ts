// What the sandbox knows of one payment, and the sums of it. Pure: nothing here reads a clock or a file.

export type SandboxRefund = {
  readonly id: string
  readonly key: string
  readonly reference: string
  readonly amountMinor: number
  readonly at: number
  /** `returned`: it had succeeded, and the customer's bank sent it back. Left out in books of older versions: succeeded. */
  readonly state?: 'pending' | 'succeeded' | 'failed' | 'returned'
  /** When a pending one is decided. */
  readonly dueAt?: number | null
  /** The capture it was asked for, where the shop names one. */
  readonly capture?: string | null
  /** How it ends, where that was decided when it was asked for. */
  readonly willFail?: boolean
}

export type SandboxCapture = {
  readonly id: string
  readonly key: string
  readonly reference: string
  readonly amountMinor: number
  /** What is authorized beyond it is given up once it has succeeded. */
  readonly isFinal: boolean
  readonly state: 'pending' | 'succeeded' | 'failed'
  readonly at: number
  readonly decidedAt: number | null
  readonly dueAt: number | null
  readonly willFail: boolean
  /** What the provider keeps of it; 0 until it has succeeded. */
  readonly feeMinor: number
}

export const disputeStatuses = ['warning', 'needs_response', 'under_review', 'won', 'lost', 'closed'] as const

/** A customer's bank that asks for money back. `warning`: it only asks, and no money has moved. */
export type SandboxDispute = {
  readonly id: string
  readonly amountMinor: number
  readonly reason: string
  readonly status: (typeof disputeStatuses)[number]
  readonly evidenceDueAt: number | null
  readonly openedAt: number
  readonly withdrawnAt: number | null
  readonly reinstatedAt: number | null
  readonly lostAt: number | null
  readonly feeMinor: number
}

/**
 * `requires_action`: the buyer must act. `approved`: the buyer has agreed, and the shop takes the money by a call.
 * `authorized`: money is held for the shop, which may have taken a part of it. `succeeded`: nothing more is to be taken.
 */
export const paymentStates = ['requires_action', 'approved', 'processing', 'authorized', 'succeeded', 'failed', 'canceled'] as const
export type SandboxState = (typeof paymentStates)[number]

export type SandboxPayment = {
  readonly id: string
  readonly key: string
  readonly reference: string
  readonly amountMinor: number
  readonly currency: string
  /** The method that it goes by; `asked` is the one that was asked for. */
  readonly method: string
  readonly asked: string
  readonly returnUrl: string
  readonly state: SandboxState
  readonly willSucceed: boolean
  readonly declineReason: string | null
  readonly createdAt: number
  readonly decidedAt: number | null
  /** When one that is under way is decided. */
  readonly dueAt: number | null
  readonly refunds: readonly SandboxRefund[]
  readonly captureMethod: 'now' | 'later'
  readonly captures: readonly SandboxCapture[]
  readonly authorizedAt: number | null
  /** Until when an authorization can be captured. */
  readonly capturableUntil: number | null
  /** What was authorized and will not be taken. */
  readonly voidedMinor: number
  readonly voidedAt: number | null
  readonly disputes: readonly SandboxDispute[]
  /** When a bank opens the dispute that its method brings. */
  readonly disputeAt: number | null
  /** When an open one ends by itself. */
  readonly expiresAt: number | null
  /** Who ended one that was canceled: the shop, the buyer on the page, or time. */
  readonly endedBy: 'shop' | 'buyer' | 'time' | null
  /** The shop takes the money by a call of its own after the buyer has agreed. */
  readonly isTakenByShop: boolean
  /** The key that it was taken with. */
  readonly resumeKey: string | null
  /** A refused try leaves it open for another. */
  readonly isRetryable: boolean
  readonly cancelUrl: string | null
  readonly webhookUrl: string | null
  readonly description: string
  readonly email: string | null
  /** What a face keeps of it in its own words: metadata, forms of the request. */
  readonly details: Readonly<Record<string, unknown>>
  /** Other names by which a face finds it. */
  readonly names: readonly string[]
}

/** As it is written in a book: older versions knew less. */
export type WrittenPayment = Partial<SandboxPayment> &
  Pick<SandboxPayment, 'id' | 'amountMinor' | 'currency' | 'state' | 'createdAt' | 'decidedAt' | 'declineReason' | 'refunds'>

/** What a payment has that says nothing of itself. */
const plain = {
  key: '',
  reference: '',
  method: '',
  asked: '',
  returnUrl: '',
  willSucceed: true,
  dueAt: null,
  captureMethod: 'now',
  authorizedAt: null,
  capturableUntil: null,
  voidedMinor: 0,
  voidedAt: null,
  disputes: [],
  disputeAt: null,
  expiresAt: null,
  endedBy: null,
  isTakenByShop: false,
  resumeKey: null,
  isRetryable: false,
  cancelUrl: null,
  webhookUrl: null,
  description: '',
  email: null,
  details: {},
  names: [],
} as const

/** Books of older versions hold no captures: what had succeeded was taken whole, under the payment's own name. */
export function readPayment(written: WrittenPayment): SandboxPayment {
  if (written.captures !== undefined) return { ...plain, captures: written.captures, ...written }
  const { id, amountMinor, state, createdAt, decidedAt } = written
  const at = decidedAt ?? createdAt
  const whole = {
    id,
    key: '',
    reference: '',
    amountMinor,
    isFinal: true,
    state,
    at,
    decidedAt: at,
    dueAt: null,
    willFail: false,
    feeMinor: 0,
  }
  const voided = state === 'canceled' ? { voidedMinor: amountMinor, voidedAt: at } : {}
  return { ...plain, ...voided, ...written, captures: state === 'succeeded' ? [{ ...whole, state }] : [] }
}

export const refundStates = ['pending', 'succeeded', 'failed', 'returned'] as const
export const stateOf = (refund: SandboxRefund): (typeof refundStates)[number] => refund.state ?? 'succeeded'

const sumOf = (list: readonly { readonly amountMinor: number }[]) => list.reduce((sum, { amountMinor }) => sum + amountMinor, 0)

/** What was taken. */
export function capturedOf({ captures }: Pick<SandboxPayment, 'captures'>): number {
  return sumOf(captures.filter(({ state }) => state === 'succeeded'))
}

/** What can still be asked for of an authorization. */
export function capturableOf(payment: SandboxPayment): number {
  return payment.state === 'authorized' ? payment.amountMinor - sumOf(payment.captures.filter(({ state }) => state !== 'failed')) : 0
}

/** What has gone back, or is on its way; of one capture where it is named. */
export function returnedOf({ refunds }: Pick<SandboxPayment, 'refunds'>, capture?: string): number {
  const kept = refunds.filter((refund) => stateOf(refund) === 'pending' || stateOf(refund) === 'succeeded')
  return sumOf(capture === undefined ? kept : kept.filter((refund) => refund.capture === capture))
}

/** What has gone back and stayed there. */
export function refundedOf({ refunds }: Pick<SandboxPayment, 'refunds'>): number {
  return sumOf(refunds.filter((refund) => stateOf(refund) === 'succeeded'))
}

/** What banks have taken back and not returned. */
export function withdrawnOf({ disputes }: Pick<SandboxPayment, 'disputes'>): number {
  return sumOf(disputes.filter(({ withdrawnAt, reinstatedAt }) => withdrawnAt !== null && reinstatedAt === null))
}

/** What the shop may still give back. A bank that has taken money leaves none of it to be refunded. */
export function refundableOf(payment: SandboxPayment): number {
  return Math.max(0, capturedOf(payment) - returnedOf(payment) - withdrawnOf(payment))
}

const openStates: readonly SandboxState[] = ['requires_action', 'approved']

/** When something happens to it by itself next; null where nothing does. */
export function nextDueOf(payment: SandboxPayment): number | null {
  const { state, dueAt, expiresAt, capturableUntil, disputeAt, captures, refunds } = payment
  const times = [
    state === 'processing' ? (dueAt ?? 0) : null,
    openStates.includes(state) ? expiresAt : null,
    // A capture that is on its way is decided first.
    state === 'authorized' && !captures.some((one) => one.state === 'pending') ? capturableUntil : null,
    disputeAt,
    ...captures.map((one) => (one.state === 'pending' ? (one.dueAt ?? 0) : null)),
    ...refunds.map((one) => (one.state === 'pending' ? (one.dueAt ?? 0) : null)),
  ].filter((time) => time !== null)
  return times.length === 0 ? null : Math.min(...times)
}

/** What a book must never say. @throws Error: the sandbox itself is wrong */
export function checkPayment(payment: SandboxPayment): void {
  const captured = capturedOf(payment)
  const pending = sumOf(payment.captures.filter(({ state }) => state === 'pending'))
  const isRight =
    captured + pending + payment.voidedMinor <= payment.amountMinor && returnedOf(payment) <= captured && withdrawnOf(payment) <= captured
  if (!isRight) throw new Error(`The sandbox's book would be wrong: ${JSON.stringify(payment)}`)
}
