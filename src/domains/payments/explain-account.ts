// What a provider's account and our facts say of each other: all that does not agree, exactly. Reads only.
import { leastIdAt, timeOfId } from '../../base/ids.ts'
import { limits } from '../../base/limits.ts'
import { money } from '../../base/money.ts'
import { and, compare, eq, oneOf } from '../../contract/filter.ts'
import { findAll, pagesById } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type PaymentFact, paymentFacts } from './collections.ts'
import { factSigns } from './match-lines.ts'
import { type Difference, type Reconciliation, type StoredLine, settlementLines, unexplainedStates } from './settlement-collections.ts'

export type Explanation = {
  /** Of the account, in the time that was read. */
  readonly lines: number
  readonly matched: number
  /** Parts per million of the lines, and of facts that should have one, that are explained. */
  readonly explainedPpm: number
  readonly differenceCount: number
  /** The first of them. */
  readonly differences: readonly Difference[]
  /** From when on facts were looked at, and are to be looked at again where not all differences are told. */
  readonly factsSince: number
}

export async function explainAccount(read: Reader, row: Reconciliation, before: Reconciliation | null): Promise<Explanation> {
  const { provider, since, until } = row
  const differences: Difference[] = []
  let differenceCount = 0
  const note = (difference: Difference) => {
    differenceCount++
    if (differences.length < limits.differencesToldMax) differences.push(difference)
  }
  const ofAccount = and(eq('provider', provider), compare('at', 'gte', since), compare('at', 'lte', until))
  const lines = await read.count(settlementLines, ofAccount)
  let older = 0
  for await (const page of pagesById(read, settlementLines, and(eq('provider', provider), oneOf('state', unexplainedStates)))) {
    const facts = new Map(
      (
        await read.getMany(
          paymentFacts,
          page.flatMap(({ fact }) => fact ?? []),
        )
      ).map((fact) => [fact.id, fact]),
    )
    for (const line of page) {
      if (line.at < since || line.at > until) older++
      note(differenceOf(line, line.fact === null ? undefined : facts.get(line.fact)))
    }
  }
  const unexplained = differenceCount
  const looked = { provider, since: factsFrom(row, before), until }
  let factsSince = looked.since
  for await (const fact of lineless(read, looked, before)) {
    // Older ones, that an earlier look named: this one may not be able to name them.
    factsSince = Math.min(factsSince, timeOfId(fact.id) ?? factsSince)
    note(missing(fact))
  }
  const all = lines + older + differenceCount - unexplained
  const matched = lines + older - unexplained
  const explainedPpm = all === 0 ? 1_000_000 : Math.floor((matched / all) * 1_000_000)
  return { lines, matched, explainedPpm, differenceCount, differences, factsSince }
}

function differenceOf({ id, ref, payment, order, amount, original }: StoredLine, fact: PaymentFact | undefined): Difference {
  const ours = fact === undefined ? null : money(factSigns[fact.kind]! * fact.amount.amount, fact.amount.currency)
  const theirs = original ?? amount
  const kind = ours === null ? 'line_without_fact' : ours.currency === theirs.currency ? 'amount' : 'currency'
  return { kind, record: id, ref, payment, order, ours, theirs }
}

function missing({ id, kind, operationRef, payment, order, amount }: PaymentFact): Difference {
  const ours = money(factSigns[kind]! * amount.amount, amount.currency)
  return { kind: 'fact_without_line', record: id, ref: operationRef, payment, order, ours, theirs: null }
}

/** An earlier look told the first of its differences only: what it did not name is found by looking as far back again. */
function factsFrom({ since }: Reconciliation, before: Reconciliation | null): number {
  const isAll = before === null || before.differenceCount === (before.differences ?? []).length
  return isAll ? since : Math.min(since, before.factsSince ?? before.since)
}

type Looked = Pick<Reconciliation, 'provider' | 'since' | 'until'>

/**
 * Facts that moved money in the time that was read, and that the account does not show: those of now may come to it later. Those that
 * an earlier look missed are looked for again, however old.
 */
async function* lineless(read: Reader, row: Looked, before: Reconciliation | null): AsyncGenerator<PaymentFact> {
  const { provider, since, until } = row
  const latest = until - limits.settlementGraceMs
  const carried = (before?.differences ?? []).filter(({ kind }) => kind === 'fact_without_line').map(({ record }) => record)
  const earlier = carried.filter((id) => (timeOfId(id) ?? 0) < since)
  if (earlier.length > 0) yield* await withoutLine(read, await read.getMany(paymentFacts, earlier))
  // By their ids, which say when each was stored: no index of them all is kept for one look a night.
  const where = and(eq('provider', provider), oneOf('kind', Object.keys(factSigns)), compare('id', 'lt', leastIdAt('fact', latest)))
  const last = { id: leastIdAt('fact', since) }
  while (true) {
    // Beyond the limit: the next page.
    const page: PaymentFact[] = await read.find(paymentFacts, { where, limit: limits.readPageSize, after: [last.id] })
    yield* await withoutLine(read, page)
    if (page.length < limits.readPageSize) return
    last.id = page.at(-1)!.id
  }
}

async function withoutLine(read: Reader, facts: readonly PaymentFact[]): Promise<PaymentFact[]> {
  if (facts.length === 0) return []
  const ids = [...new Set(facts.map(({ payment }) => payment))]
  const known = new Set((await findAll(read, settlementLines, oneOf('payment', ids))).map(({ fact }) => fact))
  // A refund that failed before it was told to have succeeded has moved nothing, and neither has one that failed alone.
  const failed = facts.filter(({ kind }) => kind === 'ref_ok' || kind === 'ref_fail').map(({ payment }) => payment)
  const ends =
    failed.length === 0 ? [] : await findAll(read, paymentFacts, and(oneOf('payment', failed), oneOf('kind', ['ref_ok', 'ref_fail'])))
  const kinds = Map.groupBy(ends, ({ operationRef }) => operationRef)
  const isBoth = ({ operationRef }: PaymentFact) => new Set(kinds.get(operationRef)?.map(({ kind }) => kind)).size > 1
  return facts.filter((fact) => !known.has(fact.id) && fact.kind !== 'ref_fail' && !(fact.kind === 'ref_ok' && isBoth(fact)))
}
