// SQL past the engine, while no server has the database: for what would take days or a lease to come about. SQLite and PostgreSQL.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { testDatabase } from './databases.ts'
import { databaseUrl } from './server-process.ts'

/** On the database that goes with this folder. Answers the rows. */
export async function runSql(dataFolder: string, sql: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  if (!testDatabase().isServer) {
    const database = new DatabaseSync(join(dataFolder, 'kingpost.db'))
    try {
      return database.prepare(sql).all()
    } finally {
      database.close()
    }
  }
  const { Client } = (await import('pg')).default
  const client = new Client({ connectionString: await databaseUrl(dataFolder) })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** As if the minute or the days of an erasure had passed, and the lease of whoever was killed over it or over an export. */
export async function personalWorkIsDue(dataFolder: string): Promise<void> {
  await runSql(dataFolder, `update "erasures" set "dueAt"=0 where "state"='waiting'`)
  await runSql(dataFolder, `update "effects" set "dueAt"=0 where "kind" like 'personal.%'`)
}
