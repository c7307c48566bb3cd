import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkServer, type ServerAnswers } from './doctor.ts'

const good: ServerAnswers = {
  hello: { setName: 'rs0', maxWireVersion: 25 },
  buildInfo: { version: '8.0.4' },
  serverStatus: { storageEngine: { name: 'wiredTiger', persistent: true } },
  replSetGetConfig: { config: { writeConcernMajorityJournalDefault: true } },
}
const refusal = (answers: Partial<ServerAnswers>, pattern: RegExp) =>
  assert.throws(
    () => checkServer({ ...good, ...answers }, false),
    (error: Error) => pattern.test(error.message) && !error.message.includes('\n'),
  )

test('a replica set and a sharded cluster of a new enough MongoDB are taken', () => {
  assert.deepEqual(checkServer(good, false), { product: 'MongoDB', version: '8.0.4' })
  checkServer({ ...good, hello: { msg: 'isdbgrid', maxWireVersion: 27 } }, false)
})

test('what the server does not answer is not judged', () => {
  checkServer({ ...good, serverStatus: null, replSetGetConfig: null }, false)
})

test('a server without transactions, and one that is too old, are refused whatever is accepted', () => {
  refusal({ hello: { maxWireVersion: 25 } }, /^MongoDB standalone has no transactions: .*rs\.initiate/)
  refusal({ hello: { setName: 'rs0', maxWireVersion: 21 }, buildInfo: { version: '7.0.14' } }, /^MongoDB 7\.0\.14 is too old/)
  assert.throws(() => checkServer({ ...good, hello: { maxWireVersion: 25 } }, true))
})

test('a server that may lose what was answered is refused, unless that is accepted', () => {
  const inMemory = { serverStatus: { storageEngine: { name: 'inMemory', persistent: false } } }
  const unjournalled = { replSetGetConfig: { config: { writeConcernMajorityJournalDefault: false } } }
  refusal(inMemory, /inMemory: a restart loses everything.*KINGPOST_ALLOW_WEAK_DURABILITY/)
  refusal(unjournalled, /writeConcernMajorityJournalDefault=false.*rs\.reconfig/)
  checkServer({ ...good, ...inMemory, ...unjournalled }, true)
})

test('another server that speaks the protocol is named by its own name', () => {
  const buildInfo = { version: '8.2.11', secantusVersion: '0.7.0b3' }
  assert.deepEqual(checkServer({ ...good, buildInfo }, false), { product: 'SecantusDB', version: '0.7.0b3 (like MongoDB 8.2.11)' })
})
