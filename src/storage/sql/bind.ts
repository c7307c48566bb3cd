// Statements, and the values that they carry.
import { assert } from '../../base/assert.ts'
import { wordsText } from '../../schema/kinds/words.ts'
import { type CollectionModel, type Column, resolve } from '../../schema/model.ts'

export type SqlValue = string | number | null
/** `isFleeting`: its text hardly comes again, so it is planned for what stands in it and not kept. */
export type Statement = { readonly sql: string; readonly values: SqlValue[]; readonly isFleeting?: true }

/** A record's value as SQL databases without a boolean or a JSON type store it. */
export function bind(column: Column, value: unknown): SqlValue {
  if (column.type === 'words') return wordsText(value)
  if (value === null || value === undefined) return null
  if (column.type === 'json') return JSON.stringify(value)
  if (typeof value === 'boolean') return value ? 1 : 0
  assert(typeof value === 'string' || typeof value === 'number', `cannot store ${typeof value} in ${column.path}`)
  return value
}

/** As a dialect has it: the text that words are stored as. */
type StoresWords = { readonly storedWords?: ((text: string) => string) | undefined }

export function storedValue({ storedWords }: StoresWords, column: Column, value: unknown): SqlValue {
  const bound = bind(column, value)
  return column.type === 'words' && storedWords ? storedWords(bound as string) : bound
}

/** `price` of a record is two columns; `price.amount` alone is one. A searched text has its words beside it. */
export function columnsOfField(collection: CollectionModel, path: string): readonly Column[] {
  const own = collection.fields.get(path)
  const words = collection.words.get(path)
  if (words) return [...own!.columns, ...words.columns]
  return own ? own.columns : [resolve(collection.columns, path)]
}

/** The part of a field's value that lies in this column. */
export function part(value: unknown, column: Column): unknown {
  if (column.part === null || value === null || typeof value !== 'object') return value
  return (value as Record<string, unknown>)[column.part]
}
