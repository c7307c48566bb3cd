// Disputes of a payment: what buyers and their banks ask back, and what PayPal has moved for it. PayPal files them under the
// capture. Invariant: each move of money is told once. What it takes back for a dispute stands among the refunds of the order as
// well: there it is passed over.
import { limits } from '../../base/limits.ts'
import type { Money } from '../../base/money.ts'
import type { ProviderDispute, ProviderFact } from '../../domains/payments/provider.ts'
import type { PayPalAnswer, PayPalApi } from './api.ts'
import {
  amountOf,
  fieldsOf,
  idOf,
  isId,
  listOf,
  type Order,
  type PayPalRefund,
  reading,
  referenceOf,
  timeOf,
  wordOf,
  wordOrNull,
} from './read.ts'

type Move = { readonly amount: Money; readonly at: number }
export type PayPalDispute = {
  readonly id: string
  readonly captures: readonly string[]
  readonly status: string
  readonly stage: string | null
  readonly outcome: string | null
  readonly reason: string | null
  readonly amount: Money
  readonly at: number
  readonly dueAt: number | null
  /** What it took from the shop, and what it gave back, oldest first. Without its fees: those stand in the account's lines. */
  readonly debits: readonly Move[]
  readonly credits: readonly Move[]
}

const readDispute = reading((value): PayPalDispute => {
  const fields = fieldsOf(value)
  const at = timeOf(fields['create_time']) ?? 0
  const moves = listOf(fields['money_movements'])
    .map(fieldsOf)
    .filter((move) => move['affected_party'] === 'SELLER' && !String(move['reason']).endsWith('_FEE'))
    .map((move) => ({ type: move['type'], amount: amountOf(move['amount']), at: timeOf(move['initiated_time']) ?? at }))
    .toSorted((a, b) => a.at - b.at)
  const moved = (type: string): Move[] => moves.filter((move) => move.type === type).map(({ amount, at: when }) => ({ amount, at: when }))
  return {
    id: idOf(fields['dispute_id']),
    captures: listOf(fields['disputed_transactions']).flatMap((one) => {
      const id = fieldsOf(one)['seller_transaction_id']
      return isId(id) ? [id] : []
    }),
    status: wordOf(fields['status']),
    stage: wordOrNull(fields['dispute_life_cycle_stage']),
    outcome: wordOrNull(fieldsOf(fields['dispute_outcome'] ?? {})['outcome_code']),
    reason: wordOrNull(fields['reason']),
    amount: amountOf(fields['dispute_amount']),
    at,
    dueAt: timeOf(fields['seller_response_due_date']),
    debits: moved('DEBIT'),
    credits: moved('CREDIT'),
  }
})

type Found = { readonly result: 'ok'; readonly value: readonly PayPalDispute[] | null } | Exclude<PayPalAnswer, { result: 'ok' }>

/** Null: this app may not see disputes. */
export async function findDisputes(api: PayPalApi, { captures }: Order): Promise<Found> {
  const found = new Map<string, PayPalDispute>()
  for (const { id: capture } of captures.slice(0, limits.payPalDisputesMax)) {
    const list = await api({
      method: 'GET',
      path: `/v1/customer/disputes?disputed_transaction_id=${capture}&page_size=${limits.payPalDisputesMax}`,
    })
    if (list.result === 'refused') return list.status === 403 ? { result: 'ok', value: null } : list
    if (list.result !== 'ok') return list
    const ids = readIds(list.value)
    if (ids === null) return unreadable
    for (const id of ids.filter((one) => !found.has(one))) {
      const answer = await api({ method: 'GET', path: `/v1/customer/disputes/${id}` })
      if (answer.result !== 'ok') return answer
      const dispute = readDispute(answer.value)
      if (dispute === null) return unreadable
      found.set(id, dispute)
    }
  }
  return { result: 'ok', value: [...found.values()] }
}

const unreadable = { result: 'uncertain', reason: 'PayPal says something of a dispute that cannot be read.' } as const
const readIds = reading((value) => listOf(fieldsOf(value)['items']).map((one) => idOf(fieldsOf(one)['dispute_id'])))

/** What a webhook of a dispute speaks of: our payment, and the capture. */
export const readDisputed = reading((value) => {
  const [first] = listOf(fieldsOf(value)['disputed_transactions']).map(fieldsOf)
  const capture = first?.['seller_transaction_id']
  return { reference: referenceOf(first?.['custom']), capture: isId(capture) ? capture : null }
})

type Told = {
  readonly disputes: readonly ProviderDispute[]
  readonly facts: readonly ProviderFact[]
  /** Refunds of the order that are no refunds: what a dispute took. */
  readonly taken: ReadonlySet<string>
}

export function tellDisputes(disputes: readonly PayPalDispute[], refunds: readonly PayPalRefund[]): Told {
  const taken = new Set<string>()
  const facts = disputes.flatMap((dispute) => factsOf(dispute, refunds, taken))
  return { disputes: disputes.map(shown), facts, taken }
}

function factsOf(dispute: PayPalDispute, refunds: readonly PayPalRefund[], taken: Set<string>): ProviderFact[] {
  const theirs = refunds.filter(
    ({ id, capture, reference }) => reference === null && !taken.has(id) && dispute.captures.includes(capture ?? ''),
  )
  const debits: Move[] = []
  for (const debit of dispute.debits) {
    const same = theirs.find(({ id, amount }) => !taken.has(id) && amount.amount === debit.amount.amount)
    if (same) taken.add(same.id)
    debits.push(debit)
  }
  // Its own record may come to say it later than the order's.
  const early = dispute.debits.length === 0 ? theirs.find(({ isReversal, status }) => isReversal && status === 'COMPLETED') : undefined
  if (early) {
    taken.add(early.id)
    debits.push(early)
  }
  const isLost = dispute.status === 'RESOLVED' && shown(dispute).status === 'lost'
  return debits.flatMap((debit, index): ProviderFact[] => {
    const operationRef = index === 0 ? dispute.id : `${dispute.id}:${index + 1}`
    const credit = dispute.credits[index]
    const fact = { operationRef, amount: debit.amount, providerTime: debit.at }
    if (credit)
      return [
        { kind: 'disp_withdrawn', ...fact },
        { kind: 'disp_reinstated', operationRef, amount: credit.amount, providerTime: credit.at },
      ]
    return [{ kind: 'disp_withdrawn', ...fact }, ...(isLost ? [{ kind: 'disp_lost', ...fact } as const] : [])]
  })
}

function shown({ id, amount, reason, dueAt, ...dispute }: PayPalDispute): ProviderDispute {
  return { ref: id, amount, reason, evidenceDueAt: dueAt, status: statusOf(dispute) }
}

function statusOf({
  status,
  stage,
  outcome,
  debits,
}: Pick<PayPalDispute, 'status' | 'stage' | 'outcome' | 'debits'>): ProviderDispute['status'] {
  if (status === 'RESOLVED') {
    if (outcome === 'RESOLVED_BUYER_FAVOUR' || outcome === 'ACCEPTED') return 'lost'
    // With a payout PayPal pays the buyer, and the shop keeps its money.
    if (outcome === 'RESOLVED_SELLER_FAVOUR' || outcome === 'RESOLVED_WITH_PAYOUT' || outcome === 'DENIED') return 'won'
    return 'closed'
  }
  // Buyer and shop talk to each other, and nobody has decided anything.
  if (stage === 'INQUIRY' && debits.length === 0) return 'warning'
  return status === 'OPEN' || status === 'WAITING_FOR_SELLER_RESPONSE' ? 'needs_response' : 'under_review'
}
