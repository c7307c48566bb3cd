// Rows of SQLite into records, by a decoder built once per collection. Rows come as arrays in the order
// of the model's columns: node:sqlite's row objects are dictionaries, several times slower to read.
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel } from '../../schema/model.ts'

export type Row = readonly (string | number | null)[]

/** The decoder is made as source text, so that its records share one hidden class. Names come from the checked model. */
export function createDecoder(collection: CollectionModel): (row: Row) => AnyRecord {
  const positions = new Map([...collection.columns.keys()].map((path, index) => [path, index]))
  const parts = [...collection.fields.values()]
    .filter((field) => !field.isComputed)
    .map(({ name, field, columns }) => {
      const value = `row[${positions.get(columns[0]!.path)}]`
      return `${JSON.stringify(name)}: ${expressionOf(field.kind, value, columns.length > 1 ? `row[${positions.get(columns[1]!.path)}]` : '')}`
    })
  return new Function('row', `return { ${parts.join(', ')} }`) as (row: Row) => AnyRecord
}

function expressionOf(kind: string, value: string, second: string): string {
  switch (kind) {
    case 'boolean':
      return `${value} === null ? null : ${value} === 1`
    case 'json':
    case 'refs':
      return `${value} === null ? null : JSON.parse(${value})`
    case 'money':
      return `${value} === null ? null : { amount: ${value}, currency: ${second} }`
    default:
      return value
  }
}
