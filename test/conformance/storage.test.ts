// The storage suite on the databases of this run; on SQLite in memory, too, which tests of the engine use.
// proves P-014
import { systemClock } from '../../src/base/clock.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import { testDatabases } from '../support/databases.ts'
import { describeStorage } from './describe-storage.ts'

for (const { name, open } of testDatabases()) {
  describeStorage(name, (model) => open(model))
  if (name === 'sqlite') describeStorage('sqlite in memory', (model) => openSqlite({ path: ':memory:', model, clock: systemClock }))
}
