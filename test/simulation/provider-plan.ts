// What is wrong with the provider in a run besides the faults of every run: errors after the effect, rate limits, an hour's outage,
// webhooks that lie or are badly signed, payouts. It has dice of its own, so that runs without any of it stay as they are. And what is
// lost of all it says for a whole run, where that is asked for: its webhooks, or every answer.
import type { PaymentProvider, ProviderResult } from '../../src/domains/payments/provider.ts'
import type { SandboxSettings } from '../../src/sandbox/settings.ts'
import { pause } from './buyer.ts'
import type { Faults } from './faults.ts'
import { type MoneyParts, unlessRefused } from './money-plan.ts'
import type { Tally } from './tally.ts'
import { createDice, type Dice, type World } from './world.ts'

/** All of it is lost, from the first moment to the last. */
export const drops = ['webhooks', 'answers'] as const
export type Drop = (typeof drops)[number]

export type ProviderPlan = {
  readonly dice: Dice
  readonly errorsAfter: number
  readonly rateLimits: number
  /** When the provider is away for an hour; null: never. */
  readonly outageAt: number | null
  readonly paysOut: boolean
  readonly settings: Partial<SandboxSettings>
}

const enabledShare = 0.3
const outageMs = 3_600_000

/** Null: the provider has no other faults. */
export function planProvider(
  seed: number,
  { isCapturedLater, drop }: { isCapturedLater: boolean; drop: Drop | null },
): ProviderPlan | null {
  const dice = createDice(seed + 55_000_001)
  if (!dice.chance(enabledShare)) return null
  const is = (share: number) => dice.chance(share)
  const [hasErrors, hasLimits, hasOutage, paysOut] = [is(0.4), is(0.4), is(0.15), is(0.4)]
  // A part of what was authorized may be any part of it: nobody can see from a webhook that it lies. And who gets no answer cannot ask.
  const canLie = !isCapturedLater && drop === null
  const [isBadlySigned, isAmountWrong, isCurrencyWrong] = [is(0.4), is(0.3) && canLie, is(0.3) && canLie]
  return {
    dice,
    errorsAfter: hasErrors ? 0.2 : 0,
    rateLimits: hasLimits ? 0.2 : 0,
    outageAt: hasOutage ? dice.between(0, 30_000) : null,
    // Of what the provider keeps only its account tells, and that is asked for.
    paysOut: paysOut && drop !== 'answers',
    settings: {
      ...(paysOut && drop !== 'answers' ? { feePpm: 14_000, feeFixedMinor: 25 } : {}),
      webhookBadlySigned: isBadlySigned ? 0.3 : 0,
      webhookWrongAmount: isAmountWrong ? 0.3 : 0,
      webhookWrongCurrency: isCurrencyWrong ? 0.3 : 0,
    },
  }
}

/** Who gets no answer is told by webhooks: all that there is, within an hour or two. */
export function settingsOf(drop: Drop): Partial<SandboxSettings> {
  if (drop === 'webhooks') return { webhookLoss: 1 }
  return {
    webhookLoss: 0,
    webhookBare: 0,
    webhookBadlySigned: 0,
    authorizationMs: 45 * 60_000,
    feePpm: 0,
    feeFixedMinor: 0,
    disputeFeeMinor: 0,
  }
}

/** Until then there is trouble at least. */
export function troubleUntil(plan: ProviderPlan | null): number {
  return plan?.outageAt == null ? 0 : plan.outageAt + outageMs + 60_000
}

type Around = { readonly world: World; readonly faults: Faults; readonly tally: Tally }

export type ProviderTrouble = ReturnType<typeof createTrouble>

export function createTrouble(plan: ProviderPlan | null, drop: Drop | null, { world, faults, tally }: Around) {
  const strikes = (share: number) => plan !== null && faults.isOn() && share > 0 && plan.dice.chance(share)
  let isAwayCounted = false
  let isAnswering = drop !== 'answers'
  return {
    isAnswering: () => isAnswering,
    answer: () => void (isAnswering = true),
    /** No call arrives. */
    isAway(): boolean {
      if (plan?.outageAt == null) return false
      const sinceMs = world.elapsed() - plan.outageAt
      if (sinceMs < 0 || sinceMs >= outageMs) return false
      if (!isAwayCounted) tally.add('outage of an hour')
      isAwayCounted = true
      return true
    },
    /** It was carried out, and is answered by a 500. */
    isBroken(): boolean {
      if (!strikes(plan?.errorsAfter ?? 0)) return false
      tally.add('500 after effect')
      return true
    },
    /** How long to pause before the next call; null: this one is taken. */
    limitedMs(): number | null {
      if (!strikes(plan?.rateLimits ?? 0)) return null
      tally.add('rate limit')
      return plan!.dice.pick([1_000, 5_000, 30_000])
    },
  }
}

/** The provider with its rate limit: a call that is refused by it says for how long. */
export function limited(provider: PaymentProvider, { limitedMs }: ProviderTrouble): PaymentProvider {
  const guard =
    <TGiven extends readonly unknown[], T>(call: (...given: TGiven) => Promise<ProviderResult<T>>) =>
    async (...given: TGiven): Promise<ProviderResult<T>> => {
      const afterMs = limitedMs()
      return afterMs === null ? await call(...given) : { result: 'uncertain', reason: '429: too many calls', afterMs }
    }
  return {
    ...provider,
    start: guard(provider.start),
    resume: guard(provider.resume!),
    capture: guard(provider.capture!),
    cancel: guard(provider.cancel),
    refund: guard(provider.refund),
    fetch: guard(provider.fetch),
    list: guard(provider.list!),
  }
}

const payoutsMax = 4

/** What the account holds goes to the bank, and what that costs is kept. */
export async function payOut(
  { world, book }: Pick<MoneyParts, 'world' | 'book'>,
  { dice, paysOut }: ProviderPlan,
  tally: Tally,
): Promise<void> {
  if (!paysOut) return
  for (let count = 0; count < payoutsMax; count++) {
    await pause(world, dice.between(5_000, 60_000))
    const feeMinor = dice.between(1, 300)
    if (!unlessRefused(() => book.payOut('EUR', feeMinor))) continue
    tally.add('payouts')
    tally.add('payout with a fee')
  }
}
