// A kind of field of two parts that the product does not have: a place on earth, in whole millionths of a degree.
import { integerComparing } from '../../../src/schema/kinds/comparing.ts'
import { defineKind, makeField, type With } from '../../../src/schema/kinds/kind.ts'

type Place = { readonly latitude: number; readonly longitude: number }

const within = (degrees: number) => ({ type: 'integer', minimum: -degrees * 1_000_000, maximum: degrees * 1_000_000 })

export const placeKind = defineKind({
  name: 'place',
  columns: [
    { part: 'latitude', type: 'integer', comparing: integerComparing },
    { part: 'longitude', type: 'integer', comparing: integerComparing },
  ],
  options: {},
  schema: () => ({
    type: 'object',
    properties: { latitude: within(90), longitude: within(180) },
    required: ['latitude', 'longitude'],
    additionalProperties: false,
  }),
  misfit: (_field, value) => (Object.values(value as object).every(Number.isSafeInteger) ? null : 'is no place'),
  input: 'json',
  display: 'json',
})

export const place = <const O extends With>(options?: O) =>
  makeField<{ value: Place; compared: { '': number; latitude: number; longitude: number } }, O>(placeKind, options)
