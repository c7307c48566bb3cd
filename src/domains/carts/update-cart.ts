import { Type } from 'typebox'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import { command } from '../../operation/define.ts'
import { addressInput, tidyAddress } from './address.ts'
import { cartErrors, changeCart, checkCurrency, common, currencyInput, idInput, openCart } from './change-cart.ts'
import type { Address, Cart } from './collections.ts'

export const updateCart = command({
  ...common,
  name: 'carts.update',
  route: 'PATCH /api/carts/:id',
  summary: 'Set addresses, shipping and contact',
  errors: [...cartErrors, 'reference_not_found', 'discount_unknown'],
  input: Type.Object(
    {
      id: idInput,
      email: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'email', maxLength: limits.emailCharactersMax })),
      shippingAddress: addressInput,
      billingAddress: addressInput,
      shippingMethod: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: limits.idCharactersMax })),
      note: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: limits.noteCharactersMax })),
      currency: currencyInput,
      discountCodes: Type.Optional(Type.Array(Type.String({ maxLength: limits.codeCharactersMax }), { maxItems: limits.discountCodesMax })),
    },
    { additionalProperties: false },
  ),
  async run(context) {
    const { id, currency, discountCodes = [], ...changes } = context.input
    const cart = await openCart(context, id)
    checkCurrency(context.project, currency)
    if (discountCodes.length > 0)
      throw new EngineError('discount_unknown', {
        errors: [{ path: '/discountCodes/0', code: 'discount_unknown', message: 'is no discount of this shop' }],
      })
    const { resolved, output, headers } = await changeCart(context, cart, tidied(changes))
    if (typeof changes.shippingMethod === 'string' && resolved.shipping === null)
      throw new EngineError('reference_not_found', {
        errors: [{ path: '/shippingMethod', code: 'reference_not_found', message: 'names no shipping method' }],
      })
    return { output, headers }
  },
})

type Changes = Partial<Pick<Cart, 'email' | 'shippingAddress' | 'billingAddress' | 'shippingMethod' | 'note'>>

function tidied(changes: Changes): Changes {
  const tidy = (address: Address | null) => address && tidyAddress(address)
  return {
    ...changes,
    ...(typeof changes.email === 'string' ? { email: changes.email.toLowerCase() } : {}),
    ...(changes.shippingAddress === undefined ? {} : { shippingAddress: tidy(changes.shippingAddress) }),
    ...(changes.billingAddress === undefined ? {} : { billingAddress: tidy(changes.billingAddress) }),
  }
}
