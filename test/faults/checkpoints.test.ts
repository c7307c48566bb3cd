// The write-ahead log of SQLite is copied into the file by a thread of its own. Whoever reads, writes, closes or dies meanwhile
// must notice nothing of it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/base/clock.ts'
import { collection } from '../../src/schema/collection.ts'
import { field } from '../../src/schema/field.ts'
import { compileModel } from '../../src/schema/model.ts'
import { createCheckpoints } from '../../src/storage/sqlite/checkpoints.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import { createChance } from '../support/chance.ts'
import { cleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/server-process.ts'

const rows = collection('rows', { fields: { text: field.text({ required: true, max: 5_000 }) } })
const model = compileModel([rows] as never)
/** A commit copies the log only at four times this. */
const logPages = 100

function open(t: TestContext) {
  const path = join(temporaryFolder(t), 'kingpost.db')
  const storage = openSqlite({ path, model, clock: systemClock, logPages })
  cleanUp(t, () => storage.close())
  let count = 0
  const write = async (more: number) => {
    for (const last = count + more; count < last; count++) {
      const record = { id: `row_${String(count).padStart(5, '0')}`, version: 1, text: 'x'.repeat(3_000), createdAt: 1, updatedAt: 1 }
      await storage.transaction((tx) => tx.insert(rows, [record]))
    }
  }
  const look = () => {
    const other = new DatabaseSync(path)
    const { log, checkpointed } = other.prepare('pragma wal_checkpoint(noop)').get() as { log: number; checkpointed: number }
    other.close()
    return { log, checkpointed }
  }
  return { path, storage, write, look }
}

test('a copy that ends while the writer is within a transaction is looked at behind it', async (t) => {
  const path = join(temporaryFolder(t), 'kingpost.db')
  const writer = new DatabaseSync(path)
  writer.exec('pragma journal_mode=wal; create table "t" ("text" text)')
  const checkpoints = createCheckpoints(writer, path, 10)
  const insert = writer.prepare('insert into "t" values (?)')
  for (let count = 0; count < 60; count++) {
    insert.run('x'.repeat(3_000))
    checkpoints.committed()
  }
  // The thread is at its first copy: it ends while this transaction is open, and what is thrown there would end the process.
  writer.exec('begin')
  insert.run('x')
  const other = new DatabaseSync(path, { readOnly: true })
  const ask = other.prepare('pragma wal_checkpoint(noop)')
  await eventually('the log is copied', async () => ((ask.get() as { checkpointed: number }).checkpointed > 0 ? true : null))
  await sleep(50)
  writer.exec('commit')
  checkpoints.committed()
  other.close()
  await checkpoints.close()
  writer.close()
})

test('a long log is copied beside the commits, and begun anew', async (t) => {
  const { storage, write, look } = open(t)
  await write(60)
  // Some 200 pages: more than the log may have, and fewer than make a commit copy them.
  await eventually('the log is copied', async () => {
    const { log, checkpointed } = look()
    return checkpointed > 0 || log < logPages ? true : null
  })
  await eventually('the log begins anew', async () => {
    await write(1)
    return look().log < logPages ? true : null
  })
  assert.ok((await storage.reader.count(rows)) > 60)
})

test('what reads an older state keeps it, and only holds the copy up', async (t) => {
  const { storage, write, look } = open(t)
  await write(5)
  const snapshot = await storage.snapshot()
  await write(60)
  assert.equal(await snapshot.reader.count(rows), 5)
  assert.ok(look().checkpointed < look().log)
  await snapshot.close()
  await eventually('the log is copied once nobody needs it', async () => {
    await write(1)
    return look().log < logPages ? true : null
  })
})

test('closed while the log is being copied: one file is left, with everything', async (t) => {
  const { path, storage, write } = open(t)
  await write(60)
  await storage.close()
  assert.equal(existsSync(`${path}-wal`), false)
  const database = new DatabaseSync(path, { readOnly: true })
  assert.equal(database.prepare('select count(*) as "count" from rows').get()!['count'], 60)
  database.close()
})

// proves P-001
test('killed at any moment of a copy: what was durable is there', async (t) => {
  const chance = createChance(console.log)
  const path = join(temporaryFolder(t), 'kingpost.db')
  for (let round = 0; round < 5; round++) {
    const child = spawn(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('../support/write-on.ts', import.meta.url)),
      path,
    ])
    cleanUp(t, () => void child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (bytes) => {
      said += bytes
    })
    const ended = new Promise((resolve) => void child.on('close', resolve))
    await eventually('it writes', async () => (said.split('\n').length > 100 ? true : null))
    await sleep(chance.below(100))
    child.kill('SIGKILL')
    await ended
    const durable = Number(said.trimEnd().split('\n').at(-1))
    const database = new DatabaseSync(path)
    const count = database.prepare('select count(*) as "count" from rows').get()!['count'] as number
    // One more may have been durable and unsaid.
    assert.ok(count === durable || count === durable + 1, `round ${round}: ${durable} were said to be durable, ${count} are there`)
    assert.deepEqual(Object.values(database.prepare('pragma integrity_check').get()!), ['ok'])
    database.close()
  }
})
