// Rows of a grouped query into groups, for every SQL database: the keys, the count, then the measures.
import type { Scalar } from '../../contract/filter.ts'
import { type CollectionModel, resolve } from '../../schema/model.ts'
import { bigSum, exactSum } from '../exact-sum.ts'
import { type Group, type GroupQuery, pathOf } from '../storage.ts'
import type { SqlRow } from './driver.ts'
import { createValueDecoder, type RowForm, whole } from './row-codec.ts'

/** `TRow`: the array as the driver's types know it. */
export function createGroupDecoder<TRow = SqlRow>(collection: CollectionModel, query: GroupQuery, form: RowForm): (row: TRow) => Group {
  const valueAt = (path: string) => createValueDecoder(resolve(collection.columns, path), form) as (value: SqlRow[number]) => Scalar | null
  const keys = query.by.map((key) => valueAt(pathOf(key)))
  const ways = { sum: exactSum, bigSum, count: whole, min: null, max: null } as const
  const measures = query.measures.map(({ of, path }) => ways[of] ?? valueAt(path))
  return (given) => {
    const row = given as SqlRow
    return {
      key: keys.map((decode, index) => decode(row[index]!)),
      count: whole(row[keys.length]),
      values: measures.map((decode, index) => decode(row[keys.length + 1 + index]!)),
    }
  }
}
