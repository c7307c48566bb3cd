// The sandbox's account: each movement of money is a line, and a payout gathers the lines it brings to the bank.
// Lines follow from what became of a payment, in one place, so that the two cannot differ.
import type { NewId } from '../base/ids.ts'
import { type SandboxPayment, type SandboxRefund, stateOf } from './payment.ts'

export type SandboxLine = {
  readonly id: string
  /** `refund_failure`: a refund that had succeeded came back. */
  readonly kind: 'payment' | 'refund' | 'refund_failure' | 'dispute' | 'dispute_reversal' | 'fee' | 'payout'
  readonly payment: string | null
  readonly reference: string | null
  /** The capture, refund, dispute or payout that it is of. */
  readonly operation: string | null
  readonly currency: string
  /** Signed: what the account gained, without the fee. */
  readonly amountMinor: number
  /** At least 0: what the provider kept. */
  readonly feeMinor: number
  readonly at: number
  readonly payout: string | null
}

export type SandboxPayout = {
  readonly id: string
  readonly currency: string
  readonly amountMinor: number
  readonly feeMinor: number
  readonly at: number
  readonly arrivesAt: number
  /** How many lines it gathers, its own among them. */
  readonly lines: number
}

export const netOf = ({ amountMinor, feeMinor }: Pick<SandboxLine, 'amountMinor' | 'feeMinor'>): number => amountMinor - feeMinor

type Movement = Pick<SandboxLine, 'kind' | 'operation' | 'amountMinor' | 'feeMinor'>

const isGone = (refund: SandboxRefund | undefined) => refund !== undefined && stateOf(refund) === 'succeeded'

/** What a change of a payment moved. */
export function linesOf(
  before: SandboxPayment | null,
  after: SandboxPayment,
  { newId, now }: { newId: NewId; now: number },
): SandboxLine[] {
  const was = <T extends { readonly id: string }>(list: readonly T[] | undefined, id: string) => list?.find((one) => one.id === id)
  const moved: Movement[] = []
  for (const { id, state, amountMinor, feeMinor } of after.captures)
    if (state === 'succeeded' && was(before?.captures, id)?.state !== 'succeeded')
      moved.push({ kind: 'payment', operation: id, amountMinor, feeMinor })
  for (const refund of after.refunds) {
    const { id: operation, amountMinor } = refund
    const earlier = was(before?.refunds, operation)
    if (isGone(refund) && !isGone(earlier)) moved.push({ kind: 'refund', operation, amountMinor: -amountMinor, feeMinor: 0 })
    if (!isGone(refund) && isGone(earlier)) moved.push({ kind: 'refund_failure', operation, amountMinor, feeMinor: 0 })
  }
  for (const { id: operation, amountMinor, feeMinor, withdrawnAt, reinstatedAt } of after.disputes) {
    const earlier = was(before?.disputes, operation)
    if (withdrawnAt !== null && (earlier?.withdrawnAt ?? null) === null)
      moved.push({ kind: 'dispute', operation, amountMinor: -amountMinor, feeMinor })
    if (reinstatedAt !== null && (earlier?.reinstatedAt ?? null) === null)
      moved.push({ kind: 'dispute_reversal', operation, amountMinor, feeMinor: 0 })
  }
  const { id: payment, reference, currency } = after
  return moved.map((movement) => ({ id: newId('stxn'), payment, reference, currency, ...movement, at: now, payout: null }))
}

/** A payout of all lines that are in none yet, with its own: together they come to nothing. Null: there is nothing to pay out. */
export function payoutOf(
  open: readonly SandboxLine[],
  { currency, feeMinor, newId, now }: { currency: string; feeMinor: number; newId: NewId; now: number },
): { readonly payout: SandboxPayout; readonly lines: readonly SandboxLine[] } | null {
  const amountMinor = open.reduce((sum, line) => sum + netOf(line), 0) - feeMinor
  if (amountMinor <= 0) return null
  const id = newId('spo')
  const own = { payment: null, reference: null, operation: id, currency, feeMinor: 0, at: now }
  const fee: SandboxLine[] = feeMinor === 0 ? [] : [{ ...own, id: newId('stxn'), kind: 'fee', amountMinor: -feeMinor, payout: id }]
  const out: SandboxLine = { ...own, id: newId('stxn'), kind: 'payout', amountMinor: -amountMinor, payout: id }
  const lines = [...open.map((line) => ({ ...line, payout: id })), ...fee, out]
  return { payout: { id, currency, amountMinor, feeMinor, at: now, arrivesAt: now + 2 * 86_400_000, lines: lines.length }, lines }
}
