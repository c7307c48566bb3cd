// A database that shortens long names tells them short. They are given back their declared ones before they are
// compared with the model; whatever is sent to the database is shortened again by its `quote`.
import type { CollectionModel, Model } from '../../schema/model.ts'
import { formerNames, leftoverOf, type StoredTable, shadowOf } from '../migrations/stored-schema.ts'

/** The tables by their declared names, with the declared names of their columns. */
export function withDeclaredNames(
  tables: ReadonlyMap<string, StoredTable>,
  model: Model,
  shorten: (name: string) => string,
): ReadonlyMap<string, StoredTable> {
  const collections = [...model.collections.values()]
  const columns = longNames(collections.flatMap(columnNames), shorten)
  const names = longNames(
    collections.flatMap(({ name, source }) => [name, ...formerNames(source)]),
    shorten,
  )
  if (columns.size === 0 && names.size === 0) return tables
  const declared = (name: string) => columns.get(name) ?? name
  return new Map(
    [...tables.values()].map((table) => {
      const name = names.get(table.name) ?? table.name
      return [
        name,
        {
          ...table,
          name,
          columns: new Map(
            [...table.columns.values()].map((column) => [declared(column.name), { ...column, name: declared(column.name) }]),
          ),
          indexes: table.indexes.map((index) => ({
            ...index,
            columns: index.columns.map((part) => ({ ...part, name: declared(part.name) })),
          })),
          checks: table.checks.map((check) => ({ ...check, column: declared(check.column) })),
        },
      ]
    }),
  )
}

/** Those a migration may meet: of now, of before, and of a change of type under way. */
function columnNames(collection: CollectionModel): string[] {
  const all = [...collection.fields.values()].flatMap(({ name, field, columns }) =>
    columns.flatMap((column) => [column.name, ...formerNames(field).map((former) => former + column.name.slice(name.length))]),
  )
  return all.flatMap((name) => [name, shadowOf(name), leftoverOf(name)])
}

function longNames(declared: readonly string[], shorten: (name: string) => string): Map<string, string> {
  return new Map(declared.flatMap((name) => (shorten(name) === name ? [] : [[shorten(name), name]])))
}
