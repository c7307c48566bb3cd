// Rows of SQLite into records and back, by functions built once per collection. Rows are arrays in the
// order of the model's columns: node:sqlite's row objects are dictionaries, several times slower to read.
// Both are made as source text, so that every field is a plain property access on one hidden class; the
// names in it come from the checked model (letters and digits), never from input.
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, Column } from '../../schema/model.ts'
import type { SqlValue } from '../sql/compile.ts'

export type Row = readonly (string | number | null)[]

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

/** The values of a record for each column, as `bind` of the compiler makes them one by one. */
export function createEncoder(collection: CollectionModel): (record: Readonly<Record<string, unknown>>) => SqlValue[] {
  const parts = [...collection.columns.values()].map(valueExpression)
  return new Function('record', `return [${parts.join(', ')}]`) as (record: Readonly<Record<string, unknown>>) => SqlValue[]
}

function valueExpression({ path, type }: Column): string {
  const [field, inner] = path.split('.')
  const value = inner === undefined ? `record.${field}` : `record.${field}?.${inner}`
  switch (type) {
    case 'json':
      return `${value} == null ? null : JSON.stringify(${value})`
    case 'boolean':
      return `${value} == null ? null : ${value} ? 1 : 0`
    default:
      return `${value} ?? null`
  }
}
