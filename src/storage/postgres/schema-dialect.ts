// Changing the schema of a PostgreSQL database under running servers: indexes are built concurrently, rules are
// checked before they are made to hold, and nothing rewrites a table. A change that waits for its lock gives up after
// two seconds, and is tried again, so that nobody queues behind it.
import { plainType } from '../../schema/kinds/kind.ts'
import type { CollectionModel, Column, IndexModel } from '../../schema/model.ts'
import type { Batch, Statement } from '../migrations/dialect.ts'
import type { ColumnSpec, Step } from '../migrations/steps.ts'
import type { StoredCheck, StoredColumn, StoredIndex, StoredTable, TypeNames } from '../migrations/stored-schema.ts'
import type { SqlRow } from '../sql/driver.ts'
import { whole } from '../sql/row-codec.ts'
import type { Ask, SchemaWords } from '../sql/server-schema.ts'
import { orderOf, quote, shortName } from './dialect.ts'
import { primaryKeyOf } from './errors.ts'

const sqlTypes = { text: 'text', integer: 'bigint', boolean: 'boolean', dateTime: 'bigint', json: 'json', words: 'tsvector' } as const

export const postgresTypes: TypeNames = {
  typeOf: ({ type }: Column) => sqlTypes[plainType(type)],
  compare: (stored, declared) => (stored === declared ? 'same' : 'other'),
  meaningOf: (type) => (({ text: 'text', bigint: 'integer', boolean: 'boolean', json: 'json', tsvector: 'words' }) as const)[type] ?? null,
  formOf,
  indexesLists: true,
  indexName: shortName,
}

/** Nulls stand where the order of a list wants them: an index in another order would not spare the sort. */
function formOf(index: IndexModel, collection: CollectionModel): string {
  if (index.isSearch) return searchForm(index.columns)
  const columns = new Map([...collection.columns.values()].map((column) => [column.name, column]))
  // A list of ids is looked into by what it holds, which only this kind of index can.
  const list = index.columns.find(({ name }) => columns.get(name)?.type === 'json')
  if (list) return ginOf(list.name)
  const parts = index.columns.map(({ name, descending }) =>
    orderOf(quote(name), { descending, isNullable: columns.get(name)?.isNullable ?? false }),
  )
  return `(${parts.join(', ')})`
}

/** Of several columns: a condition on any of them finds its records in it. */
const searchForm = (columns: IndexModel['columns']) => `using gin (${columns.map(({ name }) => quote(name)).join(', ')})`
const ginOf = (column: string) => `using gin ((${quote(column)}::jsonb) jsonb_path_ops)`

/** "kingpost" in hexadecimal would not fit: any number that is ours alone, beside that of schema.ts. */
const migrationLock = 7_305_816_330

export function postgresWords(version: string): SchemaWords {
  return {
    product: `PostgreSQL ${version}`,
    types: postgresTypes,
    quote,
    shorten: shortName,
    look,
    groupsOf: (step) => groupsOf(step, true),
    hasTransactions: true,
    ownTables: [migrationsTable],
    decode,
    updateOf,
    scan: { hint: '', isNull: (column) => `num_nulls(${column})>0` },
    lock: { take: `select pg_try_advisory_lock(${migrationLock})`, release: `select pg_advisory_unlock(${migrationLock})` },
    setMark: 'insert into "_meta" values (?,?) on conflict ("name") do update set "value"=excluded."value"',
    now: 'select floor(extract(epoch from clock_timestamp())*1000)::bigint',
    lastId: 'select lastval()',
  }
}

export const migrationsTable = `create table if not exists "_migrations" (
  "id" bigint generated always as identity primary key, "key" text not null, "state" text not null, "cursor" text,
  "rows" bigint not null default 0, "startedAt" bigint not null, "endedAt" bigint, "by" text not null)`

const reading = 'reads and writes continue'
const moment = 'all who use the table wait for a moment'

/** `isConcurrent`: no transaction around it, and nobody waits for an index to be built. */
export function groupsOf(step: Step, isConcurrent: boolean): Statement[][] {
  const table = quote(step.table)
  const one = (sql: string, lock = moment): Statement => ({ sql, lock })
  switch (step.kind) {
    case 'createTable': {
      const key = `constraint ${quote(primaryKeyOf(step.table))} primary key ("id")`
      const parts = [...step.columns.map(columnSql), key, ...step.checks.map(checkSql)]
      const indexes = step.indexes.map((index) =>
        one(`create ${index.isUnique ? 'unique ' : ''}index ${quote(index.name)} on ${table} ${index.form}`, 'none'),
      )
      return [[one(`create table ${table} (${parts.join(', ')})`, 'none'), ...indexes]]
    }
    case 'addColumn':
      return [[one(`alter table ${table} add column ${columnSql(step.column)}`)]]
    case 'widenColumn':
    case 'checkValues':
      return []
    case 'setNotNull':
      return notNullGroups(step.table, step.column.name)
    case 'dropNotNull':
      return [[one(`alter table ${table} alter column ${quote(step.column.name)} drop not null`)]]
    case 'createIndex': {
      const { name, isUnique, form } = step.index
      const how = isConcurrent ? 'concurrently ' : ''
      return [
        [one(`create ${isUnique ? 'unique ' : ''}index ${how}${quote(name)} on ${table} ${form}`, isConcurrent ? reading : 'writers wait')],
      ]
    }
    case 'dropIndex':
      return [[one(`drop index ${isConcurrent ? 'concurrently ' : ''}if exists ${quote(step.index.name)}`, reading)]]
    case 'addCheck':
      return [
        [
          one(`alter table ${table} drop constraint if exists ${quote(step.check.name)}`),
          one(`alter table ${table} add ${checkSql(step.check)} not valid`),
        ],
        [one(`alter table ${table} validate constraint ${quote(step.check.name)}`, `reads every row once; ${reading}`)],
      ]
    case 'dropCheck':
      return [[one(`alter table ${table} drop constraint if exists ${quote(step.check.name)}`)]]
    case 'renameColumn':
      return [[one(`alter table ${table} rename column ${quote(step.from)} to ${quote(step.to)}`)]]
    case 'renameTable':
      return [[one(`alter table ${table} rename to ${quote(step.to)}`)]]
    case 'swapColumn': {
      const { name } = step.old
      const rename = (from: string, to: string) => one(`alter table ${table} rename column ${quote(from)} to ${quote(to)}`)
      return [[rename(name, `${name}__old`), rename(step.fill.columns[0]!.name, name)]]
    }
    case 'dropColumn':
      return [[one(`alter table ${table} drop column ${quote(step.column)}`)]]
    case 'dropTable':
      return [[one(`drop table ${table}`)]]
    case 'backfill':
    case 'convertColumn':
    case 'catchUp':
      return [[one(updateSql(step.table, step.fill.columns), 'who writes one of its rows waits, per batch')]]
  }
}

/** The rule is made for what is written from now on, then checked, and only then is it the column's own. */
function notNullGroups(tableName: string, columnName: string): Statement[][] {
  const table = quote(tableName)
  const rule = quote(shortName(`${tableName}_${columnName}_given`))
  const column = quote(columnName)
  const one = (sql: string, lock = moment): Statement => ({ sql, lock })
  return [
    [
      one(`alter table ${table} drop constraint if exists ${rule}`),
      one(`alter table ${table} add constraint ${rule} check (${column} is not null) not valid`),
    ],
    [one(`alter table ${table} validate constraint ${rule}`, `reads every row once; ${reading}`)],
    [one(`alter table ${table} alter column ${column} set not null`), one(`alter table ${table} drop constraint ${rule}`)],
  ]
}

function columnSql(column: ColumnSpec): string {
  const collation = column.kind === 'text' ? ' collate "C"' : ''
  const fallback = column.default === null ? '' : ` default ${literal(column)}`
  return `${quote(column.name)} ${column.type}${collation}${column.isNullable ? '' : ' not null'}${fallback}`
}

function literal({ kind, default: value }: ColumnSpec): string {
  const text = kind === 'json' ? JSON.stringify(value) : String(value)
  return `'${text.replaceAll("'", "''")}'`
}

function checkSql(check: { readonly name: string; readonly column: string; readonly least: number }): string {
  return `constraint ${quote(check.name)} check (${quote(check.column)}>=${Number(check.least)})`
}

function updateSql(table: string, columns: readonly ColumnSpec[]): string {
  const set = columns.map(({ name }, at) => `${quote(name)}=v."v${at}"`).join(', ')
  const types = columns.map(({ type }, at) => `"v${at}" ${type}`).join(', ')
  return `update ${quote(table)} as t set ${set} from json_to_recordset(?::json) as v("id" text, ${types}) where t."id"=v."id"`
}

function updateOf({ table, columns, rows }: Batch) {
  const values = rows.map(({ id, values: own }) => ({ id, ...Object.fromEntries(own.map((value, at) => [`v${at}`, value ?? null])) }))
  return [{ sql: updateSql(table, columns), values: [JSON.stringify(values)] }]
}

function decode({ kind, type }: StoredColumn, value: SqlRow[number]): unknown {
  if (value === null) return null
  switch (plainType(kind ?? postgresTypes.meaningOf(type) ?? 'text')) {
    case 'integer':
    case 'dateTime':
      return whole(value)
    case 'boolean':
      return value === 't'
    case 'json':
      return JSON.parse(value as string)
    case 'words':
    case 'text':
      return value
  }
}

async function look(ask: Ask): Promise<Map<string, StoredTable>> {
  const here = `c.relkind='r' and c.relnamespace=current_schema()::regnamespace`
  const columns = await ask(
    `select c.relname, a.attname, format_type(a.atttypid,a.atttypmod), a.attnotnull, a.atthasdef, c.reltuples::bigint
     from pg_class c join pg_attribute a on a.attrelid=c.oid and a.attnum>0 and not a.attisdropped where ${here} order by c.relname, a.attnum`,
  )
  const indexes = await ask(
    `select c.relname, i.relname, x.indisunique, x.indisvalid, m.amname,
       (select json_agg(json_build_array(a.attname, x.indoption[k-1], pg_get_indexdef(x.indexrelid,k,false)) order by k)
        from generate_series(1,x.indnkeyatts::int) k left join pg_attribute a on a.attrelid=x.indrelid and a.attnum=x.indkey[k-1])
     from pg_index x join pg_class c on c.oid=x.indrelid join pg_class i on i.oid=x.indexrelid join pg_am m on m.oid=i.relam
     where ${here} and not x.indisprimary`,
  )
  const checks = await ask(
    `select c.relname, o.conname, pg_get_constraintdef(o.oid) from pg_constraint o join pg_class c on c.oid=o.conrelid
     where ${here} and o.contype='c' and o.convalidated`,
  )
  const tables = new Map<string, StoredTable>()
  for (const [table, name, type, isRequired, hasDefault, rows] of columns as readonly string[][]) {
    const known = tables.get(table!) ?? emptyTable(table!, Number(rows))
    const column = { name: name!, type: type!, kind: null, isNullable: isRequired !== 't', hasDefault: hasDefault === 't', hasNulls: false }
    ;(known.columns as Map<string, StoredColumn>).set(name!, column)
    tables.set(table!, known)
  }
  for (const [table, ...rest] of indexes as readonly string[][]) (tables.get(table!)!.indexes as StoredIndex[]).push(indexOf(rest))
  for (const [table, name, definition] of checks as readonly string[][]) {
    const [, column, least] = /^CHECK \(\("?(\w+)"? >= \(?'?(-?\d+)'?(?:::\w+)?\)?\)\)$/.exec(definition!) ?? []
    if (column !== undefined) (tables.get(table!)!.checks as StoredCheck[]).push({ name: name!, column, least: Number(least) })
  }
  return tables
}

function emptyTable(name: string, rows: number): StoredTable {
  return { name, columns: new Map(), indexes: [], checks: [], rows: Math.max(0, rows), isEmpty: false, isOurs: false }
}

/** `indoption` is 1 for descending, 2 for nulls first (pg_index of the documentation, and catalog/pg_index.h). */
function indexOf([name, isUnique, isValid, method, text]: readonly string[]): StoredIndex {
  const parts = JSON.parse(text!) as (readonly [string | null, number, string])[]
  const head = { name: name!, isUnique: isUnique === 't', isValid: isValid === 't' }
  if (method === 'gin' && parts.every(([column]) => column !== null)) {
    const columns = parts.map(([column]) => ({ name: column!, descending: false }))
    return { ...head, columns, form: searchForm(columns), isSearch: true }
  }
  if (method === 'gin') {
    const column = /"?(\w+)"?\)*::jsonb/.exec(parts[0]![2])?.[1] ?? parts[0]![2]
    return { ...head, columns: [{ name: column, descending: false }], form: ginOf(column) }
  }
  const columns = parts.map(([column, option, expression]) => ({ name: column ?? expression, descending: (option & 1) === 1 }))
  const forms = columns.map(({ name: column, descending }, at) => {
    const isNullable = ((parts[at]![1] & 2) === 2) !== descending
    return orderOf(quote(column), { descending, isNullable })
  })
  return { ...head, columns, form: `(${forms.join(', ')})` }
}
