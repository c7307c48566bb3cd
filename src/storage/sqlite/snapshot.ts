// A database file as it is at one moment, for reading only: a server may keep writing meanwhile.
import { DatabaseSync } from 'node:sqlite'
import type { Model } from '../../schema/model.ts'
import { createCompiler } from '../sql/compile.ts'
import type { Snapshot } from '../storage.ts'
import { commitRange, commitsAfter, lastPosition } from './commit-log.ts'
import { sqliteDialect } from './dialect.ts'
import { createReader, createStatementCache, readMark, versionOf } from './reader.ts'
import { storedModelOf } from './schema.ts'

/** All reads see one committed state. The WAL cannot shrink meanwhile. @throws Error when the file cannot be opened */
export function openSqliteSnapshot(path: string, model: Model): Snapshot {
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec('pragma busy_timeout=2000; begin')
  // The transaction takes its snapshot with its first read, not with `begin`.
  const found = database.prepare(`select count(*) as "count" from sqlite_schema where "name"='_meta'`).get()
  if (found!['count'] === 0) {
    database.close()
    throw new Error('it is empty, or no database of Kingpost')
  }
  const stored = storedModelOf(database, model)
  const prepared = createStatementCache(database)
  const reader = createReader({
    model: stored,
    compiler: createCompiler(stored, sqliteDialect),
    prepared,
    rows: createStatementCache(database, true),
  })
  return {
    source: { product: 'SQLite', version: versionOf(database) },
    reader,
    commitsAfter: async (position, limit) => commitsAfter(prepared, position, limit),
    commitRange: async () => commitRange(prepared),
    lastPosition: async () => lastPosition(prepared),
    readMark: async (name) => readMark(prepared, name),
    close: async () => database.close(),
  }
}
