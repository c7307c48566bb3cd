import { recently, staff } from '../../access/rule.ts'
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { formatMoney, type Money, money, sumMoney } from '../../base/money.ts'
import type { DomainEvent } from '../../contract/events.ts'
import { oneOf } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { effects } from '../../effects/effect.ts'
import { command } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { findAll } from '../../storage/find-all.ts'
import type { Transaction } from '../../storage/transaction.ts'
import { payments, type Refund, type RefundedLine, refunds } from '../payments/collections.ts'
import { paymentChanged } from '../payments/events.ts'
import { refundOutput, refundView } from '../payments/payment-view.ts'
import { type Order, orders } from './collections.ts'
import { orderRefundMade } from './events.ts'
import { refundFrom, sourcesOf } from './give-back.ts'
import { givenBack, worthOfUnits } from './given-back.ts'
import { stateConflict } from './order-units.ts'

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
      payment: Type.Optional(
        Type.String({
          maxLength: limits.idCharactersMax,
          description: 'Which payment gives it back. Left out: those by providers first, then gift cards and store credit.',
        }),
      ),
      to: Type.Optional(
        Type.Unsafe<'payment' | 'store_credit'>({
          type: 'string',
          enum: ['payment', 'store_credit'],
          description: '`payment`: the way it came. `store_credit`: the customer may spend it here.',
        }),
      ),
      reason: Type.Optional(Type.String({ minLength: 1, maxLength: limits.textCharactersMax, format: 'free-text' })),
      mail: Type.Optional(Type.Boolean({ description: 'false: its customer is told by you, and gets no mail.' })),
    },
    { additionalProperties: false },
  ),
  output: Type.Object(
    { ...refundOutput.properties, others: Type.Array(refundOutput, { description: 'Where one payment alone does not give it back.' }) },
    { title: 'OrderRefund' },
  ),
  errors: ['not_found', 'order_state_conflict', 'refund_too_large'],
  access: recently(staff),
  async run(context) {
    const { tx, input, newId } = context
    // Whoever else gives its money back, or settles it, waits.
    const order = await tx.lock(orders, input.id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    if (order.status === 'draft' || order.status === 'pending_payment')
      throw stateConflict(order, 'Cancel it, and what was paid goes back.')
    if (input.to === 'store_credit' && order.customer === null) throw invalid('/to', 'account', "the order is no account's")
    const sources = await sourcesOf(tx, order, input.payment)
    const left = sumMoney(
      sources.map((one) => one.left),
      order.total.currency,
    )
    const lines = input.lines === undefined ? null : await pricedLines(tx, order, input.lines)
    const amount = amountOf(input, lines, left)
    if (amount.amount > left.amount || left.amount === 0) throw tooLarge(left, input.amount && '/amount/amount')
    if (amount.amount === 0) throw invalid('/lines', 'minimum', 'came to nothing: there is nothing to give back for these units')
    const made = await refundFrom(context, order, {
      sources,
      amount,
      lines,
      reason: input.reason ?? 'requested',
      key: `staff:${newId('ref')}`,
      isKept: input.to === 'store_credit',
      isAwaited: true,
    })
    const sent = await findAll(
      tx,
      effects,
      oneOf(
        'key',
        made.map(({ id }) => `payment.refund:${id}`),
      ),
    )
    // The sale is corrected by what is owed from now on.
    const events: DomainEvent[] = [paymentChanged({ payment: (await tx.get(payments, made[0]!.payment))! })]
    const isCredit = input.to === 'store_credit'
    if (input.mail !== false) events.push(orderRefundMade({ order, cause: made[0]!.id, amount, isCredit, lines: lines ?? [] }))
    return { output: viewOf(made), status: 201, events, awaiting: sent.map(({ id }) => id) }
  },
  async reload({ read }, output) {
    const { id, others } = output as ReturnType<typeof viewOf>
    const ids = [id, ...others.map((one) => one.id)]
    const found = new Map((await read.getMany(refunds, ids)).map((refund) => [refund.id, refund]))
    return viewOf(ids.map((one) => found.get(one)!))
  },
})

function viewOf([first, ...others]: readonly Refund[]) {
  return { ...refundView(first!), others: others.map(refundView) }
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

/**
 * What so many units of each line came to, less what was given back of them by amount. By all units given back so far and not by these
 * alone: so the cents of many refunds sum to what was paid for the line.
 * @throws validation_failed
 */
async function pricedLines(
  tx: Transaction,
  order: Order,
  given: readonly { readonly line: string; readonly quantity: number }[],
): Promise<RefundedLine[]> {
  const back = new Map(await givenBack(tx, order))
  const issues: InputIssue[] = []
  const priced = given.map(({ line: id, quantity }, index): RefundedLine => {
    const line = order.lines.find((one) => one.id === id)
    const before = back.get(id) ?? { units: 0, amount: 0 }
    if (line === undefined) issues.push({ path: `/lines/${index}/line`, code: 'not_found', message: 'is no line of this order' })
    else if (before.units + quantity > line.quantity)
      issues.push({
        path: `/lines/${index}/quantity`,
        code: 'maximum',
        message: `must be ${line.quantity - before.units} or less: so many were not given back yet`,
      })
    const amount = line === undefined || issues.length > 0 ? 0 : worthOfUnits(order, back)(id, quantity).left
    back.set(id, { units: before.units + quantity, amount: before.amount + amount })
    return { line: id, quantity, amount: money(amount, order.total.currency) }
  })
  if (issues.length > 0) throw new EngineError('validation_failed', { errors: issues })
  return priced
}
