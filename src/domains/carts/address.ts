// Addresses as they are asked for: a country of ISO 3166-1, a postal code and a town where the country's addresses have them, and in
// every other part something to read.

import { countriesWithoutTowns, countriesWithPostalCodes } from '../../base/countries.ts'
import { trimmed, withoutMarks } from '../../base/names.ts'
import { Type } from '../../contract/type.ts'
import { countrySchema } from '../../schema/wire.ts'
import type { Address } from './collections.ts'

const named = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength, format: 'name' })
const optionallyNamed = (maxLength: number) => ({ type: ['string', 'null'], maxLength, format: 'name-or-blank' })

/** As a request gives it; null takes it away. */
export const addressInput = Type.Optional(
  Type.Unsafe<Address | null>({
    title: 'AddressInput',
    type: ['object', 'null'],
    properties: {
      name: named(200),
      line1: named(200),
      line2: optionallyNamed(200),
      city: { ...optionallyNamed(100), description: 'Required where the country’s addresses name a town.' },
      region: optionallyNamed(100),
      postalCode: { ...optionallyNamed(20), description: 'Required where the country’s addresses ask for one.' },
      country: countrySchema,
      phone: optionallyNamed(40),
    },
    required: ['name', 'line1', 'country'],
    additionalProperties: false,
    allOf: [
      {
        if: { properties: { country: { enum: countriesWithPostalCodes } }, required: ['country'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
        then: { properties: { postalCode: named(20) }, required: ['postalCode'] },
      },
      {
        if: { properties: { country: { not: { enum: countriesWithoutTowns } } }, required: ['country'] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
        then: { properties: { city: named(100) }, required: ['city'] },
      },
    ],
  }),
)

const text = { type: 'string' }
const optionalText = { type: ['string', 'null'] }

/** As a cart shows it. */
export const addressOutput = Type.Unsafe<Address | null>({
  title: 'Address',
  type: ['object', 'null'],
  properties: {
    name: text,
    line1: text,
    line2: optionalText,
    city: optionalText,
    region: optionalText,
    postalCode: optionalText,
    country: { ...text, description: 'ISO 3166-1 alpha-2' },
    phone: optionalText,
  },
})

/** Without blanks and marks around what was typed, nor marks in what machines read; a part that is blank altogether was left out. */
export function tidyAddress(given: Address): Address {
  const isRead = (name: string) => name === 'postalCode' || name === 'phone'
  const parts = Object.entries(given).map(([name, text]) => [name, trimmed(isRead(name) ? withoutMarks(text ?? '') : (text ?? ''))])
  return Object.fromEntries(parts.filter(([, text]) => text !== '')) as Address
}
