// The tables of the model in SQLite: made when missing, widened when fields were added. What cannot be
// done without touching data (another type, a new required field without a default) is refused with a
// sentence; migrations proper are a command of their own.
import type { DatabaseSync } from 'node:sqlite'
import type { CollectionModel, Column, IndexModel, Model } from '../../schema/model.ts'
import { checkColumnType, checkSchemaVersion, valueForExistingRows } from '../sql/widening.ts'

/** Raised when the meaning of a stored table changes in a way older code would misread. */
export const schemaVersion = 1

const sqlTypes = { text: 'text', integer: 'integer', boolean: 'integer', dateTime: 'integer', json: 'text' } as const

/** @throws Error with one sentence for people */
export function prepareSchema(database: DatabaseSync, model: Model): void {
  database.exec('begin immediate')
  try {
    checkVersion(database)
    database.exec(`create table if not exists "_commits" (
      "position" integer primary key autoincrement, "at" integer not null, "operation" text not null,
      "actor" text not null, "requestId" text not null, "changes" text not null) strict`)
    for (const collection of model.collections.values()) prepareTable(database, collection)
    database.exec('commit')
  } catch (error) {
    if (database.isTransaction) database.exec('rollback')
    throw error
  }
}

function checkVersion(database: DatabaseSync): void {
  database.exec('create table if not exists "_meta" ("name" text primary key, "value" text not null) strict, without rowid')
  const row = database.prepare('select "value" from "_meta" where "name"=?').get('schemaVersion')
  if (row === undefined) {
    database.prepare('insert into "_meta" values (?,?)').run('schemaVersion', String(schemaVersion))
    return
  }
  checkSchemaVersion(Number(row['value']), schemaVersion)
}

function prepareTable(database: DatabaseSync, collection: CollectionModel): void {
  const existing = database.prepare('select "name","type" from pragma_table_info(?)').all(collection.name)
  if (existing.length === 0) {
    const columns = [...collection.columns.values()].map((column) => columnSql(column))
    const checks = (collection.source.checks ?? []).map((check) => `check (${quote(check.path)}>=${Number(check.value)})`)
    database.exec(`create table ${quote(collection.name)} (${[...columns, ...checks].join(',')}) strict, without rowid`)
  } else widenTable(database, collection, new Map(existing.map((row) => [row['name'] as string, row['type'] as string])))
  for (const index of collection.indexes) database.exec(indexSql(collection, index))
}

function widenTable(database: DatabaseSync, collection: CollectionModel, existing: ReadonlyMap<string, string>): void {
  for (const column of collection.columns.values()) {
    const type = existing.get(column.name)
    if (type === undefined) {
      const value = valueForExistingRows(collection, column)
      database.exec(
        `alter table ${quote(collection.name)} add column ${columnSql(column)}${value === null ? '' : ` default ${literal(value)}`}`,
      )
    } else checkColumnType(collection, column, { found: type.toLowerCase(), wanted: sqlTypes[column.type] })
  }
}

function columnSql(column: Column): string {
  return `${quote(column.name)} ${sqlTypes[column.type]}${column.isNullable ? '' : ' not null'}${column.name === 'id' ? ' primary key' : ''}`
}

function indexSql(collection: CollectionModel, index: IndexModel): string {
  const columns = index.columns.map((column) => `${quote(column.name)}${column.descending ? ' desc' : ''}`)
  return `create ${index.isUnique ? 'unique ' : ''}index if not exists ${quote(index.name)} on ${quote(collection.name)} (${columns.join(',')})`
}

function literal(value: string | number): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
