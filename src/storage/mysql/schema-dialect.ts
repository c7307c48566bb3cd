// Changing the schema of MySQL and MariaDB under running servers. Each change commits by itself, so each is one that is
// seen to be done when it is looked at again. The ways of changing a table are tried from the lightest on, and said in
// the statement: one that would copy the table is refused by the server instead of holding up its writers, but for the
// few that can be done no other way, which say so.
import type { ColumnType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Column, IndexModel } from '../../schema/model.ts'
import type { Batch, Statement } from '../migrations/dialect.ts'
import type { ColumnSpec, Step } from '../migrations/steps.ts'
import type { IndexSpec, StoredCheck, StoredColumn, StoredIndex, StoredTable, TypeNames } from '../migrations/stored-schema.ts'
import type { SqlValue } from '../sql/compile.ts'
import type { SqlRow } from '../sql/driver.ts'
import type { Ask, SchemaWords } from '../sql/server-schema.ts'
import { type KeyPart, keyName, keyOf, sqlType } from './columns.ts'
import { collationOf, type Product, quote, type Server } from './dialect.ts'
import { nameOf } from './doctor.ts'
import { literal } from './literal.ts'
import { storedWords } from './search.ts'

/** Below this many bytes a text has one byte for its length, above it two: crossing that rewrites all rows. */
const shortBytesMax = 255
const bytesPerCharacter = 4
/** Of one text that carries the values of a batch: a quarter of the smallest `max_allowed_packet`, for hexadecimal doubles it. */
const batchCharactersMax = 1_000_000

export const mysqlTypes: TypeNames = {
  // How much a text must hold decides whether a column that is there will do.
  typeOf(column: Column, collection: CollectionModel) {
    const type = sqlType(collection, column)
    return column.type === 'text' && type === 'longtext' ? `longtext:${column.characters}` : type.replace('(1)', '')
  },
  compare(stored, declared) {
    if (stored === declared) return 'same'
    const has = charactersIn(stored)
    const wants = charactersIn(declared)
    if (has === null || wants === null || declared === 'longtext') return 'other'
    if (declared.startsWith('longtext')) return has >= wants ? 'same' : 'copied'
    if (stored === 'longtext') return 'copied'
    return has >= wants ? 'same' : has * bytesPerCharacter > shortBytesMax ? 'wider' : 'copied'
  },
  meaningOf: (type) =>
    charactersIn(type) !== null
      ? 'text'
      : type === 'bigint'
        ? 'integer'
        : type === 'tinyint'
          ? 'boolean'
          : type === 'mediumtext'
            ? 'words'
            : null,
  formOf: (index: IndexModel, collection) => (index.isSearch ? searchForm(index.columns) : formOf(keyOf(collection, index).parts)),
  indexName: keyName,
}

/** How many a text column holds; null for what is no text. */
function charactersIn(type: string): number | null {
  const stated = /^(?:varchar\((\d+)\)|longtext:(\d+))$/.exec(type)
  if (stated) return Number(stated[1] ?? stated[2])
  return type === 'longtext' ? Number.MAX_SAFE_INTEGER : null
}

function formOf(parts: readonly KeyPart[]): string {
  return `(${parts.map(({ name, prefix, descending }) => `${quote(name)}${prefix === null ? '' : `(${prefix})`}${descending ? ' desc' : ''}`).join(',')})`
}

function searchForm(columns: readonly { readonly name: string }[]): string {
  return `(${columns.map(({ name }) => quote(name)).join(',')})`
}

export function mysqlWords(server: Server): SchemaWords {
  const table = ` engine=InnoDB row_format=dynamic character set utf8mb4 collate ${collationOf(server.product)}`
  const lock = "concat('kingpost migrate ',left(database(),40))"
  return {
    product: nameOf(server),
    types: mysqlTypes,
    quote,
    look,
    groupsOf: (step) => statementsOf(step, server.product, table).map((statement) => [statement]),
    variantsOf,
    copyOf: (sql) => sql.replace(/, algorithm=.*$/, copying),
    hasTransactions: false,
    foldsTableNames: true,
    ownTables: [migrationsTable + table],
    decode,
    scan: { hint: ' force index (primary)', isNull: (column) => `${column} is null` },
    updateOf: (batch) => updateOf(batch, collationOf(server.product)),
    lock: { take: `select get_lock(${lock},0)`, release: `select release_lock(${lock})` },
    setMark: 'insert into `_meta` (`name`,`value`) values (?,?) on duplicate key update `value`=values(`value`)',
    now: 'select cast(unix_timestamp(now(3))*1000 as signed)',
    lastId: 'select last_insert_id()',
  }
}

const migrationsTable = `create table if not exists \`_migrations\` (\`id\` bigint auto_increment primary key, \`key\` varchar(255) not null,
  \`state\` varchar(20) not null, \`cursor\` varchar(255) null, \`rows\` bigint not null default 0, \`startedAt\` bigint not null,
  \`endedAt\` bigint null, \`by\` varchar(255) not null)`

const instant = ', algorithm=instant'
const inPlace = ', algorithm=inplace, lock=none'
const copying = ', lock=shared'

/** From the lightest on. The server refuses what a change cannot be done by (1845, 1846). */
function variantsOf(sql: string, step: Step): string[] {
  if (!sql.endsWith(instant)) return [sql]
  const bare = sql.slice(0, -instant.length)
  const { kind, phase, rows } = step
  const mayCopy =
    kind === 'addCheck' ||
    kind === 'dropCheck' ||
    (kind === 'addColumn' && hasLongDefault(step.column)) ||
    (kind === 'widenColumn' && (phase === 'switch' || rows === 0))
  return [sql, bare + inPlace, ...(mayCopy ? [bare + copying] : [])]
}

const light = 'at once, else beside reads and writes; by a copy of the table only on MySQL where it has an index of words'
const heavy = 'at once, else by a copy of the table, while writers wait'

function statementsOf(step: Step, product: Product, tableOptions: string): Statement[] {
  const table = quote(step.table)
  const alter = (change: string, lock = light): Statement[] => [{ sql: `alter table ${table} ${change}${instant}`, lock }]
  switch (step.kind) {
    case 'createTable': {
      const keys = step.indexes.map(keySql)
      const parts = [...step.columns.map(columnSql), 'primary key (`id`)', ...keys, ...step.checks.map(checkSql)]
      return [{ sql: `create table ${table} (${parts.join(', ')})${tableOptions}`, lock: 'none' }]
    }
    case 'addColumn':
      return alter(`add column ${columnSql(step.column)}`, product === 'mysql' && hasLongDefault(step.column) ? heavy : light)
    case 'widenColumn':
      return alter(`modify column ${columnSql(step.column)}`, step.phase === 'switch' ? heavy : light)
    case 'setNotNull':
      return alter(`modify column ${columnSql({ ...step.column, isNullable: false })}`)
    case 'dropNotNull':
      return alter(`modify column ${columnSql({ ...step.column, isNullable: true })}`)
    case 'createIndex':
      // InnoDB builds an index of full texts beside readers alone.
      if (step.index.isSearch)
        return [{ sql: `alter table ${table} add ${keySql(step.index)}, algorithm=inplace${copying}`, lock: 'writers wait' }]
      return [{ sql: `alter table ${table} add ${keySql(step.index)}${inPlace}`, lock: 'reads and writes continue' }]
    case 'dropIndex':
      return [{ sql: `alter table ${table} drop index ${quote(step.index.name)}${inPlace}`, lock: 'reads and writes continue' }]
    case 'addCheck':
      return alter(`add ${checkSql(step.check)}`, heavy)
    case 'dropCheck':
      return alter(`drop constraint ${quote(step.check.name)}`, heavy)
    case 'renameColumn':
      return alter(`rename column ${quote(step.from)} to ${quote(step.to)}`)
    case 'renameTable':
      return [{ sql: `rename table ${table} to ${quote(step.to)}`, lock: 'all who use the table wait for a moment' }]
    case 'swapColumn': {
      const { name } = step.old
      const shadow = step.fill.columns[0]!.name
      return alter(`rename column ${quote(name)} to ${quote(`${name}__old`)}, rename column ${quote(shadow)} to ${quote(name)}`)
    }
    case 'dropColumn':
      return alter(`drop column ${quote(step.column)}`)
    case 'dropTable':
      return [{ sql: `drop table ${table}`, lock: 'all who use the table wait for a moment' }]
    case 'checkValues':
      return []
    case 'backfill':
    case 'convertColumn':
    case 'catchUp':
      return [{ sql: updateSql(step.table, step.fill.columns, ''), lock: 'who writes one of its rows waits, per batch' }]
  }
}

function typeSql(type: string): string {
  return type === 'tinyint' ? 'tinyint(1)' : type.replace(/:.*/, '')
}

/**
 * MariaDB keeps a default as text and reads it again with the next change of the table, hexadecimal bytes wrongly: here a
 * backslash is escaped as the sql_mode of our own sessions has it.
 */
function defaultLiteral(value: SqlValue): string {
  return typeof value === 'string' ? `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : literal(value)
}

/** MySQL takes the default of a text without a length as an expression alone, and copies the table to add such a column. */
function hasLongDefault({ type, default: value }: ColumnSpec): boolean {
  return value !== null && type.startsWith('longtext')
}

function columnSql(column: ColumnSpec): string {
  const value = column.default === null ? '' : defaultLiteral(encode(column.kind, column.default))
  const fallback = column.default === null ? '' : ` default ${hasLongDefault(column) ? `(${value})` : value}`
  return `${quote(column.name)} ${typeSql(column.type)} ${column.isNullable ? 'null' : 'not null'}${fallback}`
}

function keySql({ name, form, isUnique, isSearch }: IndexSpec): string {
  return `${isUnique ? 'unique ' : isSearch ? 'fulltext ' : ''}index ${quote(name)} ${form}`
}

function checkSql(check: { readonly name: string; readonly column: string; readonly least: number }): string {
  return `constraint ${quote(check.name)} check (${quote(check.column)}>=${Number(check.least)})`
}

function encode(kind: ColumnType, value: unknown): string | number {
  if (kind === 'json') return JSON.stringify(value)
  if (kind === 'words') return storedWords(String(value))
  return typeof value === 'boolean' ? Number(value) : (value as string | number)
}

function decode({ kind }: StoredColumn, value: SqlRow[number]): unknown {
  if (value === null) return null
  return kind === 'json' ? JSON.parse(value as string) : kind === 'boolean' ? Number(value) === 1 : value
}

function updateSql(table: string, columns: readonly ColumnSpec[], collation: string): string {
  const text = collation === '' ? '' : ` character set utf8mb4 collate ${collation}`
  const typed = columns.map(
    ({ type, kind }, at) => `v${at} ${typeSql(type)}${kind === 'text' || kind === 'json' || kind === 'words' ? text : ''} path '$.v${at}'`,
  )
  const set = columns.map(({ name }, at) => `t.${quote(name)}=v.v${at}`).join(', ')
  return `update ${quote(table)} t join json_table(?,'$[*]' columns (id varchar(100)${text} path '$.id', ${typed.join(', ')})) v on t.\`id\`=v.id set ${set}`
}

/** A value that is missing is null. */
function updateOf({ table, columns, rows }: Batch, collation: string) {
  const texts = rows.map(({ id, values }) => {
    const own = values.flatMap((value, at) => (value === null || value === undefined ? [] : [[`v${at}`, encode(columns[at]!.kind, value)]]))
    return JSON.stringify({ id, ...Object.fromEntries(own) })
  })
  const sql = updateSql(table, columns, collation)
  return portionsOf(texts).map((portion) => ({ sql, values: [`[${portion.join(',')}]`] }))
}

function portionsOf(texts: readonly string[]): string[][] {
  const portions: string[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const text of texts) {
    if (size + text.length > batchCharactersMax) {
      portions.push([])
      size = 0
    }
    portions.at(-1)!.push(text)
    size += text.length
  }
  return portions
}

async function look(ask: Ask): Promise<Map<string, StoredTable>> {
  const here = 'table_schema=database()'
  const tables = new Map<string, StoredTable>()
  for (const [name, rows] of await ask(
    `select table_name,table_rows from information_schema.tables where ${here} and table_type='BASE TABLE'`,
  ))
    tables.set(name as string, {
      name: name as string,
      columns: new Map(),
      indexes: [],
      checks: [],
      rows: Number(rows),
      isEmpty: false,
      isOurs: false,
    })
  const columns = await ask(
    `select table_name,column_name,data_type,character_maximum_length,is_nullable,column_default is not null
     from information_schema.columns where ${here} order by table_name,ordinal_position`,
  )
  for (const [table, name, type, characters, isNullable, hasDefault] of columns as readonly (readonly [
    string,
    string,
    string,
    number,
    string,
    number,
  ])[]) {
    const own = type.toLowerCase() === 'varchar' ? `varchar(${characters})` : type.toLowerCase()
    const column = { name, type: own, kind: null, isNullable: isNullable === 'YES', hasDefault: hasDefault === 1, hasNulls: false }
    ;(tables.get(table)?.columns as Map<string, StoredColumn> | undefined)?.set(name, column)
  }
  await lookAtIndexes(ask, tables)
  // Both sides say which database: MariaDB would otherwise open every table of every database of its server.
  const checks = await ask(
    `select t.table_name,c.constraint_name,c.check_clause from information_schema.check_constraints c
     join information_schema.table_constraints t on t.constraint_schema=c.constraint_schema and t.constraint_name=c.constraint_name
     where c.constraint_schema=database() and t.${here} and t.constraint_type='CHECK'`,
  )
  for (const [table, name, clause] of checks as readonly string[][]) {
    const [, column, sign, least] = /^\(*`(\w+)` >= (-?)\(?(\d+)\)*$/.exec(clause!) ?? []
    if (column !== undefined)
      (tables.get(table!)?.checks as StoredCheck[] | undefined)?.push({ name: name!, column, least: Number(`${sign}${least}`) })
  }
  return tables
}

async function lookAtIndexes(ask: Ask, tables: ReadonlyMap<string, StoredTable>): Promise<void> {
  const rows = await ask(
    `select table_name,index_name,non_unique,column_name,sub_part,collation,index_type from information_schema.statistics
     where table_schema=database() and index_name<>'PRIMARY' order by table_name,index_name,seq_in_index`,
  )
  const found = new Map<string, { table: string; name: string; isUnique: boolean; isSearch: boolean; parts: KeyPart[] }>()
  for (const [table, name, nonUnique, column, prefix, order, type] of rows as readonly (readonly [
    string,
    string,
    number,
    string,
    number | null,
    string,
    string,
  ])[]) {
    const key = `${table} ${name}`
    const index = found.get(key) ?? { table, name, isUnique: Number(nonUnique) === 0, isSearch: type === 'FULLTEXT', parts: [] }
    index.parts.push({ name: column, prefix, descending: order === 'D' })
    found.set(key, index)
  }
  for (const { table, name, isUnique, isSearch, parts } of found.values()) {
    const columns = parts.map((part) => ({ name: part.name, descending: part.descending }))
    const form = isSearch ? searchForm(columns) : formOf(parts)
    const index = { name, columns, form, isUnique, isValid: true, ...(isSearch && { isSearch }) }
    ;(tables.get(table)?.indexes as StoredIndex[] | undefined)?.push(index)
  }
}
