// A database file as it is at one moment, for reading only: a server may go on writing beside it.
import { DatabaseSync } from 'node:sqlite'
import type { Model } from '../../schema/model.ts'
import { createCompiler } from '../sql/compile.ts'
import type { Commit, Reader } from '../storage.ts'
import { commitsAfter, createReader, createStatementCache } from './reader.ts'
import { sqliteDialect } from './sqlite-storage.ts'

export type Snapshot = {
  readonly reader: Reader
  commitsAfter(position: number, limit: number): Promise<Commit[]>
  close(): void
}

/** All reads see one committed state. The WAL cannot shrink meanwhile. @throws Error when the file cannot be opened */
export function openSqliteSnapshot(path: string, model: Model): Snapshot {
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec('pragma busy_timeout=2000; begin')
  // The transaction takes its snapshot with its first read, not with `begin`.
  database.prepare('select count(*) from sqlite_schema').get()
  const prepared = createStatementCache(database)
  const reader = createReader({
    model,
    compiler: createCompiler(model, sqliteDialect),
    prepared,
    rows: createStatementCache(database, true),
  })
  return {
    reader,
    commitsAfter: async (position, limit) => commitsAfter(prepared, position, limit),
    close: () => database.close(),
  }
}
