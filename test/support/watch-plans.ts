/**
 * Loaded before a test file: SQLite is asked for the plan of each statement that the engine prepares. One that looks at every row of
 * a table fails the process, unless `allowedScans` says why it may. A page in the order of a key is no such look.
 */
import { DatabaseSync } from 'node:sqlite'
import { allowedScans } from './allowed-scans.ts'
import { whoAsks } from './who-asks.ts'

if (process.env['TEST_STATEMENTS'] !== undefined) await import('./watch-postgres.ts')

const found = new Set<string>()
const seen = new Set<string>()
const { prepare } = DatabaseSync.prototype

DatabaseSync.prototype.prepare = function (...given: Parameters<typeof prepare>) {
  const statement = prepare.apply(this, given)
  const [sql] = given
  if (!seen.has(sql)) {
    seen.add(sql)
    const scans = scansOf(this, sql)
    const asker = scans.length > 0 ? whoAsks() : null
    if (asker !== null) found.add(`${asker}\n  ${scans.join('; ')}\n  ${sql}`)
  }
  return statement
}

process.on('exit', () => {
  if (found.size === 0) return
  console.error(`Statements that look at every row of a table (test/support/watch-plans.ts):\n${[...found].join('\n')}`)
  process.exitCode = 1
})

/** Rows of the statement itself, of a JSON text and of SQLite's and our own bookkeeping are no table that grows. */
const harmless = /VALUES CLAUSE|CONSTANT ROW|VIRTUAL TABLE|^SCAN (?:k|c|_\w+|sqlite_\w+|\(.*)$/

export function scansOf(database: DatabaseSync, sql: string): readonly string[] {
  if (!/^(?:select|update|delete) /.test(sql) || allowedScans.some((allowed) => allowed.sql.test(sql))) return []
  if (/ where 1=0\b/.test(sql) || (!/ where /.test(sql) && / limit \d+$/.test(sql))) return []
  const plan = prepare.call(database, `explain query plan ${sql}`).all()
  return plan.map(({ detail }) => String(detail)).filter((detail) => detail.startsWith('SCAN ') && !harmless.test(detail))
}
