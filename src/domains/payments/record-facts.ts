// Taking the provider's word into the books: facts are inserted behind a unique fence, each posts its
// money to the ledger exactly once, and the attempt's amounts are folded again. What the order makes of
// it is the orders domain's matter: it is told by an event.
import { textOf } from '../../base/error-text.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { and, eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts } from '../ledger/collections.ts'
import { move, postTransfer } from '../ledger/post-transfer.ts'
import { endCaptures } from './capture-claims.ts'
import {
  liveStatuses,
  type Payment,
  type PaymentFact,
  paymentFacts,
  payments,
  type Refund,
  refunds,
  waitingStatuses,
} from './collections.ts'
import { captureEnded, paymentApproved, paymentChanged, paymentFailedLate } from './events.ts'
import { type FactSums, foldFacts } from './fold-facts.ts'
import { firstLookMs } from './look-times.ts'
import { noteDisputes } from './note-disputes.ts'
import type { ProviderFact, ProviderView, Told, WebhookEvent } from './provider.ts'
import { dropUnmetClaims, oweRefund, refundKind, refundsOf } from './refund-claims.ts'

/** A view, or facts alone: those say nothing of how the payment stands otherwise. */
type Seen = Told & Pick<WebhookEvent, 'providerRef'> & Pick<PaymentFact, 'source'> & { readonly standing: Standing | null }

type Standing = Pick<ProviderView, 'phase' | 'action'> & { readonly capturableUntil: number | null }

/** The payment as it is now, and what happened to it. */
type Recorded = { readonly payment: Payment; readonly events: readonly DomainEvent[] }

/** What the provider's own record says of a payment. Safe to call with the same view again. */
export async function recordView(context: Work, payment: Payment, view: ProviderView, source: PaymentFact['source']): Promise<Recorded> {
  const { phase, action, capturableUntil, ...rest } = view
  const recorded = await record(context, payment, {
    ...rest,
    source,
    standing: { phase, action, capturableUntil: capturableUntil ?? null },
  })
  if (phase !== 'approved' || recorded.payment.status !== 'processing') return recorded
  return { ...recorded, events: [...recorded.events, paymentApproved({ payment: recorded.payment })] }
}

/** Facts of a payment that its provider has signed, or that staff have seen. Safe to call with the same facts again. */
export async function recordTold(
  context: Work,
  payment: Payment,
  told: Told & Pick<WebhookEvent, 'providerRef'> & { readonly source?: 'webhook' | 'staff' },
): Promise<Recorded> {
  return await record(context, payment, { source: 'webhook', ...told, standing: null })
}

async function record(context: Work, payment: Payment, seen: Seen): Promise<Recorded> {
  const { tx, now, newId } = context
  const news: ProviderFact[] = []
  const book: Book = { work: context, payment, refunds: null }
  for (const fact of seen.facts) {
    const { kind, operationRef, amount, providerTime } = fact
    const one = {
      id: newId('fact'),
      payment: payment.id,
      order: payment.order,
      provider: payment.provider,
      operationRef,
      kind,
      amount,
      providerTime,
      source: seen.source,
    }
    const inserted = await tx.insertOnce(paymentFacts, one, payment.facts === 0 ? 'rare' : 'usual')
    if (inserted === null) continue
    news.push(fact)
    await postFact(book, fact)
  }
  const disputed = seen.disputes?.length ? await noteDisputes(context, payment, seen.disputes) : []
  if (news.length === 0) {
    const noted = await notePhase(tx, payment, seen)
    return { ...noted, events: [...noted.events, ...disputed] }
  }
  // Of a first fact nothing else is to be read: one that is stored beside it moves the payment, and this runs again.
  const facts = payment.facts === 0 ? news : await findAll(tx, paymentFacts, eq('payment', payment.id))
  const sums = foldFacts(facts, payment.amount.currency)
  const left = sums.capturable.amount
  const ended = payment.capture === 'later' ? await endCaptures(context, payment, { news, left }) : []
  const status = statusOf(payment, seen, sums)
  const after = await tx.update(payments, payment, {
    set: {
      ...phaseOf(payment, seen, { status, now }),
      authorized: sums.authorized,
      captured: sums.captured,
      refunded: sums.refunded,
      disputed: sums.disputed.amount === 0 ? null : sums.disputed,
      capturable: sums.capturable.amount === 0 ? null : sums.capturable,
      capturableUntil: sums.capturable.amount === 0 ? null : (seen.standing?.capturableUntil ?? payment.capturableUntil),
      lastError: errorOf(seen, sums, facts),
      facts: facts.length,
    },
  })
  // Claims in the currency of the order are made under its lock, and looked at there.
  for (const currency of new Set(facts.map(({ amount }) => amount.currency)))
    if (currency !== payment.amount.currency) await dropUnmetClaims(context, after, foldFacts(facts, currency))
  const isLate = status === 'failed' && payment.status === 'processing'
  const late = isLate ? [paymentFailedLate({ payment: after })] : []
  const captured = ended.map((capture) => captureEnded({ capture }))
  return { payment: after, events: [paymentChanged({ payment: after }), ...captured, ...late, ...disputed] }
}

function errorOf(seen: Seen, sums: FactSums, facts: readonly ProviderFact[]): string | null {
  const foreign = facts.find(({ kind, amount }) => kind === 'cap_ok' && amount.currency !== sums.captured.currency)
  if (foreign) return `The provider took ${foreign.amount.currency} where ${sums.captured.currency} was asked for. It is given back.`
  return sums.isFailed ? textOf(seen.declineReason ?? 'The payment was declined.') : null
}

/** Without a new fact no money moved: only what the customer sees of an open attempt may change. */
async function notePhase(tx: Transaction, payment: Payment, seen: Seen): Promise<Recorded> {
  if (seen.standing === null) return { payment, events: [] }
  // One that had no record there, and has one now, is open again.
  const isFound = payment.missingSince !== null && payment.status === 'failed'
  const isOpen = liveStatuses.includes(payment.status) || payment.status === 'requires_action' || isFound
  const status = isOpen ? (seen.standing.phase === 'open' ? 'requires_action' : 'processing') : payment.status
  // The provider has lost its record, and a repeated start has made another: nothing was asked of that one yet.
  const isAnother = payment.providerRef !== null && seen.providerRef !== null && seen.providerRef !== payment.providerRef
  const set = { ...phaseOf(payment, seen, { status, now: 0 }), checks: isAnother ? payment.checks + 1 : payment.checks }
  const isSame = (['status', 'providerRef', 'checkAt', 'missingSince'] as const).every((name) => set[name] === payment[name])
  if (isSame) return { payment, events: [] }
  const after = await tx.update(payments, payment, { set })
  // An attempt that waits for its customer from now on may belong to an order that closed meanwhile.
  const isOpened = set.status === 'requires_action' ? isAnother || set.status !== payment.status : isFound
  return { payment: after, events: isOpened ? [paymentChanged({ payment: after })] : [] }
}

function phaseOf(payment: Payment, seen: Seen, { status, now }: { readonly status: Payment['status']; readonly now: number }) {
  const isOpen = status === 'requires_action' || status === 'processing' || status === 'authorized'
  // What still happens to one that took money comes by webhook; should that be lost, by a look.
  const isTaken = status === 'captured' && payment.status !== 'captured'
  return {
    status,
    providerRef: seen.providerRef ?? payment.providerRef,
    action: status === 'requires_action' ? (seen.standing === null ? payment.action : seen.standing.action) : null,
    checkAt: isTaken ? now + firstLookMs : isOpen || status === 'captured' ? payment.checkAt : null,
    checks: isTaken ? 0 : payment.checks,
    missingSince: null,
  }
}

function statusOf(payment: Payment, { standing }: Seen, sums: FactSums): Payment['status'] {
  if (sums.captured.amount > 0) return 'captured'
  if (sums.isVoided) return 'canceled'
  if (sums.isFailed) return 'failed'
  if (sums.isReversed) return 'reversed'
  if (sums.authorized.amount > 0) return 'authorized'
  // Facts that decide nothing leave an attempt as it is.
  if (standing === null) return payment.status
  if (standing.phase === 'closed') return 'failed'
  return standing.phase === 'open' ? 'requires_action' : 'processing'
}

/** A payment whose facts are recorded. `refunds`: once one was asked for, all there are, by our names and by the provider's. */
type Book = { readonly work: Work; readonly payment: Payment; refunds: Map<string, Refund> | null }

async function postFact(book: Book, fact: ProviderFact): Promise<void> {
  const { work, payment } = book
  const { order, provider } = payment
  const psp = accounts.provider(provider)
  const isForeign = fact.amount.currency !== payment.amount.currency
  // Money in a currency that nobody asked for pays for nothing: it is no deposit of the order and goes back.
  const owner = isForeign ? accounts.unmatched(provider) : accounts.deposit(order)
  const post = (legs: ReturnType<typeof move>) => postTransfer(work, { kind: `payment.${fact.kind}`, order, legs })
  switch (fact.kind) {
    case 'cap_ok':
      await post(move({ debit: psp, credit: owner }, fact.amount))
      if (isForeign) {
        book.refunds = null
        await oweRefund(work, payment, {
          amount: fact.amount,
          from: owner,
          reason: 'other_currency',
          // Names of two providers may be alike.
          key: `currency:${provider}:${fact.operationRef}`,
        })
      }
      return
    case 'cap_reversed':
      return await post(move({ debit: owner, credit: psp }, fact.amount))
    case 'ref_ok': {
      // One that failed before it is told to have succeeded has moved nothing.
      if (await isKnown(book, fact, 'ref_fail')) return
      const refund = await endRefund(book, fact, 'succeeded')
      return await post(move({ debit: accounts.refundPayable(refund.id), credit: psp }, fact.amount))
    }
    case 'ref_fail': {
      const refund = await endRefund(book, fact, 'failed')
      // It is owed to the customer as before, and staff must find another way. What had gone back is here again.
      if (await isKnown(book, fact, 'ref_ok')) await post(move({ debit: psp, credit: accounts.refundPayable(refund.id) }, fact.amount))
      return
    }
    case 'disp_withdrawn':
      return await post(move({ debit: accounts.disputed(provider), credit: psp }, fact.amount))
    case 'disp_reinstated': {
      // Won after it had been lost: it is no loss any more.
      const from = (await isKnown(book, fact, 'disp_lost')) ? accounts.chargebacks : accounts.disputed(provider)
      return await post(move({ debit: psp, credit: from }, fact.amount))
    }
    case 'disp_lost':
      if (await isKnown(book, fact, 'disp_reinstated')) return
      return await post(move({ debit: accounts.chargebacks, credit: accounts.disputed(provider) }, fact.amount))
    case 'auth_ok':
    case 'auth_fail':
    case 'void_ok':
    case 'cap_fail':
      return // No money moved.
  }
}

async function isKnown({ work, payment }: Book, { operationRef }: ProviderFact, kind: PaymentFact['kind']): Promise<boolean> {
  // By what makes a fact one: a look into all facts of a payment for each of them would grow with their square.
  const one = and(eq('provider', payment.provider), eq('operationRef', operationRef), eq('kind', kind))
  return (await findUnique(work.tx, paymentFacts, one))?.payment === payment.id
}

async function refundsIn(book: Book): Promise<Map<string, Refund>> {
  book.refunds ??= new Map((await refundsOf(book.work.tx, book.payment.id)).flatMap(named))
  return book.refunds
}

const named = (refund: Refund): [string, Refund][] =>
  refund.providerRef === null
    ? [[`ours ${refund.id}`, refund]]
    : [
        [`ours ${refund.id}`, refund],
        [`theirs ${refund.providerRef}`, refund],
      ]

/** Our refund of this fact. One made in the provider's own dashboard is unknown to us and becomes ours here. */
async function endRefund(book: Book, fact: ProviderFact, status: 'succeeded' | 'failed'): Promise<Refund> {
  const known = await refundsIn(book)
  const refund = await endedRefund(book, fact, {
    status,
    ours: known.get(`theirs ${fact.operationRef}`) ?? known.get(`ours ${fact.reference}`),
  })
  for (const [name, one] of named(refund)) known.set(name, one)
  return refund
}

type Ending = { readonly status: 'succeeded' | 'failed'; readonly ours: Refund | undefined }

async function endedRefund({ work, payment }: Book, fact: ProviderFact, { status, ours }: Ending): Promise<Refund> {
  const { tx, newId } = work
  const lastError = status === 'failed' ? 'The provider could not give the money back.' : null
  if (ours) {
    // One that was given up claims again what the provider has moved after all.
    if (ours.status === 'canceled') await claim(work, ours, accounts.deposit(payment.order))
    if (ours.status === 'settled') await claim(work, ours, accounts.outside)
    return await tx.update(refunds, ours, { set: { status, providerRef: fact.operationRef, lastError } })
  }
  const external = await tx.insert(refunds, {
    id: newId('ref'),
    payment: payment.id,
    order: payment.order,
    provider: payment.provider,
    amount: fact.amount,
    status,
    reason: 'external',
    lines: null,
    key: `external:${payment.provider}:${fact.operationRef}`,
    providerRef: fact.operationRef,
    lastError,
  })
  // One that failed is a claim too: somebody meant to give the money back, and staff see that it did not arrive.
  const isForeign = fact.amount.currency !== payment.amount.currency
  await claim(work, external, isForeign ? accounts.unmatched(payment.provider) : accounts.deposit(payment.order))
  return external
}

async function claim(work: Work, { id, order, amount, reason }: Refund, from: string): Promise<void> {
  await postTransfer(work, {
    kind: refundKind(reason),
    order,
    legs: move({ debit: from, credit: accounts.refundPayable(id) }, amount),
  })
}

/** Attempts that are not decided: the provider may still make something of them. */
export function isUndecided({ status }: Payment): boolean {
  return liveStatuses.includes(status) || waitingStatuses.includes(status)
}
