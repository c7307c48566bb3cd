import { sumHalf } from '../exact-sum.ts'
import { globOf } from '../letter-pattern.ts'
import type { Dialect } from '../sql/compile.ts'
import { hasWords } from './search.ts'

export const sqliteDialect: Dialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  bigSum: (name) => `coalesce(sum(${name}/${sumHalf})||' '||sum(${name}%${sumHalf}),'0')`,
  leads: (list, { table, id, condition }) =>
    `exists (select 1 from ${table} where ${id} in (select "value" from json_each(${list})) and ${condition})`,
  leadsByFew: true,
  has: (list, value) => `${value} in (select "value" from json_each(${list}))`,
  hasAny: (list, values) => ({
    sql: `exists (select 1 from json_each(${list}) where "value" in (${values.map(() => '?').join(',')}))`,
    bound: values,
  }),
  hasWords,
  leadsByWords: (table) => `indexed by "sqlite_autoindex_${table}_1"`,
  like: (left, right) => `${left} like ${right} escape '\\'`,
  // `lower` knows ASCII alone, as `like` does; a search by `like` goes back to the beginning of its text at every place.
  contains: (text, part) => `instr(lower(${text}),lower(${part}))>0`,
  anyCase: { pattern: globOf, matches: (text, pattern) => `${text} glob ${pattern}` },
}
