import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import type { Statement } from './compile.ts'
import { ConnectionLost, type SqlConnection, StatementFailure } from './driver.ts'
import { TransactionTrips } from './round-trips.ts'
import type { Step } from './steps.ts'

const statement = (sql: string): Statement => ({ sql, values: [] })
/** A step whose answer is its own text; `a b` are two statements. */
const step = (text: string): Step<string> => ({
  statements: text.split(' ').map(statement),
  read: (results) => results.map(({ rows: [row] }) => row![0]).join('+'),
})
const write = (text: string): Step<void> => ({ ...step(text), read: () => {} })

/** A database that notes what travels together; statements named in `failing` are refused with what stands there. */
function fakeDatabase(failing: Readonly<Record<string, unknown>> = {}) {
  const sent: string[] = []
  const events: string[] = []
  let isUsable = true
  const connection: SqlConnection = {
    async run(statements) {
      sent.push(statements.map(({ sql }) => sql).join(' '))
      await new Promise((resolve) => setImmediate(resolve))
      const index = statements.findIndex(({ sql }) => sql in failing)
      if (index >= 0) {
        const error = failing[statements[index]!.sql]
        if (error instanceof ConnectionLost) {
          isUsable = false
          throw error
        }
        throw new StatementFailure(index, error)
      }
      return statements.map(({ sql }) => ({ rows: [[sql]], count: 1 }))
    },
    isUsable: () => isUsable,
    close: async () => void events.push('closed'),
  }
  const trips = new TransactionTrips({
    begin: [statement('begin')],
    commit: statement('commit'),
    rollback: statement('rollback'),
    traffic: { roundTrips: 0, statements: 0 },
    async acquire() {
      events.push('taken')
      return connection
    },
    release: () => void events.push('given back'),
  })
  return { trips, sent, events }
}
const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

test('a transaction that did nothing takes no connection', async () => {
  const { trips, sent, events } = fakeDatabase()
  await trips.commit()
  assert.deepEqual([sent, events], [[], []])
})

test('what is only written travels once, with begin and commit', async () => {
  const { trips, sent, events } = fakeDatabase()
  await trips.defer(write('a'))
  await trips.defer(write('b c'))
  await trips.commit()
  assert.deepEqual(sent, ['begin a b c commit'])
  assert.deepEqual(events, ['taken', 'given back'])
})

test('what is asked in one turn travels together, behind what was written before it, and each gets its own answer', async () => {
  const { trips, sent } = fakeDatabase()
  await trips.defer(write('w1'))
  const answers = await Promise.all([trips.ask(step('a b')), trips.defer(write('w2')), trips.ask(step('c'))])
  assert.deepEqual(answers, ['a+b', undefined, 'c'])
  assert.equal(await trips.ask(step('d')), 'd')
  await trips.defer(write('w3'))
  await trips.commit()
  assert.deepEqual(sent, ['begin w1 a b w2 c', 'd', 'w3 commit'])
})

test('what is asked while something travels waits for the next round trip', async () => {
  const { trips, sent } = fakeDatabase()
  const first = trips.ask(step('a'))
  await Promise.resolve()
  await Promise.resolve()
  const rest = [trips.ask(step('b')), trips.ask(step('c'))]
  assert.deepEqual(await Promise.all([first, ...rest]), ['a', 'b', 'c'])
  assert.deepEqual(sent, ['begin a', 'b c'])
})

test('one that only read is answered before its end has travelled', async () => {
  const { trips, sent, events } = fakeDatabase()
  await trips.ask(step('a'))
  await trips.commit()
  assert.deepEqual(events, ['taken'])
  await turn()
  assert.deepEqual(sent, ['begin a', 'commit'])
  assert.deepEqual(events, ['taken', 'given back'])
})

test('a step without statements is answered without a round trip', async () => {
  const { trips, sent } = fakeDatabase()
  assert.equal(await trips.ask({ statements: [], read: () => 'known' }), 'known')
  await trips.commit()
  assert.deepEqual(sent, [])
})

test('a refused statement fails all of it, is told by its fence, and nothing but the rollback is sent after it', async () => {
  const taken = new EngineError('already_exists')
  const { trips, sent, events } = fakeDatabase({ w2: taken })
  await trips.defer(write('w1'))
  await trips.defer(write('w2'), 'conflict')
  const isConflict = (error: unknown) => isEngineError(error, 'conflict') && error.cause === taken
  await assert.rejects(trips.ask(step('a')), isConflict)
  await assert.rejects(trips.ask(step('b')), isConflict)
  await assert.rejects(trips.defer(write('w3')), isConflict)
  await assert.rejects(trips.commit(), isConflict)
  await turn()
  assert.deepEqual(sent, ['begin w1 w2 a', 'rollback'])
  assert.deepEqual(events, ['taken', 'given back'])
})

test('a fence says what it means for its own statements alone', async () => {
  const taken = new EngineError('already_exists')
  const { trips } = fakeDatabase({ w2: taken })
  await trips.defer(write('w1'), 'conflict')
  await trips.defer(write('w2'))
  await assert.rejects(trips.commit(), (error) => error === taken)
})

test('a refused COMMIT is a failure of the transaction', async () => {
  const { trips, sent } = fakeDatabase({ commit: new EngineError('storage_full') })
  await trips.defer(write('w'))
  await assert.rejects(trips.commit(), (error) => isEngineError(error, 'storage_full'))
  await turn()
  assert.deepEqual(sent, ['begin w commit', 'rollback'])
})

test('a connection lost before COMMIT was sent means run it again; with COMMIT it is not known', async () => {
  const lost = new ConnectionLost('cut')
  const before = fakeDatabase({ a: lost })
  await assert.rejects(before.trips.ask(step('a')), (error) => isEngineError(error, 'conflict') && error.cause === lost)
  await assert.rejects(before.trips.commit(), (error) => isEngineError(error, 'conflict'))
  assert.deepEqual(before.events, ['taken', 'given back'])
  const during = fakeDatabase({ commit: lost })
  await during.trips.defer(write('w'))
  await assert.rejects(during.trips.commit(), (error) => error === lost)
  assert.deepEqual(during.sent, ['begin w commit'])
})

test('work that gives up leaves no answer behind that nobody hears', async () => {
  const { trips, sent } = fakeDatabase({ b: new Error('refused') })
  await trips.ask(step('a'))
  void trips.ask(step('b'))
  await trips.rollback()
  await turn()
  assert.deepEqual(sent, ['begin a', 'rollback'])
  await assert.rejects(trips.ask(step('c')))
})
