// Changing the schema of an SQLite database. All of it is one file and one writer, so each step is one
// transaction that also holds its traces; servers on the same file wait for a moment. SQLite 3.53 can take
// `not null` and checks away and add them; older ones refuse those steps with a sentence.
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { type ColumnType, plainType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Column, IndexModel, Model } from '../../schema/model.ts'
import type { Batch, Kinds, RowQuery, SchemaDialect, Statement, StoredRow } from '../migrations/dialect.ts'
import { type Change, type ColumnSpec, describeStep, type Step } from '../migrations/steps.ts'
import {
  type IndexSpec,
  type JournalRow,
  requiredColumns,
  type StoredCheck,
  type StoredColumn,
  type StoredIndex,
  type StoredSchema,
  type StoredTable,
  type TypeNames,
} from '../migrations/stored-schema.ts'
import { tryLock } from './file-lock.ts'
import { versionOf } from './reader.ts'
import { createSearch, dropSearch, searchForm, wordsTableOf } from './search.ts'

const physicalTypes = { text: 'text', integer: 'integer', boolean: 'integer', dateTime: 'integer', json: 'text', words: 'text' } as const

export const sqliteTypes: TypeNames = {
  typeOf: ({ type }: Column, _collection: CollectionModel) => physicalTypes[plainType(type)],
  compare: (stored, declared) => (stored === declared ? 'same' : 'other'),
  meaningOf: (type) => (type === 'text' || type === 'integer' ? type : null),
  formOf: ({ columns, isSearch }) => (isSearch ? searchForm(columns) : formOf(columns)),
  indexName: (name) => name,
}

function formOf(columns: IndexModel['columns']): string {
  return `(${columns.map(({ name, descending }) => `${quote(name)}${descending ? ' desc' : ''}`).join(', ')})`
}

const writeLock = 'other writers wait, readers do not'

/** Raised when the meaning of a stored table changes in a way older code would misread. */
const schemaVersion = 2

/** @throws Error with one sentence for people */
export function checkVersion(database: DatabaseSync): void {
  const found = Number(readMeta(database, 'schemaVersion') ?? schemaVersion)
  if (found > schemaVersion)
    throw new Error(
      `The database was written by a newer Kingpost (schema ${found}, this one knows ${schemaVersion}). Nothing was changed. Start it with the newer version.`,
    )
}

/** The tables that every version needs, made where they are missing. */
export function prepareOwnTables(database: DatabaseSync): void {
  database.exec(`
    create table if not exists "_meta" ("name" text primary key, "value" text not null) strict, without rowid;
    create table if not exists "_migrations" ("id" integer primary key autoincrement, "key" text not null, "state" text not null,
      "cursor" text, "rows" integer not null default 0, "startedAt" integer not null, "endedAt" integer, "by" text not null) strict;
    insert into "_meta" values ('schemaVersion','${schemaVersion}') on conflict("name") do nothing`)
}

/** From here on older versions refuse the database. */
export function raiseVersion(database: DatabaseSync): void {
  if (readMeta(database, 'schemaVersion') !== String(schemaVersion)) writeMeta(database, 'schemaVersion', String(schemaVersion))
}

export function readMeta(database: DatabaseSync, name: string): string | null {
  const row = hasTable(database, '_meta') ? database.prepare('select "value" from "_meta" where "name"=?').get(name) : undefined
  return row === undefined ? null : (row['value'] as string)
}

function hasTable(database: DatabaseSync, name: string): boolean {
  return database.prepare(`select 1 from sqlite_schema where "type"='table' and "name"=?`).get(name) !== undefined
}

export function readJournal(database: DatabaseSync): JournalRow[] {
  return hasTable(database, '_migrations')
    ? (database.prepare('select * from "_migrations" order by "id"').all() as unknown as JournalRow[])
    : []
}

export function writeMeta(database: DatabaseSync, name: string, value: string): void {
  database.prepare('insert into "_meta" values (?,?) on conflict("name") do update set "value"=excluded."value"').run(name, value)
}

export function readKinds(database: DatabaseSync): Kinds {
  return JSON.parse(readMeta(database, 'columns') ?? '{}') as Kinds
}

/** `isCounted`: how many rows there are is counted, which reads an index of each table whole; else all that is known is whether there are. */
export function introspectSqlite(database: DatabaseSync, model: Model, isCounted = true): StoredSchema {
  const found = database
    .prepare(
      `select "name","sql" from sqlite_schema where "type"='table' and "name" not like 'sqlite\\_%' escape '\\' and "name" not like '\\_%' escape '\\'`,
    )
    .all() as { name: string; sql: string }[]
  const columns = columnsOf(database)
  const indexes = indexesOf(database)
  const tables = new Map<string, StoredTable>()
  for (const { name, sql } of found) {
    const words = columns.get(wordsTableOf(name)) ?? []
    const own = (columns.get(name) ?? []).map((column) => [column.name, column] as const)
    const rows = rowsOf(database, name, isCounted)
    tables.set(name, {
      name,
      columns: new Map(own),
      indexes: [...(indexes.get(name) ?? []), ...wordsIndexOf(name, words)],
      checks: checksOf(sql),
      rows,
      isEmpty: rows === 0,
      isOurs: false,
    })
  }
  for (const { table, column } of requiredColumns(model, { tables }, sqliteTypes)) {
    const stored = tables.get(table)!
    const hasNulls = database.prepare(`select 1 from ${quote(table)} where ${quote(column)} is null limit 1`).get() !== undefined
    ;(stored.columns as Map<string, StoredColumn>).set(column, { ...stored.columns.get(column)!, hasNulls })
  }
  return { tables }
}

function rowsOf(database: DatabaseSync, table: string, isCounted: boolean): number {
  const sql = isCounted ? 'select count(*) as "rows" from' : 'select exists (select 1 from'
  return database.prepare(`${sql} ${quote(table)}${isCounted ? '' : ') as "rows"'}`).get()!['rows'] as number
}

/** Of all tables by one statement: a start asks this each time. */
function columnsOf(database: DatabaseSync): ReadonlyMap<string, StoredColumn[]> {
  const rows = database
    .prepare(
      `select t."name" as "table",c."name",c."type",c."notnull",c."dflt_value" from sqlite_schema t, pragma_table_xinfo(t."name") c
      where t."type"='table' and c."hidden"<>1 order by t."name",c."cid"`,
    )
    .all() as { table: string; name: string; type: string; notnull: number; dflt_value: string | null }[]
  const tables = new Map<string, StoredColumn[]>()
  for (const { table, name, type, notnull, dflt_value: fallback } of rows) {
    const column = { name, type: type.toLowerCase(), kind: null, isNullable: notnull === 0, hasDefault: fallback !== null, hasNulls: false }
    listIn(tables, table).push(column)
  }
  return tables
}

function indexesOf(database: DatabaseSync): ReadonlyMap<string, StoredIndex[]> {
  const rows = database
    .prepare(
      `select t."name" as "table",i."name",i."unique",c."name" as "column",c."desc" from sqlite_schema t, pragma_index_list(t."name") i,
      pragma_index_xinfo(i."name") c where t."type"='table' and i."origin"='c' and c."key"=1 order by i."name",c."seqno"`,
    )
    .all() as { table: string; name: string; unique: number; column: string; desc: number }[]
  const tables = new Map<string, StoredIndex[]>()
  for (const [name, parts] of Map.groupBy(rows, (row) => row.name)) {
    const columns = parts.map((part) => ({ name: part.column, descending: part.desc === 1 }))
    const { table, unique } = parts[0]!
    listIn(tables, table).push({ name, columns, form: formOf(columns), isUnique: unique === 1, isValid: true })
  }
  return tables
}

function indexesOn(database: DatabaseSync, table: string): StoredIndex[] {
  return [...(indexesOf(database).get(table) ?? []), ...wordsIndexOf(table, columnsOf(database).get(wordsTableOf(table)) ?? [])]
}

function listIn<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name) ?? []
  lists.set(name, list)
  return list
}

function wordsIndexOf(table: string, words: readonly StoredColumn[]): StoredIndex[] {
  const columns = words.map(({ name }) => ({ name, descending: false }))
  if (columns.length === 0) return []
  return [{ name: `${table}_search`, columns, form: searchForm(columns), isUnique: false, isValid: true, isSearch: true }]
}

/** SQLite tells checks only as the text they were declared with, which is ours. */
function checksOf(sql: string): StoredCheck[] {
  const pattern = /(?:constraint "(\w+)" )?check \("(\w+)"\s*>=\s*(-?\d+)\)/gi
  return [...sql.matchAll(pattern)].map(([, name, column, least]) => ({ name: name ?? null, column: column!, least: Number(least) }))
}

export function statementsOf(step: Change): Statement[] {
  const table = quote(step.table)
  const one = (sql: string, lock = writeLock): Statement[] => [{ sql, lock }]
  switch (step.kind) {
    case 'createTable': {
      const parts = [...step.columns.map(columnSql), ...step.checks.map(checkSql)]
      return [
        ...one(`create table ${table} (${parts.join(', ')}) strict${hasWideRows(step.columns) ? '' : ', without rowid'}`),
        ...step.indexes.flatMap((index) => indexSql(step.table, index).flatMap((sql) => one(sql))),
      ]
    }
    case 'addColumn':
      return one(`alter table ${table} add column ${columnSql(step.column)}`)
    case 'setNotNull':
      return one(`alter table ${table} alter column ${quote(step.column.name)} set not null`, `${writeLock}; reads every row once`)
    case 'dropNotNull':
      return one(`alter table ${table} alter column ${quote(step.column.name)} drop not null`)
    case 'createIndex':
      return indexSql(step.table, step.index).flatMap((sql) => one(sql, `${writeLock}; for the whole build`))
    case 'dropIndex':
      return step.index.isSearch ? dropSearch(step.table).flatMap((sql) => one(sql)) : one(`drop index ${quote(step.index.name)}`)
    case 'addCheck':
      return one(`alter table ${table} add ${checkSql(step.check)}`, `${writeLock}; reads every row once`)
    case 'dropCheck':
      return one(`alter table ${table} drop constraint ${quote(step.check.name)}`)
    case 'renameColumn':
      return one(`alter table ${table} rename column ${quote(step.from)} to ${quote(step.to)}`)
    case 'renameTable':
      // It is made again under the new name.
      return [...dropSearch(step.table), `alter table ${table} rename to ${quote(step.to)}`].flatMap((sql) => one(sql))
    case 'swapColumn': {
      const { name } = step.old
      const shadow = step.fill.columns[0]!.name
      return [
        ...one(`alter table ${table} rename column ${quote(name)} to ${quote(`${name}__old`)}`),
        ...one(`alter table ${table} rename column ${quote(shadow)} to ${quote(name)}`),
      ]
    }
    case 'dropColumn':
      return one(`alter table ${table} drop column ${quote(step.column)}`, `${writeLock}; rewrites every row`)
    case 'dropTable':
      return [...dropSearch(step.table), `drop table ${table}`].flatMap((sql) => one(sql))
    case 'widenColumn':
    case 'checkValues':
      return []
    case 'backfill':
    case 'convertColumn':
    case 'catchUp':
      return one(
        `update ${table} set ${step.fill.columns.map(({ name }) => `${quote(name)}=?`).join(', ')} where "id"=?`,
        `${writeLock}, per batch`,
      )
  }
}

/**
 * Beside its key a row keeps a quarter of a page at most, and what is longer goes to a page of its own: an order would fill
 * one. Under a row number it keeps a whole page, and its id is an index as any other. Both kinds are read and written alike.
 * A long text that may be left out mostly is.
 */
function hasWideRows(columns: readonly ColumnSpec[]): boolean {
  return columns.filter(({ kind }) => kind === 'json').length >= 3 || columns.some(({ isLong, isNullable }) => isLong && !isNullable)
}

function columnSql(column: ColumnSpec): string {
  const fallback = column.default === null ? '' : ` default ${literal(encode(column.kind, column.default))}`
  return `${quote(column.name)} ${column.type}${column.isNullable ? '' : ' not null'}${fallback}${column.name === 'id' ? ' primary key' : ''}`
}

function checkSql(check: { readonly name: string; readonly column: string; readonly least: number }): string {
  return `constraint ${quote(check.name)} check (${quote(check.column)}>=${Number(check.least)})`
}

function indexSql(table: string, { name, columns, form, isUnique, isSearch }: IndexSpec): string[] {
  if (isSearch) return createSearch(table, columns)
  return [`create ${isUnique ? 'unique ' : ''}index if not exists ${quote(name)} on ${quote(table)} ${form}`]
}

function encode(kind: ColumnType, value: unknown): SQLInputValue {
  if (value === null || value === undefined) return null
  if (kind === 'json') return JSON.stringify(value)
  return typeof value === 'boolean' ? Number(value) : (value as SQLInputValue)
}

function decode(kind: ColumnType | null, value: unknown): unknown {
  if (value === null) return null
  return kind === 'json' ? JSON.parse(value as string) : kind === 'boolean' ? value === 1 : value
}

function literal(value: SQLInputValue): string {
  return typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

const changesRules: ReadonlySet<Step['kind']> = new Set(['setNotNull', 'dropNotNull', 'addCheck', 'dropCheck'])

function canChangeRules(database: DatabaseSync): boolean {
  const [major, minor] = versionOf(database).split('.').map(Number)
  return major! > 3 || minor! >= 53
}

/** The statements of a step, in the caller's transaction. What is done already is not planned, so they meet what they expect. */
export function runStep(database: DatabaseSync, step: Step): void {
  if (changesRules.has(step.kind) && !canChangeRules(database))
    throw new Error(
      `SQLite ${versionOf(database)} cannot ${describeStep(step)}: 3.53 or newer is needed, which Node 26 brings. Nothing was changed by this step.`,
    )
  // A column that is indexed cannot be dropped, and its own indexes go with it.
  if (step.kind === 'dropColumn')
    for (const index of indexesOn(database, step.table))
      if (index.columns.some(({ name }) => name === step.column))
        for (const sql of index.isSearch ? dropSearch(step.table) : [`drop index ${quote(index.name)}`]) database.exec(sql)
  for (const { sql } of statementsOf(step)) database.exec(sql)
}

/** Opens a database file for a migration. It may be in use by a server. */
export function openSqliteSchema(path: string): SchemaDialect {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: false })
  database.exec('pragma busy_timeout=10000; pragma journal_mode=wal; pragma synchronous=full; pragma cache_size=-65536')
  checkVersion(database)
  const version = versionOf(database)

  function inTransaction<T>(work: () => T): T {
    database.exec('begin immediate')
    try {
      const value = work()
      database.exec('commit')
      return value
    } catch (error) {
      if (database.isTransaction) database.exec('rollback')
      throw error
    }
  }

  return {
    ...sqliteTypes,
    product: `SQLite ${version}`,
    introspect: async (model) => introspectSqlite(database, model),
    statementsOf,
    async run(step) {
      inTransaction(() => runStep(database, step))
    },
    async prepare() {
      prepareOwnTables(database)
    },
    ...journalOf(database),
    async readRows(query) {
      return readRows(database, query)
    },
    async writeRows({ table, columns, rows, note }: Batch) {
      const sql = `update ${quote(table)} set ${columns.map(({ name }) => `${quote(name)}=?`).join(', ')} where "id"=?`
      inTransaction(() => {
        const statement = database.prepare(sql)
        for (const { id, values } of rows) statement.run(...columns.map(({ kind }, at) => encode(kind, values[at])), id)
        const place = database.prepare('update "_migrations" set "cursor"=?, "rows"=? where "id"=?')
        for (const id of note.ids) place.run(note.cursor, note.rows, id)
      })
    },
    async duplicates(table, columns, limit) {
      const names = columns.map(quote).join(', ')
      const given = columns.map((name) => `${quote(name)} is not null`).join(' and ')
      const sql = `select ${names}, min("id") as "first", max("id") as "last", count(*) as "count" from ${quote(table)} where ${given}
        group by ${names} having count(*)>1 limit ?`
      const groups = database.prepare(sql).all(limit) as { first: string; last: string; count: number; [column: string]: unknown }[]
      return groups.map((row) => ({ ...row, values: columns.map((name) => row[name]) }))
    },
    async below(table, column, least, limit) {
      const rows = database.prepare(`select "id" from ${quote(table)} where ${quote(column)}<? order by "id" limit ?`).all(least, limit)
      return rows.map((row) => row['id'] as string)
    },
    presences: async () => [],
    async lock() {
      const release = tryLock(path.replace(/\.db$/, '.migrate.lock'))
      return release === null ? null : async () => release()
    },
    async close() {
      if (database.isOpen) database.close()
    },
  }
}

function journalOf(database: DatabaseSync): Pick<SchemaDialect, 'readKinds' | 'writeKinds' | 'readJournal' | 'beginStep' | 'endStep'> {
  return {
    readKinds: async () => readKinds(database),
    async writeKinds(kinds) {
      writeMeta(database, 'columns', JSON.stringify(kinds))
    },
    readJournal: async () => readJournal(database),
    async beginStep(key, by, now) {
      const result = database
        .prepare(`insert into "_migrations" ("key","state","startedAt","by") values (?,'running',?,?)`)
        .run(key, now, by)
      return Number(result.lastInsertRowid)
    },
    async endStep(id, state, now) {
      database.prepare('update "_migrations" set "state"=?, "endedAt"=? where "id"=?').run(state, now, id)
    },
  }
}

export function readRows(database: DatabaseSync, { table, columns, after, limit, since, empty, given }: RowQuery): StoredRow[] {
  const isGiven = given === undefined ? '' : ` and +${quote(given)} is not null`
  const names = columns.map(({ name }) => name)
  const written = names.includes('updatedAt') ? '"updatedAt"' : '"createdAt"'
  const wanted = [
    ...(since === undefined ? [] : [`${written}>=${Number(since)}`]),
    // The plus keeps an index of the column out: its rows would be sorted by id again for each batch.
    ...(empty ?? []).map((name) => `(+${quote(name)} is null${isGiven})`),
  ]
  const parts = ['"id">?', ...(wanted.length === 0 ? [] : [`(${wanted.join(' or ')})`])]
  const rows = database
    .prepare(`select ${names.map(quote).join(', ')} from ${quote(table)} where ${parts.join(' and ')} order by "id" limit ?`)
    .all(after ?? '', limit)
  return rows.map((row) => Object.fromEntries(columns.map(({ name, kind }) => [name, decode(kind, row[name])])) as StoredRow)
}
