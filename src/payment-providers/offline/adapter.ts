// Ways to pay that no company stands behind: a bank transfer, cash on delivery, an invoice. There is nobody to ask, so the name
// of a payment holds what a record of it would: our id and the amount. What came in is booked by staff (`payments.receipt`).
import type { Clock } from '../../base/clock.ts'
import { minorDigits } from '../../base/currencies.ts'
import { type Money, money } from '../../base/money.ts'
import type { PaymentAction } from '../../domains/payments/collections.ts'
import type { PaymentProvider, ProviderFact, ProviderResult, ProviderView } from '../../domains/payments/provider.ts'

export type OfflineOptions = {
  readonly id: string
  readonly clock: Pick<Clock, 'now'>
  /** Where the customer sends the money, and the order is placed once it is there. Null: on terms, it is placed at once. */
  readonly transfer: { readonly holder: string; readonly iban: string; readonly bic: string | null } | null
}

export function createOfflineProvider({ id, clock, transfer }: OfflineOptions): PaymentProvider {
  const fact = (kind: ProviderFact['kind'], operationRef: string, { amount }: Named): ProviderFact => ({
    kind,
    operationRef,
    amount,
    providerTime: clock.now(),
  })
  const view = (providerRef: string, more: Partial<ProviderView> = {}): ProviderResult<ProviderView> => {
    const named = readName(providerRef)
    if (named === null) return { result: 'refused', reason: 'There is no such payment.' }
    const action: PaymentAction | null = transfer === null ? null : { type: 'transfer', ...transfer, reference: named.order }
    const facts = transfer === null ? [fact('auth_ok', providerRef, named)] : []
    return {
      result: 'ok',
      value: { providerRef, facts, phase: transfer === null ? 'closed' : 'open', action, declineReason: null, ...more },
    }
  }
  const byHand = { result: 'refused', reason: 'Give it back by hand, and say how: settle the refund with a note.' } as const
  return {
    id,
    apiVersion: '1',
    methods: [id],
    capabilities: {
      capturesLater: true,
      capturesParts: true,
      capturesOften: true,
      lists: false,
      currencies: null,
      isBookedByStaff: true,
    },
    start: async ({ reference, amount, orderNumber = reference }) => view(nameOf(reference, amount, orderNumber)),
    async cancel({ providerRef }) {
      const named = readName(providerRef)
      if (named === null) return { result: 'refused', reason: 'There is no such payment.' }
      return view(providerRef, { facts: [fact('void_ok', providerRef, named)], phase: 'closed', action: null })
    },
    refund: async () => byHand,
    // A start that was never answered has no name, and its repeat answers the same.
    fetch: async ({ providerRef }) => (providerRef === null ? { result: 'ok', value: null } : view(providerRef)),
    verifyWebhook: () => null,
  }
}

type Named = { readonly amount: Money; readonly order: string }

const nameOf = (payment: string, { amount, currency }: Money, order: string) => `${payment}:${amount}:${currency}:${order}`

function readName(name: string): Named | null {
  const match = /^pay_\w{26}:(\d{1,16}):([A-Z]{3}):([\w-]{1,40})$/.exec(name)
  if (match === null || minorDigits(match[2]!) === undefined || !Number.isSafeInteger(Number(match[1]))) return null
  return { amount: money(Number(match[1]), match[2]!), order: match[3]! }
}
