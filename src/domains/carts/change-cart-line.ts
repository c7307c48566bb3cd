import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { amountTooLarge, cartErrors, changeLines, checkQuantity, idInput, lineOf, ofLines, openCart, quantityInput } from './change-cart.ts'

export const changeCartLine = command({
  ...ofLines,
  name: 'carts.changeLine',
  route: 'PATCH /api/carts/:id/lines/:line',
  summary: 'Change how many',
  errors: [...cartErrors, 'amount_too_large'],
  input: Type.Object({ id: idInput, line: idInput, quantity: quantityInput }, { additionalProperties: false }),
  async run(context) {
    const { input, project } = context
    const cart = await openCart(context, input.id)
    const before = lineOf(cart, input.line)
    checkQuantity(project, input.quantity)
    const touched = { ...before, quantity: input.quantity }
    const lines = cart.lines.map((line) => (line === before ? touched : line))
    const { resolved, ...answer } = await changeLines(context, cart, { lines, touched })
    // Fewer of what is too much already is a step out of it.
    if (input.quantity > before.quantity && resolved?.tooLarge.some(({ id }) => id === input.line)) throw amountTooLarge()
    return answer
  },
})
