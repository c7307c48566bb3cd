// A provider whose account a test writes itself: what it lists, in pages, and nothing else of its own. All other calls go to the real one.
import { money } from '../../src/base/money.ts'
import type { PaymentProvider, SettlementLine } from '../../src/domains/payments/provider.ts'

export type AccountDouble = {
  readonly provider: PaymentProvider
  /** What the account shows, oldest first. */
  readonly lines: SettlementLine[]
  /** Calls to `list`: where each began. */
  readonly asked: { readonly since: number; readonly after: string | null }[]
  /** What the next calls answer instead. */
  readonly faults: Awaited<ReturnType<NonNullable<PaymentProvider['list']>>>[]
  /** Asked first, where a test sets it. */
  instead: Partial<Pick<PaymentProvider, 'list' | 'refund'>>
}

export function createAccountDouble(inner: PaymentProvider, { pageSize = 2 }: { readonly pageSize?: number } = {}): AccountDouble {
  const lines: SettlementLine[] = []
  const asked: AccountDouble['asked'] = []
  const faults: AccountDouble['faults'] = []
  const double = { lines, asked, faults, instead: {} as AccountDouble['instead'] }
  const provider: PaymentProvider = {
    ...inner,
    capabilities: { ...inner.capabilities, lists: true },
    refund: (request) => (double.instead.refund ?? inner.refund)(request),
    async list(since, after) {
      if (double.instead.list) return await double.instead.list(since, after)
      asked.push({ since, after })
      const fault = faults.shift()
      if (fault !== undefined) return fault
      const all = lines.filter(({ at }) => at >= since)
      const start = after === null ? 0 : all.findIndex(({ ref }) => ref === after) + 1
      const page = all.slice(start, start + pageSize)
      return { result: 'ok', value: { lines: page, next: start + pageSize < all.length ? page.at(-1)!.ref : null } }
    },
  }
  return Object.assign(double, { provider })
}

/** A line of one's account, in euro. */
export function aLine(
  given: Partial<Omit<SettlementLine, 'amount' | 'fee'>> & { readonly ref: string; readonly minor: number; readonly fee?: number },
): SettlementLine {
  const { minor, fee = 0, ...rest } = given
  return {
    kind: 'payment',
    operationRef: null,
    providerRef: null,
    reference: null,
    original: null,
    at: 0,
    payoutRef: null,
    ...rest,
    amount: money(minor, 'EUR'),
    fee: money(fee, 'EUR'),
  }
}
