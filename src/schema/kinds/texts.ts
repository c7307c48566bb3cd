// Short texts in order, without repeats: tags, labels.
import { limits } from '../../base/limits.ts'
import { countFrom } from '../shape.ts'
import { notCompared, withinMax } from './comparing.ts'
import { defineKind, makeField, type With } from './kind.ts'
import { oneLine } from './text.ts'

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
  misfit: ({ max = limits.textCharactersMax }, value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string' && one.length <= max)
      ? null
      : 'is no list of texts, or one of them is too long',
  input: 'lines',
  display: 'list',
})

/** Texts of one line, 200 at most, in order and without repeats. `max`: characters of each, 255 when left out. */
export const texts = <const O extends With>(options?: O) =>
  makeField<{ value: readonly string[]; compared: { '': readonly [string] }; isLarge: true }, O & { required: true; default: readonly [] }>(
    textsKind,
    { default: [], ...options },
  )
