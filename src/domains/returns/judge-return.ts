// What staff make of a return: approve it, reject it, take its units back, and settle its money.

import { recently, staff } from '../../access/rule.ts'
import { EngineError, type InputIssue, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { type Money, money } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { moneySchema } from '../../schema/kinds/money.ts'
import { orders } from '../orders/collections.ts'
import { giveBackUnits, type UnitsBack } from '../orders/give-back.ts'
import { moveUnits } from '../orders/order-standing.ts'
import { settleOrder } from '../orders/settle-order.ts'
import { stockUnits } from '../stock/reserve-stock.ts'
import { takeBackUnits } from '../stock/ship-stock.ts'
import { type OrderReturn, type ReturnLine, returns } from './collections.ts'
import { endExchange } from './end-exchange.ts'
import { returnChanged } from './events.ts'
import { answerOf, lockReturn, returnId, returnOutput, wordsFor } from './return-parts.ts'

/** `POST /api/returns/{id}/approve`: its customer is told how to send it. */
export const approveReturn = command({
  name: 'returns.approve',
  route: 'POST /api/returns/:id/approve',
  summary: 'Let a customer send units back',
  tag: 'Returns',
  isPresented: true,
  input: Type.Object(
    { id: returnId, instructions: wordsFor('Where to send it, and what to write on the label. For the customer.') },
    { additionalProperties: false },
  ),
  output: returnOutput,
  errors: ['not_found', 'precondition_failed', 'return_state_conflict'],
  access: staff,
  async run(context) {
    const { order, orderReturn } = await lockReturn(context, ['requested'])
    const set = { status: 'approved', instructions: context.input.instructions ?? null }
    const after = await context.tx.update(returns, orderReturn, { set })
    return { ...(await answerOf(context, after)), events: [returnChanged({ order, orderReturn: after })] }
  },
})

/** `POST /api/returns/{id}/reject`: while nothing of it is back. Its units stay with the customer. */
export const rejectReturn = command({
  name: 'returns.reject',
  route: 'POST /api/returns/:id/reject',
  summary: 'Refuse to take units back',
  tag: 'Returns',
  isPresented: true,
  input: Type.Object({ id: returnId, answer: wordsFor('Why. For the customer.') }, { additionalProperties: false }),
  output: returnOutput,
  errors: ['not_found', 'precondition_failed', 'return_state_conflict'],
  access: staff,
  async run(context) {
    const { order, orderReturn } = await lockReturn(context, ['requested', 'approved'])
    const set = { status: 'rejected', answer: context.input.answer ?? null }
    const after = await context.tx.update(returns, orderReturn, { set })
    const moves = orderReturn.lines.map(({ line, quantity }) => ({ line, returning: -quantity }))
    const { order: moved, events } = await moveUnits(context, order, { moves })
    const told = [returnChanged({ order: moved, orderReturn: after }), ...events]
    if (orderReturn.isExchange !== true) return { ...(await answerOf(context, after)), events: told }
    await endExchange(context, moved, after)
    return { ...(await answerOf(context, after)), events: [...told, ...(await settleOrder(context, order.id))] }
  },
})

const receivedLines = Type.Array(
  Type.Object(
    {
      line: Type.String({ maxLength: limits.idCharactersMax }),
      quantity: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
      restock: Type.Optional(Type.Boolean({ description: 'It can be sold again. Left out: yes. False: it is written off.' })),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: limits.cartLinesMax },
)
type Received = { readonly line: string; readonly quantity: number; readonly restock?: boolean }

/** `POST /api/returns/{id}/receive`: units of it are back, as often as some come. Its money is settled when it is completed. */
export const receiveReturn = command({
  name: 'returns.receive',
  route: 'POST /api/returns/:id/receive',
  summary: 'Take units back',
  tag: 'Returns',
  isPresented: true,
  input: Type.Object(
    { id: returnId, lines: Type.Optional(receivedLines) },
    { additionalProperties: false, description: 'Without `lines`, all that is still to come, to be sold again.' },
  ),
  output: returnOutput,
  errors: ['not_found', 'precondition_failed', 'return_state_conflict'],
  access: staff,
  async run(context) {
    const { order, orderReturn } = await lockReturn(context, ['approved', 'received'])
    const rest = orderReturn.lines.filter(({ quantity, received }) => quantity > received)
    const given: readonly Received[] =
      context.input.lines ?? rest.map(({ line, quantity, received }) => ({ line, quantity: quantity - received }))
    const lines = receivedOf(orderReturn, given)
    const units = (isRestocked: boolean) =>
      stockUnits(
        given
          .filter(({ restock = true }) => restock === isRestocked)
          .map(({ line, quantity }) => ({ of: order.lines.find(({ id }) => id === line)!, quantity })),
      )
    const reason = `Return ${orderReturn.id}`
    await takeBackUnits(context, order.id, { restocked: units(true), writtenOff: units(false), reason })
    const after = await context.tx.update(returns, orderReturn, { set: { status: 'received', lines } })
    return { ...(await answerOf(context, after)), events: [returnChanged({ order, orderReturn: after })] }
  },
})

/** @throws return_state_conflict where nothing is to come; validation_failed naming what is too much */
function receivedOf({ status, lines }: OrderReturn, given: readonly Received[]): ReturnLine[] {
  if (given.length === 0) throw new EngineError('return_state_conflict', { detail: 'All of it is back: complete it.', params: { status } })
  const issues: InputIssue[] = []
  const after = new Map(lines.map((line) => [line.line, line]))
  for (const [index, { line, quantity, restock = true }] of given.entries()) {
    const before = after.get(line)
    if (before === undefined) issues.push({ path: `/lines/${index}/line`, code: 'not_found', message: 'is no line of this return' })
    else if (before.received + quantity > before.quantity)
      issues.push({
        path: `/lines/${index}/quantity`,
        code: 'maximum',
        message: `must be ${before.quantity - before.received} or less: so many are still to come`,
      })
    else after.set(line, { ...before, received: before.received + quantity, restocked: before.restocked + (restock ? quantity : 0) })
  }
  if (issues.length > 0) throw new EngineError('validation_failed', { errors: issues })
  return [...after.values()]
}

/**
 * `POST /api/returns/{id}/complete`: what came back of it is given back, less what is deducted, and never more than was paid. What never came
 * stays with the customer.
 */
export const completeReturn = command({
  name: 'returns.complete',
  route: 'POST /api/returns/:id/complete',
  summary: 'Settle what units that came back cost',
  tag: 'Returns',
  isPresented: true,
  input: Type.Object(
    {
      id: returnId,
      deduction: Type.Optional(Type.Unsafe<Money>(moneySchema)),
      answer: wordsFor('Why something is deducted. For the customer.'),
      refund: Type.Optional(Type.Boolean({ description: 'False: nothing is given back for it.' })),
      to: Type.Optional(
        Type.Unsafe<'payment' | 'store_credit'>({
          type: 'string',
          enum: ['payment', 'store_credit'],
          description: '`payment`: the way it came. `store_credit`: the customer may spend it here.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: returnOutput,
  errors: ['not_found', 'precondition_failed', 'return_state_conflict', 'payment_in_progress'],
  access: recently(staff),
  async run(context) {
    const { tx, input } = context
    const { order, orderReturn } = await lockReturn(context, ['received'])
    const { currency } = order.total
    const { deduction = money(0, currency), to } = input
    if (deduction.currency !== currency) throw invalid('/deduction/currency', 'enum', `must be ${currency}`)
    if (deduction.amount < 0) throw invalid('/deduction/amount', 'minimum', 'must be 0 or more')
    if (to === 'store_credit' && order.customer === null) throw invalid('/to', 'account', "the order is no account's")
    const units = orderReturn.lines.filter(({ received }) => received > 0).map(({ line, received }) => ({ line, quantity: received }))
    const cause = { reason: 'returned', key: `return:${orderReturn.id}`, isKept: to === 'store_credit', isAwaited: false } as const
    // What is exchanged pays for what was sent instead, and only the rest goes back.
    const why = orderReturn.isExchange === true ? 'exchanged' : 'returned'
    const nothing: UnitsBack = { refunds: [], refunded: money(0, currency), uncharged: [], worth: money(0, currency) }
    const back =
      input.refund === false ? nothing : await giveBackUnits(context, order, { units, deduction: deduction.amount, why, ...cause })
    if (input.refund !== false && deduction.amount > back.worth.amount)
      throw invalid('/deduction/amount', 'maximum', `must be ${back.worth.amount} or less: so much the units are worth`)
    const set = { status: 'completed', refunded: back.refunded, deduction, answer: input.answer ?? null }
    const after = await tx.update(returns, orderReturn, { set })
    const moves = orderReturn.lines.map(({ line, quantity, received }) => ({ line, returning: -quantity, returned: received }))
    const moved = await moveUnits(context, order, { moves, uncharged: back.uncharged })
    await endExchange(context, moved.order, after)
    // The sale is corrected by what is owed or charged from now on.
    const settled = await settleOrder(context, order.id)
    const told = returnChanged({ order: (await tx.get(orders, order.id))!, orderReturn: after })
    return { ...(await answerOf(context, after)), events: [told, ...moved.events, ...settled] }
  },
})
