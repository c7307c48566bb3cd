// The condition of a further page: everything after the last record seen, in the total order of the keys, which end
// with the id. Null sorts below every value.
import { assert } from '../../base/assert.ts'
import type { Scalar } from '../../contract/filter.ts'
import { type CollectionModel, type Column, resolve } from '../../schema/model.ts'
import type { Sort } from '../storage.ts'
import { bind, type SqlValue } from './bind.ts'

export type Place = {
  readonly collection: CollectionModel
  readonly keys: readonly Sort[]
  /** One value per key. */
  readonly seen: readonly (Scalar | null)[]
  readonly quote: (name: string) => string
  readonly comparesRows: boolean
}
type Key = { readonly name: string; readonly column: Column; readonly descending: boolean; readonly value: Scalar | null }

/** Adds its values to `values`, in the order of their marks. */
export function afterLast({ collection, keys, seen, quote, comparesRows }: Place, values: SqlValue[]): string {
  assert(keys.length === seen.length, 'a cursor has one value per sort key and the id')
  const ordered = keys.map(({ path, descending }, index): Key => {
    const column = resolve(collection.columns, path)
    return { name: `t.${quote(column.name)}`, column, descending, value: seen[index]! }
  })
  const [first] = ordered as [Key]
  const isUniform = ordered.every((key) => key.descending === first.descending && !key.column.isNullable)
  if (isUniform && comparesRows) {
    // A row value is the form that databases turn into one index range.
    for (const { column, value } of ordered) values.push(bind(column, value))
    return `(${ordered.map(({ name }) => name).join(',')})${first.descending ? '<' : '>'}(${ordered.map(() => '?').join(',')})`
  }
  const bound = boundOf(first, values)
  return `${bound}${beyondAll(ordered, values)}`
}

/**
 * `a>1 or (a=1 and (b>2 or (b=2 and c>3)))`. Nested, each key is named twice however many there are; a branch for each
 * key that repeats those before it grows with their square.
 */
function beyondAll([key, ...rest]: readonly Key[], values: SqlValue[]): string {
  const own = beyond(key!, values)
  if (rest.length === 0) return own
  return `(${own} or (${equalTo(key!, values)} and ${beyondAll(rest, values)}))`
}

/** Says nothing new, but lets an index begin where the page begins: no database finds that in the branches. */
function boundOf({ name, column, descending, value }: Key, values: SqlValue[]): string {
  if (value === null || (descending && column.isNullable)) return ''
  values.push(bind(column, value))
  return `${name}${descending ? '<=' : '>='}? and `
}

function equalTo({ name, column, value }: Key, values: SqlValue[]): string {
  if (value === null) return `${name} is null`
  values.push(bind(column, value))
  return `${name}=?`
}

function beyond({ name, column, descending, value }: Key, values: SqlValue[]): string {
  if (value === null) return descending ? '1=0' : `${name} is not null`
  values.push(bind(column, value))
  const isBeyond = `${name}${descending ? '<' : '>'}?`
  return descending && column.isNullable ? `(${isBeyond} or ${name} is null)` : isBeyond
}
