// A ranked page on PostgreSQL: tier by tier in one statement, each looked for only while the page is not full. What many records
// have is then met soon by walking the ids down, what few have is found by the index; which of them it is stands in the
// statistics of the words, so the words stand in the text: with bound ones the planner would have one way for all.
import type { WordsFilter } from '../../contract/filter.ts'
import type { CollectionModel } from '../../schema/model.ts'
import type { SqlValue, Statement } from '../sql/bind.ts'
import type { Dialect } from '../sql/compile.ts'
import type { Writing } from '../sql/ranked.ts'
import type { FindQuery } from '../storage.ts'

export function tiersBy(hasWords: Dialect['hasWords']): NonNullable<Dialect['ranked']> {
  /** Words are letters and digits (words.ts): as a text of SQL they are no more than that. */
  const test = (collection: CollectionModel, filter: WordsFilter): string => {
    const words: SqlValue[] = []
    const sql = hasWords(collection, filter, { values: words, alias: 't' })
    return `(${sql.replace(/\?/g, () => `'${String(words.shift()).replaceAll("'", "''")}'`)})`
  }
  return ({ quote, selectList, columnsOf, where }: Writing, collection: CollectionModel, query: FindQuery): Statement => {
    const { where: rest, ranked = [], after, limit } = query
    const values: SqlValue[] = []
    const first = Number(after?.[0] ?? 0)
    const names = ranked.map((_, at) => quote(`_tier${at}`))
    const tiers = ranked.slice(first).map((filter, index) => {
      const at = first + index
      const parts = [test(collection, filter), ...ranked.slice(0, at).map((other) => `not ${test(collection, other)}`)]
      if (after && index === 0) {
        parts.push(`t.${quote('id')}<?`)
        values.push(after[1] as string)
      }
      if (rest !== undefined && rest.op !== 'true') parts.push(where(collection, rest, values))
      const counts = names.slice(first, at).map((name) => `(select count(*) from ${name})`)
      if (counts.length > 0) parts.push(`${counts.join('+')}<${limit}`)
      const list = `${columnsOf(collection, 't')},${at} as ${quote('_tier')}`
      const page = `select ${list} from ${quote(collection.table)} t where ${parts.join(' and ')} order by t.${quote('id')} desc limit ${limit}`
      return `${names[at]} as materialized (${page})`
    })
    const all = names.slice(first).map((name) => `select * from ${name}`)
    const sql = `with ${tiers.join(',')} select ${selectList(collection)} from (${all.join(' union all ')}) t`
    return { sql: `${sql} order by t.${quote('_tier')},t.${quote('id')} desc limit ${limit}`, values, isFleeting: true }
  }
}
