// The tables of the model in PostgreSQL: made when missing, widened when fields were added, all in one transaction
// under a lock that processes starting side by side take in turn. Nothing is locked that needs no change.
import type { CollectionModel, Column, IndexModel, Model } from '../../schema/model.ts'
import type { SqlConnection, SqlResult } from '../sql/driver.ts'
import { checkColumnType, checkSchemaVersion, valueForExistingRows } from '../sql/widening.ts'
import { orderOf, quote, shortName } from './dialect.ts'
import { primaryKeyOf } from './errors.ts'

/** Raised when the meaning of a stored table changes in a way older code would misread. */
const schemaVersion = 1

const sqlTypes = { text: 'text', integer: 'bigint', boolean: 'boolean', dateTime: 'bigint', json: 'json' } as const

/** "kingpost" in hexadecimal would not fit: any number that is ours alone. */
const schemaLock = 7_305_816_329

const systemTables = [
  `create table if not exists "_meta" ("name" text primary key, "value" text not null)`,
  `create table if not exists "_commits" (
    "seq" bigint generated always as identity primary key, "token" text collate "C" not null constraint "_commits_token_key" unique,
    "position" bigint constraint "_commits_position_key" unique, "at" bigint not null, "operation" text not null,
    "actor" text not null, "requestId" text not null, "changes" text not null)`,
  `create index if not exists "_commits_waiting_index" on "_commits" ("seq") where "position" is null`,
  `create table if not exists "_log" ("name" text primary key, "position" bigint not null)`,
  `insert into "_log" values ('commits',0) on conflict do nothing`,
  `insert into "_meta" values ('schemaVersion','${schemaVersion}') on conflict do nothing`,
]

/** What there is: tables with the types of their columns, and the names of the indexes. */
type Existing = { readonly tables: ReadonlyMap<string, ReadonlyMap<string, string>>; readonly indexes: ReadonlySet<string> }

/** @throws Error with one sentence for people */
export async function prepareSchema(connection: SqlConnection, model: Model): Promise<void> {
  const run = async (...texts: string[]): Promise<readonly SqlResult[]> => await connection.run(texts.map((sql) => ({ sql, values: [] })))
  try {
    await run(
      'begin isolation level read committed',
      `select set_config('lock_timeout','60000',true),set_config('statement_timeout','0',true)`,
      `select pg_advisory_xact_lock(${schemaLock})`,
    )
    const existing = await look(run)
    if (!existing.tables.has('_log') || !existing.tables.has('_meta')) await run(...systemTables)
    const [meta] = await run(`select "value" from "_meta" where "name"='schemaVersion'`)
    checkSchemaVersion(Number(meta!.rows[0]?.[0] ?? schemaVersion), schemaVersion)
    const changes = [...model.collections.values()].flatMap((collection) => changesOf(collection, existing))
    await run(...changes, 'commit')
  } catch (error) {
    if (connection.isUsable()) await run('rollback')
    throw error
  }
}

async function look(run: (...texts: string[]) => Promise<readonly SqlResult[]>): Promise<Existing> {
  const [columns, indexes] = await run(
    'select table_name,column_name,data_type from information_schema.columns where table_schema=current_schema()',
    'select indexname from pg_indexes where schemaname=current_schema()',
  )
  const tables = new Map<string, Map<string, string>>()
  for (const [table, column, type] of columns!.rows as readonly string[][]) {
    const known = tables.get(table!) ?? new Map<string, string>()
    tables.set(table!, known.set(column!, type!))
  }
  return { tables, indexes: new Set(indexes!.rows.map(([name]) => name as string)) }
}

function changesOf(collection: CollectionModel, { tables, indexes }: Existing): string[] {
  const table = tables.get(shortName(collection.name))
  return [
    ...(table ? wideningOf(collection, table) : [tableSql(collection)]),
    ...collection.indexes.filter(({ name }) => !indexes.has(shortName(name))).map((index) => indexSql(collection, index)),
  ]
}

function tableSql(collection: CollectionModel): string {
  const columns = [...collection.columns.values()].map(columnSql)
  const checks = (collection.source.checks ?? []).map((check) => `check (${quote(check.path)}>=${Number(check.value)})`)
  const key = `constraint ${quote(primaryKeyOf(collection.name))} primary key ("id")`
  return `create table ${quote(collection.name)} (${[...columns, key, ...checks].join(',')})`
}

function wideningOf(collection: CollectionModel, existing: ReadonlyMap<string, string>): string[] {
  return [...collection.columns.values()].flatMap((column) => {
    const found = existing.get(shortName(column.name))
    if (found !== undefined) {
      checkColumnType(collection, column, { found, wanted: sqlTypes[column.type] })
      return []
    }
    const value = valueForExistingRows(collection, column)
    const fallback = value === null ? '' : ` default '${String(value).replaceAll("'", "''")}'`
    return [`alter table ${quote(collection.name)} add column ${columnSql(column)}${fallback}`]
  })
}

function columnSql(column: Column): string {
  const collation = column.type === 'text' ? ' collate "C"' : ''
  return `${quote(column.name)} ${sqlTypes[column.type]}${collation}${column.isNullable ? '' : ' not null'}`
}

/** Nulls stand where the order of a list wants them: an index in another order would not spare the sort. */
function indexSql(collection: CollectionModel, index: IndexModel): string {
  const columns = new Map([...collection.columns.values()].map((column) => [column.name, column]))
  const head = `create ${index.isUnique ? 'unique ' : ''}index ${quote(index.name)} on ${quote(collection.name)}`
  // A list of ids is looked into by what it holds, which only this kind of index can.
  const list = index.columns.find(({ name }) => columns.get(name)?.type === 'json')
  if (list) return `${head} using gin ((${quote(list.name)}::jsonb) jsonb_path_ops)`
  const parts = index.columns.map(({ name, descending }) => {
    const isNullable = columns.get(name)?.isNullable ?? false
    return orderOf(quote(name), { descending, isNullable })
  })
  return `${head} (${parts.join(',')})`
}
