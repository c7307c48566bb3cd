// What a cart is told beside its lines: who buys, where it goes and how. Given when it is made, or later.

import { normalEmail } from '../../base/email-address.ts'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Project } from '../../config/project.ts'
import type { VatCheck } from '../../config/tax-exemption.ts'
import { Type } from '../../contract/type.ts'
import { countrySchema } from '../../schema/wire.ts'
import { normalCode } from '../discounts/discount-code.ts'
import { addressInput, tidyAddress } from './address.ts'
import { checkCurrency, currencyInput } from './change-cart.ts'
import type { Address, Cart } from './collections.ts'
import { pastCounting, type ResolvedCart } from './resolve-cart.ts'
import { readVatId } from './vat-check.ts'

const textOrNull = (schema: object) => Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], ...schema }))

export const detailsInput = {
  email: textOrNull({ format: 'email', maxLength: limits.emailCharactersMax }),
  shippingAddress: addressInput,
  billingAddress: addressInput,
  country: textOrNull({
    ...countrySchema,
    type: ['string', 'null'],
    description: 'Where its buyer is, as long as there is no address: decides the tax. All that an order of digital goods needs.',
  }),
  shippingMethod: textOrNull({ maxLength: limits.idCharactersMax }),
  note: textOrNull({ maxLength: limits.noteCharactersMax, format: 'free-text-or-blank' }),
  vatId: textOrNull({
    maxLength: limits.codeCharactersMax,
    description: 'The VAT number of a business, with the letters of its country: DE123456788. Blanks, dots and hyphens do not matter.',
  }),
  giftMessage: textOrNull({ maxLength: limits.giftMessageCharactersMax, format: 'free-text-or-blank' }),
  currency: currencyInput,
  discountCodes: Type.Optional(Type.Array(Type.String({ maxLength: limits.codeCharactersMax }), { maxItems: limits.discountCodesMax })),
}
/** In place of an address: the id of one that the account has saved. */
export const savedInput = {
  savedShippingAddress: Type.Optional(
    Type.String({ maxLength: limits.idCharactersMax, description: 'Of your saved addresses: it is copied.' }),
  ),
  savedBillingAddress: Type.Optional(
    Type.String({ maxLength: limits.idCharactersMax, description: 'Of your saved addresses: it is copied.' }),
  ),
}
export const detailsErrors = ['reference_not_found', 'discount_unknown'] as const

export type Details = Partial<
  Pick<
    Cart,
    | 'currency'
    | 'email'
    | 'shippingAddress'
    | 'billingAddress'
    | 'country'
    | 'shippingMethod'
    | 'note'
    | 'giftMessage'
    | 'discountCodes'
    | 'vatId'
    | 'vatCheck'
  >
>

type Given = Omit<Details, 'discountCodes'> & { readonly discountCodes?: readonly string[] }

/** As they are stored. `vatCheck`: of the number that is given with them. @throws validation_failed */
export function detailsOf(project: Project, { currency, discountCodes, vatId, ...details }: Given, vatCheck: VatCheck | null): Details {
  checkCurrency(project, currency)
  const tidy = (address: Address | null) => address && tidyAddress(address)
  return {
    ...details,
    ...unlessBlank('note', details.note),
    ...unlessBlank('giftMessage', details.giftMessage),
    ...(currency === undefined ? {} : { currency }),
    ...(discountCodes === undefined ? {} : { discountCodes: [...new Set(discountCodes.map(normalCode))].filter((code) => code !== '') }),
    ...(vatId === undefined ? {} : { vatId: readVatId(vatId), vatCheck }),
    ...(typeof details.email === 'string' ? { email: normalEmail(details.email) } : {}),
    ...(details.shippingAddress === undefined ? {} : { shippingAddress: tidy(details.shippingAddress) }),
    ...(details.billingAddress === undefined ? {} : { billingAddress: tidy(details.billingAddress) }),
  }
}

/** A form that was left empty says nothing. */
export function unlessBlank<K extends 'note' | 'giftMessage'>(
  name: K,
  text: string | null | undefined,
): { readonly [P in K]?: string | null } {
  return text === undefined ? {} : ({ [name]: text?.trim() ? text : null } as { [P in K]: string | null })
}

/** Codes are tried no faster than passwords. What is no list may stand for one in a batch. */
export function discountCodesIn(input: unknown): number {
  const codes = (input as { discountCodes?: unknown } | null | undefined)?.discountCodes
  return Array.isArray(codes) ? codes.length : codes === undefined || codes === null ? 0 : limits.discountCodesMax
}

/**
 * A code that is put in must be one that its customer can use now; what keeps it from taking anything now is told with the cart. One that
 * was there before stays, whatever has become of it. @throws discount_unknown
 */
export function checkCodes(given: readonly string[] = [], before: readonly string[] | null, { discounting }: ResolvedCart): void {
  const unknown = discounting.refused.filter(({ code, reason }) => reason.code === 'unavailable' && !before?.includes(code))
  if (unknown.length === 0) return
  const isUnknown = (code: string) => unknown.some((one) => one.code === normalCode(code))
  throw new EngineError('discount_unknown', {
    errors: given.flatMap((code, index) =>
      isUnknown(code)
        ? [{ path: `/discountCodes/${index}`, code: 'discount_unknown', message: 'is no discount that can be used now' }]
        : [],
    ),
  })
}

/** @throws reference_not_found for a shipping method that nobody can choose */
export function checkShipping({ shippingMethod }: Details, { cart, shipping, shippingMisfit }: ResolvedCart): void {
  if (typeof shippingMethod !== 'string' || shipping !== null) return
  throw new EngineError('reference_not_found', {
    errors: [
      {
        path: '/shippingMethod',
        code: 'reference_not_found',
        message:
          shippingMisfit === 'currency'
            ? `names a shipping method without a price in ${cart.currency}`
            : shippingMisfit === 'amount'
              ? pastCounting
              : 'names no shipping method',
      },
    ],
  })
}
