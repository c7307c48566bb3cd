import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { checkCodes, checkShipping, detailsErrors, detailsInput, detailsOf, discountCodesIn } from './cart-details.ts'
import { cartErrors, changeCart, common, idInput, openCart } from './change-cart.ts'

export const updateCart = command({
  ...common,
  name: 'carts.update',
  route: 'PATCH /api/carts/:id',
  summary: 'Set addresses, shipping and contact',
  errors: [...cartErrors, ...detailsErrors],
  input: Type.Object({ id: idInput, ...detailsInput }, { additionalProperties: false }),
  codesIn: discountCodesIn,
  async run(context) {
    const { id, ...given } = context.input
    const cart = await openCart(context, id)
    const details = detailsOf(context.project, given)
    const { resolved, output, headers } = await changeCart(context, cart, details)
    checkShipping(details, resolved)
    checkCodes(given.discountCodes, cart.discountCodes, resolved)
    return { output, headers }
  },
})
