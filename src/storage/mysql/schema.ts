// The schema of MySQL and MariaDB at a start: an empty database is filled, additive changes are made. A change commits
// by itself there, so each step is one that is seen to be done when it is looked at again, and one process at a time
// works through them, under a lock of the server. More goes by `kingpost migrate`.
import type { CollectionModel, Model } from '../../schema/model.ts'
import type { SchemaPolicy } from '../migrations/at-start.ts'
import type { StoredSchema } from '../migrations/stored-schema.ts'
import type { SqlConnection } from '../sql/driver.ts'
import { planStart, runAtStart, storedModelOn } from '../sql/schema-at-start.ts'
import { type Ask, askOn, checkSchemaVersion } from '../sql/server-schema.ts'
import { collationOf, type Server } from './dialect.ts'
import { literal } from './literal.ts'
import { mysqlWords } from './schema-dialect.ts'

/** Raised when the meaning of a stored table changes in a way older code would misread. */
const schemaVersion = 1

/** Seconds that one process waits for another to finish with the schema. */
const lockPatienceS = 120

export type SchemaWish = { readonly model: Model; readonly server: Server; readonly policy: SchemaPolicy }

/**
 * Answers the model with the names under which it is stored.
 * @throws Error with sentences for people
 */
export async function prepareSchema(
  connection: SqlConnection,
  wish: SchemaWish,
): Promise<{ readonly model: Model; readonly stored: StoredSchema }> {
  const ask = askOn(connection)
  const database = String((await ask('select database()'))[0]![0])
  const lock = literal(`kingpost ${database}`.slice(0, 64))
  const [held] = await ask(`select get_lock(${lock},${lockPatienceS})`)
  if (held![0] !== 1) throw new Error(`Another process has been preparing the database ${database} for ${lockPatienceS} s. Start again.`)
  try {
    return await prepare(ask, wish)
  } finally {
    await ask(`select release_lock(${lock})`)
  }
}

async function prepare(ask: Ask, { model, server, policy }: SchemaWish) {
  const words = mysqlWords(server)
  for (const collection of model.collections.values()) checkNames(collection)
  await checkDatabaseVersion(ask)
  for (const sql of ownTables(server)) await ask(sql)
  for (const sql of words.ownTables) await ask(sql)
  const { steps, kinds } = await planStart(ask, words, { model, policy })
  if (kinds !== null) await ask(words.setMark, ['columns', JSON.stringify(kinds)])
  for (const step of steps) await runAtStart(ask, words, { step, model })
  return await storedModelOn(ask, words, model)
}

function ownTables({ product }: Server): string[] {
  const table = ` engine=InnoDB row_format=dynamic character set utf8mb4 collate ${collationOf(product)}`
  return [
    `create table if not exists \`_meta\` (\`name\` varchar(100) primary key, \`value\` longtext not null)${table}`,
    `create table if not exists \`_commits\` (\`seq\` bigint auto_increment primary key, \`token\` varchar(100) not null,
      \`position\` bigint null, \`at\` bigint not null, \`operation\` varchar(255) not null, \`actor\` varchar(255) not null,
      \`requestId\` varchar(255) not null, \`changes\` longtext not null,
      unique index \`_commits_token_key\` (\`token\`), unique index \`_commits_position_key\` (\`position\`))${table}`,
    `create table if not exists \`_log\` (\`name\` varchar(100) primary key, \`position\` bigint not null)${table}`,
    "insert into `_log` (`name`,`position`) select 'commits',0 from dual where not exists (select 1 from `_log` where `name`='commits')",
    `insert into \`_meta\` (\`name\`,\`value\`) select 'schemaVersion','${schemaVersion}' from dual
      where not exists (select 1 from \`_meta\` where \`name\`='schemaVersion')`,
  ]
}

/** @throws Error with one sentence for people */
export async function checkDatabaseVersion(ask: Ask): Promise<void> {
  const own = await ask("select 1 from information_schema.tables where table_schema=database() and table_name='_meta'")
  const [row] = own.length === 0 ? [] : await ask("select `value` from `_meta` where `name`='schemaVersion'")
  checkSchemaVersion(Number(row?.[0] ?? schemaVersion), schemaVersion)
}

/** Column names are the same there in either case. */
function checkNames(collection: CollectionModel): void {
  const seen = new Map<string, string>()
  for (const { name } of collection.stored) {
    const other = seen.get(name.toLowerCase())
    if (other !== undefined)
      throw new Error(`The fields ${other} and ${name} of ${collection.name} are one name to MySQL and MariaDB. Rename one of them.`)
    seen.set(name.toLowerCase(), name)
  }
}
