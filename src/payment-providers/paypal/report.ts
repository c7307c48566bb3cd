// The lines of the PayPal account, from its transaction search. It tells what happened up to three hours ago, in windows of 31
// days, three years back. Source: reporting_transactions_v1 of PayPal's OpenAPI documents.
import { toIso } from '../../base/clock.ts'
import type { ProviderResult, SettlementLine, SettlementPage } from '../../domains/payments/provider.ts'
import { fromPayPal } from './amounts.ts'
import type { PayPalAnswer, PayPalApi } from './api.ts'
import { fieldsOf, idOf, isId, listOf, reading, referenceOf, timeOf } from './read.ts'

const dayMs = 24 * 3_600_000
const windowMs = 31 * dayMs
const goesBackMs = 3 * 365 * dayMs
const pageSize = 500

type Transaction = {
  readonly id: string
  readonly event: string
  readonly relatedTo: { readonly kind: string; readonly id: string } | null
  readonly reference: string | null
  readonly line: Pick<SettlementLine, 'amount' | 'at'>
  /** Signed as PayPal writes it: what it took is negative. */
  readonly fee: number
}
export type TransactionPage = {
  readonly transactions: readonly Transaction[]
  readonly pages: number
  /** Up to when all is told. */
  readonly toldUntil: number | null
}
type Search = { readonly from: number; readonly to: number; readonly page: number; readonly isAll: boolean }
type Searched = { readonly result: 'ok'; readonly value: TransactionPage } | Exclude<PayPalAnswer, { result: 'ok' }>

const readTransaction = (value: unknown): Transaction[] => {
  const info = fieldsOf(fieldsOf(value)['transaction_info'])
  const amount = fromPayPal(info['transaction_amount'])
  const fee = info['fee_amount'] === undefined ? null : fromPayPal(info['fee_amount'])
  const at = timeOf(info['transaction_initiation_date'])
  // What has no amount or no time has moved nothing.
  if (amount === null || at === null) return []
  const { paypal_reference_id: related, paypal_reference_id_type: kind, transaction_event_code: event, custom_field: custom } = info
  return [
    {
      id: idOf(info['transaction_id']),
      event: typeof event === 'string' ? event : '',
      relatedTo: isId(related) && typeof kind === 'string' ? { kind, id: related } : null,
      reference: referenceOf(custom),
      line: { amount, at },
      fee: fee !== null && fee.currency === amount.currency ? fee.amount : 0,
    },
  ]
}

const readPage = reading((value): TransactionPage => {
  const { transaction_details: details, total_pages: pages, last_refreshed_datetime: refreshed } = fieldsOf(value)
  return {
    transactions: listOf(details).flatMap(readTransaction),
    pages: Number.isSafeInteger(pages) ? (pages as number) : 1,
    toldUntil: timeOf(refreshed),
  }
})

/** `isAll`: also what did not move the balance, such as an authorization. */
export async function searchTransactions(api: PayPalApi, { from, to, page, isAll }: Search): Promise<Searched> {
  const query = new URLSearchParams({
    start_date: toIso(from),
    end_date: toIso(to),
    fields: 'transaction_info',
    balance_affecting_records_only: isAll ? 'N' : 'Y',
    page_size: String(pageSize),
    page: String(page),
  })
  const answer = await api({ method: 'GET', path: `/v1/reporting/transactions?${query}` })
  // It says so of a window that begins after what it has been told of.
  if (answer.result === 'refused' && answer.status === 400 && /not available/i.test(answer.reason))
    return { result: 'ok', value: { transactions: [], pages: 1, toldUntil: null } }
  if (answer.result === 'refused' && answer.status === 403)
    return { ...answer, reason: 'PayPal does not let this app see its transactions: switch on "Transaction search" in its dashboard.' }
  if (answer.result !== 'ok') return answer
  const value = readPage(answer.value)
  return value === null ? { result: 'uncertain', reason: 'PayPal lists transactions that cannot be read.' } : { result: 'ok', value }
}

/** `after`: the window and the page that come next, as the page before said. */
export async function listLines(
  api: PayPalApi,
  { since, after, now }: { readonly since: number; readonly after: string | null; readonly now: number },
): Promise<ProviderResult<SettlementPage>> {
  const [, window, number] = /^(\d{1,15})\.(\d{1,7})$/.exec(after ?? '') ?? []
  const from = Math.max(window === undefined ? since : Number(window), now - goesBackMs)
  const page = number === undefined ? 1 : Number(number)
  if (from >= now) return { result: 'ok', value: { lines: [], next: null } }
  const to = Math.min(from + windowMs, now)
  const answer = await searchTransactions(api, { from, to, page, isAll: false })
  if (answer.result !== 'ok') return answer.result === 'refused' ? { result: 'refused', reason: answer.reason } : answer
  const { transactions, pages } = answer.value
  const lines = transactions.flatMap(linesOf).toSorted((a, b) => a.at - b.at)
  return { result: 'ok', value: { lines, next: page < pages ? `${from}.${page + 1}` : to < now ? `${to}.1` : null } }
}

function linesOf({ id, event, relatedTo, reference, line, fee }: Transaction): SettlementLine[] {
  const kind = kindOf(event, line.amount.amount)
  const { currency } = line.amount
  const isOperation = kind === 'payment' || kind === 'refund'
  const one: SettlementLine = {
    ref: id,
    kind,
    operationRef: isOperation ? id : null,
    // Of a refund and of a dispute: the capture that they undo.
    providerRef: relatedTo?.id ?? null,
    // The one of a refund is the refund's.
    reference: kind === 'payment' ? reference : null,
    ...line,
    fee: { amount: Math.max(0, -fee), currency },
    payoutRef: null,
  }
  if (fee <= 0) return [one]
  // Given back with a refund: a line of its own, since a fee is what was kept.
  return [
    one,
    { ...one, ref: `${id}:fee`, kind: 'fee', operationRef: null, amount: { amount: fee, currency }, fee: { amount: 0, currency } },
  ]
}

/** By the event codes of PayPal's reports: https://developer.paypal.com/reports/reference/t-codes */
const kinds = new Map<string, SettlementLine['kind']>(
  Object.entries({
    T00: 'payment',
    T01: 'fee',
    T04: 'payout',
    T1106: 'dispute',
    T1107: 'refund',
    T1108: 'fee',
    T1110: 'dispute',
    T1111: 'dispute_reversal',
    T1201: 'dispute',
    T1202: 'dispute_reversal',
  }),
)

function kindOf(event: string, amount: number): SettlementLine['kind'] {
  const kind = kinds.get(event) ?? kinds.get(event.slice(0, 3)) ?? 'adjustment'
  // A payment that the shop made itself.
  return kind === 'payment' && amount < 0 ? 'adjustment' : kind
}
