// What may be done to a table that has rows without asking anybody: only what older code does not notice. The same on
// every SQL database; how it is spelled is the dialect's.
import type { CollectionModel, Column } from '../../schema/model.ts'
import { bind, type SqlValue } from './bind.ts'

/** What existing rows get in a new column. @throws Error with one sentence for people */
export function valueForExistingRows(collection: CollectionModel, column: Column): SqlValue {
  const fallback = collection.fields.get(column.path)?.field.default
  const isFixed = fallback !== undefined && fallback !== null && !(typeof fallback === 'object' && 'set' in fallback)
  if (isFixed) return bind(column, fallback)
  if (column.isNullable) return null
  throw new Error(
    `The field ${collection.name}.${column.path} is new and required, but records exist that have no value for it. Give it a default, or make it optional.`,
  )
}

/** @throws Error with one sentence for people when the column has another type than the model says */
export function checkColumnType(
  collection: CollectionModel,
  column: Column,
  types: { readonly found: string; readonly wanted: string },
): void {
  const { found, wanted } = types
  if (found === wanted) return
  throw new Error(
    `The field ${collection.name}.${column.path} is ${found} in the database and would be ${wanted} now. ` +
      'Changing a type needs a migration: take a new field name instead.',
  )
}

/** @throws Error with one sentence for people */
export function checkSchemaVersion(found: number, known: number): void {
  if (found <= known) return
  throw new Error(
    `The database was written by a newer Kingpost (schema ${found}, this one knows ${known}). Nothing was changed. Start it with the newer version.`,
  )
}
