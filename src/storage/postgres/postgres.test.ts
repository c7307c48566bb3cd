// What of the PostgreSQL adapter can be said without a server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { owners, things } from '../../../test/support/conformance-subjects.ts'
import { isEngineError } from '../../base/engine-error.ts'
import { compileModel } from '../../schema/model.ts'
import { parseAddress } from './address.ts'
import { isAmong, quote, shortName } from './dialect.ts'
import { checkServer } from './doctor.ts'
import { createTranslator, explainConnectError, translateConnectError } from './errors.ts'
import { PreparedStatements } from './prepared-statements.ts'

test('names of any length are themselves or shortened to 63 bytes, two different ones never to the same', () => {
  assert.equal(shortName('x'.repeat(63)), 'x'.repeat(63))
  const [one, two] = [`${'x'.repeat(70)}a`, `${'x'.repeat(70)}b`].map(shortName)
  assert.notEqual(one, two)
  assert.equal(one, shortName(`${'x'.repeat(70)}a`))
  for (const name of [one!, two!, shortName('é'.repeat(40)), shortName(`x${'é'.repeat(40)}`)]) {
    assert.ok(Buffer.byteLength(name) <= 63, name)
    assert.doesNotMatch(name, /\uFFFD/)
  }
  assert.equal(quote('a"b'), '"a""b"')
})

test('an array says what is in it, whatever that is', () => {
  assert.equal(isAmong('x', ['a', 'b"c', 'd\\e', '', 'null', ',{}']).value, '{"a","b\\"c","d\\\\e","","null",",{}"}')
  assert.deepEqual(isAmong('x', [1, -2, null]), { sql: 'x = any(?)', value: '{1,-2,null}' })
  assert.deepEqual(isAmong('x', ['{a}'], true), { sql: 'x<>?', value: '{a}' })
})

test('the address keeps its own words to itself, and wrong ones are a sentence', () => {
  const plain = parseAddress('postgres://u:hush@h:5432/db?sslmode=require')
  assert.deepEqual([plain.connectionString, plain.isPooled], ['postgres://u:hush@h:5432/db?sslmode=require', false])
  const pooled = parseAddress('postgres://u:hush@h/db?pooler=transaction&connections=3&sslmode=require')
  assert.deepEqual(pooled, { connectionString: 'postgres://u:hush@h/db?sslmode=require', isPooled: true, connectionsMax: 3 })
  for (const words of ['pooler=session', 'connections=0', 'connections=x'])
    assert.throws(
      () => parseAddress(`postgres://u:hush@h/db?${words}`),
      (error: Error) => !error.message.includes('hush'),
    )
})

test('a server that may lose what was answered is refused, with what mends it', () => {
  const row = { version: '18.4 (Debian)', number: '180004', encoding: 'UTF8', fsync: 'on', pages: 'on', commit: 'on', standby: 'f' }
  const check = (changed: Partial<typeof row>, allowWeak = false) => checkServer(Object.values({ ...row, ...changed }), allowWeak)
  assert.deepEqual(check({}), { version: '18.4' })
  for (const commit of ['remote_write', 'remote_apply']) assert.ok(check({ commit }))
  const weak: [Partial<typeof row>, RegExp][] = [
    [{ fsync: 'off' }, /fsync=off.*alter system set fsync = on/],
    [{ pages: 'off' }, /full_page_writes=off.*alter system set full_page_writes = on/],
    [{ commit: 'off' }, /synchronous_commit=off.*alter system set synchronous_commit = on/],
    [{ commit: 'local' }, /synchronous_commit=local/],
  ]
  for (const [changed, sentence] of weak) {
    assert.throws(() => check(changed), sentence)
    assert.ok(check(changed, true))
  }
  const never: [Partial<typeof row>, RegExp][] = [
    [{ version: '13.2', number: '130002' }, /13\.2 is too old/],
    [{ encoding: 'SQL_ASCII' }, /encoded in SQL_ASCII/],
    [{ standby: 't' }, /standby/],
  ]
  for (const [changed, sentence] of never) assert.throws(() => check(changed, true), sentence)
})

test('what the server refuses becomes what the engine knows', () => {
  const translate = createTranslator(compileModel([owners, things] as never))
  const refusal = (code: string, more = {}) =>
    translate(Object.assign(new Error('cached plan must not change'), { severity: 'ERROR', code, ...more }))
  const codes: Readonly<Record<string, readonly string[]>> = {
    conflict: ['40001', '40P01', '55P03', '22012', '0A000'],
    overloaded: ['57014', '53300', '53400', '53200'],
    storage_full: ['53100'],
    storage_unavailable: ['25006', '57P01', '57P03', '58030'],
    validation_failed: ['22021'],
  }
  for (const [code, states] of Object.entries(codes))
    for (const state of states) {
      const error = refusal(state)
      assert.ok(isEngineError(error) && error.code === code, `${state} is ${code}, not ${String(error)}`)
    }
  const taken = refusal('23505', { table: 'things', constraint: 'things_title_owner_key' })
  assert.ok(isEngineError(taken, 'already_exists'))
  assert.deepEqual(taken.params, { collection: 'things', columns: ['title', 'owner'] })
  const own = refusal('23505', { table: 'things', constraint: 'things_pkey' })
  assert.ok(isEngineError(own, 'already_exists'))
  assert.deepEqual(own.params, { collection: 'things', columns: ['id'] })
  // A broken check or a bug of ours is no business of the caller's.
  assert.ok(!isEngineError(refusal('23514')))
  const other = new Error('x')
  assert.equal(translate(other), other)
})

test('why there is no connection is told to callers by a code, and at the start in a sentence', () => {
  const refusal = (code: string, severity?: string) => Object.assign(new Error('no'), { code, ...(severity ? { severity } : {}) })
  assert.ok(isEngineError(translateConnectError(refusal('53300', 'FATAL')), 'overloaded'))
  assert.ok(isEngineError(translateConnectError(refusal('ECONNREFUSED')), 'storage_unavailable'))
  const sentences = {
    ECONNREFUSED: /No PostgreSQL answers at h\/db/,
    ENOTFOUND: /not known/,
    '28P01': /user or password/,
    '3D000': /createdb/,
  }
  for (const [code, sentence] of Object.entries(sentences)) assert.match(explainConnectError(refusal(code), 'h/db').message, sentence)
})

test('statements are prepared once, kept by use, and given up under a name that never comes again', () => {
  const prepared = new PreparedStatements(2)
  assert.deepEqual(prepared.nameOf('a=? and b=?'), { name: 'k1', text: 'a=$1 and b=$2' })
  assert.deepEqual(prepared.nameOf('b'), { name: 'k2', text: 'b' })
  assert.deepEqual(prepared.nameOf('a=? and b=?'), { name: 'k1', text: null })
  assert.deepEqual(prepared.nameOf('c'), { name: 'k3', text: 'c' })
  assert.deepEqual(prepared.takeForgotten(), ['k2'])
  assert.deepEqual(prepared.takeForgotten(), [])
  prepared.unsure(['k3'])
  assert.deepEqual(prepared.takeForgotten(), ['k3'])
  assert.deepEqual(prepared.nameOf('c'), { name: 'k4', text: 'c' })
  const none = new PreparedStatements(0)
  assert.deepEqual(none.nameOf('a=?'), { name: '', text: 'a=$1' })
  assert.deepEqual(none.nameOf('a=?'), { name: '', text: 'a=$1' })
})
