import { recently, staff } from '../../access/rule.ts'
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { allocateMoney, formatMoney, type Money, money, shareOfMoney } from '../../base/money.ts'
import { eq, oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { effects } from '../../effects/effect.ts'
import { command } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { findAll, findUnique } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { accounts } from '../ledger/collections.ts'
import { type Payment, payments, type Refund, type RefundedLine, refunds } from '../payments/collections.ts'
import { paymentChanged } from '../payments/events.ts'
import { refundOutput, refundView } from '../payments/payment-view.ts'
import { refundable, refundPayment } from '../payments/refund-claims.ts'
import { type Order, orders } from './collections.ts'

const refundedLines = Type.Array(
  Type.Object(
    {
      line: Type.String({ maxLength: limits.idCharactersMax }),
      quantity: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: limits.cartLinesMax },
)

/**
 * `POST /api/orders/{id}/refunds`: gives money of an order back, an amount, what was paid for units of its lines, or all that
 * is left. It is reserved before the provider is called, so that two at once never give back more than there is.
 */
export const refundOrder = command({
  name: 'orders.refund',
  route: 'POST /api/orders/:id/refunds',
  summary: 'Give money of an order back',
  tag: 'Orders',
  status: 201,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      amount: Type.Optional(Type.Unsafe<Money>(moneySchema)),
      lines: Type.Optional(refundedLines),
      reason: Type.Optional(Type.String({ minLength: 1, maxLength: limits.textCharactersMax })),
    },
    { additionalProperties: false },
  ),
  output: refundOutput,
  errors: ['not_found', 'order_state_conflict', 'refund_too_large'],
  access: recently(staff),
  async run(context) {
    const { tx, input, newId } = context
    // Whoever else gives its money back, or settles it, waits.
    const order = await tx.lock(orders, input.id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    if (order.status === 'draft' || order.status === 'pending_payment')
      throw new EngineError('order_state_conflict', {
        detail: `The order is ${order.status}: cancel it, and what was paid goes back.`,
        params: { status: order.status },
      })
    const { payment, left } = await fullest(tx, order)
    const lines = input.lines === undefined ? null : await pricedLines(tx, order, input.lines)
    const amount = amountOf(input, lines, left)
    if (payment === null || amount.amount > left.amount || left.amount === 0) throw tooLarge(left, input.amount && '/amount/amount')
    const refund = await refundPayment(context, payment, {
      amount,
      from: accounts.deposit(order.id),
      reason: input.reason ?? 'requested',
      key: `staff:${newId('ref')}`,
      lines,
      isAwaited: true,
    })
    const effect = await findUnique(tx, effects, eq('key', `payment.refund:${refund!.id}`))
    // The sale is corrected by what is owed from now on.
    return { output: refundView(refund!), status: 201, events: [paymentChanged({ payment })], awaiting: effect === null ? [] : [effect.id] }
  },
  reload: async ({ read }, output) => refundView((await read.get(refunds, (output as { id: string }).id))!),
})

/** The payment that most is left of. One refund is of one payment, and an order that is paid has one. */
async function fullest(tx: Transaction, order: Order): Promise<{ readonly payment: Payment | null; readonly left: Money }> {
  let best: { payment: Payment | null; left: Money } = { payment: null, left: money(0, order.total.currency) }
  for (const payment of await findAll(tx, payments, eq('order', order.id))) {
    const left = await refundable(tx, payment)
    if (left > best.left.amount) best = { payment, left: money(left, payment.amount.currency) }
  }
  return best
}

function amountOf(
  { amount, lines: given }: { readonly amount?: Money; readonly lines?: unknown },
  lines: readonly RefundedLine[] | null,
  left: Money,
): Money {
  if (amount !== undefined && given !== undefined) throw invalid('/lines', 'exclusive', 'give an amount or lines, and not both')
  if (amount === undefined)
    return lines === null
      ? left
      : money(
          lines.reduce((sum, line) => sum + line.amount.amount, 0),
          left.currency,
        )
  if (amount.currency !== left.currency) throw invalid('/amount/currency', 'enum', `must be ${left.currency}`)
  if (amount.amount <= 0) throw invalid('/amount/amount', 'minimum', 'must be 1 or more')
  return amount
}

function tooLarge(left: Money, path: string | undefined): EngineError {
  return new EngineError('refund_too_large', {
    detail: left.amount === 0 ? 'Nothing is left to give back.' : `At most ${formatMoney(left)} can be given back.`,
    params: { refundable: left },
    ...(path && { errors: [{ path, code: 'maximum', message: `must be ${left.amount} or less` }] }),
  })
}

/** What was paid for each line, shipping last: the parts sum to the total, whatever tax is added to them. */
function paidFor(order: Order): ReadonlyMap<string, Money> {
  const weights = [...order.lines.map(({ total }) => total.amount), order.totals.shipping.amount]
  const shares = allocateMoney(order.total, weights)
  return new Map(order.lines.map(({ id }, index) => [id, shares[index]!]))
}

/**
 * What so many units of each line came to. By all units given back so far and not by these alone: so the cents of many
 * refunds sum to what was paid for the line.
 * @throws validation_failed
 */
async function pricedLines(
  tx: Transaction,
  order: Order,
  given: readonly { readonly line: string; readonly quantity: number }[],
): Promise<RefundedLine[]> {
  const paid = paidFor(order)
  const before = await unitsGivenBack(tx, order)
  const issues: InputIssue[] = []
  const priced = given.map(({ line: id, quantity }, index): RefundedLine => {
    const line = order.lines.find((one) => one.id === id)
    const back = before.get(id) ?? 0
    before.set(id, back + quantity)
    if (line === undefined) issues.push({ path: `/lines/${index}/line`, code: 'not_found', message: 'is no line of this order' })
    else if (back + quantity > line.quantity)
      issues.push({
        path: `/lines/${index}/quantity`,
        code: 'maximum',
        message: `must be ${line.quantity - back} or less: so many were not given back yet`,
      })
    const share = (units: number) => (line === undefined ? 0 : shareOfMoney(paid.get(id)!, units, line.quantity).amount)
    const amount = issues.length > 0 ? 0 : share(back + quantity) - share(back)
    return { line: id, quantity, amount: money(amount, order.total.currency) }
  })
  if (issues.length > 0) throw new EngineError('validation_failed', { errors: issues })
  return priced
}

/** By line. Refunds that another took the place of do not count. */
async function unitsGivenBack(tx: Transaction, order: Order): Promise<Map<string, number>> {
  const counted: readonly Refund['status'][] = ['wanted', 'pending', 'succeeded', 'failed', 'settled']
  const units = new Map<string, number>()
  const where = { op: 'and', of: [eq('order', order.id), oneOf('status', [...counted])] } as const
  for (const { lines } of await findAll(tx, refunds, where))
    for (const { line, quantity } of lines ?? []) units.set(line, (units.get(line) ?? 0) + quantity)
  return units
}
