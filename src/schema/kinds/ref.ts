// The id of one record of another collection.
import { limits } from '../../base/limits.ts'
import { flag, line, word } from '../shape.ts'
import { textMisfit, wordComparing } from './comparing.ts'
import { defineKind, type JsonSchema, makeField, type OnDelete, type OnErase, type With } from './kind.ts'

/** What a declaration says of the erasure of a person. */
export const erasing = word('delete', 'clear', 'keep')

export const idSchema: JsonSchema = { type: 'string', maxLength: limits.idCharactersMax }

export const refKind = defineKind({
  name: 'ref',
  otherNames: ['reference', 'relation'],
  // An id, ours or a hash, has at most 69.
  columns: [{ type: 'text', characters: () => 100, comparing: wordComparing }],
  refers: 'one',
  options: { unique: flag, to: line, onDelete: word('restrict', 'cascade', 'setNull'), onErase: erasing },
  check({ onDelete, onErase, required, to }, path, add) {
    if (onErase !== undefined && to !== 'users') add(`${path}.onErase`, 'is for references to users: people are erased, and nothing else')
    if (onErase === 'clear' && required) add(`${path}.onErase`, 'is clear, and a required reference cannot be null: take delete, or keep')
    if (onDelete === 'setNull' && required) add(`${path}.onDelete`, 'is setNull, and a required reference cannot be null: take cascade')
  },
  sets: (set, { to }) => set === 'actor' && to === 'users',
  schema: () => idSchema,
  readSchema: (schema, to) => ({ ...schema, title: to, type: [schema['type'], 'object'].flat() }),
  misfit: textMisfit,
  input: 'reference',
  display: 'reference',
})

/** The id of one record of another collection. */
export const ref = <const T extends string, const O extends With<{ readonly onDelete?: OnDelete; readonly onErase?: OnErase }>>(
  to: T,
  options?: O,
) => makeField<{ value: string }, O & { to: T }>(refKind, { ...options, to })
