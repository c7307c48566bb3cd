// A kind of field that the product does not have, as its own one file would be: `#FF8800` on the wire, `ff8800` where it
// is stored, with an option of its own.

import { mustBe, textComparing } from '../../../src/schema/kinds/comparing.ts'
import { defineKind, type Field, makeField, type Stored, type With } from '../../../src/schema/kinds/kind.ts'
import { flag } from '../../../src/schema/shape.ts'

const stored = /^[0-9a-f]{6}([0-9a-f]{2})?$/
const digits = (text: string) => text.replace(/^#/, '').toLowerCase()
const hasAlpha = (field: Field) => (field as { readonly alpha?: boolean }).alpha === true

function colourOf(text: string): Stored {
  const value = digits(text)
  return stored.test(value) ? { value } : { problem: 'must be a colour such as #FF8800' }
}

export const colourKind = defineKind({
  name: 'colour',
  otherNames: ['color'],
  columns: [
    {
      type: 'text',
      characters: () => 8,
      comparing: {
        ...textComparing,
        rules: 'same',
        operators: ['eq', 'in'],
        offered: ['eq', 'ne', 'in', 'null'],
        fromQuery: colourOf,
        fromRule: (value) =>
          typeof value === 'string' && stored.test(digits(value)) ? { value: digits(value) } : mustBe(value, 'a colour'),
      },
    },
  ],
  options: { unique: flag, alpha: flag },
  schema: (field) => ({ type: 'string', pattern: hasAlpha(field) ? '^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$' : '^#[0-9a-fA-F]{6}$' }),
  fromWire: (value) => digits(value as string),
  toWire: (value) => `#${String(value).toUpperCase()}`,
  stored: (value, path, add) => {
    if (typeof value !== 'string' || !stored.test(value)) add(path, 'must be a colour as it is stored, such as ff8800')
  },
  misfit: (field, value) =>
    typeof value === 'string' && stored.test(value) && (hasAlpha(field) || value.length === 6) ? null : 'is no colour',
  input: 'text',
  display: 'text',
})

export const colour = <const O extends With<{ readonly alpha?: boolean }>>(options?: O) =>
  makeField<{ value: string }, O>(colourKind, options)
