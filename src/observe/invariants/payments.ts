// What must hold of payments: their amounts are what their facts say and nothing else, never more goes
// back than came in, and an attempt on a closed order does not stay open.
import { and, compare, oneOf } from '../../contract/filter.ts'
import { orders } from '../../domains/orders/collections.ts'
import {
  liveStatuses,
  type Payment,
  type PaymentFact,
  paymentFacts,
  payments,
  type Refund,
  refunds,
} from '../../domains/payments/collections.ts'
import { foldFacts } from '../../domains/payments/fold-facts.ts'
import { findAll } from '../../storage/find-all.ts'
import { allOf, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const paymentInvariants: InvariantGroup = {
  needs: ['payments', 'paymentFacts', 'refunds', 'orders'],
  invariants: {
    'payments.amounts_folded': 'What a payment says was authorized, captured and refunded is the fold of its facts.',
    'payments.within_bounds': 'Refunds, those under way included, are at most what was captured, and nothing is below zero.',
    'payments.status_fits': 'The status of a payment fits its amounts.',
    'payments.one_currency': 'All facts and refunds of a payment are in its currency.',
    'payments.closed_with_order': 'No attempt of a closed order stays open.',
    'refunds.fit_facts': "A refund has succeeded exactly when the provider's fact says so.",
  },
  async check(context) {
    for await (const page of pagesOf(context, payments)) {
      const own = oneOf(
        'payment',
        page.map(({ id }) => id),
      )
      const facts = Map.groupBy(await allOf(context, paymentFacts, own), ({ payment }) => payment)
      const back = Map.groupBy(await allOf(context, refunds, own), ({ payment }) => payment)
      for (const payment of page) checkPayment(context, payment, facts.get(payment.id) ?? [], back.get(payment.id) ?? [])
      await checkOpen(context, page)
    }
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

  const open = back.filter(({ state }) => state === 'wanted' || state === 'pending').reduce((sum, { amount }) => sum + amount.amount, 0)
  const { captured, refunded } = payment
  if (captured.amount < 0 || refunded.amount < 0 || refunded.amount + open > captured.amount)
    report('payments.within_bounds', rows, `captured ${captured.amount}, refunded ${refunded.amount}, refunds under way ${open}`)

  const isTaken = payment.status === 'captured' || payment.status === 'reversed'
  if (isTaken !== captured.amount > 0 && payment.status !== 'reversed')
    report('payments.status_fits', rows, `${payment.status} with ${captured.amount} captured`)

  const strays = [...facts, ...back].filter(({ amount }) => amount.currency !== currency)
  if (strays.length > 0) report('payments.one_currency', rows, `${strays.length} facts or refunds are not in ${currency}`)

  for (const refund of back) {
    const said = facts.filter(({ operationRef }) => operationRef === refund.providerRef)
    const isDone = said.some(({ kind }) => kind === 'ref_ok') && !said.some(({ kind }) => kind === 'ref_fail')
    if (isDone !== (refund.state === 'succeeded'))
      report(
        'refunds.fit_facts',
        [`refunds/${refund.id}`],
        `${refund.state}, with facts ${said.map(({ kind }) => kind).join(', ') || 'none'}`,
      )
  }
}

async function checkOpen(context: VerifyContext, page: readonly Payment[]): Promise<void> {
  const { now, patienceMs, read, report } = context
  const open = page.filter(
    (payment) => (liveStatuses.includes(payment.status) || payment.status === 'requires_action') && payment.updatedAt <= now - patienceMs,
  )
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
  for (const payment of open) {
    const order = byId.get(payment.order)
    if (order)
      report(
        'payments.closed_with_order',
        [`payments/${payment.id}`, `orders/${order.id}`],
        `${payment.status}, and its order is ${order.status}`,
      )
  }
}
