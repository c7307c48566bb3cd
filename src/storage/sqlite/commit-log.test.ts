import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Commit, CommitLine } from '../storage.ts'
import { appendCommits, commitRange, commitsAfter, forgetCommits, lastPosition, loadCommits, prepareCommitLog } from './commit-log.ts'
import { createStatementCache, type StatementCache } from './reader.ts'

function lineOf(number: number, size: number): CommitLine {
  const record = { id: `note_${number}`, createdAt: number, text: 'x'.repeat(size) }
  const changes = [{ collection: 'notes', id: record.id, action: 'created' as const, record }]
  return { at: number, operation: 'notes.create', actor: 'user:1', requestId: `req_${number}`, changes }
}

const linesOf = (from: number, to: number, size = 10) => Array.from({ length: to - from + 1 }, (_, at) => lineOf(from + at, size))

function open(): { readonly database: DatabaseSync; readonly log: StatementCache } {
  const database = new DatabaseSync(':memory:')
  prepareCommitLog(database)
  return { database, log: createStatementCache(database) }
}

test('lines that share a commit are one row, and are read as single lines from any place', () => {
  const { database, log } = open()
  const written: Commit[] = [linesOf(1, 1), linesOf(2, 6), [], linesOf(7, 7, 5_000), linesOf(8, 9)].flatMap((lines) =>
    appendCommits(log, lines),
  )
  assert.deepEqual(
    written,
    linesOf(1, 9).map(({ at }) => ({ ...lineOf(at, at === 7 ? 5_000 : 10), position: at })),
  )
  assert.equal(log('select count(*) as n from "_commits"').get()!['n'], 4)
  for (let position = 0; position <= 9; position++)
    for (const limit of [1, 2, 5, 100])
      assert.deepEqual(commitsAfter(log, position, limit), written.slice(position, position + limit), `${limit} after ${position}`)
  assert.deepEqual(commitRange(log), { oldest: 1, newest: 9 })
  assert.ok((log('select length("packed") as n from "_commits" where "position"=7').get()!['n'] as number) < 400)
  database.close()
})

test('a row is forgotten when its last line is old enough, and positions go on', () => {
  const { database, log } = open()
  for (const lines of [linesOf(1, 3), linesOf(4, 6), linesOf(7, 7)]) appendCommits(log, lines)
  assert.equal(forgetCommits(log, 3), 0)
  assert.equal(forgetCommits(log, 5), 3)
  assert.deepEqual(commitRange(log), { oldest: 4, newest: 7 })
  assert.equal(forgetCommits(log, 100), 4)
  assert.deepEqual([commitRange(log), lastPosition(log)], [{ oldest: 0, newest: 0 }, 7])
  assert.deepEqual(
    appendCommits(log, linesOf(8, 9)).map(({ position }) => position),
    [8, 9],
  )
  database.close()
})

test('a log of schema 1 goes on where it ended', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(`create table "_commits" ("position" integer primary key autoincrement, "at" integer not null, "operation" text not null,
    "actor" text not null, "requestId" text not null, "changes" text not null) strict`)
  const log = createStatementCache(database)
  const old = linesOf(1, 3).map((line) => ({ ...line, position: line.at }))
  const insert = log('insert into "_commits" ("position","at","operation","actor","requestId","changes") values (?,?,?,?,?,?)')
  for (const { position, at, operation, actor, requestId, changes } of old)
    insert.run(position, at, operation, actor, requestId, JSON.stringify(changes))
  // A backup reads the file before any server of this version has opened it.
  assert.deepEqual([commitsAfter(log, 1, 9), commitRange(log)], [old.slice(1), { oldest: 1, newest: 3 }])
  prepareCommitLog(database)
  const added = appendCommits(createStatementCache(database), linesOf(4, 5))
  assert.deepEqual(commitsAfter(createStatementCache(database), 0, 9), [...old, ...added])
  database.close()
})

test('lines that are loaded keep their positions, those with a gap before them too', () => {
  const { database, log } = open()
  const lines = [...linesOf(3, 60), ...linesOf(70, 71), ...linesOf(80, 80)].map((line) => ({ ...line, position: line.at }))
  loadCommits(log, lines)
  for (const position of [0, 3, 40, 59, 60, 69, 70, 79, 80])
    assert.deepEqual(commitsAfter(log, position, 7), lines.filter((line) => line.position > position).slice(0, 7), `after ${position}`)
  assert.deepEqual([commitRange(log), lastPosition(log)], [{ oldest: 3, newest: 80 }, 80])
  database.close()
})

test('a row that was cut or lacks a line is not read as fewer lines', () => {
  const { database, log } = open()
  appendCommits(log, linesOf(1, 4))
  database.exec('update "_commits" set "first"=2')
  assert.throws(() => commitsAfter(log, 0, 9), /lacks lines/)
  database.exec(`update "_commits" set "first"=1, "packed"=substr("packed",1,20)`)
  assert.throws(() => commitsAfter(log, 0, 9))
  database.close()
})
