import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { subtractMoney } from '../../base/money.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch } from '../../records/etag.ts'
import { moneyType } from '../carts/cart-view.ts'
import { askOfAdded, asksService } from '../orders/ask-taxes.ts'
import { orders } from '../orders/collections.ts'
import { checkPrices } from '../orders/drafts.ts'
import { priceAdded } from '../orders/edit-placed.ts'
import { worthOf } from '../orders/give-back.ts'
import { exchangedFor, exchangeErrors } from './exchange-order.ts'
import { returnableOf } from './return-parts.ts'

/** `POST /api/orders/{id}/exchanges/quote`: what an exchange would come to. Nothing is written, and no stock is held: whoever exchanges may find less. */
export const quoteExchange = command({
  name: 'orders.quoteExchange',
  route: 'POST /api/orders/:id/exchanges/quote',
  summary: 'Ask what an exchange would come to',
  tag: 'Orders',
  input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }), ...exchangedFor }, { additionalProperties: false }),
  output: Type.Object({ worth: moneyType, added: moneyType }),
  errors: [...exchangeErrors],
  access: staff,
  prepares: ({ project }) => asksService(project),
  prepare: async ({ input, ...asking }) => await askOfAdded(asking, input),
  async run(context) {
    const { tx, input, actor, model, request } = context
    const order = await tx.get(orders, input.id)
    if (order === null) throw new EngineError('not_found')
    checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
    const named = returnableOf(order, input.lines)
    checkPrices(order.total.currency, input.add, '/add')
    const worth = await worthOf(tx, order, named)
    const { sums } = await priceAdded(context, order, { add: input.add, taxQuote: context.prepared ?? null })
    return { output: { worth, added: subtractMoney(sums.total, order.total) } }
  },
})
