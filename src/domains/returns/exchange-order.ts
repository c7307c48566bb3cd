import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { money, subtractMoney } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { presentAll } from '../../records/present.ts'
import { moneyType } from '../carts/cart-view.ts'
import { askOfAdded, asksService } from '../orders/ask-taxes.ts'
import { orders } from '../orders/collections.ts'
import { checkPrices, draftErrors, newLine } from '../orders/drafts.ts'
import { editPlaced } from '../orders/edit-placed.ts'
import { worthOf } from '../orders/give-back.ts'
import { moveUnits } from '../orders/order-standing.ts'
import { indexOrder } from '../orders/order-texts.ts'
import { orderUnits } from '../orders/order-units.ts'
import { returns } from './collections.ts'
import { returnChanged } from './events.ts'
import { returnableOf, wordsFor } from './return-parts.ts'

const returnedUnits = Type.Object(
  { ...orderUnits.properties, reason: Type.String({ minLength: 1, maxLength: limits.textCharactersMax, format: 'free-text' }) },
  { additionalProperties: false },
)

export const exchangedFor = {
  lines: Type.Array(returnedUnits, { minItems: 1, maxItems: limits.cartLinesMax, description: 'What comes back.' }),
  add: Type.Array(newLine, { minItems: 1, maxItems: limits.cartLinesMax, description: 'What is sent for it.' }),
}
export const exchangeErrors = ['not_found', 'precondition_failed', 'order_state_conflict', ...draftErrors] as const

/**
 * `POST /api/orders/{id}/exchanges`: units come back, and others are sent for them, as one: an approved return and new lines of the same order, or neither.
 * The new units are held for the customer at once, and the order waits (`exchange`) until the return is completed: what came back pays for
 * them, and the difference is then owed or given back.
 */
export const exchangeOrder = command({
  name: 'orders.exchange',
  route: 'POST /api/orders/:id/exchanges',
  summary: 'Exchange units of an order for others',
  tag: 'Orders',
  status: 201,
  isPresented: true,
  input: Type.Object(
    {
      id: Type.String({ maxLength: limits.idCharactersMax }),
      ...exchangedFor,
      instructions: wordsFor('Where to send it, and what to write on the label. For the customer.'),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    return: Type.Unsafe<unknown>({ type: 'object', title: 'returns' }),
    order: Type.Unsafe<unknown>({ type: 'object', title: 'orders' }),
    worth: moneyType,
    added: moneyType,
  }),
  errors: [...exchangeErrors, 'out_of_stock', 'order_too_large'],
  access: staff,
  prepares: ({ project }) => asksService(project),
  prepare: async ({ input, ...asking }) => await askOfAdded(asking, input),
  async run(context) {
    const { tx, input, actor, model, newId, request } = context
    // Whoever else sends, cancels, takes back or settles it waits.
    const order = await tx.lock(orders, input.id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
    const named = returnableOf(order, input.lines)
    checkPrices(order.total.currency, input.add, '/add')
    const worth = await worthOf(tx, order, named)
    // What refuses it is asked of the order as it stands.
    const edited = await editPlaced(context, order, { add: input.add, isExchange: true, taxQuote: context.prepared ?? null })
    const lines = named.map(({ line, quantity, reason }) => ({ line, quantity, reason, received: 0, restocked: 0 }))
    const orderReturn = await tx.insert(returns, {
      id: newId('ret'),
      order: order.id,
      status: 'approved',
      lines,
      comment: null,
      instructions: input.instructions ?? null,
      answer: null,
      refunded: null,
      deduction: null,
      isExchange: true,
      isByStaff: true,
    })
    const moves = lines.map(({ line, quantity }) => ({ line, returning: quantity }))
    const { order: after, events } = await moveUnits(context, edited.order, { moves })
    await indexOrder(context, after)
    const [shownReturn] = await presentAll(tx, model.get(returns), actor, [orderReturn])
    const [shownOrder] = await presentAll(tx, model.get(orders), actor, [after])
    return {
      output: {
        return: shownReturn as unknown,
        order: shownOrder as unknown,
        worth: money(worth.amount, worth.currency),
        added: subtractMoney(after.total, order.total),
      },
      status: 201,
      headers: { location: `/api/returns/${orderReturn.id}` },
      events: [returnChanged({ order: after, orderReturn }), ...edited.events, ...events],
    }
  },
})
