/** Owns what the programs share that measure something on each database, in this machine's own servers. */
import { createDatabaseOf, type DatabaseName } from '../test/support/databases.ts'
import type { DatabaseServer } from '../test/support/servers/database-server.ts'
import { killChildren } from './children.ts'
import { UsageError } from './options.ts'

/** What is told while it runs: results go to stdout. */
export const say = (line: string): void => console.error(line)

/** Answers the exit code: 2 for words that it does not know, 1 where it broke. No server is left behind. */
export async function runProgram(run: () => Promise<void>): Promise<number> {
  try {
    await run()
    return 0
  } catch (error) {
    say(error instanceof UsageError ? error.message : `broken: ${error instanceof Error ? error.stack : error}`)
    return error instanceof UsageError ? 2 : 1
  } finally {
    killChildren()
  }
}

/** Its server and a new database there; null, and nothing, for SQLite, which is in our process. */
export async function startDatabase(
  name: DatabaseName,
): Promise<{ readonly database: DatabaseServer | null; readonly options: { readonly database?: string } }> {
  say(`${name}: starting`)
  if (name === 'sqlite') return { database: null, options: {} }
  const database = await createDatabaseOf(name).startServer()
  return { database, options: { database: await database.createDatabase() } }
}
