import { EngineError, invalid } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { amountTooLarge, cartErrors, changeLines, checkQuantity, idInput, ofLines, openCart, quantityInput } from './change-cart.ts'

/** One line for each variant, however often it is added. */
export const addCartLine = command({
  ...ofLines,
  name: 'carts.addLine',
  route: 'POST /api/carts/:id/lines',
  summary: 'Put something in the cart',
  status: 201,
  errors: [...cartErrors, 'not_for_sale', 'amount_too_large'],
  input: Type.Object({ id: idInput, variant: idInput, quantity: Type.Optional(quantityInput) }, { additionalProperties: false }),
  async run(context) {
    const { input, project, newId } = context
    const cart = await openCart(context, input.id)
    const known = cart.lines.find(({ variant }) => variant === input.variant)
    if (!known && cart.lines.length >= limits.cartLinesMax)
      throw invalid('/variant', 'maxItems', `a cart has at most ${limits.cartLinesMax} lines`)
    const quantity = (known?.quantity ?? 0) + (input.quantity ?? 1)
    checkQuantity(project, quantity)
    const touched = known ? { ...known, quantity } : { id: newId('line'), variant: input.variant, quantity }
    const lines = known ? cart.lines.map((line) => (line === known ? touched : line)) : [...cart.lines, touched]
    const { resolved, ...answer } = await changeLines(context, cart, { lines, touched, status: 201 })
    if (resolved?.tooLarge.some(({ variant }) => variant === input.variant)) throw amountTooLarge()
    const gone = resolved?.gone.find(({ variant }) => variant === input.variant)
    if (gone) throw new EngineError('not_for_sale', { errors: [{ path: '/variant', ...gone.why }] })
    return answer
  },
})
