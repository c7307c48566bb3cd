// Stripe's objects of disputes, of the lines of an account and of its payouts, as the face writes them.
import type { SandboxLine, SandboxPayout } from '../account.ts'
import type { SandboxDispute, SandboxPayment } from '../payment.ts'
import { chargeId, code, seconds, writtenAmount } from './stripe-objects.ts'

const disputeStatus = {
  warning: 'warning_needs_response',
  needs_response: 'needs_response',
  under_review: 'under_review',
  won: 'won',
  lost: 'lost',
  closed: 'warning_closed',
} as const

/** `lines`: those of the account that are of it. */
export function disputeObject(payment: SandboxPayment, dispute: SandboxDispute, lines: readonly SandboxLine[]) {
  const { id, amountMinor, reason, status, evidenceDueAt, openedAt } = dispute
  return {
    id,
    object: 'dispute' as const,
    amount: writtenAmount(amountMinor, payment.currency),
    balance_transactions: lines.map((line) => transactionObject(line)),
    charge: chargeId(payment),
    created: seconds(openedAt),
    currency: code(payment),
    enhanced_eligibility_types: [],
    evidence: emptyEvidence,
    evidence_details: {
      due_by: evidenceDueAt === null ? null : seconds(evidenceDueAt),
      enhanced_eligibility: {},
      has_evidence: status !== 'warning' && status !== 'needs_response',
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted' as const,
    },
    intended_submission_method: null,
    is_charge_refundable: status === 'warning',
    livemode: false,
    metadata: {},
    payment_intent: payment.id,
    reason,
    status: disputeStatus[status],
  }
}

const emptyEvidence = {
  ...{ access_activity_log: null, appeal: {}, billing_address: null, cancellation_policy: null, cancellation_policy_disclosure: null },
  ...{
    cancellation_rebuttal: null,
    customer_communication: null,
    customer_email_address: null,
    customer_name: null,
    customer_purchase_ip: null,
  },
  ...{ customer_signature: null, duplicate_charge_documentation: null, duplicate_charge_explanation: null, duplicate_charge_id: null },
  ...{ enhanced_evidence: {}, product_description: null, receipt: null, refund_policy: null, refund_policy_disclosure: null },
  ...{ refund_refusal_explanation: null, service_date: null, service_documentation: null, shipping_address: null, shipping_carrier: null },
  ...{
    shipping_date: null,
    shipping_documentation: null,
    shipping_tracking_number: null,
    uncategorized_file: null,
    uncategorized_text: null,
  },
}

const typeOfLine = {
  payment: ['charge', 'charge'],
  refund: ['refund', 'refund'],
  refund_failure: ['refund_failure', 'refund_failure'],
  dispute: ['adjustment', 'dispute'],
  dispute_reversal: ['adjustment', 'dispute_reversal'],
  fee: ['stripe_fee', 'fee'],
  payout: ['payout', 'payout'],
} as const

/** `source`: what it is of, where the answer is to hold it. */
export function transactionObject<T = never>(line: SandboxLine, source?: T) {
  const [type, category] = typeOfLine[line.kind]
  const minor = (amount: number) => writtenAmount(amount, line.currency)
  const named =
    line.kind === 'payment' && line.payment !== null ? chargeId({ id: line.payment }) : line.kind === 'fee' ? null : line.operation
  return {
    id: line.id,
    object: 'balance_transaction' as const,
    amount: minor(line.amountMinor),
    available_on: seconds(line.at),
    balance_type: 'payments' as const,
    created: seconds(line.at),
    currency: code(line),
    description: null,
    exchange_rate: null,
    fee: minor(line.feeMinor),
    fee_details:
      line.feeMinor === 0
        ? []
        : [
            {
              amount: minor(line.feeMinor),
              application: null,
              currency: code(line),
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: minor(line.amountMinor - line.feeMinor),
    reporting_category: category,
    source: source ?? named,
    status: 'available',
    type,
  }
}

export function payoutObject(payout: SandboxPayout) {
  return {
    id: payout.id,
    object: 'payout' as const,
    amount: writtenAmount(payout.amountMinor, payout.currency),
    application_fee: null,
    application_fee_amount: null,
    arrival_date: seconds(payout.arrivesAt),
    automatic: true,
    balance_transaction: null,
    created: seconds(payout.at),
    currency: code(payout),
    description: 'STRIPE PAYOUT',
    destination: null,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: {},
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'completed' as const,
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: 'paid',
    trace_id: null,
    type: 'bank_account' as const,
  }
}
