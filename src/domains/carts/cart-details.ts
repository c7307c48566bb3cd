// What a cart is told beside its lines: who buys, where it goes and how. Given when it is made, or later.

import { normalEmail } from '../../base/email-address.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import { Type } from '../../contract/type.ts'
import { addressInput, tidyAddress } from './address.ts'
import { checkCurrency, currencyInput } from './change-cart.ts'
import type { Address, Cart } from './collections.ts'
import type { ResolvedCart } from './resolve-cart.ts'

const textOrNull = (schema: object) => Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], ...schema }))

export const detailsInput = {
  email: textOrNull({ format: 'email', maxLength: limits.emailCharactersMax }),
  shippingAddress: addressInput,
  billingAddress: addressInput,
  shippingMethod: textOrNull({ maxLength: limits.idCharactersMax }),
  note: textOrNull({ maxLength: limits.noteCharactersMax }),
  currency: currencyInput,
  discountCodes: Type.Optional(Type.Array(Type.String({ maxLength: limits.codeCharactersMax }), { maxItems: limits.discountCodesMax })),
}
export const detailsErrors = ['reference_not_found', 'discount_unknown'] as const

export type Details = Partial<Pick<Cart, 'email' | 'shippingAddress' | 'billingAddress' | 'shippingMethod' | 'note'>>

/** As they are stored. @throws validation_failed, discount_unknown */
export function detailsOf(
  project: Project,
  { currency, discountCodes = [], ...details }: Details & { readonly currency?: string; readonly discountCodes?: readonly string[] },
): Details {
  checkCurrency(project, currency)
  if (discountCodes.length > 0)
    throw new EngineError('discount_unknown', {
      errors: [{ path: '/discountCodes/0', code: 'discount_unknown', message: 'is no discount of this shop' }],
    })
  const tidy = (address: Address | null) => address && tidyAddress(address)
  return {
    ...details,
    ...(typeof details.email === 'string' ? { email: normalEmail(details.email) } : {}),
    ...(details.shippingAddress === undefined ? {} : { shippingAddress: tidy(details.shippingAddress) }),
    ...(details.billingAddress === undefined ? {} : { billingAddress: tidy(details.billingAddress) }),
  }
}

/** @throws reference_not_found for a shipping method that nobody can choose */
export function checkShipping({ shippingMethod }: Details, { shipping }: ResolvedCart): void {
  if (typeof shippingMethod !== 'string' || shipping !== null) return
  throw new EngineError('reference_not_found', {
    errors: [{ path: '/shippingMethod', code: 'reference_not_found', message: 'names no shipping method' }],
  })
}
