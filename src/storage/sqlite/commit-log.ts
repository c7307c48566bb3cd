// The commit log in SQLite: a row for all transactions that shared a commit, since they are written together, and lines of one
// shop are so alike that together they compress to an eighth. A short line that is alone stands in columns of its own, as every
// line did in schema 1. Invariant: a row ends at its position and holds a line for each position from its first on.
import type { DatabaseSync } from 'node:sqlite'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { assert } from '../../base/assert.ts'
import { limits } from '../../base/limits.ts'
import type { Commit, CommitLine } from '../storage.ts'
import { run, type StatementCache } from './reader.ts'

/** Compressing costs 15 us however little there is: below this it saves less than a page. */
const packedFromCharacters = 1_000
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** `first` and `packed` are null in a row of one line. Otherwise its other columns say when its last line was written, and by which operations. */
type LogRow = Readonly<Record<string, unknown>>
type PackedLine = readonly [at: number, operation: string, actor: string, requestId: string, changes: CommitLine['changes']]

/** Makes the table, or gives one of schema 1 the columns that it lacks. */
export function prepareCommitLog(database: DatabaseSync): void {
  database.exec(`create table if not exists "_commits" (
    "position" integer primary key autoincrement, "at" integer not null, "operation" text not null,
    "actor" text not null, "requestId" text not null, "changes" text not null, "first" integer, "packed" blob) strict`)
  const isOld = database.prepare(`select 1 from pragma_table_info('_commits') where "name"='packed'`).get() === undefined
  if (isOld) database.exec('alter table "_commits" add column "first" integer; alter table "_commits" add column "packed" blob')
}

/**
 * Inside the writer's transaction: gives the lines the next positions. A line that is alone is compressed from `packedFrom`
 * characters on: never in memory, where there is no page to be spared.
 */
export function appendCommits(prepared: StatementCache, lines: readonly CommitLine[], packedFrom = packedFromCharacters): Commit[] {
  if (lines.length === 0) return []
  const { at, operation, actor, requestId } = lines.at(-1)!
  const alone = lines.length === 1 ? JSON.stringify(lines[0]!.changes) : null
  const { lastInsertRowid } =
    alone !== null && alone.length < packedFrom
      ? run(() => prepared(plainInsert).run(at, operation, actor, requestId, alone))
      : run(() => prepared(packedInsert).run(lines.length, at, operationsOf(lines), pack(textOf(lines))))
  const before = Number(lastInsertRowid) - lines.length
  return lines.map((one, index) => ({ ...one, position: before + index + 1 }))
}

const plainInsert = 'insert into "_commits" ("at","operation","actor","requestId","changes") values (?,?,?,?,?)'
const plainRewrite = 'update "_commits" set "requestId"=?,"changes"=? where "position"=?'
const packedInsert = `insert into "_commits" ("position","at","operation","actor","requestId","changes","first","packed")
  select "last"+?1,?2,?3,'','','',"last"+1,?4 from (select coalesce((select "seq" from sqlite_sequence where "name"='_commits'),0) as "last")`

/** Stores lines as they are given, with their positions: as many to a row as stand side by side, up to what one commit may have. */
export function loadCommits(prepared: StatementCache, commits: readonly Commit[]): void {
  const sql = `insert into "_commits" ("position","at","operation","actor","requestId","changes","first","packed") values (?,?,?,'','','',?,?)`
  for (let start = 0, end = 0; start < commits.length; start = end) {
    for (end = start + 1; end < commits.length && end - start < limits.groupCommitMax; end++)
      if (commits[end]!.position !== commits[end - 1]!.position + 1) break
    const lines = commits.slice(start, end)
    const { position, at } = lines.at(-1)!
    run(() => prepared(sql).run(position, at, operationsOf(lines), lines[0]!.position, pack(textOf(lines))))
  }
}

export function commitsAfter(prepared: StatementCache, position: number, limit: number): Commit[] {
  return run(() => {
    const found: Commit[] = []
    for (const row of prepared('select * from "_commits" where "position">? order by "position" limit ?').iterate(position, limit)) {
      found.push(...commitsIn(row).filter((commit) => commit.position > position))
      if (found.length >= limit) break
    }
    return found.slice(0, limit)
  })
}

export function commitRange(prepared: StatementCache): { oldest: number; newest: number } {
  const [oldest, newest] = ['asc', 'desc'].map((order) =>
    run(() => prepared(`select * from "_commits" order by "position" ${order} limit 1`).get()),
  )
  return { oldest: oldest ? firstOf(oldest) : 0, newest: newest ? Number(newest['position']) : 0 }
}

/** Rows whose last line is older than `before`. Positions ascend with time, so what is kept begins at the first that is young enough. */
export function forgetCommits(prepared: StatementCache, before: number): number {
  const kept = 'coalesce((select "position" from "_commits" where "at">=? order by "position" limit 1),9223372036854775807)'
  const oldest = commitRange(prepared).oldest
  const { changes } = run(() => prepared(`delete from "_commits" where "position"<${kept}`).run(before))
  if (changes === 0) return 0
  const { oldest: next, newest } = commitRange(prepared)
  return (next === 0 ? lastPosition(prepared) + 1 : Math.min(next, newest)) - oldest
}

/** Stores other changes in lines that are there. A row of several is packed anew as a whole. */
export function rewriteCommits(prepared: StatementCache, commits: readonly Pick<Commit, 'position' | 'requestId' | 'changes'>[]): void {
  const rewritten = new Map(commits.map(({ position, requestId, changes }) => [position, { requestId, changes }]))
  const done = new Set<number>()
  for (const { position } of commits) {
    const row = run(() => prepared('select * from "_commits" where "position">=? order by "position" limit 1').get(position))
    if (row === undefined || firstOf(row) > position || done.has(Number(row['position']))) continue
    done.add(Number(row['position']))
    const lines = commitsIn(row).map((line) => ({ ...line, ...rewritten.get(line.position) }))
    const last = Number(row['position'])
    const [{ requestId, changes }] = lines as [Commit]
    if (row['packed']) run(() => prepared('update "_commits" set "packed"=? where "position"=?').run(pack(textOf(lines)), last))
    else run(() => prepared(plainRewrite).run(requestId, JSON.stringify(changes), last))
  }
}

/** The position given last, also when its line was forgotten since. */
export function lastPosition(prepared: StatementCache): number {
  const row = run(() => prepared(`select "seq" from sqlite_sequence where "name"='_commits'`).get())
  return (row?.['seq'] as number | undefined) ?? 0
}

/** For whoever looks into the file. */
function operationsOf(lines: readonly CommitLine[]): string {
  return [...new Set(lines.map(({ operation }) => operation))].join(',')
}

function textOf(lines: readonly CommitLine[]): string {
  return JSON.stringify(lines.map(({ at, operation, actor, requestId, changes }): PackedLine => [at, operation, actor, requestId, changes]))
}

function pack(text: string): Uint8Array {
  return zstdCompressSync(text, options)
}

/** Schema 1 has no such column. */
function firstOf(row: LogRow): number {
  return Number(row['first'] ?? row['position'])
}

/** @throws Error for what is no row of ours */
function commitsIn(row: LogRow): Commit[] {
  const first = firstOf(row)
  const packed = row['packed'] as Uint8Array | null | undefined
  const lines: PackedLine[] = packed
    ? JSON.parse(zstdDecompressSync(packed).toString())
    : [[Number(row['at']), String(row['operation']), String(row['actor']), String(row['requestId']), JSON.parse(String(row['changes']))]]
  assert(lines.length === Number(row['position']) - first + 1, `the row of position ${row['position']} lacks lines`)
  return lines.map(([at, operation, actor, requestId, changes], index) => ({
    position: first + index,
    at,
    operation,
    actor,
    requestId,
    changes,
  }))
}
