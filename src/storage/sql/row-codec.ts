// Rows of a SQL database into records and back, by functions built once per collection. Rows are arrays in the
// order of the model's columns: node:sqlite's row objects are dictionaries, several times slower to read.
// Both are made as source text, so that every field is a plain property access on one hidden class; the
// names in it come from the checked model (letters and digits), never from input.
import { assert } from '../../base/assert.ts'
import type { CollectionRef } from '../../schema/collection.ts'
import { plainType } from '../../schema/kinds/kind.ts'
import { wordsText } from '../../schema/kinds/words.ts'
import type { CollectionModel, Column, Model } from '../../schema/model.ts'
import type { SqlValue } from './compile.ts'
import type { SqlRow } from './driver.ts'

/** How a driver hands over a value that is not null, as source text around the value's own. */
export type RowForm = {
  readonly boolean: (value: string) => string
  readonly integer: (value: string) => string
}
/** Numbers as numbers, booleans as 1 and 0. */
export const numericForm: RowForm = { boolean: (value) => `${value} === 1`, integer: (value) => value }
/** Everything as text, booleans as `t` and `f`: PostgreSQL's. */
export const textForm: RowForm = { boolean: (value) => `${value} === 't'`, integer: (value) => `whole(${value})` }

/** Of each collection, made when its first row comes: from a row of its columns to its record. `TRow`: the array as the driver's types know it. */
export function createDecoders<TRow = SqlRow>(model: Model, form: RowForm): <T>(collection: CollectionRef<T>) => (row: TRow) => T {
  const decoders = new Map<string, Decoder<TRow>>()
  return ({ name }) => {
    const known = decoders.get(name)
    if (known) return known
    const made = createDecoder<TRow>(model.get({ name }), form)
    decoders.set(name, made)
    return made
  }
}

/** `T`: as the collection is declared. */
type Decoder<TRow> = <T>(row: TRow) => T

function createDecoder<TRow>(collection: CollectionModel, form: RowForm): Decoder<TRow> {
  const positions = new Map([...collection.columns.keys()].map((path, index) => [path, index]))
  const parts = [...collection.fields.values()]
    .filter((field) => !field.isComputed)
    .map(({ name, columns }) => {
      const raw = `row[${positions.get(columns[0]!.path)}]`
      const values = columns.map((column) => expressionOf(column, `row[${positions.get(column.path)}]`, form))
      const value = columns[0]!.part === null ? values[0] : `{ ${columns.map(({ part }, at) => `${part}: ${values[at]}`).join(', ')} }`
      return `${JSON.stringify(name)}: ${value === raw ? raw : `${raw} === null ? null : ${value}`}`
    })
  return new Function('whole', `return (row) => ({ ${parts.join(', ')} })`)(whole)
}

/** One value of this column that stands alone. */
export function createValueDecoder(column: Column, form: RowForm): (value: SqlRow[number]) => unknown {
  return new Function('whole', `return (value) => value === null ? null : ${expressionOf(column, 'value', form)}`)(whole)
}

function expressionOf({ type }: Column, value: string, form: RowForm): string {
  switch (plainType(type)) {
    case 'boolean':
      return form.boolean(value)
    case 'integer':
    case 'dateTime':
      return form.integer(value)
    case 'json':
      return `${value} === '[]' ? [] : JSON.parse(${value})`
    case 'words':
    case 'text':
      return value
  }
}

/** A whole number that came as text. @throws AssertionError when JavaScript cannot hold it exactly */
export function whole(value: unknown): number {
  const number = Number(value)
  assert(Number.isSafeInteger(number), `${String(value)} is beyond what can be counted exactly`)
  return number
}

/** The values of a record for each column, as `bind` of the compiler makes them one by one. */
export function createEncoder(
  collection: CollectionModel,
  storedWords: (text: string) => string = (text) => text,
): (record: Readonly<Record<string, unknown>>) => SqlValue[] {
  const words = [...collection.words.keys()].map((name) => `wordsText(record.${name})`)
  const parts = [...[...collection.columns.values()].map(valueExpression), ...words]
  return new Function('wordsText', `return (record) => [${parts.join(', ')}]`)((value: unknown) => storedWords(wordsText(value)))
}

function valueExpression({ path, part, type }: Column): string {
  const value = part === null ? `record.${path}` : `record.${path.replace('.', '?.')}`
  switch (type) {
    case 'json':
      return `${value} == null ? null : JSON.stringify(${value})`
    case 'boolean':
      return `${value} == null ? null : ${value} ? 1 : 0`
    default:
      return `${value} ?? null`
  }
}
