// What becomes of a transaction on MongoDB when its answers are lost or the server goes away: committed once, not at
// all, or said to be unknown. The server breaks off its answers itself, by the fail points that MongoDB's own tests use.
// databases: mongodb
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Document, MongoClient } from 'mongodb'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { systemRandom } from '../../src/base/random.ts'
import { eq } from '../../src/contract/filter.ts'
import { compileModel } from '../../src/schema/model.ts'
import type { Step } from '../../src/storage/migrations/steps.ts'
import { openMongodb, openMongodbSchema } from '../../src/storage/mongodb/mongodb-storage.ts'
import type { Commit, WholeStorage } from '../../src/storage/storage.ts'
import { line, owners, type Thing, thing, things } from '../support/conformance-subjects.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import type { DatabaseServer } from '../support/servers/database-server.ts'

const model = compileModel([owners, things] as never)
/** Ten seconds of patience pass in a hundredth of them. */
const hurried: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 100,
  after: (delayMs, task) => systemClock.after(delayMs / 100, task),
}

let server: DatabaseServer
let storage: WholeStorage
let admin: MongoClient

before(async () => {
  server = await testDatabase().startServer()
  storage = await openMongodb({ url: await server.createDatabase(), model, clock: hurried, random: systemRandom })
  admin = new MongoClient(server.url)
})
after(async () => {
  await storage?.close()
  await admin?.close()
  await server?.stop()
})

/** Makes commands fail while `work` runs. */
async function failing<T>(mode: Document | string, data: Document, work: () => Promise<T>): Promise<T> {
  const set = (how: Document | string) => admin.db('admin').command({ configureFailPoint: 'failCommand', mode: how, data })
  await set(mode)
  try {
    return await work()
  } finally {
    await set('off')
  }
}

const insert = (one: Thing, operation = 'made') =>
  storage.transaction(async (tx) => {
    await tx.insert(things, [one])
    await tx.appendCommit(line(operation))
  })
const linesOf = (operation: string): Promise<Commit[]> =>
  storage.commitsAfter(0, 1_000).then((commits) => commits.filter((commit) => commit.operation === operation))

// proves P-001
test('a commit whose answer is lost is sent again, and happens once', async () => {
  for (const times of [1, 2, 3]) {
    const one = thing()
    const cut = { failCommands: ['commitTransaction'], closeConnection: true }
    await failing({ times }, cut, () => insert(one, `cut ${times}`))
    assert.deepEqual(await storage.reader.get(things, one.id), one)
    await eventually('its position', async () => ((await linesOf(`cut ${times}`)).length === 1 ? true : null))
  }
})

test('a commit that nobody can find out about is kept from happening, and run again by whoever asked', async () => {
  const one = thing()
  const cut = { failCommands: ['commitTransaction'], closeConnection: true }
  await assert.rejects(
    failing('alwaysOn', cut, () => insert(one, 'lost')),
    (error) => isEngineError(error, 'conflict'),
  )
  assert.equal(await storage.reader.get(things, one.id), null)
  await insert(one, 'again')
  await eventually('what stands in its place', async () => ((await linesOf('commit.lost')).length === 1 ? true : null))
  assert.deepEqual(await linesOf('lost'), [])
})

test('without a line to look for, it is said to be unknown', async () => {
  const cut = { failCommands: ['commitTransaction'], closeConnection: true }
  await assert.rejects(
    failing('alwaysOn', cut, () => storage.transaction((tx) => tx.insert(things, [thing()]))),
    (error) => isEngineError(error, 'outcome_unknown'),
  )
})

test('what the server gives up for another one is run again, and told when it goes on for too long', async () => {
  const one = thing({ count: 0 })
  await insert(one)
  const conflict = { failCommands: ['findAndModify'], errorCode: 112, errorLabels: ['TransientTransactionError'] }
  const add = () => storage.transaction((tx) => tx.adjust(things, one.id, undefined, { add: { count: 1 } }, false))
  assert.equal((await failing({ times: 3 }, conflict, add))?.after['count'], 1)
  await assert.rejects(failing('alwaysOn', conflict, add), (error) => isEngineError(error, 'conflict'))
  assert.equal((await storage.reader.get<Thing>(things as never, one.id))!['count'], 1)
})

test('a read that the server cuts off, or has no time for, is told as what it is', async () => {
  const read = () => storage.reader.find(things, { where: eq('title', 'none'), limit: 1 })
  await assert.rejects(failing('alwaysOn', { failCommands: ['find'], closeConnection: true }, read), (error) =>
    isEngineError(error, 'storage_unavailable'),
  )
  await assert.rejects(failing('alwaysOn', { failCommands: ['find'], errorCode: 50 }, read), (error) => isEngineError(error, 'overloaded'))
  await assert.rejects(failing('alwaysOn', { failCommands: ['find'], errorCode: 14031 }, read), (error) =>
    isEngineError(error, 'storage_full'),
  )
  assert.deepEqual(await read(), [])
})

// proves P-001
test('what was acknowledged outlives a kill -9 of the server, and the feed goes on behind it', async () => {
  const fed: string[] = []
  storage.onFeed(({ operation }) => void fed.push(operation))
  const acknowledged: string[] = []
  let isKilled = false
  const writing = Promise.all(
    Array.from({ length: 8 }, async () => {
      while (!isKilled) {
        const one = thing()
        // Cut off, it may have happened or not: only what was acknowledged counts.
        await insert(one, one.id).then(
          () => void acknowledged.push(one.id),
          () => {},
        )
      }
    }),
  )
  await eventually('some writes', async () => (acknowledged.length > 30 ? true : null))
  await server.kill()
  isKilled = true
  await writing
  await server.start()
  const later = thing()
  await eventually('it writes again', () =>
    insert(later, later.id).then(
      () => true,
      () => null,
    ),
  )
  const found = await storage.reader.getMany<Thing>(things as never, acknowledged)
  assert.deepEqual(new Set(found.map(({ id }) => id)), new Set(acknowledged))
  await eventually('the feed tells all of it', async () => ([...acknowledged, later.id].every((id) => fed.includes(id)) ? true : null))
  assert.equal(new Set(fed).size, fed.length)
})

test('a migrator whose lease was taken over changes nothing more', async () => {
  const url = await server.createDatabase()
  const dialect = await openMongodbSchema({ url, clock: hurried })
  const release = (await dialect.lock())!
  const step = { kind: 'dropTable', table: 'leaflets' } as Step
  await dialect.run(step)
  const meta = admin.db(new URL(url).pathname.slice(1)).collection('_meta')
  await meta.updateOne({ _id: 'migrator' as never }, { $set: { by: 'somebody else' } })
  await eventually('the loss is noticed', async () =>
    dialect.run(step).then(
      () => null,
      (error: Error) => (/Another migration has begun meanwhile/.test(error.message) ? true : null),
    ),
  )
  await release()
  assert.equal(await meta.countDocuments({ by: 'somebody else' }), 1)
  await dialect.close()
})
