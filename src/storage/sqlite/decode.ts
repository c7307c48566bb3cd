// Rows of SQLite into records, by a decoder built once per collection.
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel } from '../../schema/model.ts'

type Row = Record<string, string | number | null>

/** A decoder touches only the fields whose column is not the value itself. */
export function createDecoder(collection: CollectionModel): (row: Row) => AnyRecord {
  const fields = [...collection.fields.values()]
    .filter((field) => !field.isComputed)
    .map(({ name, field, columns }) => ({ name, kind: field.kind, column: columns[0]!.name, second: columns[1]?.name }))
  return (row) => {
    const record: Record<string, unknown> = {}
    for (const { name, kind, column, second } of fields) {
      const value = row[column] ?? null
      switch (kind) {
        case 'boolean':
          record[name] = value === null ? null : value === 1
          break
        case 'json':
        case 'refs':
          record[name] = value === null ? null : JSON.parse(value as string)
          break
        case 'money':
          record[name] = value === null ? null : { amount: value, currency: row[second!] }
          break
        default:
          record[name] = value
      }
    }
    return record as AnyRecord
  }
}
