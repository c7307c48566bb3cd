// What MySQL and MariaDB write differently from other SQL databases, and from each other.
import { regexOf } from '../letter-pattern.ts'
import type { Dialect } from '../sql/compile.ts'
import { storedWords, wordsTest } from './search.ts'

export type Product = 'mariadb' | 'mysql'
export type Server = { readonly product: Product; readonly version: string }

/** `10.11.19-MariaDB-0+deb12u1` or `8.4.3`, as `select version()` answers. */
export function parseServer(text: string): Server {
  const version = /\d+\.\d+\.\d+/.exec(text.replace(/^5\.5\.5-/, ''))?.[0] ?? text
  return { product: /mariadb/i.test(text) ? 'mariadb' : 'mysql', version }
}

/**
 * Texts are equal when their characters are, and ordered by code points. The `nopad` matters: with plain utf8mb4_bin
 * 'a' and 'a ' are one value, and one key.
 */
export function collationOf(product: Product): string {
  return product === 'mariadb' ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'
}

export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

export function mysqlDialect(product: Product): Dialect {
  const type = `varchar(255) character set utf8mb4 collate ${collationOf(product)}`
  // Neither has a collation that folds ASCII letters alone. The bytes of UTF-8 read as ISO 8859-8 do it: Hebrew has no
  // case, and the two pairs of bytes above 127 that its collation takes for one (D7 and F7, DF and FF) cannot meet, for
  // F7 and FF are no bytes of UTF-8. It is also faster than a comparison of characters.
  const bytes = (text: string) => `convert(cast(${text} as binary) using hebrew)`
  // Counted, for a count is worked out for each row. What `in` or `exists` looks for in a list, MySQL 9.7 may find once, for
  // the first row, and take for that of all.
  const counted = (list: string, rest: string) =>
    `(select count(*) from json_table(${list},'$[*]' columns (v ${type} path '$')) j ${rest})>0`
  return {
    quote,
    bigSum: (name) => `cast(coalesce(sum(${name}),0) as char)`,
    hasWords: wordsTest(quote),
    storedWords,
    leads: (list, { table, id, condition }) => counted(list, `straight_join ${table} on ${id}=j.v where ${condition}`),
    has: (list, value) => counted(list, `where j.v=${value}`),
    hasAny: (list, values) => ({ sql: counted(list, `where j.v in (${values.map(() => '?').join(',')})`), bound: values }),
    // The backslash in hexadecimal, for it is no literal that every sql_mode reads alike.
    like: (left, right) => `${bytes(left)} like ${bytes(right)} escape x'5c'`,
    anyCase: {
      pattern: regexOf,
      matches: (text, pattern) => (product === 'mariadb' ? `${text} regexp ${pattern}` : `regexp_like(${text},${pattern},'c')`),
    },
    comparesRows: false,
    // MariaDB has an alias there since 11.6. Its form of several tables has one, but may not look into its own table.
    deletesByAlias: false,
  }
}

/**
 * Fails (1690, out of range) unless the statement before it met exactly one row, so that what was sent behind it, a
 * COMMIT among it, is not reached. `set` raises the error, where `do` swallows it; no stored function is needed. Rows
 * are counted as found, not as changed: the connection says so (CLIENT_FOUND_ROWS).
 */
export const oneRowSql = 'set @one=~0+(row_count()<>1)'
