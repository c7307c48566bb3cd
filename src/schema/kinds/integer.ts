// Whole numbers that JSON can carry exactly.
import { flag, wholeNumber } from '../shape.ts'
import { integerComparing, integerExcess, integerMisfit, safeInteger } from './comparing.ts'
import { type DefaultOf, defineKind, makeField, type With } from './kind.ts'

export const integerKind = defineKind({
  name: 'integer',
  otherNames: ['number', 'int', 'float'],
  columns: [{ type: 'integer', comparing: integerComparing }],
  increment: { schema: safeInteger },
  options: { unique: flag, min: wholeNumber, max: wholeNumber },
  schema: ({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }) => ({ type: 'integer', minimum: min, maximum: max }),
  misfit: integerMisfit,
  excess: integerExcess,
  input: 'integer',
  display: 'number',
})

/** A whole number that JSON can carry exactly. */
export const integer = <const O extends With<DefaultOf<number>>>(options?: O) =>
  makeField<{ value: number; increment: number }, O>(integerKind, options)
