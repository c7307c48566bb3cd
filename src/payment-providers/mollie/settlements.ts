// Mollie's account, line by line: the transactions of its primary balance, with what it kept of each. An API key may not read
// them (https://docs.mollie.com/reference/list-balance-transactions): it takes an organization access token with `balances.read`.
// Mollie lists the newest first and has no filter by time. So the first call walks back to the time that is asked for, and keeps
// the id that each page begins with: they are the cursor, and every further call reads one page.
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import type { ProviderResult, SettlementLine, SettlementPage } from '../../domains/payments/provider.ts'
import type { MollieApi } from './api.ts'
import { idOf, readPage, signedAmountOf, timeOf, Unreadable } from './read.ts'

const pageSize = 250

type Parts = { readonly api: MollieApi; readonly token: string; readonly isOutOfTime: () => boolean }

/** `after`: ids of the pages that are left, the oldest last. */
export async function listSettlements(parts: Parts, since: number, after: string | null): Promise<ProviderResult<SettlementPage>> {
  const starts = after === null ? await walkBack(parts, since) : { result: 'ok' as const, value: after.split(',') }
  if (starts.result !== 'ok') return starts
  const pages = starts.value
  const from = pages.at(-1)
  if (from === undefined || !/^[a-z]*_?[\w.-]*$/.test(from)) return { result: 'refused', reason: 'This is no place to read on from.' }
  const page = await readFrom(parts, from)
  if (page.result !== 'ok') return page
  const rest = pages.slice(0, -1)
  // Newer transactions come before the first page, so each page holds what it held.
  const lines = page.value.items.filter(({ at }) => at >= since).toReversed()
  return { result: 'ok', value: { lines, next: rest.length === 0 ? null : rest.join(',') } }
}

async function walkBack(parts: Parts, since: number): Promise<ProviderResult<string[]>> {
  const starts: string[] = []
  let from: string | null = ''
  while (from !== null) {
    if (starts.length === limits.mollieListPagesMax || parts.isOutOfTime())
      return {
        result: 'uncertain',
        reason: 'Mollie has more transactions since then than can be read at once: ask for a shorter time.',
        isAnswered: true,
      }
    const page: ProviderResult<Page> = await readFrom(parts, from)
    if (page.result !== 'ok') return page
    const { items, next } = page.value
    // By the id of its first, which stays where it is when newer ones come.
    starts.push(from === '' ? (items[0]?.ref ?? '') : from)
    from = items.some(({ at }) => at < since) ? null : next
  }
  return { result: 'ok', value: starts }
}

type Page = NonNullable<ReturnType<typeof readPage<SettlementLine>>>

async function readFrom({ api, token }: Parts, from: string): Promise<ProviderResult<Page>> {
  const path = `balances/primary/transactions?limit=${pageSize}${from === '' ? '' : `&from=${encodeURIComponent(from)}`}`
  const answer = await api({ method: 'GET', path, token })
  if (answer.result === 'missing') return { result: 'refused', reason: 'Mollie has no primary balance for this access token.' }
  if (answer.result !== 'ok') return answer
  const page = readPage(answer.value, 'balance_transactions', lineOf)
  return page === null ? { result: 'uncertain', reason: 'Mollie listed transactions that cannot be read.' } : { result: 'ok', value: page }
}

/** By the names of https://docs.mollie.com/reference/list-balance-transactions; a name that is not here is an adjustment. */
const kinds = new Map<string, SettlementLine['kind']>(
  Object.entries({
    payment: 'payment',
    capture: 'payment',
    refund: 'refund',
    'returned-refund': 'refund',
    chargeback: 'dispute',
    'chargeback-reversal': 'dispute_reversal',
    'outgoing-transfer': 'payout',
    'canceled-outgoing-transfer': 'payout',
    'returned-transfer': 'payout',
    'canceled-transfer': 'payout',
    'invoice-compensation': 'fee',
    'payment-fee': 'fee',
    'failed-payment-fee': 'fee',
    'managed-fee': 'fee',
    'reimbursement-fee': 'fee',
  }),
)

function lineOf(item: Readonly<Record<string, unknown>>): SettlementLine {
  const gross = signedAmountOf(item['initialAmount'])
  const net = signedAmountOf(item['resultAmount'])
  const type = typeof item['type'] === 'string' ? item['type'] : ''
  const context = contextOf(item, type)
  const deducted = gross.amount - net.amount
  if (gross.currency !== net.currency || !Number.isSafeInteger(deducted)) throw new Unreadable()
  return {
    ref: idOf(item['id']),
    kind: kinds.get(type) ?? 'adjustment',
    operationRef:
      refIn(context, 'captureId') ?? refIn(context, 'refundId') ?? refIn(context, 'chargebackId') ?? refIn(context, 'paymentId'),
    providerRef: refIn(context, 'paymentId'),
    reference: null,
    ...withFee(gross, deducted),
    at: timeOf(item['createdAt']),
    payoutRef: refIn(context, 'settlementId') ?? refIn(context, 'transferId'),
  }
}

/** A fee is never negative: what Mollie adds, such as a fee that it returns, is part of the amount. */
function withFee({ amount, currency }: Money, deducted: number): { amount: Money; fee: Money } {
  if (deducted >= 0) return { amount: money(amount, currency), fee: money(deducted, currency) }
  return { amount: money(amount - deducted, currency), fee: money(0, currency) }
}

/** Mollie's description has the context below the name of the type, its examples have it flat. */
function contextOf(item: Readonly<Record<string, unknown>>, type: string): Readonly<Record<string, unknown>> {
  const context = (item['context'] ?? {}) as Readonly<Record<string, unknown>>
  const below = context[type]
  return typeof below === 'object' && below !== null ? (below as Record<string, unknown>) : context
}

function refIn(context: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = context[name]
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value) ? value : null
}
