// Lines of a provider's account beside our facts: which belong together, and what of a line the ledger does not know by a fact.
// A line that belongs to a payment of ours is booked by the payment's facts alone; its fee, payouts, and money of nobody by the line.
import { money } from '../../base/money.ts'
import { and, eq, oneOf } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { type Payment, type PaymentFact, paymentFacts, payments } from './collections.ts'
import { followPayment } from './look-at-payment.ts'
import type { SettlementLine } from './provider.ts'
import { type StoredLine, settlementLines, unmatchedStates } from './settlement-collections.ts'

type Spoken = Pick<SettlementLine, 'ref' | 'kind' | 'operationRef' | 'providerRef' | 'reference' | 'amount' | 'original'>
type Match = Pick<StoredLine, 'state' | 'payment' | 'order' | 'fact'>
type Account = { readonly provider: string; readonly reconciliation: string }

/** What a fact does to the provider's account. Facts that are not here move nothing there. */
export const factSigns: Partial<Readonly<Record<PaymentFact['kind'], 1 | -1>>> = {
  cap_ok: 1,
  cap_reversed: -1,
  ref_ok: -1,
  ref_fail: 1,
  disp_withdrawn: -1,
  disp_reinstated: 1,
}

/** The kind of fact that a line tells of; null for lines of no payment. */
function factKindOf({ kind, amount }: Spoken): PaymentFact['kind'] | null {
  if (kind === 'payment') return amount.amount >= 0 ? 'cap_ok' : 'cap_reversed'
  if (kind === 'refund') return amount.amount <= 0 ? 'ref_ok' : 'ref_fail'
  if (kind === 'dispute') return amount.amount <= 0 ? 'disp_withdrawn' : 'disp_reinstated'
  return kind === 'dispute_reversal' ? 'disp_reinstated' : null
}

/** Stores lines that are new, books what they say beside their facts, and has payments looked at whose facts are missing. */
export async function storeLines(work: Work, account: Account, lines: readonly SettlementLine[]): Promise<void> {
  const { tx, newId } = work
  const { provider } = account
  const refs = [...new Set(lines.map(({ ref }) => ref))]
  const known = new Map((await findSome(tx, provider, { by: 'ref', values: refs })).map((line) => [line.ref, line]))
  const news = new Map<string, SettlementLine>()
  for (const line of lines) {
    const before = known.get(line.ref)
    if (before === undefined) news.set(line.ref, line)
    else if (before.payoutRef === null && line.payoutRef !== null)
      known.set(line.ref, await tx.update(settlementLines, before, { set: { payoutRef: line.payoutRef } }))
  }
  const matches = await matchesOf(tx, provider, [...news.values()])
  const stored = await tx.insertMany(
    settlementLines,
    [...news.values()].map((line) => ({
      id: newId('stl'),
      provider,
      original: null,
      ...line,
      ...matches.get(line.ref)!,
      note: null,
      lastError: null,
    })),
  )
  for (const line of stored) await bookLine(work, line)
  await look(work, account, stored)
  await closeReturned(tx, provider, stored)
}

/** Looks again for facts of lines that had none. */
export async function matchAgain(work: Work, account: Account, lines: readonly StoredLine[]): Promise<void> {
  const { tx } = work
  const matches = await matchesOf(tx, account.provider, lines)
  const now: StoredLine[] = []
  for (const line of lines) {
    const { state, payment, order, fact } = matches.get(line.ref)!
    const isSame = state === line.state && payment === line.payment
    const after = isSame ? line : await tx.update(settlementLines, line, { set: { state, payment, order, fact } })
    if (line.state === 'unmatched' && state !== 'unmatched') await unbook(work, after)
    now.push(after)
  }
  await look(work, account, now)
}

/** Money that was of nobody has an owner: its payment's facts book it. */
export async function unbook(work: Work, line: StoredLine): Promise<void> {
  const { provider, amount, order } = line
  const legs = move({ debit: accounts.unmatched(provider), credit: accounts.provider(provider) }, amount)
  await postTransfer(work, { kind: 'settlement.matched', order, legs })
  await bookExchange(work, line)
}

/** What a fact books in the currency of its payment came to the account in another. */
async function bookExchange(work: Work, { provider, order, amount, original }: StoredLine): Promise<void> {
  if (original === null) return
  const [psp, exchange] = [accounts.provider(provider), accounts.exchange(provider)]
  for (const [debit, credit, of] of [[exchange, psp, original] as const, [psp, exchange, amount] as const])
    await postTransfer(work, { kind: 'settlement.exchange', order, legs: move({ debit, credit }, of) })
}

/** What has come and gone of a payment that nobody knows is settled by itself. */
async function closeReturned(tx: Transaction, provider: string, stored: readonly StoredLine[]): Promise<void> {
  const undoing = stored.filter(({ state, amount }) => state === 'unmatched' && amount.amount < 0)
  const refs = [...new Set(undoing.map(({ providerRef }) => providerRef).filter((ref) => ref !== null))]
  // What gives back names the payment, or the very line that it undoes, as PayPal's do.
  const ofPayment = await findSome(tx, provider, { by: 'providerRef', values: refs })
  const undone = await findSome(tx, provider, { by: 'ref', values: refs })
  const found = [...new Map([...ofPayment, ...undone].map((line) => [line.id, line])).values()].filter(({ state }) =>
    unmatchedStates.includes(state),
  )
  const ownerOf = ({ ref, providerRef }: StoredLine) => (refs.includes(ref) ? ref : providerRef)
  for (const [, of] of Map.groupBy(found, (line) => `${ownerOf(line)} ${line.amount.currency}`)) {
    if (of.reduce((sum, { amount }) => sum + amount.amount, 0) !== 0) continue
    for (const line of of) await tx.update(settlementLines, line, { set: { state: 'settled', lastError: null } })
  }
}

async function look(work: Work, { reconciliation }: Account, lines: readonly StoredLine[]): Promise<void> {
  const ids = [...new Set(lines.filter(({ state, payment }) => state === 'open' && payment !== null).map(({ payment }) => payment!))]
  for (const payment of ids.length === 0 ? [] : await work.tx.getMany(payments, ids))
    await followPayment(work, payment, { source: 'poll', cause: `account:${reconciliation}` })
}

async function bookLine(work: Work, line: StoredLine): Promise<void> {
  const { provider, order, kind, state, amount, fee } = line
  const psp = accounts.provider(provider)
  const post = (what: string, debit: string, of: StoredLine['amount']) =>
    postTransfer(work, { kind: `settlement.${what}`, order, legs: move({ debit, credit: psp }, of) })
  await post('fee', accounts.fees(provider), fee)
  const gone = money(-amount.amount, amount.currency)
  if (state === 'unmatched') return await post('unmatched', accounts.unmatched(provider), gone)
  if (kind === 'payout') return await post('payout', accounts.bank, gone)
  if (kind === 'fee') return await post('fee', accounts.fees(provider), gone)
  if (kind === 'adjustment') return await post('adjustment', accounts.adjustments(provider), gone)
  await bookExchange(work, line)
}

async function matchesOf(tx: Transaction, provider: string, lines: readonly Spoken[]): Promise<Map<string, Match>> {
  const own = lines.filter((line) => factKindOf(line) !== null)
  const operations = [...new Set(own.map(({ operationRef }) => operationRef).filter((ref) => ref !== null))]
  const byOperation =
    operations.length === 0 ? [] : await findAll(tx, paymentFacts, and(eq('provider', provider), oneOf('operationRef', operations)))
  const facts = new Map(byOperation.map((fact) => [`${fact.kind} ${fact.operationRef}`, fact]))
  const ofLine = await paymentsOf(tx, { provider, lines: own, facts: byOperation })
  const unnamed = own.filter(({ operationRef }) => operationRef === null).map((line) => ofLine(line, undefined)?.id)
  const free = await freeFacts(tx, [...new Set(unnamed.filter((id) => id !== undefined))])
  const matches = new Map<string, Match>()
  for (const line of lines) {
    const kind = factKindOf(line)
    if (kind === null) {
      matches.set(line.ref, { state: 'booked', payment: null, order: null, fact: null })
      continue
    }
    const named = line.operationRef === null ? undefined : facts.get(`${kind} ${line.operationRef}`)
    const payment = ofLine(line, named)
    const fact = named ?? (line.operationRef === null && payment ? takeOne(free, payment, line) : undefined)
    const state = fact ? (isEqual(fact, line) ? 'matched' : 'differs') : payment ? 'open' : 'unmatched'
    matches.set(line.ref, { state, payment: payment?.id ?? null, order: payment?.order ?? null, fact: fact?.id ?? null })
  }
  return matches
}

/** Whether a line says the same as its fact. */
export function isEqual({ kind, amount }: PaymentFact, line: Pick<Spoken, 'amount' | 'original'>): boolean {
  const theirs = line.original ?? line.amount
  return amount.currency === theirs.currency && (factSigns[kind] ?? 0) * amount.amount === theirs.amount
}

type Known = { readonly provider: string; readonly lines: readonly Spoken[]; readonly facts: readonly PaymentFact[] }

/** By our name of it, by the provider's of it or of an operation of it, or by the fact. */
async function paymentsOf(tx: Transaction, { provider, lines, facts }: Known) {
  const ids = [...new Set([...lines.map(({ reference }) => reference).filter((id) => id !== null), ...facts.map(({ payment }) => payment)])]
  const refs = [...new Set(lines.map(({ providerRef }) => providerRef).filter((ref) => ref !== null))]
  const byId = new Map((ids.length === 0 ? [] : await tx.getMany(payments, ids)).map((payment) => [payment.id, payment]))
  const found = refs.length === 0 ? [] : await findAll(tx, payments, and(eq('provider', provider), oneOf('providerRef', refs)))
  const byRef = new Map(found.map((payment) => [payment.providerRef, payment]))
  const others = refs.filter((ref) => !byRef.has(ref))
  const taken = others.length === 0 ? [] : await findAll(tx, paymentFacts, and(eq('provider', provider), oneOf('operationRef', others)))
  const owners = taken.length === 0 ? [] : await tx.getMany(payments, [...new Set(taken.map(({ payment }) => payment))])
  for (const { operationRef, payment } of taken) byRef.set(operationRef, owners.find(({ id }) => id === payment)!)
  return (line: Spoken, fact: PaymentFact | undefined): Payment | undefined => {
    if (fact) return byId.get(fact.payment)
    const ours = line.reference === null ? undefined : byId.get(line.reference)
    return ours?.provider === provider ? ours : line.providerRef === null ? undefined : byRef.get(line.providerRef)
  }
}

/** Facts that no line was matched to, by payment: for lines that name no operation. */
async function freeFacts(tx: Transaction, ids: readonly string[]): Promise<Map<string, PaymentFact[]>> {
  if (ids.length === 0) return new Map()
  const taken = new Set((await findAll(tx, settlementLines, oneOf('payment', ids))).map(({ fact }) => fact))
  const facts = await findAll(tx, paymentFacts, oneOf('payment', ids))
  return Map.groupBy(
    facts.filter(({ id }) => !taken.has(id)),
    ({ payment }) => payment,
  )
}

function takeOne(free: Map<string, PaymentFact[]>, payment: Payment, line: Spoken): PaymentFact | undefined {
  const facts = free.get(payment.id) ?? []
  const index = facts.findIndex((fact) => fact.kind === factKindOf(line) && isEqual(fact, line))
  return index < 0 ? undefined : facts.splice(index, 1)[0]
}

type Named = { readonly by: 'ref' | 'providerRef'; readonly values: readonly string[] }

async function findSome(tx: Transaction, provider: string, { by, values }: Named): Promise<StoredLine[]> {
  return values.length === 0 ? [] : await findAll(tx, settlementLines, and(eq('provider', provider), oneOf(by, values)))
}
