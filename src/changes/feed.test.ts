import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Commit, StorageAdapter } from '../storage/storage.ts'
import { createFeed } from './feed.ts'

/** A commit log alone; the feed asks for nothing else. */
function fakeLog(isShared = false) {
  let log: Commit[] = []
  let listener: (commit: Commit) => void = () => {}
  let newest = 0
  const storage = {
    capabilities: { isShared },
    commitRange: async () => ({ oldest: log[0]?.position ?? 0, newest: log.at(-1)?.position ?? 0 }),
    readMark: async () => null,
    commitsAfter: async (position: number, limit: number) => log.filter((commit) => commit.position > position).slice(0, limit),
    onFeed(given: typeof listener) {
      listener = given
    },
  } as unknown as StorageAdapter
  return {
    storage,
    add() {
      const commit: Commit = { position: ++newest, at: 0, operation: '', actor: '', requestId: '', changes: [] }
      log.push(commit)
      listener(commit)
    },
    forget(upTo: number) {
      log = log.filter(({ position }) => position > upTo)
    },
  }
}

test('the oldest place that can be replayed: in an empty, a kept, a shortened and an emptied log', async () => {
  const log = fakeLog()
  const feed = await createFeed(log.storage)
  assert.deepEqual(await feed.range(), { oldest: 0, newest: 0 })
  for (let count = 0; count < 3; count++) log.add()
  assert.deepEqual(await feed.range(), { oldest: 1, newest: 3 })
  log.forget(1)
  assert.deepEqual(await feed.range(), { oldest: 2, newest: 3 })
  // Nothing is left, so nobody who stopped before the newest can be served without a gap.
  log.forget(3)
  assert.deepEqual(await feed.range(), { oldest: 4, newest: 3 })
})

test('a place that another process was told of before this one is not in the future', async () => {
  const log = fakeLog()
  const feed = await createFeed({ ...log.storage, onFeed: () => {} })
  log.add()
  assert.equal(feed.newest(), 0)
  assert.deepEqual(await feed.range(), { oldest: 1, newest: 1 })
})

test('commits after a place, from memory and from the log, once and in order', async () => {
  const log = fakeLog()
  for (let count = 0; count < 5; count++) log.add()
  const feed = await createFeed(log.storage)
  for (let count = 0; count < 5; count++) log.add()
  const after = async (position: number) => (await feed.after(position, 100)).map((commit) => commit.position)
  assert.deepEqual(await after(0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  assert.deepEqual(await after(7), [8, 9, 10])
  assert.deepEqual(await after(10), [])
})

test('in a file, commits are kept in memory while somebody follows, and for nobody else', async () => {
  const log = fakeLog()
  let asked = 0
  const feed = await createFeed({ ...log.storage, commitsAfter: (...given) => (asked++, log.storage.commitsAfter(...given)) })
  const after = async (position: number) => (await feed.after(position, 100)).map((commit) => commit.position)
  log.add()
  assert.deepEqual([await after(0), asked], [[1], 1])
  const stop = feed.onAdvance(() => {})
  log.add()
  log.add()
  assert.deepEqual([await after(1), asked], [[2, 3], 1])
  assert.deepEqual([await after(0), asked], [[1, 2, 3], 2])
  stop()
  log.add()
  assert.deepEqual([await after(2), asked], [[3, 4], 3])
  feed.onAdvance(() => {})
  log.add()
  assert.deepEqual([await after(4), asked], [[5], 3])
  assert.deepEqual([await after(3), asked], [[4, 5], 4])
})

test('of a database server, commits are kept in memory for whoever comes', async () => {
  const log = fakeLog(true)
  const feed = await createFeed({ ...log.storage, commitsAfter: () => assert.fail('read from the log') })
  for (let count = 0; count < 3; count++) log.add()
  assert.deepEqual(
    (await feed.after(0, 100)).map(({ position }) => position),
    [1, 2, 3],
  )
})
