// Storages that tests hand on to each other: making a database of its own for every test costs more
// than most tests, in memory a third of all their time. One that is closed here stays open, is emptied, and serves the next test with the same model.
// Invariant: who has closed it hears nothing of the next one's commits.
import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { after } from 'node:test'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { EngineError } from '../../src/base/engine-error.ts'
import type { CollectionRef } from '../../src/schema/collection.ts'
import type { Model } from '../../src/schema/model.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { Commit, CommitLine, StorageAdapter } from '../../src/storage/storage.ts'
import { type TestDatabase, testDatabase } from './databases.ts'
import { createFollowingClock } from './following-clock.ts'

type Kept = {
  readonly inner: StorageAdapter
  commitListeners: ((line: CommitLine) => void)[]
  feedListeners: ((commit: Commit) => void)[]
  /** In memory: the time of whoever has it now, and all rows put away. */
  readonly memory?: { goBy(clock: Clock): void; empty(): Promise<void> }
}

const free = new Map<string, Kept[]>()

/**
 * An empty storage of this run's database, SQLite's in memory: for tests that open one for each case. On a server positions of its
 * commits go on from where others left them. `clock` may be moved by the test; connections to a server live by the real time.
 */
export async function openEmpty(model: Model, clock: Clock): Promise<StorageAdapter> {
  const key = keyOf(model)
  const kept = free.get(key)?.pop() ?? (await open(testDatabase(), model))
  kept.memory?.goBy(clock)
  let isClosed = false
  return {
    ...kept.inner,
    transaction: async (work) => {
      if (isClosed) throw new EngineError('storage_unavailable')
      return await kept.inner.transaction(work)
    },
    onCommit: (listener) => void kept.commitListeners.push(listener),
    onFeed: (listener) => void kept.feedListeners.push(listener),
    async close() {
      if (isClosed) return
      isClosed = true
      kept.commitListeners = []
      if (isOver) return await kept.inner.close()
      await (kept.memory?.empty() ?? empty(kept, model))
      kept.feedListeners = []
      free.set(key, [...(free.get(key) ?? []), kept])
    },
  }
}

async function open(database: TestDatabase, model: Model): Promise<Kept> {
  const { inner, memory } = database.isServer ? { inner: await database.open(model) } : openInMemory(model)
  const kept: Kept = { inner, commitListeners: [], feedListeners: [], ...(memory && { memory }) }
  kept.inner.onCommit((line) => {
    for (const listener of kept.commitListeners) listener(line)
  })
  kept.inner.onFeed((commit) => {
    for (const listener of kept.feedListeners) listener(commit)
  })
  return kept
}

/** Databases in memory without a record, as bytes: making the tables takes three times as long as copying them. */
const images = new Map<string, Uint8Array>()

/** Emptied, it has the same state as a new one. */
function openInMemory(model: Model): { inner: StorageAdapter; memory: NonNullable<Kept['memory']> } {
  const key = keyOf(model)
  const image = images.get(key)
  const database = new DatabaseSync(':memory:', { enableForeignKeyConstraints: false })
  if (image !== undefined) database.deserialize(image)
  const { clock, follow } = createFollowingClock()
  const inner = openSqlite({ path: ':memory:', model, clock, memory: database })
  if (image === undefined) images.set(key, database.serialize())
  const marks = database.prepare('select "name","value" from "_meta"').all()
  const empty = async () => {
    // The test's own clock may stand still.
    follow(systemClock)
    await inner.transaction(async (tx) => {
      for (const name of model.collections.keys()) await tx.remove({ name }, { op: 'true' })
    })
    database.exec(`delete from "_commits"; delete from sqlite_sequence where "name"='_commits'; delete from "_meta"`)
    const put = database.prepare('insert into "_meta" ("name","value") values (?,?)')
    for (const { name, value } of marks) put.run(name!, value!)
  }
  return { inner, memory: { goBy: follow, empty } }
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
}

const keys = new WeakMap<Model, string>()

/** What an adapter knows of a model. */
function keyOf(model: Model): string {
  const known = keys.get(model)
  if (known !== undefined) return known
  const parts = [...model.collections.values()].map(({ name, columns, indexes, source }) => [
    name,
    [...columns.values()],
    indexes,
    source.checks,
  ])
  const key = JSON.stringify(parts)
  keys.set(model, key)
  return key
}

// So that nothing keeps the process alive. A file's own last steps may come behind this one.
let isOver = false
after(async () => {
  isOver = true
  for (const { inner } of [...free.values()].flat()) await inner.close()
})
