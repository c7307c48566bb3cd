import { staff } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkIfMatch, etagOf } from '../../records/etag.ts'
import { takeOwn } from '../../records/own-fields.ts'
import { presentAll } from '../../records/present.ts'
import { idInput } from '../carts/change-cart.ts'
import { orders } from './collections.ts'
import { indexOrder } from './order-texts.ts'

/**
 * `PATCH /api/orders/{id}`: the fields that the shop has added to its orders, each as it becomes, at any time of an order's life. What was agreed on
 * changes by operations of its own. There is none in a shop that has added nothing.
 */
export const updateOrder = command({
  name: 'orders.update',
  route: 'PATCH /api/orders/:id',
  summary: 'Set fields that the shop has added to its orders',
  tag: 'Orders',
  isPresented: true,
  hasEtag: true,
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  output: Type.Unsafe<unknown>({ type: 'object', title: 'orders' }),
  errors: ['not_found', 'precondition_failed', 'reference_not_found'],
  access: staff,
  async run(context) {
    const { tx, input, actor, model, request } = context
    const order = await tx.lock(orders, input.id, 'exclusive')
    if (order === null) throw new EngineError('not_found')
    checkIfMatch(model.get(orders), { actor, ifMatch: request.ifMatch }, order)
    const { own } = await takeOwn(context, orders, { input, before: order })
    const after = Object.keys(own).length === 0 ? order : await tx.update(orders, order, { set: own })
    if (after !== order) await indexOrder(context, after)
    const [output] = await presentAll(tx, model.get(orders), actor, [after])
    return { output: output as unknown, headers: { etag: etagOf(model.get(orders), actor, after) } }
  },
})
