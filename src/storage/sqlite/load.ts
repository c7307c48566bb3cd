// Filling an empty SQLite database with what another one held: rows as they are, inside the transaction
// of the caller.
import type { Model } from '../../schema/model.ts'
import type { Compiler, SqlValue } from '../sql/compile.ts'
import type { Load } from '../storage.ts'
import { loadCommits } from './commit-log.ts'
import { run, type StatementCache } from './reader.ts'

export type LoadParts = {
  readonly model: Model
  readonly compiler: Compiler
  readonly prepared: StatementCache
  readonly encoders: ReadonlyMap<string, (record: Readonly<Record<string, unknown>>) => SqlValue[]>
}

export function loadRows({ model, compiler, prepared, encoders }: LoadParts, { records, commits, lastPosition, marks }: Load): void {
  const write = (sql: string, values: readonly SqlValue[]) => run(() => prepared(sql).run(...values))
  if (records) {
    const sql = compiler.insert(model.get(records.collection))
    const encode = encoders.get(records.collection.name)!
    for (const record of records.records) write(sql, encode(record))
  }
  loadCommits(prepared, commits ?? [])
  if (lastPosition !== undefined) {
    // The row of a table that had no line yet is not there, and no unique key would tell.
    write(`delete from sqlite_sequence where "name"='_commits'`, [])
    write(`insert into sqlite_sequence ("name","seq") values ('_commits',?)`, [lastPosition])
  }
  for (const [name, value] of Object.entries(marks ?? {}))
    if (value === null) write('delete from "_meta" where "name"=?', [name])
    else
      write('insert into "_meta" ("name","value") values (?,?) on conflict ("name") do update set "value"=excluded."value"', [name, value])
}
