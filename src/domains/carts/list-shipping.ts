import { Type } from '../../contract/type.ts'
import { query } from '../../operation/define.ts'
import { findAll } from '../../storage/find-all.ts'
import { shippingMethods } from '../catalog/collections.ts'
import { shippingPrice } from '../catalog/shipping-price.ts'
import { getCart, moneyType } from './cart-view.ts'
import { common, idInput } from './change-cart.ts'
import { goodsOf, offered, resolveCart } from './resolve-cart.ts'

/** `GET /api/carts/{id}/shippingMethods`: the ways that take what is in it to where it goes, and what each costs. */
export const listShipping = query({
  name: 'carts.listShipping',
  route: 'GET /api/carts/:id/shippingMethods',
  summary: 'List how a cart can be sent',
  tag: common.tag,
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  output: Type.Object({
    items: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          title: Type.String(),
          price: moneyType,
          promise: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'When it arrives.' }),
          isPickup: Type.Boolean({ description: 'It is fetched at the shop.' }),
        },
        { title: 'OfferedShipping' },
      ),
      { description: 'In the order of the shop. Before there is an address, as if it went anywhere.' },
    ),
  }),
  errors: ['not_found'],
  access: common.access,
  async run({ read, input, actor, model, project, now }) {
    const cart = await getCart(read, model, actor, input.id)
    const { lines } = await resolveCart({ read, model, project, now }, cart)
    const goods = goodsOf(cart, lines)
    const methods = await findAll(read, shippingMethods, offered(model))
    const inOrder = methods.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0) || (a.id < b.id ? -1 : 1))
    const items = inOrder.flatMap((method) => {
      const { id, title, promise, isPickup } = method
      const price = shippingPrice(method, goods)
      return typeof price === 'string' ? [] : [{ id, title, price, promise, isPickup: isPickup === true }]
    })
    return { output: { items } }
  },
})
