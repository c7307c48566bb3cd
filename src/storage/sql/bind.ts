// The values that SQL statements carry.
import { assert } from '../../base/assert.ts'
import { wordsText } from '../../schema/kinds/words.ts'
import type { Column } from '../../schema/model.ts'

export type SqlValue = string | number | null

/** A record's value as SQL databases without a boolean or a JSON type store it. */
export function bind(column: Column, value: unknown): SqlValue {
  if (column.type === 'words') return wordsText(value)
  if (value === null || value === undefined) return null
  if (column.type === 'json') return JSON.stringify(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  assert(typeof value === 'string' || typeof value === 'number', `cannot store ${typeof value} in ${column.path}`)
  return value
}
