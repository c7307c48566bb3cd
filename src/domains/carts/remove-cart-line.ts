import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { changeLines, idInput, lineOf, ofLines, openCart } from './change-cart.ts'

/** Also of a line that is no longer for sale. */
export const removeCartLine = command({
  ...ofLines,
  name: 'carts.removeLine',
  route: 'DELETE /api/carts/:id/lines/:line',
  summary: 'Take something out of the cart',
  input: Type.Object({ id: idInput, line: idInput }, { additionalProperties: false }),
  async run(context) {
    const { input } = context
    const cart = await openCart(context, input.id)
    lineOf(cart, input.line)
    const lines = cart.lines.filter(({ id }) => id !== input.line)
    const { resolved: _, ...answer } = await changeLines(context, cart, { lines, touched: null })
    return answer
  },
})
