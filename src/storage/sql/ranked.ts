// A page of what is searched, the best first: the tier that a record fits first decides, then the newest is first.
import { assert } from '../../base/assert.ts'
import { and, type Filter } from '../../contract/filter.ts'
import type { CollectionModel } from '../../schema/model.ts'
import type { FindQuery } from '../storage.ts'
import type { SqlValue } from './bind.ts'

export type Writing = {
  quote(name: string): string
  selectList(collection: CollectionModel): string
  columnsOf(collection: CollectionModel, alias: string): string
  where(collection: CollectionModel, filter: Filter, values: SqlValue[]): string
}

export function rankedStatement(
  { quote, selectList, columnsOf, where }: Writing,
  collection: CollectionModel,
  { where: rest, ranked: tiers = [], after, limit }: FindQuery,
) {
  assert(tiers.length > 0, 'a ranked query has tiers')
  const values: SqlValue[] = []
  const tests = tiers.slice(0, -1).map((tier, at) => `when ${where(collection, tier, values)} then ${at}`)
  const tier = tests.length === 0 ? '0' : `case ${tests.join(' ')} else ${tests.length} end`
  const condition = where(collection, and(tiers.at(-1)!, rest), values)
  const found = `select ${columnsOf(collection, 't')},${tier} as ${quote('_tier')} from ${quote(collection.table)} t where ${condition}`
  const [place, id] = [`t.${quote('_tier')}`, `t.${quote('id')}`]
  if (after) values.push(after[0] as number, after[0] as number, after[1] as string)
  const behind = after ? ` where ${place}>? or (${place}=? and ${id}<?)` : ''
  const sql = `select ${selectList(collection)} from (${found}) t${behind} order by ${place},${id} desc limit ${limit}`
  return { sql, values }
}
