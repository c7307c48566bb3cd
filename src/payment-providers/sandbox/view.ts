// What the sandbox's book says of a payment, in the words of our port.
import { type Money, money } from '../../base/money.ts'
import type { ProviderDispute, ProviderFact, ProviderView, SettlementLine } from '../../domains/payments/provider.ts'
import type { SandboxLine } from '../../sandbox/account.ts'
import type { SandboxSnapshot } from '../../sandbox/own-dialect.ts'
import { type SandboxPayment, stateOf } from '../../sandbox/payment.ts'

export function viewOf(payment: SandboxPayment, pagesUrl: string): ProviderView {
  const isOpen = payment.state === 'requires_action'
  return {
    providerRef: payment.id,
    facts: factsOf(payment),
    phase: phaseOf(payment),
    action: isOpen ? { type: 'redirect', url: `${pagesUrl}/challenge/${payment.id}` } : null,
    declineReason: payment.declineReason,
    capturableUntil: payment.state === 'authorized' ? payment.capturableUntil : null,
    disputes: disputesOf(payment),
  }
}

function phaseOf({ state, captures }: SandboxPayment): ProviderView['phase'] {
  if (state === 'requires_action') return 'open'
  if (state === 'approved') return 'approved'
  return state === 'processing' || captures.some((one) => one.state === 'pending') ? 'processing' : 'closed'
}

export function factsOf(payment: SandboxSnapshot): ProviderFact[] {
  const { id, state, amountMinor, currency, createdAt, decidedAt, authorizedAt, voidedAt, voidedMinor } = payment
  const amount = (minor: number): Money => money(minor, currency)
  const facts: ProviderFact[] = []
  if (authorizedAt !== null) facts.push({ kind: 'auth_ok', operationRef: id, amount: amount(amountMinor), providerTime: authorizedAt })
  if (state === 'failed')
    facts.push({ kind: 'auth_fail', operationRef: id, amount: amount(amountMinor), providerTime: decidedAt ?? createdAt })
  if (voidedAt !== null) facts.push({ kind: 'void_ok', operationRef: id, amount: amount(voidedMinor), providerTime: voidedAt })
  for (const one of payment.captures) {
    if (one.state === 'pending') continue
    const kind = one.state === 'succeeded' ? 'cap_ok' : 'cap_fail'
    const of = { operationRef: one.id, amount: amount(one.amountMinor), providerTime: one.decidedAt ?? one.at }
    facts.push({ kind, ...of, ...named(one.reference) })
  }
  for (const refund of payment.refunds) {
    const of = { operationRef: refund.id, amount: amount(refund.amountMinor), providerTime: refund.at, ...named(refund.reference) }
    const end = stateOf(refund)
    if (end === 'succeeded' || end === 'returned') facts.push({ kind: 'ref_ok', ...of })
    if (end === 'failed' || end === 'returned') facts.push({ kind: 'ref_fail', ...of })
  }
  for (const one of payment.disputes) {
    const of = { operationRef: one.id, amount: amount(one.amountMinor) }
    if (one.withdrawnAt !== null) facts.push({ kind: 'disp_withdrawn', ...of, providerTime: one.withdrawnAt })
    if (one.reinstatedAt !== null) facts.push({ kind: 'disp_reinstated', ...of, providerTime: one.reinstatedAt })
    if (one.lostAt !== null) facts.push({ kind: 'disp_lost', ...of, providerTime: one.lostAt })
  }
  return facts
}

const named = (reference: string) => (reference === '' ? {} : { reference })

export function disputesOf({ disputes, currency }: Pick<SandboxSnapshot, 'disputes' | 'currency'>): ProviderDispute[] {
  return disputes.map(({ id: ref, status, amountMinor, reason, evidenceDueAt }) => ({
    ...{ ref, status, reason, evidenceDueAt },
    amount: money(amountMinor, currency),
  }))
}

export function settlementLine(line: SandboxLine): SettlementLine {
  const {
    id: ref,
    kind,
    operation: operationRef,
    payment: providerRef,
    reference,
    amountMinor,
    feeMinor,
    currency,
    at,
    payout: payoutRef,
  } = line
  return {
    // A refund that came back is one of the other sign.
    ...{ ref, kind: kind === 'refund_failure' ? 'refund' : kind, operationRef, providerRef, reference, at, payoutRef },
    amount: money(amountMinor, currency),
    fee: money(feeMinor, currency),
  }
}
