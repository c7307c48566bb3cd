// Storages that tests hand on to each other: on a server, making a database of its own for every test costs more
// than most tests. One that is closed here stays open, is emptied, and serves the next test with the same model.
// Invariant: who has closed it hears nothing of the next one's commits.
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import type { Clock } from '../../src/base/clock.ts'
import type { CollectionRef } from '../../src/schema/collection.ts'
import type { Model } from '../../src/schema/model.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { Commit, CommitLine, StorageAdapter } from '../../src/storage/storage.ts'
import { type TestDatabase, testDatabase } from './databases.ts'

type Kept = {
  readonly inner: StorageAdapter
  commitListeners: ((line: CommitLine) => void)[]
  feedListeners: ((commit: Commit) => void)[]
}

const free = new Map<string, Kept[]>()

/**
 * An empty storage of this run's database, SQLite's in memory: for tests that open one for each case. Positions of its
 * commits go on from where others left them. `clock` may be moved by the test; connections live by the real time.
 */
export async function openEmpty(model: Model, clock: Clock): Promise<StorageAdapter> {
  const database = testDatabase()
  return database.isServer ? await openReused(database, model) : openInMemory(model, clock)
}

/** Databases in memory without a record, as bytes: making the tables takes three times as long as copying them. */
const images = new Map<string, Uint8Array>()

function openInMemory(model: Model, clock: Clock): StorageAdapter {
  const key = keyOf(model)
  const image = images.get(key)
  const memory = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false })
  if (image !== undefined) memory.deserialize(image)
  const storage = openSqlite({ path: ':memory:', model, clock, memory })
  if (image === undefined) images.set(key, memory.serialize())
  return storage
}

async function openReused(database: TestDatabase, model: Model): Promise<StorageAdapter> {
  const key = keyOf(model)
  const kept = free.get(key)?.pop() ?? (await open(database, model))
  let isClosed = false
  return {
    ...kept.inner,
    onCommit: (listener) => void kept.commitListeners.push(listener),
    onFeed: (listener) => void kept.feedListeners.push(listener),
    async close() {
      if (isClosed) return
      isClosed = true
      kept.commitListeners = []
      if (isOver) return await kept.inner.close()
      await empty(kept, model)
      free.set(key, [...(free.get(key) ?? []), kept])
    },
  }
}

async function open(database: TestDatabase, model: Model): Promise<Kept> {
  const kept: Kept = { inner: await database.open(model), commitListeners: [], feedListeners: [] }
  kept.inner.onCommit((line) => {
    for (const listener of kept.commitListeners) listener(line)
  })
  kept.inner.onFeed((commit) => {
    for (const listener of kept.feedListeners) listener(commit)
  })
  return kept
}

/** Resolves when the feed has told of everything that was committed before: what comes then is the next one's own. */
async function empty(kept: Kept, model: Model): Promise<void> {
  const all: CollectionRef<unknown>[] = [...model.collections.keys()].map((name) => ({ name }))
  const line: CommitLine = { at: 0, operation: `emptied ${randomUUID()}`, actor: '', requestId: '', changes: [] }
  const isTold = new Promise<void>((resolve) => {
    kept.feedListeners = [({ operation }) => void (operation === line.operation && resolve())]
  })
  await kept.inner.transaction(async (tx) => {
    await Promise.all(all.map((ref) => tx.remove(ref, { op: 'true' })))
    await tx.appendCommit(line)
  })
  await isTold
  kept.feedListeners = []
}

/** What an adapter knows of a model. */
function keyOf(model: Model): string {
  const parts = [...model.collections.values()].map(({ name, columns, indexes, source }) => [
    name,
    [...columns.values()],
    indexes,
    source.checks,
  ])
  return JSON.stringify(parts)
}

// So that nothing keeps the process alive. A file's own last steps may come behind this one.
let isOver = false
after(async () => {
  isOver = true
  for (const { inner } of [...free.values()].flat()) await inner.close()
})
