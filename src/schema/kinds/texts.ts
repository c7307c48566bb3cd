// Short texts in order, without repeats: tags, labels.
import { limits } from '../../base/limits.ts'
import { countFrom } from '../shape.ts'
import { notCompared, withinMax } from './comparing.ts'
import { defineKind, type Excess, type Field, makeField, type With } from './kind.ts'
import { oneLine } from './text.ts'

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function excess({ max = limits.textCharactersMax }: Field, value: unknown): Excess | null {
  if (!isTexts(value)) return null
  if (value.length > limits.listItemsMax) return { code: 'maxItems', what: `hold more than ${limits.listItemsMax} texts` }
  if (value.some((one) => one.length > max)) return { code: 'maxLength', what: `hold a text of more than ${max} characters` }
  if (value.includes('')) return { code: 'minLength', what: 'hold an empty text' }
  return new Set(value).size < value.length ? { code: 'uniqueItems', what: 'hold a text twice' } : null
}

export const textsKind = defineKind({
  name: 'texts',
  otherNames: ['tags', 'strings'],
  // A filter asks for one that it has; there is no other comparison of a list.
  columns: [{ type: 'json', isList: true, comparing: { ...notCompared, operators: ['eq'], offered: ['eq'], fromRule: withinMax } }],
  options: { max: countFrom(1) },
  schema: ({ max = limits.textCharactersMax }) => ({
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: max },
    maxItems: limits.listItemsMax,
    uniqueItems: true,
  }),
  givenSchema: (schema) => ({ ...schema, items: { ...(schema['items'] as object), pattern: oneLine } }),
  misfit: (field, value) => (isTexts(value) && excess(field, value) === null ? null : 'is no list of texts that the field takes'),
  excess,
  input: 'lines',
  display: 'list',
})

/** Texts of one line, 200 at most, in order and without repeats. `max`: characters of each, 255 when left out. */
export const texts = <const O extends With>(options?: O) =>
  makeField<{ value: readonly string[]; compared: { '': readonly [string] }; isLarge: true }, O & { required: true; default: readonly [] }>(
    textsKind,
    { default: [], ...options },
  )
