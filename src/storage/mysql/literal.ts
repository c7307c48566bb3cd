// Values written into the text of a statement: the only way to send several statements in one round trip on MySQL's
// protocol. Invariant: each literal means the same whether the server takes a backslash for an escape or not
// (NO_BACKSLASH_ESCAPES), so a session's sql_mode cannot turn a value into SQL. A text with a backslash or a NUL is
// written as hexadecimal bytes, in any other text only the quote is doubled; the connection speaks utf8mb4, in which no
// byte of a longer character looks like a quote.
import { assert } from '../../base/assert.ts'
import type { SqlValue, Statement } from '../sql/compile.ts'

const partsCacheMax = 1_000
/** Longer texts (many rows at once) are rarely asked for twice. */
const cachedCharactersMax = 4_096
const partsCache = new Map<string, readonly string[]>()

/** The statement with its values in the places of its marks. Its own text holds no other `?`. */
export function textOf({ sql, values }: Statement): string {
  if (values.length === 0) return sql
  const parts = partsOf(sql)
  assert(parts.length === values.length + 1, 'a statement has one value per mark')
  let text = parts[0]!
  for (let index = 0; index < values.length; index++) text += literal(values[index]!) + parts[index + 1]!
  return text
}

function partsOf(sql: string): readonly string[] {
  const known = partsCache.get(sql)
  if (known) return known
  const parts = sql.split('?')
  if (sql.length > cachedCharactersMax) return parts
  if (partsCache.size >= partsCacheMax) partsCache.delete(partsCache.keys().next().value!)
  partsCache.set(sql, parts)
  return parts
}

export function literal(value: SqlValue): string {
  if (value === null) return 'null'
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value), `${value} is no whole number that can be stored exactly`)
    return String(value)
  }
  if (/[\\\0]/.test(value)) return `_utf8mb4 x'${Buffer.from(value, 'utf8').toString('hex')}'`
  return value.includes("'") ? `'${value.replaceAll("'", "''")}'` : `'${value}'`
}
