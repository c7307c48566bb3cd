import { Type } from '../../contract/type.ts'
import { command } from '../../operation/define.ts'
import { cartErrors, changeCart, common, idInput, openCart } from './change-cart.ts'
import { askTaxesOf, checkTaxKnown } from './tax-quote.ts'
import { writesAsking } from './vat-check.ts'

/** `POST /api/carts/{id}/taxes`: what is due, where an outside service says so. Elsewhere the cart says it anyway. */
export const quoteTaxes = command({
  ...common,
  name: 'carts.quoteTaxes',
  route: 'POST /api/carts/:id/taxes',
  summary: 'Have the tax of a cart worked out',
  errors: [...cartErrors, 'tax_unavailable'],
  input: Type.Object({ id: idInput }, { additionalProperties: false }),
  requestsIn: writesAsking,
  prepares: ({ project }) => (project.shop?.tax.service ?? null) !== null,
  prepare: async ({ input, ...asking }) => await askTaxesOf(asking, input.id),
  async run(context) {
    const cart = await openCart(context, context.input.id)
    const taxQuote = context.prepared ?? null
    const { resolved, output, headers } = await changeCart(context, cart, taxQuote === null ? {} : { taxQuote })
    checkTaxKnown(resolved)
    return { output, headers }
  },
})
