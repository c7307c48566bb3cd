import { Type } from 'typebox'
import { limits } from '../../base/limits.ts'
import { hashSecret } from '../../base/secret.ts'
import { command } from '../../operation/define.ts'
import { etagOf } from '../../records/etag.ts'
import { cartView } from './cart-view.ts'
import { checkCurrency, common, currencyInput } from './change-cart.ts'
import { carts } from './collections.ts'
import { shopOf } from './totals.ts'

export const createCart = command({
  ...common,
  name: 'carts.create',
  route: 'POST /api/carts',
  summary: 'Make a cart',
  status: 201,
  input: Type.Object(
    { email: Type.Optional(Type.String({ format: 'email', maxLength: limits.emailCharactersMax })), currency: currencyInput },
    { additionalProperties: false },
  ),
  async run({ tx, input, actor, model, project, newId, newSecret }) {
    checkCurrency(project, input.currency)
    const token = newSecret('cart')
    const cart = await tx.insert(carts, {
      id: newId('cart'),
      status: 'open',
      tokenHash: hashSecret(token),
      customer: actor.id,
      email: input.email?.toLowerCase() ?? actor.email,
      currency: shopOf(project).currency,
      lines: [],
      shippingAddress: null,
      billingAddress: null,
      shippingMethod: null,
      note: null,
      order: null,
    })
    const headers = { location: `/api/carts/${cart.id}`, etag: etagOf(model.get(carts), actor, cart) }
    return { output: cartView(project, { cart, lines: [], gone: [], tooLarge: [], shipping: null }, token), status: 201, headers }
  },
})
