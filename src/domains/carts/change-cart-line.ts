import { Type } from 'typebox'
import { command } from '../../operation/define.ts'
import { changeCart, checkQuantity, common, idInput, lineOf, openCart, quantityInput } from './change-cart.ts'

export const changeCartLine = command({
  ...common,
  name: 'carts.changeLine',
  route: 'PATCH /api/carts/:id/lines/:line',
  summary: 'Change how many',
  input: Type.Object({ id: idInput, line: idInput, quantity: quantityInput }, { additionalProperties: false }),
  async run(context) {
    const { input, project } = context
    const cart = await openCart(context, input.id)
    lineOf(cart, input.line)
    checkQuantity(project, input.quantity)
    const lines = cart.lines.map((line) => (line.id === input.line ? { ...line, quantity: input.quantity } : line))
    const { output, headers } = await changeCart(context, cart, { lines })
    return { output, headers }
  },
})
