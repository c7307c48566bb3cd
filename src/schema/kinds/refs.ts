// Ids of records of another collection, in order, without repeats.
import { limits } from '../../base/limits.ts'
import { line, word } from '../shape.ts'
import { notCompared } from './comparing.ts'
import { defineKind, makeField, type OnErase, type With } from './kind.ts'
import { erasing, idSchema } from './ref.ts'

export const refsKind = defineKind({
  name: 'refs',
  // A filter asks for one that it has; there is no other comparison of a list.
  columns: [{ type: 'json', isList: true, comparing: { ...notCompared, operators: ['eq'], offered: ['eq'] } }],
  refers: 'many',
  options: { to: line, onDelete: word('restrict', 'setNull'), onErase: erasing },
  check({ onErase, to }, path, add) {
    if (onErase !== undefined && to !== 'users') add(`${path}.onErase`, 'is for references to users: people are erased, and nothing else')
  },
  schema: () => ({ type: 'array', items: idSchema, maxItems: limits.referencesMax, uniqueItems: true }),
  readSchema: (schema, to) => ({ ...schema, items: { type: ['string', 'object'], title: to } }),
  misfit: (_field, value) => (Array.isArray(value) ? null : 'is no list of ids'),
  input: 'references',
  display: 'references',
})

/** Ids of records of another collection, in order, without repeats. */
export const refs = <
  const T extends string,
  const O extends With<{ readonly onDelete?: 'restrict' | 'setNull'; readonly onErase?: OnErase }>,
>(
  to: T,
  options?: O,
) =>
  // A filter asks for one that the list has, and compares nothing else.
  makeField<
    { value: readonly string[]; compared: { '': readonly [string] }; isLarge: true },
    O & { to: T; required: true; default: readonly [] }
  >(refsKind, { default: [], ...options, to })
