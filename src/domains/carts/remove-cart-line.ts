import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { changeCart, common, idInput, lineOf, openCart } from './change-cart.ts'

/** Also of a line that is no longer for sale. */
export const removeCartLine = command({
  ...common,
  name: 'carts.removeLine',
  route: 'DELETE /api/carts/:id/lines/:line',
  summary: 'Take something out of the cart',
  input: Type.Object({ id: idInput, line: idInput }, { additionalProperties: false }),
  async run(context) {
    const { input } = context
    const cart = await openCart(context, input.id)
    lineOf(cart, input.line)
    const { output, headers } = await changeCart(context, cart, { lines: cart.lines.filter(({ id }) => id !== input.line) })
    return { output, headers }
  },
})
