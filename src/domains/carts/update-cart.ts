import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { takeOwn } from '../../records/own-fields.ts'
import { checkCodes, checkShipping, detailsErrors, detailsInput, detailsOf, discountCodesIn, savedInput } from './cart-details.ts'
import { checkOpen, getCart } from './cart-view.ts'
import { cartErrors, changeCart, common, idInput, openCart } from './change-cart.ts'
import { carts } from './collections.ts'
import { planReminder } from './remind-carts.ts'
import { withSaved } from './saved-addresses.ts'
import { type Asked, askRegister, asksRegister, writesWithVatId } from './vat-check.ts'

export const updateCart = command({
  ...common,
  name: 'carts.update',
  route: 'PATCH /api/carts/:id',
  summary: 'Set addresses, shipping and contact',
  errors: [...cartErrors, ...detailsErrors],
  input: Type.Object({ id: idInput, ...detailsInput, ...savedInput }, { additionalProperties: false }),
  codesIn: discountCodesIn,
  requestsIn: writesWithVatId,
  prepares: ({ input, project }) => asksRegister(project, input.vatId),
  async prepare({ input, actor, read, model, ...asking }): Promise<Asked> {
    // Nobody asks the register by the cart of another.
    checkOpen(await getCart(read, model, actor, input.id))
    return await askRegister(asking, input.vatId!)
  },
  async run(context) {
    const cart = await openCart(context, context.input.id)
    const { own, rest } = await takeOwn(context, carts, { input: context.input, before: cart })
    const { id: _, ...asked } = rest
    const given = await withSaved(context.tx, context.actor, asked)
    const details = detailsOf(context.project, given, context.prepared ?? null)
    const { resolved, output, headers } = await changeCart(context, cart, { ...details, ...own })
    checkShipping(details, resolved)
    checkCodes(given.discountCodes, cart.discountCodes, resolved)
    if (details.email) await planReminder(context, resolved.cart)
    return { output, headers }
  },
})
