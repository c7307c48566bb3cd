import { isNoneMatch } from '../../base/entity-tag.ts'
import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { cartView, getCart } from './cart-view.ts'
import { common, idInput } from './change-cart.ts'
import { carts } from './collections.ts'
import { resolveCart } from './resolve-cart.ts'

export const getCartOperation = query({
  ...common,
  name: 'carts.get',
  route: 'GET /api/carts/:id',
  summary: 'See a cart',
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  async run({ read, input, actor, model, project, now, request }) {
    const cart = await getCart(read, model, actor, input.id)
    const output = cartView(await resolveCart({ read, model, project, now }, cart), { model, actor })
    // Prices are not the cart's own: its row alone does not tell whether they moved.
    const etag = etagOf(model.get(carts), actor, cart, output)
    if (isNoneMatch(etag, request.ifNoneMatch)) return { status: 304, output: undefined, headers: { etag } }
    return { output, headers: { etag } }
  },
})
