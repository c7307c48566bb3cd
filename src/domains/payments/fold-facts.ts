// From a set of facts to amounts. The fold is commutative and idempotent: facts may come late, twice or
// in any order, and the sums are the same. Invariant kept by the unique fence on facts: one per
// (provider, reference, kind).
import { type Money, money } from '../../base/money.ts'
import { factKinds, type PaymentFact } from './collections.ts'

export type FactSums = {
  readonly authorized: Money
  readonly captured: Money
  /** Authorized, and neither captured nor given up. */
  readonly capturable: Money
  readonly refunded: Money
  /** What banks have taken back for disputes, and not returned. */
  readonly disputed: Money
  /** What banks keep of that for good. */
  readonly lost: Money
  readonly isVoided: boolean
  /** A bank took back what was captured, whether or not that was told before it. */
  readonly isReversed: boolean
  readonly isFailed: boolean
}

type Fact = Pick<PaymentFact, 'kind' | 'operationRef' | 'amount'>

/** Amounts in `currency`; facts in another currency are counted by nobody here and reported by verify. */
export function foldFacts(facts: readonly Fact[], currency: string): FactSums {
  const sums = Object.fromEntries(factKinds.map((kind) => [kind, 0])) as Record<Fact['kind'], number>
  const seen = new Map<string, Fact>()
  for (const fact of facts) {
    const { kind, operationRef, amount } = fact
    const identity = `${kind} ${operationRef}`
    if (amount.currency !== currency || seen.has(identity)) continue
    seen.set(identity, fact)
    sums[kind] += amount.amount
  }
  const has = (kind: Fact['kind']) => facts.some((fact) => fact.kind === kind)
  // A refund that failed after it had succeeded takes its success back.
  const failedAfterSuccess = [...seen.values()]
    .filter((fact) => fact.kind === 'ref_fail' && seen.has(`ref_ok ${fact.operationRef}`))
    .reduce((sum, fact) => sum + fact.amount.amount, 0)
  const lost = [...seen.values()]
    .filter((fact) => fact.kind === 'disp_lost' && !seen.has(`disp_reinstated ${fact.operationRef}`))
    .reduce((sum, fact) => sum + fact.amount.amount, 0)
  const captured = sums.cap_ok - sums.cap_reversed
  return {
    // Providers that capture at once say nothing of an authorisation of its own.
    authorized: money(Math.max(sums.auth_ok, sums.cap_ok), currency),
    captured: money(captured, currency),
    capturable: money(has('void_ok') ? 0 : Math.max(0, sums.auth_ok - sums.cap_ok), currency),
    refunded: money(sums.ref_ok - failedAfterSuccess, currency),
    disputed: money(sums.disp_withdrawn - sums.disp_reinstated, currency),
    lost: money(lost, currency),
    isVoided: has('void_ok'),
    isReversed: [...seen.values()].some(({ kind }) => kind === 'cap_reversed'),
    isFailed: has('auth_fail') && !has('auth_ok') && !has('cap_ok'),
  }
}
