// The tables of the model in MySQL and MariaDB: made when missing, widened when fields were added. What cannot be done
// without touching data is refused with a sentence. A change of the schema commits by itself there, so each step is one
// that may be done twice, and one process at a time works through them, under a lock of the server.
import type { CollectionModel, Column, Model } from '../../schema/model.ts'
import type { SqlConnection, SqlRow } from '../sql/driver.ts'
import { checkColumnType, checkSchemaVersion, valueForExistingRows } from '../sql/widening.ts'
import { charactersOf, columnSql, keyOf, keySql, sqlType } from './columns.ts'
import { collationOf, type Product, quote } from './dialect.ts'
import { literal } from './literal.ts'

/** Raised when the meaning of a stored table changes in a way older code would misread. */
export const schemaVersion = 1

/** Seconds that one process waits for another to finish with the schema. */
const lockPatienceS = 120

type Existing = {
  /** By table, the columns it has. Names in lower case: so the server compares them. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, { readonly type: string; readonly characters: number | null }>>
  readonly keys: ReadonlySet<string>
}

/** @throws Error with one sentence for people */
export async function prepareSchema(connection: SqlConnection, model: Model, product: Product): Promise<void> {
  const database = String((await ask(connection, 'select database()'))[0]![0])
  const lock = literal(`kingpost ${database}`.slice(0, 64))
  const [held] = await ask(connection, `select get_lock(${lock},${lockPatienceS})`)
  if (held![0] !== 1) throw new Error(`Another process has been preparing the database ${database} for ${lockPatienceS} s. Start again.`)
  try {
    await prepare(connection, model, product)
  } finally {
    await ask(connection, `select release_lock(${lock})`)
  }
}

async function prepare(connection: SqlConnection, model: Model, product: Product): Promise<void> {
  const table = ` engine=InnoDB row_format=dynamic character set utf8mb4 collate ${collationOf(product)}`
  const run = async (...statements: readonly string[]) => void (await connection.run(statements.map((sql) => ({ sql, values: [] }))))
  await run(`create table if not exists \`_meta\` (\`name\` varchar(100) primary key, \`value\` longtext not null)${table}`)
  await checkVersion(connection)
  await run(
    `create table if not exists \`_commits\` (\`seq\` bigint auto_increment primary key, \`token\` varchar(100) not null,
      \`position\` bigint null, \`at\` bigint not null, \`operation\` varchar(255) not null, \`actor\` varchar(255) not null,
      \`requestId\` varchar(255) not null, \`changes\` longtext not null,
      unique index \`_commits_token_key\` (\`token\`), unique index \`_commits_position_key\` (\`position\`))${table}`,
    `create table if not exists \`_log\` (\`name\` varchar(100) primary key, \`position\` bigint not null)${table}`,
    "insert into `_log` (`name`,`position`) select 'commits',0 from dual where not exists (select 1 from `_log` where `name`='commits')",
  )
  const existing = await readSchema(connection)
  for (const collection of model.collections.values()) {
    checkNames(collection)
    const columns = existing.tables.get(collection.table.toLowerCase())
    if (columns === undefined) await run(tableSql(collection) + table)
    else await widen({ connection, collection, columns, keys: existing.keys })
  }
}

async function checkVersion(connection: SqlConnection): Promise<void> {
  const [row] = await ask(connection, "select `value` from `_meta` where `name`='schemaVersion'")
  if (row === undefined) {
    await ask(connection, `insert into \`_meta\` (\`name\`,\`value\`) values ('schemaVersion','${schemaVersion}')`)
    return
  }
  checkSchemaVersion(Number(row[0]), schemaVersion)
}

/** Column names are the same there in either case. */
function checkNames(collection: CollectionModel): void {
  const seen = new Map<string, string>()
  for (const { name } of collection.columns.values()) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined)
      throw new Error(`The fields ${other} and ${name} of ${collection.name} are one name to MySQL and MariaDB. Rename one of them.`)
    seen.set(name.toLowerCase(), name)
  }
}

function tableSql(collection: CollectionModel): string {
  const columns = [...collection.columns.values()].map((column) => columnSql(collection, column))
  const checks = (collection.source.checks ?? []).map(
    ({ path, value }) => `constraint ${quote(`${collection.name}_${path}_check`)} check (${quote(path)}>=${Number(value)})`,
  )
  const keys = collection.indexes.map((index) => keySql(keyOf(collection, index)))
  return `create table ${quote(collection.table)} (${[...columns, 'primary key (`id`)', ...keys, ...checks].join(',')})`
}

type Widening = {
  readonly connection: SqlConnection
  readonly collection: CollectionModel
  readonly columns: ReadonlyMap<string, { readonly type: string; readonly characters: number | null }>
  readonly keys: ReadonlySet<string>
}

async function widen({ connection, collection, columns, keys }: Widening): Promise<void> {
  const alter = async (change: string) => void (await ask(connection, `alter table ${quote(collection.table)} ${change}`))
  for (const column of collection.columns.values()) {
    const found = columns.get(column.name.toLowerCase())
    if (found === undefined) await alter(`add column ${columnSql(collection, column)}${fallbackSql(collection, column)}`)
    else {
      const wanted = column.type === 'text' || column.type === 'json' ? 'text' : 'integer'
      checkColumnType(collection, column, { found: familyOf(found.type), wanted })
      if (isTooNarrow(collection, column, found)) await alter(`modify column ${columnSql(collection, column)}`)
    }
  }
  for (const index of collection.indexes) {
    const key = keyOf(collection, index)
    if (!keys.has(`${collection.table}.${key.name}`.toLowerCase())) await alter(`add ${keySql(key)}`)
  }
}

/** In brackets: MySQL gives a text no other default. */
function fallbackSql(collection: CollectionModel, column: Column): string {
  const value = valueForExistingRows(collection, column)
  return value === null ? '' : ` default (${literal(value)})`
}

const textTypes = new Set(['varchar', 'longtext', 'mediumtext', 'text', 'tinytext', 'char'])
const wholeTypes = new Set(['bigint', 'int', 'tinyint'])

/** All texts are one type here, and all whole numbers: what differs is made wider where it is too narrow. */
function familyOf(type: string): string {
  return textTypes.has(type) ? 'text' : wholeTypes.has(type) ? 'integer' : type
}

/** A text that an index needs now, or that may be longer than it could be when the table was made. */
function isTooNarrow(collection: CollectionModel, column: Column, found: { type: string; characters: number | null }): boolean {
  if (column.type !== 'text') return false
  if (sqlType(collection, column) === 'longtext') return found.type === 'varchar' && found.characters! < charactersOf(collection, column)
  return found.type !== 'varchar' || found.characters! < charactersOf(collection, column)
}

async function readSchema(connection: SqlConnection): Promise<Existing> {
  const tables = new Map<string, Map<string, { type: string; characters: number | null }>>()
  const columns = await ask(
    connection,
    'select table_name,column_name,data_type,character_maximum_length from information_schema.columns where table_schema=database()',
  )
  for (const [table, column, type, characters] of columns as readonly (readonly [string, string, string, number | null])[]) {
    const known = tables.get(table.toLowerCase()) ?? new Map<string, { type: string; characters: number | null }>()
    known.set(column.toLowerCase(), { type: type.toLowerCase(), characters })
    tables.set(table.toLowerCase(), known)
  }
  const keys = await ask(
    connection,
    'select distinct table_name,index_name from information_schema.statistics where table_schema=database()',
  )
  return { tables, keys: new Set(keys.map(([table, key]) => `${table}.${key}`.toLowerCase())) }
}

async function ask(connection: SqlConnection, sql: string): Promise<readonly SqlRow[]> {
  return (await connection.run([{ sql, values: [] }]))[0]!.rows
}
