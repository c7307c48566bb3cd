import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, renameSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { createFileCheck } from './file-check.ts'

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kingpost-'))
  const path = join(folder, 'kingpost.db')
  const database = new DatabaseSync(path)
  t.after(() => {
    database.close()
    rmSync(folder, { recursive: true })
  })
  database.exec('pragma page_size=1024; pragma journal_mode=wal; create table "t" ("text" text)')
  const insert = database.prepare('insert into "t" values (?)')
  for (let count = 0; count < 100; count++) insert.run('x'.repeat(1_000))
  database.exec('pragma wal_checkpoint(truncate)')
  const said: string[] = []
  const check = createFileCheck(path, (sentence) => void said.push(sentence))
  check()
  const refused = () => assert.throws(check, { code: 'storage_unavailable' })
  return { path, database, check, refused, said }
}

test('a file that was moved away is told once, and used again once it is back', (t) => {
  const { path, check, refused, said } = open(t)
  for (let times = 1; times <= 2; times++) {
    renameSync(path, `${path}.away`)
    refused()
    refused()
    renameSync(`${path}.away`, path)
    check()
    assert.equal(said.length, times)
  }
  assert.match(said[0]!, /kingpost\.db was deleted or moved away while this server runs on it\. It stores nothing more/)
})

test('another file of the name, and another write-ahead log, are none of ours', (t) => {
  const { path, refused, said } = open(t)
  copyFileSync(`${path}-wal`, `${path}-copy`)
  renameSync(`${path}-copy`, `${path}-wal`)
  refused()
  copyFileSync(path, `${path}-copy`)
  renameSync(`${path}-copy`, path)
  refused()
  assert.match(said[0]!, /has lost its write-ahead log/)
})

test('a file that was cut off is refused; one that was written anew and is shorter is not', (t) => {
  const { path, database, check, refused, said } = open(t)
  database.exec('delete from "t"; vacuum; pragma wal_checkpoint(truncate)')
  check()
  assert.deepEqual(said, [])
  truncateSync(path, 1_024)
  refused()
  truncateSync(path, 0)
  refused()
  assert.equal(said.length, 1)
  assert.match(said[0]!, /was cut off/)
})
