// A database server that goes away at the worst moments: between COMMIT and its answer, in the middle of a
// transaction, while everybody writes. What was answered is there, once; what was refused is not; what cannot be
// known is said to be unknown.
// databases: postgres, mariadb, mysql
// proves P-015
// slow: mysql
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { systemRandom } from '../../src/base/random.ts'
import { eq } from '../../src/contract/filter.ts'
import { compileModel } from '../../src/schema/model.ts'
import { inTransaction } from '../../src/storage/in-transaction.ts'
import { openMysql } from '../../src/storage/mysql/mysql-storage.ts'
import { openPostgres } from '../../src/storage/postgres/postgres-storage.ts'
import type { Commit, StorageAdapter } from '../../src/storage/storage.ts'
import { cleanUp } from '../support/clean-up.ts'
import { entries, idOf, line, ownerOf, owners, thing, things } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { createGate } from '../support/gate.ts'
import { createProxy } from '../support/proxy.ts'

const database = testDatabase()
const model = compileModel([owners, things, entries] as never)

/** Waits and deadlines pass thirty times as fast. */
const hastyClock: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 30,
  after: (delayMs, task) => systemClock.after(delayMs / 30, task),
}

async function open(t: TestContext, url: string, clock: Clock = systemClock): Promise<StorageAdapter> {
  const openIt = database.name === 'postgres' ? openPostgres : openMysql
  const storage = await openIt({ url, model, clock, random: systemRandom })
  cleanUp(t, () => storage.close())
  return storage
}

/** One database, seen through a cable that can be cut, and directly. */
async function openBoth(t: TestContext, clock?: Clock) {
  const url = await database.url()
  const proxy = await createProxy(url)
  cleanUp(t, () => proxy.close())
  const direct = await open(t, url)
  const cabled = await open(t, proxy.url(url), clock)
  const told: string[] = []
  cabled.onCommit(({ operation }) => void told.push(operation))
  return { proxy, direct, cabled, told, url }
}
const operationsIn = async (storage: StorageAdapter) => (await storage.commitsAfter(0, 100)).map(({ operation }) => operation)
/** Makes an owner by the cable. `meanwhile` comes before anything is written: what then is sent goes with the COMMIT. */
async function makeBy(cabled: StorageAdapter, one: ReturnType<typeof ownerOf>, meanwhile: () => void): Promise<string> {
  return await cabled.transaction(async (tx) => {
    await tx.count(owners)
    meanwhile()
    await tx.insert(owners, [one])
    await tx.appendCommit(line('made'))
    return 'done'
  })
}
const isConflict = (error: unknown) => isEngineError(error, 'conflict')

test('a COMMIT whose answer was lost has happened, and its transaction is answered', async (t) => {
  const { proxy, direct, cabled, told } = await openBoth(t)
  const one = ownerOf('Ann')
  const answer = makeBy(cabled, one, proxy.dropAnswers)
  await eventually('the commit', () => direct.reader.get(owners, one.id))
  proxy.cut()
  assert.equal(await answer, 'done')
  assert.deepEqual(told, ['made'])
  assert.deepEqual(await operationsIn(cabled), ['made'])
})

test('a COMMIT that never arrived has not happened, can be run again, and cannot arrive later', async (t) => {
  const { proxy, direct, cabled, told } = await openBoth(t)
  const one = ownerOf('Ann')
  const attempt = makeBy(cabled, one, proxy.holdRequests)
  const refused = assert.rejects(attempt, isConflict)
  await eventually('the COMMIT is on its way', async () => proxy.isHolding() || null)
  proxy.cut()
  await refused
  await proxy.deliverRequests()
  assert.equal(await direct.reader.get(owners, one.id), null)
  await cabled.transaction(async (tx) => {
    await tx.insert(owners, [one])
    await tx.appendCommit(line('again'))
  })
  assert.deepEqual(told, ['again'])
  // The place of the lost one is taken by a line that changes nothing.
  assert.deepEqual(
    (await cabled.commitsAfter(0, 10)).map(({ operation, changes }) => [operation, changes.length]),
    [
      ['commit.lost', 0],
      ['again', 0],
    ],
  )
})

test('a COMMIT that never arrived is not taken for one that did when the answer to the look for it is lost as well', async (t) => {
  const { proxy, direct, cabled, told } = await openBoth(t)
  const one = ownerOf('Ann')
  const attempt = makeBy(cabled, one, proxy.holdRequests)
  const refused = assert.rejects(attempt, isConflict)
  await eventually('the COMMIT is on its way', async () => proxy.isHolding() || null)
  proxy.loseAnswerTo('commit.lost')
  proxy.cut()
  await refused
  assert.equal(await direct.reader.get(owners, one.id), null)
  assert.deepEqual(told, [])
  assert.deepEqual(await operationsIn(cabled), ['commit.lost'])
})

test('with the operation around it, a lost COMMIT is run again and happens once', async (t) => {
  const { proxy, direct, cabled } = await openBoth(t)
  const parts = { storage: cabled, model, clock: systemClock, random: systemRandom }
  let runs = 0
  await inTransaction(parts, { operation: 'made', actor: 'test', requestId: '' }, async (tx) => {
    await tx.count(owners)
    if (runs++ === 0) {
      proxy.holdRequests()
      setTimeout(() => proxy.cut(), 100)
    }
    await tx.insert(owners, { id: `own_${String(runs).padStart(26, '0')}`, name: 'Ann' } as never)
  })
  assert.equal(runs, 2)
  assert.equal(await direct.reader.count(owners), 1)
})

test('what cannot be found out is said to be unknown', async (t) => {
  const { proxy, direct, cabled, told } = await openBoth(t, hastyClock)
  const one = ownerOf('Ann')
  const attempt = makeBy(cabled, one, proxy.dropAnswers)
  const refused = assert.rejects(attempt, (error) => isEngineError(error, 'outcome_unknown') && error.status === 503)
  await eventually('the commit', () => direct.reader.get(owners, one.id))
  proxy.refuse(true)
  proxy.cut()
  await refused
  assert.deepEqual(told, [])
  proxy.refuse(false)
  assert.deepEqual(await cabled.reader.get(owners, one.id), one)
})

test('a cut in the middle of a transaction, or of a read, is passed over', async (t) => {
  const { proxy, cabled } = await openBoth(t)
  await assert.rejects(
    cabled.transaction(async (tx) => {
      await tx.insert(owners, [ownerOf('Ann')])
      await tx.count(owners)
      proxy.cut()
      await tx.count(owners)
    }),
    isConflict,
  )
  assert.equal(await cabled.reader.count(owners), 0)
  const reads = Promise.all([cabled.reader.count(owners), cabled.reader.count(things)])
  proxy.cut()
  assert.deepEqual(await reads, [0, 0])
})

test('who finds every connection taken waits, and is refused when that takes too long', async (t) => {
  const url = await database.url()
  const storage = await open(t, `${url}?connections=2`, hastyClock)
  const gate = createGate()
  const begun = [createGate(), createGate()]
  const holders = begun.map(({ open: begin }) =>
    storage.transaction(async (tx) => {
      await tx.count(owners)
      begin()
      await gate.opened
    }),
  )
  await Promise.all(begun.map(({ opened }) => opened))
  await assert.rejects(storage.reader.count(owners), (error) => isEngineError(error, 'overloaded') && error.status === 503)
  const waiting = storage.transaction((tx) => tx.count(owners))
  gate.open()
  assert.equal(await waiting, 0)
  await Promise.all(holders)
})

test('its end waits for what is under way, and refuses what comes after', async (t) => {
  const storage = await open(t, await database.url())
  const one = ownerOf('Ann')
  const slow = storage.transaction(async (tx) => {
    await tx.count(owners)
    await sleep(100)
    await tx.insert(owners, [one])
    await tx.appendCommit(line('slow'))
    return 'kept'
  })
  const closed = storage.close()
  await assert.rejects(storage.reader.count(owners), (error) => isEngineError(error, 'storage_unavailable'))
  assert.equal(await slow, 'kept')
  await closed
})

test('a server that is killed and started again under load loses nothing that was answered', async (t) => {
  const server = await database.startServer()
  cleanUp(t, () => server.stop())
  const url = await server.createDatabase()
  const storage = await open(t, url)
  const other = await open(t, url)
  const fed: Commit[] = []
  other.onFeed((commit) => void fed.push(commit))
  const parts = { storage, model, clock: systemClock, random: systemRandom }
  const counter = thing({ count: 0 })
  await storage.transaction((tx) => tx.insert(things, [counter]))
  let isOver = false
  const answered: string[] = []
  const unknown: string[] = []
  const codes = new Set<string>()
  const writer = async () => {
    while (!isOver) {
      const id = idOf('own')
      try {
        await inTransaction(parts, { operation: id, actor: 'test', requestId: '' }, async (tx) => {
          await tx.insert(owners, { id, name: 'x' } as never)
          await tx.adjust(things, counter.id, { add: { count: 1 } })
        })
        answered.push(id)
      } catch (error) {
        assert.ok(isEngineError(error), String(error))
        codes.add(error.code)
        if (error.code === 'outcome_unknown') unknown.push(id)
        await sleep(20)
      }
    }
  }
  const writers = Array.from({ length: 8 }, writer)
  for (let round = 0; round < 2; round++) {
    await sleep(500)
    await server.kill()
    await sleep(100)
    await server.start()
  }
  const before = answered.length
  await eventually('writing goes on', async () => (answered.length > before + 20 ? true : null))
  isOver = true
  await Promise.all(writers)
  t.diagnostic(`${answered.length} answered, ${unknown.length} unknown, refused as ${[...codes].join(', ')}`)
  for (const code of codes) assert.ok(['conflict', 'storage_unavailable', 'overloaded', 'outcome_unknown'].includes(code), code)
  const stored = new Set((await storage.reader.find<{ id: string }>(owners as never, { limit: 100_000 })).map(({ id }) => id))
  assert.deepEqual(
    answered.filter((id) => !stored.has(id)),
    [],
    'what was answered is there',
  )
  const extra = [...stored].filter((id) => !answered.includes(id) && !unknown.includes(id))
  assert.deepEqual(extra, [], 'what was refused is not')
  assert.equal((await storage.reader.get<{ count: number }>(things as never, counter.id))!.count, stored.size)
  // The feed of another process has gone on over both restarts, without a gap and without a repeat.
  await eventually('the feed', async () => {
    const { newest } = await storage.commitRange()
    return fed.at(-1)?.position === newest ? true : null
  })
  assert.deepEqual(
    fed.map(({ position }) => position),
    Array.from({ length: fed.length }, (_, index) => fed[0]!.position + index),
  )
  const told = fed.map(({ operation }) => operation).filter((operation) => operation !== 'commit.lost')
  assert.deepEqual(new Set(told), stored)
  assert.equal(told.length, stored.size)
})

test('several processes may open one empty database at the same time', async (t) => {
  const url = await database.url()
  const all = await Promise.all(Array.from({ length: 5 }, () => open(t, url)))
  await Promise.all(all.map((storage, index) => storage.transaction((tx) => tx.insert(owners, [ownerOf(`n${index}`)]))))
  assert.equal(await all[0]!.reader.count(owners), 5)
})

test('a lock that is not given in time is a conflict: the transaction is run again', async (t) => {
  const storage = await open(t, await database.url())
  const one = thing({ count: 0 })
  await storage.transaction((tx) => tx.insert(things, [one]))
  const [gate, locked] = [createGate(), createGate()]
  const holder = storage.transaction(async (tx) => {
    await tx.lock(things, [one.id], 'exclusive')
    locked.open()
    await gate.opened
  })
  await locked.opened
  await assert.rejects(
    storage.transaction((tx) => tx.update(things, eq('id', one.id), { add: { count: 1 } })),
    isConflict,
  )
  gate.open()
  await holder
})
