/**
 * The migration of `migration.test.ts` with as many rows as wanted, for the times it takes:
 * `DATABASES=postgres node test/faults/big-migration.ts --rows 1000000`, on a server of its own, or `--database URL` on one
 * that is there and holds an empty database.
 */
import { parseArgs } from 'node:util'
import { createDatabaseOf, databaseNames, type TestDatabase, testDatabase } from '../support/databases.ts'
import { migrateUnderLoad } from '../support/migration/under-load.ts'

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' }, database: { type: 'string' } } })
const steps: (() => unknown)[] = []
const database = values.database === undefined ? testDatabase() : databaseAt(values.database)

function databaseAt(url: string): TestDatabase {
  const name = databaseNames.find((one) => url.startsWith(one.slice(0, 5))) ?? 'mariadb'
  return { ...createDatabaseOf(name), url: async () => url }
}

const report = await migrateUnderLoad(
  { after: (step) => void steps.push(step as () => unknown) },
  { database, rows: Number(values.rows), killAfterMs: [5_000, 15_000], say: (text) => console.log(text) },
)
console.log(JSON.stringify({ database: database.name, rows: Number(values.rows), ...report }, null, 2))
for (const step of steps) await step()
process.exit(report.failures.length + report.wrong.length === 0 ? 0 : 1)
