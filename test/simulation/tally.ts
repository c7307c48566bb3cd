// What a run has seen of money: how often the provider did each thing that it is asked to do wrong, and how much was moved.
// A knob that is turned in no run of many is one that nobody has tried.
import type { Egress } from '../../src/base/egress.ts'
import { errorCodes } from '../../src/contract/error-codes.ts'
import { newsOf } from '../../src/sandbox/news.ts'
import type { SandboxPayment } from '../../src/sandbox/payment.ts'
import type { SandboxSettings } from '../../src/sandbox/settings.ts'
import type { SandboxDelivery, SandboxStore } from '../../src/sandbox/store.ts'

export const knobNames = [
  'effect, then time-out',
  '500 after effect',
  'rate limit',
  'outage of an hour',
  'decline',
  'challenge',
  'delay',
  'capture that fails later',
  'webhook repeated',
  'webhook out of order',
  'webhook late',
  'webhook dropped',
  'webhook badly signed',
  'wrong amount',
  'wrong currency',
  'dispute',
  'refund in the dashboard',
  'capture in the dashboard',
  'void in the dashboard',
  'payout with a fee',
] as const
export type KnobName = (typeof knobNames)[number]

export const deedNames = [
  ...(['orders', 'payments', 'captures', 'refunds', 'disputes', 'payouts', 'webhooks taken', 'lines explained', 'discounts used'] as const),
  ...(['orders.fulfill', 'fulfillments.deliver', 'fulfillments.cancel', 'orders.hold', 'orders.release', 'orders.cancel'] as const),
  ...(['orders.return', 'returns.approve', 'returns.reject', 'returns.receive', 'returns.complete', 'orders.refund'] as const),
  ...(['orders.edit', 'orders.create', 'orders.makePaymentLink', 'paid by link'] as const),
  ...(['orders.exchange', 'stock.receive', 'orders.download', 'bought to download', 'bought as a bundle', 'bought by a list'] as const),
] as const
export type DeedName = (typeof deedNames)[number]

export type Counts = Readonly<Partial<Record<KnobName | DeedName, number>>>
export type Tally = ReturnType<typeof createTally>

export function createTally() {
  const counts: Partial<Record<KnobName | DeedName, number>> = {}
  return {
    counts: counts as Counts,
    add(name: KnobName | DeedName, times = 1): void {
      if (times > 0) counts[name] = (counts[name] ?? 0) + times
    },
  }
}

export function addCounts(to: Partial<Record<KnobName | DeedName, number>>, more: Counts): void {
  for (const [name, count] of Object.entries(more) as [KnobName | DeedName, number][]) to[name] = (to[name] ?? 0) + count
}

export function countsText(counts: Counts): string {
  const of = (names: readonly (KnobName | DeedName)[]) => names.map((name) => `${name} ${counts[name] ?? 0}`).join(', ')
  return `${of(deedNames)}\nknobs: ${of(knobNames)}`
}

type Written = { readonly order: number; readonly at: number; takings: number }
type Watch = { readonly tally: Tally; readonly now: () => number; readonly settings: () => SandboxSettings }

const lateMs = 1_000

/** The book's store and the way of its webhooks, watched: which were dropped, changed, repeated, late or out of order. */
export function watchWebhooks(
  store: SandboxStore,
  egress: Egress,
  { tally, now, settings }: Watch,
): { store: SandboxStore; egress: Egress } {
  const written = new Map<string, Written>()
  const newest = new Map<string, number>()

  function note(payment: SandboxPayment, before: SandboxPayment | null, opened: readonly SandboxDelivery[]): void {
    const isTold = newsOf(before, payment).length > 0 && (before !== null || payment.state === 'failed')
    if (isTold) tally.add('webhook dropped', settings().webhookCopies - opened.length)
    for (const { body } of opened) {
      if (written.has(body!)) continue
      written.set(body!, { order: written.size, at: now(), takings: 0 })
      const { data } = JSON.parse(body!) as { data?: Pick<SandboxPayment, 'amountMinor' | 'currency'> }
      if (data && data.amountMinor !== payment.amountMinor) tally.add('wrong amount')
      if (data && data.currency !== payment.currency) tally.add('wrong currency')
    }
  }

  function noteTaken(body: string): void {
    const known = written.get(body)
    if (known === undefined) return
    tally.add('webhooks taken')
    const { payment } = JSON.parse(body) as { payment: string }
    if (known.takings++ > 0) tally.add('webhook repeated')
    else if (now() - known.at >= lateMs) tally.add('webhook late')
    const last = newest.get(payment) ?? -1
    if (known.order < last) tally.add('webhook out of order')
    newest.set(payment, Math.max(last, known.order))
  }

  return {
    store: {
      ...store,
      put(payment, opened, lines) {
        const before = store.getPayment(payment.id)
        store.put(payment, opened, lines)
        note(payment, before, opened)
      },
    },
    egress: {
      async request(request) {
        const answer = await egress.request(request)
        if (answer.status === errorCodes.webhook_rejected.status) tally.add('webhook badly signed')
        if (answer.status < 300) noteTaken(request.body as string)
        return answer
      },
    },
  }
}

/** What the book holds at the end of a run. */
export function tallyBook(tally: Tally, payments: readonly SandboxPayment[]): void {
  for (const { asked, captures, refunds, disputes } of payments) {
    if (asked === 'card_declined') tally.add('decline')
    if (asked === 'card_challenge' || asked === 'approval') tally.add('challenge')
    if (asked.startsWith('delayed_')) tally.add('delay')
    tally.add('captures', captures.filter(({ state }) => state === 'succeeded').length)
    tally.add('capture that fails later', captures.filter(({ state, decidedAt, at }) => state === 'failed' && decidedAt !== at).length)
    tally.add('refunds', refunds.length)
    tally.add('disputes', disputes.length)
    tally.add('dispute', disputes.length)
  }
}
