// What must hold of the ledger: every transfer balances, so the whole does, and the accounts that mirror
// something else (the provider's money, a refund owed) say the same as it does.

import { limits } from '../../base/limits.ts'
import { and, compare, eq, isNull, oneOf } from '../../contract/filter.ts'
import { isCreditProvider } from '../../domains/credit/collections.ts'
import { accounts, ledgerEntries } from '../../domains/ledger/collections.ts'
import { claimingStatuses, type PaymentFact, paymentFacts, refunds } from '../../domains/payments/collections.ts'
import { isEqual } from '../../domains/payments/match-lines.ts'
import { bookedStates, type StoredLine, settlementLines, unmatchedStates } from '../../domains/payments/settlement-collections.ts'
import { findAll, pagesById } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { bigSumsBy } from '../../storage/sums-by.ts'
import { type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

type Entry = NonNullable<(typeof ledgerEntries)['record']>

export const ledgerInvariants: InvariantGroup = {
  needs: ['ledgerEntries', 'paymentFacts', 'refunds', 'settlementLines'],
  invariants: {
    'ledger.transfer_balances': 'The entries of one transfer sum to zero in each currency.',
    'ledger.sums_to_zero': 'All entries of a currency sum to zero.',
    'ledger.provider_balance':
      "A provider's account holds what its facts say, captures less reversals, refunds and disputes, and what its own account says beside them: fees, payouts, money of nobody.",
    'ledger.disputed': 'What is disputed and not decided is what banks took back, and neither returned nor keep.',
    'ledger.refund_payable': 'What is owed for a refund is its amount until the customer has it, and nothing then.',
    'ledger.unmatched_returned': 'Money that belongs to no order is on its way back: the unmatched accounts come to zero.',
    'ledger.unmatched_lines': "Money of nobody in a provider's account is held as unmatched until staff have settled it.",
    'settlementLines.fit_facts': 'A line that is matched has a fact of the same amount.',
  },
  async check(context) {
    await checkTransfers(context)
    await checkSums(context)
    await checkRefunds(context)
    for await (const page of pagesOf(context, settlementLines, eq('state', 'matched'))) await checkMatched(context, page)
  },
}

/** Reads by transfer, so that only one is in memory at a time. */
async function checkTransfers({ read, report, progress }: VerifyContext): Promise<void> {
  let after: [string, string] | null = null
  let legs: Entry[] = []
  const close = () => {
    for (const [currency, of] of Map.groupBy(legs, (leg) => leg.amount.currency)) {
      const sum = of.reduce((total, leg) => total + leg.amount.amount, 0)
      if (sum !== 0)
        report(
          'ledger.transfer_balances',
          of.map(({ id }) => `ledgerEntries/${id}`),
          `transfer ${of[0]!.transfer} (${of[0]!.kind}) sums to ${sum} ${currency}`,
        )
    }
    legs = []
  }
  while (true) {
    // Beyond the limit: the next page.
    const page: Entry[] = await read.find(ledgerEntries, {
      sort: [{ path: 'transfer', descending: false }],
      limit: limits.verifyPageSize,
      ...(after === null ? {} : { after }),
    })
    for (const entry of page) {
      if (legs.length > 0 && legs[0]!.transfer !== entry.transfer) close()
      legs.push(entry)
    }
    progress(page.length)
    if (page.length < limits.verifyPageSize) return close()
    after = [page.at(-1)!.transfer, page.at(-1)!.id]
  }
}

/** What a fact does to what the provider holds for us. */
const signs: Readonly<Record<string, bigint>> = { cap_ok: 1n, cap_reversed: -1n, ref_ok: -1n, disp_withdrawn: -1n, disp_reinstated: 1n }

type Add = (account: string, currency: unknown, amount: bigint) => void

/** What facts do to what providers hold for us, and to what is disputed. */
async function addFacts(read: Reader, add: Add): Promise<void> {
  // A refund that failed, and is told to have succeeded as well, has moved nothing in the end, in whatever order it was told.
  for await (const page of pagesById(read, paymentFacts, eq('kind', 'ref_fail')))
    for (const { provider, amount } of await alsoTold(read, page, 'ref_ok'))
      add(accounts.provider(provider), amount.currency, BigInt(amount.amount))
  for (const { key, sum } of await bigSumsBy(read, paymentFacts, { by: ['provider', 'kind', 'amount.currency'], sum: 'amount.amount' })) {
    const [provider, kind, currency] = key
    // Nobody holds that for us: it is looked at with the cards and accounts that it is of.
    if (isCreditProvider(String(provider))) continue
    add(accounts.provider(String(provider)), currency, (signs[String(kind)] ?? 0n) * sum)
    if (kind === 'disp_withdrawn' || kind === 'disp_reinstated' || kind === 'disp_lost')
      add(accounts.disputed(String(provider)), currency, kind === 'disp_withdrawn' ? sum : -sum)
  }
  // Lost and reinstated: what was given back is no loss any more, and was not disputed when it came.
  for await (const page of pagesById(read, paymentFacts, eq('kind', 'disp_lost')))
    for (const { provider, amount } of await alsoTold(read, page, 'disp_reinstated'))
      add(accounts.disputed(provider), amount.currency, BigInt(amount.amount))
}

/** What the lines of providers' accounts do beside the facts; and money of nobody is that of its lines. */
async function addLines({ read, report }: Pick<VerifyContext, 'read' | 'report'>, add: Add): Promise<void> {
  for (const { key, sum } of await bigSumsBy(read, settlementLines, { by: ['provider', 'fee.currency'], sum: 'fee.amount' }))
    add(accounts.provider(String(key[0])), key[1], -sum)
  // Changed from one currency into another: the facts tell of the first, the account of the second.
  for (const [of, sign] of [['original', -1n] as const, ['amount', 1n] as const]) {
    const where = and(isNull('original.currency', false), { op: 'not', of: oneOf('state', bookedStates) })
    for (const { key, sum } of await bigSumsBy(read, settlementLines, { where, by: ['provider', `${of}.currency`], sum: `${of}.amount` }))
      add(accounts.provider(String(key[0])), key[1], sign * sum)
  }
  const ofNobody = new Map<string, bigint>()
  for (const { key, sum } of await bigSumsBy(read, settlementLines, {
    by: ['provider', 'state', 'amount.currency'],
    sum: 'amount.amount',
  })) {
    const [provider, state, currency] = key as [string, StoredLine['state'], string]
    if (bookedStates.includes(state)) add(accounts.provider(provider), currency, sum)
    const name = `${accounts.unmatched(provider)} ${currency}`
    ofNobody.set(name, (ofNobody.get(name) ?? 0n) - (unmatchedStates.includes(state) ? sum : 0n))
  }
  for (const [name, amount] of ofNobody) {
    const [account, currency] = name.split(' ')
    const where = and(eq('account', account!), eq('amount.currency', currency!), ofLines)
    const [held] = await bigSumsBy(read, ledgerEntries, { where, by: ['account'], sum: 'amount.amount' })
    if ((held?.sum ?? 0n) !== amount) report('ledger.unmatched_lines', [], `${name} holds ${held?.sum ?? 0n}; the lines say ${amount}`)
  }
}

async function checkSums({ read, now, patienceMs, report }: VerifyContext): Promise<void> {
  for (const { key, sum } of await bigSumsBy(read, ledgerEntries, { by: ['amount.currency'], sum: 'amount.amount' }))
    if (sum !== 0n) report('ledger.sums_to_zero', [], `all entries in ${String(key[0])} sum to ${sum}`)

  const expected = new Map<string, bigint>()
  const add: Add = (account, currency, amount) => {
    const name = `${account} ${String(currency)}`
    expected.set(name, (expected.get(name) ?? 0n) + amount)
  }
  await addFacts(read, add)
  await addLines({ read, report }, add)
  for (const name of [...expected.keys()])
    if (name.startsWith(accounts.provider('')))
      add(accounts.disputed(name.slice(accounts.provider('').length).split(' ')[0]!), name.split(' ')[1], 0n)
  const names = [...new Set([...expected.keys()].map((name) => name.split(' ')[0]!))]
  const providers = names.filter((name) => name.startsWith(accounts.provider(''))).map((name) => name.slice(accounts.provider('').length))
  const own = await bigSumsBy(read, ledgerEntries, {
    where: oneOf('account', names),
    by: ['account', 'amount.currency'],
    sum: 'amount.amount',
  })
  const found = new Map(own.map(({ key, sum }) => [`${String(key[0])} ${String(key[1])}`, sum]))
  for (const [name, amount] of expected)
    if ((found.get(name) ?? 0n) !== amount)
      report(
        name.startsWith(accounts.disputed('')) ? 'ledger.disputed' : 'ledger.provider_balance',
        [],
        `${name} holds ${found.get(name) ?? 0n}; the facts say ${amount}`,
      )

  const unmatched = await bigSumsBy(read, ledgerEntries, {
    where: and(oneOf('account', providers.map(accounts.unmatched)), compare('postedAt', 'lte', now - patienceMs), {
      op: 'not',
      of: ofLines,
    }),
    by: ['account', 'amount.currency'],
    sum: 'amount.amount',
  })
  for (const { key, sum } of unmatched)
    if (sum !== 0n) report('ledger.unmatched_returned', [], `${String(key[0])} holds ${sum} ${String(key[1])}`)
}

/** Money that a provider's account shows, and nobody knows, waits for staff: however long. */
const ofLines = oneOf('kind', ['settlement.unmatched', 'settlement.matched', 'settlement.settled'])

async function checkMatched({ read, report }: VerifyContext, page: readonly StoredLine[]): Promise<void> {
  const facts = new Map(
    (
      await read.getMany(
        paymentFacts,
        page.flatMap(({ fact }) => fact ?? []),
      )
    ).map((fact) => [fact.id, fact]),
  )
  for (const line of page) {
    const fact = line.fact === null ? undefined : facts.get(line.fact)
    if (fact !== undefined && isEqual(fact, line)) continue
    const { amount, currency } = line.original ?? line.amount
    report('settlementLines.fit_facts', [`settlementLines/${line.id}`], `${amount} ${currency}; the fact says ${fact?.amount.amount ?? 0}`)
  }
}

/** The facts of another kind that tell of the same operations. */
async function alsoTold(read: Reader, facts: readonly PaymentFact[], kind: PaymentFact['kind']): Promise<PaymentFact[]> {
  const refs = oneOf(
    'operationRef',
    facts.map(({ operationRef }) => operationRef),
  )
  const known = new Set(facts.map(({ provider, operationRef }) => `${provider} ${operationRef}`))
  const found = await findAll(read, paymentFacts, and(eq('kind', kind), refs))
  return found.filter(({ provider, operationRef }) => known.has(`${provider} ${operationRef}`))
}

async function checkRefunds(context: VerifyContext): Promise<void> {
  for await (const page of pagesOf(context, refunds)) {
    const where = oneOf(
      'account',
      page.map(({ id }) => accounts.refundPayable(id)),
    )
    const groups = await bigSumsBy(context.read, ledgerEntries, { where, by: ['account'], sum: 'amount.amount' })
    const balances = new Map(groups.map(({ key, sum }) => [key[0], sum]))
    for (const refund of page) {
      const isOpen = claimingStatuses.includes(refund.status)
      const balance = balances.get(accounts.refundPayable(refund.id)) ?? 0n
      const owed = isOpen ? -BigInt(refund.amount.amount) : 0n
      if (balance !== owed)
        context.report('ledger.refund_payable', [`refunds/${refund.id}`], `${refund.status}: its account holds ${balance}, not ${owed}`)
    }
  }
}
