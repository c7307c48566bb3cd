// What must hold of payments: their amounts are what their facts say and nothing else, never more goes
// back than came in, and an attempt on a closed order does not stay open.
import { formatMoney } from '../../base/money.ts'
import { and, compare, eq, oneOf } from '../../contract/filter.ts'
import { orders } from '../../domains/orders/collections.ts'
import { paymentLinks } from '../../domains/orders/payment-links.ts'
import {
  type Capture,
  canBeGivenUp,
  captures,
  claimingStatuses,
  type Dispute,
  disputes,
  liveStatuses,
  openDisputes,
  type Payment,
  type PaymentFact,
  paymentFacts,
  payments,
  type Refund,
  refunds,
  webhookInbox,
} from '../../domains/payments/collections.ts'
import { foldFacts } from '../../domains/payments/fold-facts.ts'
import { paymentFollow } from '../../domains/payments/look-at-payment.ts'
import { isUndecided } from '../../domains/payments/record-facts.ts'
import { paymentRefund } from '../../domains/payments/refund-claims.ts'
import { type Effect, effects } from '../../effects/effect.ts'
import { findAll } from '../../storage/find-all.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const paymentInvariants: InvariantGroup = {
  needs: ['payments', 'paymentFacts', 'captures', 'refunds', 'disputes', 'orders', 'paymentLinks', 'webhookInbox', 'effects'],
  invariants: {
    'payments.amounts_folded': 'What a payment says was authorized, captured and refunded is the fold of its facts.',
    'payments.facts_counted': 'A payment that counts its facts has so many, and each is of its provider and its order.',
    'payments.captures_bounded': 'What is captured, and asked to be, is at most what was authorized.',
    'payments.within_bounds':
      'Refunds are at most what was captured, those under way at most what is left of it; so is what is disputed, and nothing is below zero.',
    'payments.status_fits': 'The status of a payment fits its amounts.',
    'payments.one_currency': 'Money taken in a currency that was not asked for is given back, or owed back, to the last cent.',
    'payments.not_stuck': 'A payment that is not decided has a time at which its provider is asked.',
    'payments.closed_with_order': 'No attempt of a closed order stays open, and nothing stays authorized for one that was not sold.',
    'refunds.fit_facts':
      "A refund has succeeded exactly when the provider's fact says so, with its amount, and each such fact has its refund.",
    'refunds.not_stuck': 'A refund on its way has an effect that sends it or looks for its end.',
    'captures.not_stuck': 'A capture on its way has an effect that sends it, or the provider has it.',
    'disputes.held': 'An order whose money is disputed says so.',
    'webhooks.not_stuck': 'A webhook that speaks of nothing of ours has a time at which it is looked at again, or is shown as unmatched.',
  },
  async check(context) {
    for await (const page of pagesOf(context, payments)) {
      const own = oneOf(
        'payment',
        page.map(({ id }) => id),
      )
      const facts = Map.groupBy(await allOf(context, paymentFacts, own), ({ payment }) => payment)
      const back = Map.groupBy(await allOf(context, refunds, own), ({ payment }) => payment)
      const asked = Map.groupBy(await allOf(context, captures, own), ({ payment }) => payment)
      for (const payment of page) {
        checkPayment(context, payment, facts.get(payment.id) ?? [], back.get(payment.id) ?? [])
        checkCaptures(context, payment, asked.get(payment.id) ?? [])
      }
      checkAsked(context, page)
      await checkOpen(context, page)
    }
    for await (const page of pagesOf(context, refunds)) await checkSent(context, page)
    for await (const page of pagesOf(context, captures, eq('status', 'wanted'))) await checkCaptureSent(context, page)
    for await (const page of pagesOf(context, disputes)) await checkHolds(context, page)
    for await (const page of pagesOf(context, webhookInbox, eq('state', 'waiting')))
      for (const { id, lookAt } of page)
        if (lookAt === null) context.report('webhooks.not_stuck', [`webhookInbox/${id}`], 'nobody will look at it')
  },
}

function checkPayment({ report }: VerifyContext, payment: Payment, facts: readonly PaymentFact[], back: readonly Refund[]): void {
  const rows = [`payments/${payment.id}`]
  const { currency } = payment.amount
  const sums = foldFacts(facts, currency)
  for (const name of ['authorized', 'captured', 'refunded'] as const)
    if (payment[name].amount !== sums[name].amount || payment[name].currency !== currency)
      report(
        'payments.amounts_folded',
        rows,
        `${name} is ${payment[name].amount} ${payment[name].currency}; the facts say ${sums[name].amount} ${currency}`,
      )

  for (const name of ['capturable', 'disputed'] as const)
    if ((payment[name]?.amount ?? 0) !== sums[name].amount)
      report('payments.amounts_folded', rows, `${name} is ${payment[name]?.amount ?? 0}; the facts say ${sums[name].amount} ${currency}`)

  if (payment.facts !== null && payment.facts !== facts.length)
    report('payments.facts_counted', rows, `it says ${payment.facts}; there are ${facts.length}`)

  for (const { id, provider, order } of facts)
    if (provider !== payment.provider || order !== payment.order)
      report('payments.facts_counted', [...rows, `paymentFacts/${id}`], `the fact is of ${provider} and of order ${order}`)

  const sumOf = (statuses: readonly Refund['status'][]) =>
    back
      .filter(({ status, amount }) => statuses.includes(status) && amount.currency === currency)
      .reduce((sum, { amount }) => sum + amount.amount, 0)
  const open = sumOf(claimingStatuses)
  const { captured, refunded } = payment
  // What a bank took back had been there to refund; to refund more now, it is not.
  const reversed = facts
    .filter(({ kind, amount }) => kind === 'cap_reversed' && amount.currency === currency)
    .reduce((sum, { amount }) => sum + amount.amount, 0)
  const bound = captured.amount + (open === 0 ? reversed : -sumOf(['settled']))
  const disputed = payment.disputed?.amount ?? 0
  const isBelow = captured.amount < 0 || refunded.amount < 0 || disputed < 0
  if (isBelow || refunded.amount + open > bound || disputed > captured.amount + reversed)
    report(
      'payments.within_bounds',
      rows,
      `captured ${captured.amount}, refunded ${refunded.amount}, refunds under way ${open}, disputed ${disputed}`,
    )

  const isTaken = payment.status === 'captured' || payment.status === 'reversed'
  if (isTaken !== captured.amount > 0 && payment.status !== 'reversed')
    report('payments.status_fits', rows, `${payment.status} with ${captured.amount} captured`)

  checkForeign(report, payment, { facts, back })

  checkRefunds(report, back, facts)
}

function checkRefunds(report: VerifyContext['report'], back: readonly Refund[], facts: readonly PaymentFact[]): void {
  const ends = Map.groupBy(
    facts.filter(({ kind }) => kind === 'ref_ok' || kind === 'ref_fail'),
    ({ operationRef }) => operationRef,
  )
  const known = new Set(back.map(({ providerRef }) => providerRef))
  for (const { id, kind, operationRef } of facts) {
    // One that failed may have been tried again, under another name there.
    const isDone = kind === 'ref_ok' && ends.get(operationRef)!.length === 1
    if (isDone && !known.has(operationRef)) report('refunds.fit_facts', [`paymentFacts/${id}`], `no refund is ${operationRef}`)
  }
  for (const refund of back) {
    const said = ends.get(refund.providerRef ?? '') ?? []
    const isDone = said.some(({ kind }) => kind === 'ref_ok') && !said.some(({ kind }) => kind === 'ref_fail')
    if (isDone !== (refund.status === 'succeeded'))
      report(
        'refunds.fit_facts',
        [`refunds/${refund.id}`],
        `${refund.status}, with facts ${said.map(({ kind }) => kind).join(', ') || 'none'}`,
      )
    for (const { amount } of said)
      if (amount.amount !== refund.amount.amount || amount.currency !== refund.amount.currency)
        report('refunds.fit_facts', [`refunds/${refund.id}`], `${formatMoney(refund.amount)}; the fact says ${formatMoney(amount)}`)
  }
}

function checkCaptures({ report }: VerifyContext, payment: Payment, asked: readonly Capture[]): void {
  const open = asked.filter(({ status }) => status === 'wanted' || status === 'pending').reduce((sum, { amount }) => sum + amount.amount, 0)
  const { authorized, captured } = payment
  const isKnown = payment.capture === 'later' && payment.capturable !== null
  if (captured.amount > authorized.amount || (isKnown && captured.amount + open > authorized.amount))
    report(
      'payments.captures_bounded',
      [`payments/${payment.id}`],
      `authorized ${authorized.amount}, captured ${captured.amount}, asked for ${open}`,
    )
}

async function checkCaptureSent({ now, patienceMs, read, report }: VerifyContext, page: readonly Capture[]): Promise<void> {
  const open = page.filter(({ updatedAt }) => updatedAt <= now - patienceMs)
  const keys = oneOf(
    'key',
    open.map(({ id }) => `payment.capture:${id}`),
  )
  const going = and(keys, oneOf('state', ['ready', 'running', 'held', 'unknown']))
  const sent = new Set((await findAll(read, effects, going)).map(({ key }) => key))
  for (const { id, order } of open)
    if (!sent.has(`payment.capture:${id}`)) report('captures.not_stuck', [`captures/${id}`, `orders/${order}`], 'nothing sends it')
}

async function checkHolds({ read, report }: VerifyContext, page: readonly Dispute[]): Promise<void> {
  const of = new Map((await read.getMany(orders, [...new Set(page.map(({ order }) => order))])).map((order) => [order.id, order]))
  for (const { id, order, status } of page) {
    const hold = openDisputes.includes(status) ? 'disputed' : null
    if (hold !== null && !of.get(order)?.holds.includes(hold))
      report('disputes.held', [`disputes/${id}`, `orders/${order}`], `${status}, and no hold`)
  }
}

function checkForeign(
  report: VerifyContext['report'],
  payment: Payment,
  { facts, back }: { readonly facts: readonly PaymentFact[]; readonly back: readonly Refund[] },
): void {
  const foreign = new Set([...facts, ...back].map(({ amount }) => amount.currency).filter((one) => one !== payment.amount.currency))
  for (const currency of foreign) {
    const { captured, refunded } = foldFacts(facts, currency)
    const owed = back.filter(
      ({ status, amount }) => amount.currency === currency && (claimingStatuses.includes(status) || status === 'settled'),
    )
    const kept = captured.amount - refunded.amount - owed.reduce((sum, { amount }) => sum + amount.amount, 0)
    if (kept !== 0) report('payments.one_currency', [`payments/${payment.id}`], `${kept} ${currency} are kept`)
  }
}

/** By itself or by staff: what is neither decided nor looked at has no way out. */
function checkAsked({ report }: VerifyContext, page: readonly Payment[]): void {
  for (const payment of page)
    if (isUndecided(payment) && payment.checkAt === null && payment.status !== 'authorized')
      report('payments.not_stuck', [`payments/${payment.id}`], `${payment.status}, and nobody will ask for it`)
}

async function checkSent(context: VerifyContext, page: readonly Refund[]): Promise<void> {
  const { now, patienceMs, read, report } = context
  const open = page.filter(({ status, updatedAt }) => (status === 'wanted' || status === 'pending') && updatedAt <= now - patienceMs)
  if (open.length === 0) return
  const orders = oneOf(
    'record',
    open.map(({ order }) => order),
  )
  const going = and(oneOf('kind', [paymentRefund.name, paymentFollow.name]), oneOf('state', ['ready', 'running', 'held']), orders)
  const refundOf = (effect: Effect) => (paymentRefund.payloadOf(effect) ?? paymentFollow.payloadOf(effect))?.refund
  const carried = new Set((await findAll(read, effects, going)).map(refundOf))
  for (const { id, order, status, lastError } of open)
    if (!carried.has(id)) report('refunds.not_stuck', [`refunds/${id}`, `orders/${order}`], `${status}: ${lastError ?? 'no error'}`)
}

async function checkOpen(context: VerifyContext, page: readonly Payment[]): Promise<void> {
  const { now, patienceMs, read, report } = context
  const isOpen = ({ status }: Payment) => liveStatuses.includes(status) || status === 'requires_action'
  const open = page.filter((payment) => (isOpen(payment) || canBeGivenUp(payment)) && payment.updatedAt <= now - patienceMs)
  if (open.length === 0) return
  const isClosed = and(
    oneOf(
      'id',
      open.map(({ order }) => order),
    ),
    oneOf('status', ['placed', 'completed', 'expired', 'canceled']),
    compare('updatedAt', 'lte', now - patienceMs),
  )
  const closed = await findAll(read, orders, isClosed)
  const byId = new Map(closed.map((order) => [order.id, order]))
  const sold = closed.filter(({ status }) => status === 'placed' || status === 'completed').map(({ id }) => id)
  const links = sold.length === 0 ? [] : await findAll(read, paymentLinks, oneOf('order', sold))
  // Begun for what is open of a placed order: it waits for its customer.
  const byLink = new Set(links.map(({ payment }) => payment))
  for (const payment of open) {
    const order = byId.get(payment.order)
    // What is authorized for an order that was sold is taken when staff say so.
    const isSold = order?.status === 'placed' || order?.status === 'completed'
    if (order === undefined || byLink.has(payment.id) || (isSold && !isOpen(payment))) continue
    const held = payment.capturable === null ? '' : ` with ${payment.capturable.amount} to be captured`
    report(
      'payments.closed_with_order',
      [`payments/${payment.id}`, `orders/${order.id}`],
      `${payment.status}${held}, and its order is ${order.status}`,
    )
  }
}
