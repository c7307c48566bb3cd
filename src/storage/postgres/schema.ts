// The schema of a PostgreSQL database at a start: an empty one is filled, additive changes are made, all in one
// transaction under a lock that processes starting side by side take in turn. More goes by `kingpost migrate`.
import type { Model } from '../../schema/model.ts'
import type { SchemaPolicy } from '../migrations/at-start.ts'
import type { SqlConnection, SqlResult } from '../sql/driver.ts'
import { planStart, runAtStart, storedModelOn } from '../sql/schema-at-start.ts'
import { type Ask, askOn, checkSchemaVersion } from '../sql/server-schema.ts'
import { groupsOf, migrationsTable, postgresWords } from './schema-dialect.ts'

/** Raised when the meaning of a stored table changes in a way older code would misread. */
const schemaVersion = 1

/** "kingpost" in hexadecimal would not fit: any number that is ours alone. */
const schemaLock = 7_305_816_329

const ownTables = [
  `create table if not exists "_meta" ("name" text primary key, "value" text not null)`,
  migrationsTable,
  `create table if not exists "_commits" (
    "seq" bigint generated always as identity primary key, "token" text collate "C" not null constraint "_commits_token_key" unique,
    "position" bigint constraint "_commits_position_key" unique, "at" bigint not null, "operation" text not null,
    "actor" text not null, "requestId" text not null, "changes" text not null)`,
  `create index if not exists "_commits_waiting_index" on "_commits" ("seq") where "position" is null`,
  `create table if not exists "_log" ("name" text primary key, "position" bigint not null)`,
  `insert into "_log" values ('commits',0) on conflict do nothing`,
  `insert into "_meta" values ('schemaVersion','${schemaVersion}') on conflict do nothing`,
]

/** @throws Error with one sentence for people */
export async function checkDatabaseVersion(ask: Ask): Promise<void> {
  const [own] = await ask(`select to_regclass('"_meta"')`)
  const [row] = own![0] === null ? [] : await ask(`select "value" from "_meta" where "name"='schemaVersion'`)
  checkSchemaVersion(Number(row?.[0] ?? schemaVersion), schemaVersion)
}

/**
 * Answers the model with the names under which it is stored.
 * @throws Error with sentences for people
 */
export async function prepareSchema(connection: SqlConnection, model: Model, policy: SchemaPolicy): Promise<Model> {
  const run = async (...texts: string[]): Promise<readonly SqlResult[]> => await connection.run(texts.map((sql) => ({ sql, values: [] })))
  const ask = askOn(connection)
  const words = postgresWords('')
  try {
    await run(
      'begin isolation level read committed',
      `select set_config('lock_timeout','60000',true),set_config('statement_timeout','0',true)`,
      `select pg_advisory_xact_lock(${schemaLock})`,
    )
    const [own] = await run(
      `select count(*) from pg_tables where schemaname=current_schema() and tablename in ('_meta','_migrations','_log')`,
    )
    if (Number(own!.rows[0]![0]) < 3) await run(...ownTables)
    await checkDatabaseVersion(ask)
    const { steps, kinds } = await planStart(ask, words, { model, policy })
    if (steps.every(({ kind }) => kind !== 'backfill'))
      await run(...steps.flatMap((step) => groupsOf(step, false).flat()).map(({ sql }) => sql), 'select 1')
    else for (const step of steps) await runAtStart(ask, { ...words, groupsOf: (one) => groupsOf(one, false) }, { step, model })
    if (kinds !== null) await ask(words.setMark, ['columns', JSON.stringify(kinds)])
    const stored = await storedModelOn(ask, words, model)
    await run('commit')
    return stored.model
  } catch (error) {
    if (connection.isUsable()) await run('rollback')
    throw error
  }
}
