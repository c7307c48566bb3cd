// How PostgreSQL spells what the shared compiler leaves open. Text columns have collation "C": they compare and sort
// by code points, and only ASCII letters have cases, as the port promises. Null sorts above every value here by itself,
// so it is said where it can occur; the indexes are made in the same order (schema.ts).
import { createHash } from 'node:crypto'
import type { WordsFilter } from '../../contract/filter.ts'
import type { CollectionModel } from '../../schema/model.ts'
import { regexOf } from '../letter-pattern.ts'
import type { Dialect, Place, SqlValue } from '../sql/compile.ts'
import { tiersBy } from './ranked.ts'

const nameBytesMax = 63

/** PostgreSQL cuts longer names silently, and two could become one: they are shortened with a hash instead. */
export function shortName(name: string): string {
  if (Buffer.byteLength(name) <= nameBytesMax) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12)
  return `${Buffer.from(name)
    .subarray(0, nameBytesMax - 1 - hash.length)
    .toString()
    .replace(/\uFFFD+$/, '')}_${hash}`
}

/** In quotes a name keeps its capital letters. */
export function quote(name: string): string {
  return `"${shortName(name).replaceAll('"', '""')}"`
}

export function orderOf(name: string, { descending, isNullable }: { readonly descending: boolean; readonly isNullable: boolean }): string {
  if (!isNullable) return descending ? `${name} desc` : name
  return descending ? `${name} desc nulls last` : `${name} nulls first`
}

export const postgresDialect: Dialect = {
  quote,
  bigSum: (name) => `coalesce(sum(${name}),0)::text`,
  // The list is read once, and what it points at is then found by its index.
  leads: (list, { table, id, condition }) =>
    `exists (select 1 from ${table} where ${id} = any(array(select jsonb_array_elements_text(${list}::jsonb))) and ${condition})`,
  // A missing list holds nothing, so that `not` of it is true.
  has: (list, value) => `(${list} is not null and ${list}::jsonb @> to_jsonb(${value}::text))`,
  // As one array, so that it is one text whatever their number: each of them is looked up in the index of the list.
  hasAny: (list, values) => ({
    sql: `(${list} is not null and ${list}::jsonb @> any(?::jsonb[]))`,
    bound: [arrayOf(values.map((value) => JSON.stringify(value)))],
  }),
  hasWords,
  ranked: tiersBy(hasWords),
  like: (left, right) => `${left} ilike ${right} escape '\\'`,
  anyCase: { pattern: regexOf, matches: (text, pattern) => `${text} ~ ${pattern}` },
  isAmong,
  order: orderOf,
}

/**
 * A vector of words is all that a column of them holds: no configuration, no stemming, no stop words. A word is letters and digits
 * (words.ts), and stands in quotes, so that none is read as an operator.
 */
function hasWords(collection: CollectionModel, { paths, words }: WordsFilter, { values, alias }: Place): string {
  const columns = paths.map((path) => `${alias}.${quote(collection.words.get(path)!.columns[0]!.name)}`)
  const all = words.map(({ text, isStart }) => `'${text}'${isStart ? ':*' : ''}`)
  // In one column all of them can be asked for at once.
  const asked = columns.length === 1 ? [all.join('&')] : all
  const parts = asked.map((query) => {
    for (const _ of columns) values.push(query)
    return `(${columns.map((column) => `${column} @@ ?::tsquery`).join(' or ')})`
  })
  return parts.join(' and ')
}

/**
 * One value is compared as itself: PostgreSQL takes an array it does not know yet for ten values, finds the plan of the array at hand
 * cheaper, and so makes a plan at each call, which takes four times as long as looking up the row.
 */
export function isAmong(name: string, values: readonly SqlValue[], isNegated = false): { readonly sql: string; readonly value: SqlValue } {
  const [only] = values
  if (values.length === 1) return { sql: `${name}${isNegated ? '<>' : '='}?`, value: only! }
  return { sql: `${name} ${isNegated ? '<> all' : '= any'}(?)`, value: arrayOf(values) }
}

/** An array as PostgreSQL reads it from text. */
function arrayOf(values: readonly SqlValue[]): string {
  return `{${values.map((value) => (typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value))).join(',')}}`
}
