// The lines of Stripe's account. Stripe lists the newest first, and we want the oldest first: so spans of time are read one after
// another, short enough for a page each. After those come the lines of payouts, again, with the payout that each was paid out by.
import { type Money, money } from '../../base/money.ts'
import type { ProviderResult, SettlementLine, SettlementPage } from '../../domains/payments/provider.ts'
import { type Finder, reading } from './find.ts'
import { idIn, isWritten, listIn, markIn, nameIn, paymentMark, signedIn, timeIn, type Written, wordIn } from './read.ts'

const day = 86_400
const pageRows = 100
const longestSpan = 30 * day

/**
 * Where a list goes on. `lines`: with the span that begins at a time, in seconds. `payouts`: with the lines of payouts that were made at
 * that time or later, of one after its line `after`.
 */
type Place =
  | { readonly kind: 'lines'; readonly from: number; readonly span: number }
  | { readonly kind: 'payouts'; readonly from: number; readonly payout: string | null; readonly after: string | null }

type Asked = { readonly since: number; readonly after: string | null; readonly now: number }

export async function linesOf(finder: Finder, { since, after, now }: Asked): Promise<ProviderResult<SettlementPage>> {
  const start = Math.max(0, Math.floor(since / 1_000))
  const place = after === null ? ({ kind: 'lines', from: start, span: day } as const) : placeOf(after)
  if (place === null) return { result: 'refused', reason: 'The list of Stripe does not go on there.' }
  return await reading(() =>
    place.kind === 'lines' ? linesOfSpan(finder, place, { start, end: Math.floor(now / 1_000) }) : linesOfPayout(finder, place),
  )
}

async function linesOfSpan(
  finder: Finder,
  { from, span }: Place & { kind: 'lines' },
  { start, end }: { readonly start: number; readonly end: number },
): Promise<SettlementPage> {
  let length = span
  for (;;) {
    const until = Math.min(from + length, end + 1)
    const query = { created: { gte: from, lt: until }, expand: ['data.source'], limit: pageRows }
    const list = listIn({ list: await finder.get('balance_transactions', query) }, 'list')
    if (list.hasMore && length > 1) {
      length = Math.max(1, Math.floor(length / 4))
      continue
    }
    // More than a page in one second: all of it is read.
    const { limit: _, ...whole } = query
    const rows = list.hasMore ? await finder.all('balance_transactions', whole, 'lines of one second') : list.rows
    const next: Place =
      until > end
        ? { kind: 'payouts', from: start, payout: null, after: null }
        : { kind: 'lines', from: until, span: rows.length < pageRows / 4 ? Math.min(longestSpan, length * 2) : length }
    return { lines: oldestFirst(rows.map((row) => lineOf(row, null))), next: textOfPlace(next) }
  }
}

/** Payouts one after another, the newest first, each with its lines. Only those that Stripe makes by itself know their lines. */
async function linesOfPayout(finder: Finder, place: Place & { kind: 'payouts' }): Promise<SettlementPage> {
  const { payout: known, after } = place
  const payout = after === null ? await nextPayout(finder, { start: place.from, before: known }) : known
  if (payout === null) return { lines: [], next: null }
  const from = after === null ? {} : { starting_after: after }
  const query = { payout, expand: ['data.source'], limit: pageRows, ...from }
  const list = listIn({ list: await finder.get('balance_transactions', query) }, 'list')
  const last = list.hasMore ? list.rows.at(-1) : undefined
  const next: Place = { ...place, payout, after: last === undefined ? null : nameIn(last, 'id') }
  return { lines: oldestFirst(list.rows.map((row) => lineOf(row, payout))), next: textOfPlace(next) }
}

async function nextPayout(
  finder: Finder,
  { start, before }: { readonly start: number; readonly before: string | null },
): Promise<string | null> {
  let after = before
  for (;;) {
    const query = { created: { gte: start }, limit: pageRows, ...(after === null ? {} : { starting_after: after }) }
    const { rows, hasMore } = listIn({ list: await finder.get('payouts', query) }, 'list')
    const found = rows.find((one) => one['automatic'] === true)
    if (found !== undefined) return nameIn(found, 'id')
    if (!hasMore || rows.length === 0) return null
    after = nameIn(rows.at(-1)!, 'id')
  }
}

const kinds = new Map<string | null, SettlementLine['kind']>(
  Object.entries({
    charge: 'payment',
    charge_failure: 'payment',
    refund: 'refund',
    refund_failure: 'refund',
    partial_capture_reversal: 'refund',
    dispute: 'dispute',
    dispute_reversal: 'dispute_reversal',
    fee: 'fee',
    network_cost: 'fee',
    payout: 'payout',
    payout_reversal: 'payout',
  }),
)

/** Source of the categories: https://docs.stripe.com/reports/reporting-categories. */
function lineOf(row: Written, payoutRef: string | null): SettlementLine {
  const source = isWritten(row['source']) ? row['source'] : {}
  const kind = kinds.get(wordIn(row, 'reporting_category')) ?? 'adjustment'
  const intent = idIn(source, 'payment_intent')
  // Facts of a capture are named after its PaymentIntent, others after themselves.
  const own =
    kind === 'payment' ? intent : kind === 'refund' || kind === 'dispute' || kind === 'dispute_reversal' ? idIn(row, 'source') : null
  const amount = signedIn(row, 'amount')
  return {
    ref: nameIn(row, 'id'),
    kind,
    operationRef: own,
    providerRef: intent,
    reference: markIn(source, paymentMark),
    amount,
    original: own === null ? null : originalOf(source, amount),
    fee: signedIn(row, 'fee'),
    at: timeIn(row, 'created'),
    payoutRef: payoutRef ?? (kind === 'payout' ? idIn(row, 'source') : null),
  }
}

/** A charge, refund or dispute of another currency than the account's: Stripe changed it. */
function originalOf(source: Written, { amount, currency }: Money): Money | null {
  if (wordIn(source, 'currency') === null) return null
  const whole = signedIn(source, wordIn(source, 'object') === 'charge' ? 'amount_captured' : 'amount')
  return whole.currency === currency ? null : money(Math.sign(amount) * whole.amount, whole.currency)
}

const oldestFirst = (lines: readonly SettlementLine[]) => lines.toSorted((a, b) => a.at - b.at || (a.ref < b.ref ? -1 : 1))

const textOfPlace = (place: Place): string =>
  place.kind === 'lines' ? `lines:${place.from}:${place.span}` : `payouts:${place.from}:${place.payout ?? ''}:${place.after ?? ''}`

function placeOf(text: string): Place | null {
  const lines = /^lines:(\d{1,12}):(\d{1,9})$/.exec(text)
  if (lines) return { kind: 'lines', from: Number(lines[1]), span: Math.max(1, Number(lines[2])) }
  const payouts = /^payouts:(\d{1,12}):(\w{0,200}):(\w{0,200})$/.exec(text)
  return payouts && { kind: 'payouts', from: Number(payouts[1]), payout: payouts[2] || null, after: payouts[3] || null }
}
