import type { Dialect } from '../sql/compile.ts'

export const sqliteDialect: Dialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  isInList: (value, list) => `${value} in (select "value" from json_each(${list}))`,
  has: (list, value) => `${value} in (select "value" from json_each(${list}))`,
  like: (left, right) => `${left} like ${right} escape '\\'`,
}
