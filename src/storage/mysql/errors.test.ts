import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEngineError } from '../../base/engine-error.ts'
import { oneRowSql } from './dialect.ts'
import { type DriverError, isHeldBack, isLoss, reasonOf } from './errors.ts'

const keys = new Map([['things_title_owner_key', ['title', 'owner']]])
const failure = (errno: number, message = ''): DriverError => Object.assign(new Error(message), { errno })
const codeOf = (error: DriverError, sql = 'select 1') => {
  const reason = reasonOf(error, sql, keys)
  return isEngineError(reason) ? reason.code : reason
}

test('numbers of the server become the engine codes', () => {
  const codes = {
    conflict: [1213, 1205, 1020, 3572],
    overloaded: [1040, 1203, 1969, 3024],
    storage_full: [1114, 1021],
    storage_unavailable: [1290, 1792, 1836],
  }
  for (const [code, numbers] of Object.entries(codes))
    for (const number of numbers) assert.equal(codeOf(failure(number)), code, String(number))
  const unknown = failure(1064)
  assert.equal(codeOf(unknown), unknown)
})

test('a statement is not kept in its error: it holds the values', () => {
  const error = Object.assign(failure(1064), { sql: "select 'secret'" })
  assert.doesNotMatch(JSON.stringify(reasonOf(error, '', keys)), /secret/)
})

test('only the guard of one row reads "out of range" as a conflict', () => {
  assert.equal(codeOf(failure(1690), oneRowSql), 'conflict')
  const other = failure(1690)
  assert.equal(codeOf(other, 'update `things` as t set `count`=`count`+1'), other)
})

test('a unique fence is told by its collection and columns, however the value looks', () => {
  const taken = (message: string, sql: string) => {
    const reason = reasonOf(failure(1062, message), sql, keys)
    assert.ok(isEngineError(reason, 'already_exists'))
    return reason.params
  }
  const insert = 'insert into `things` (`id`) values (?)'
  const both = { collection: 'things', columns: ['title', 'owner'] }
  assert.deepEqual(taken("Duplicate entry 'x' for key 'things_title_owner_key'", insert), both)
  assert.deepEqual(taken("Duplicate entry 'x' for key 'things.things_title_owner_key'", insert), both)
  assert.deepEqual(taken("Duplicate entry ''x' for key 'PRIMARY'' for key 'things_title_owner_key'", insert), both)
  assert.deepEqual(taken("Duplicate entry 'x' for key 'PRIMARY'", 'update `owners` as t set `id`=?'), {
    collection: 'owners',
    columns: ['id'],
  })
  assert.deepEqual(taken("Duplicate entry 'x' for key 'things.PRIMARY'", insert), { collection: 'things', columns: ['id'] })
  assert.ok(isHeldBack(failure(1062)) && !isHeldBack(failure(1452)))
})

test('an end of the connection is told from a refusal', () => {
  for (const code of ['PROTOCOL_CONNECTION_LOST', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
    assert.ok(isLoss(Object.assign(new Error(), { code })))
  assert.ok(isLoss(Object.assign(new Error(), { fatal: true })))
  for (const number of [1053, 1927]) assert.ok(isLoss(failure(number)))
  for (const number of [1062, 1213, 1205, 1690, 1064]) assert.ok(!isLoss(failure(number)))
})
