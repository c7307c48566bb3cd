import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestActor } from '../access/actor.ts'
import { refusedAs, refusedTo } from '../access/refusal.ts'
import { actorId, any, staff, where } from '../access/rule.ts'
import { EngineError, isEngineError } from '../base/engine-error.ts'
import { hideSecret } from '../base/hidden.ts'
import { defineErrors } from '../base/project-error.ts'
import { problemOf, problemType } from './problems.ts'

const trap = () => {
  throw new Error('a trap')
}

test('whatever is thrown is a problem: what refuses to be looked at is a bug as any other', () => {
  const logged: string[] = []
  const log = { write: (_level: unknown, message: string) => void logged.push(message) }
  const strange = [null, undefined, 'a word', { statusCode: 400 }, new Proxy({}, { get: trap, getPrototypeOf: trap })]
  for (const thrown of strange) {
    assert.equal(isEngineError(thrown), false)
    assert.equal(problemOf(thrown, 'req_1', log).body['code'], 'internal')
    assert.equal(problemOf(thrown, 'req_1', { write() {} }, 'Look there.').body['detail'], 'Look there.')
  }
  assert.equal(logged.length, strange.length)
})

test('a kind of problem has a name of its own', () => {
  const { sold_out } = defineErrors({ sold_out: { status: 409, message: 'Every seat is taken.' } })
  assert.deepEqual(
    [problemType(sold_out), problemType('not_found')],
    ['/api/docs#errors/sold_out', 'https://kingpost.dev/errors/not_found'],
  )
  assert.equal(problemOf(sold_out(), 'req_1', { write() {} }).body['type'], problemType(sold_out))
})

test('the rule that refused is told in development alone', () => {
  const actor = { ...guestActor('127.0.0.1'), kind: 'user' as const, id: 'usr_1' }
  const rule = any(staff, where('owner').eq(actorId))
  const told = (error: unknown, hint?: string) => problemOf(error, 'req_1', { write() {} }, hint).body['detail']
  const refused = refusedTo(actor, { of: 'notes.update', rule })
  assert.equal(told(refused), 'You may not do this: the rule of notes.update says no.')
  assert.equal(told(refused, 'The terminal says what.'), `${told(refused)} It is any(staff, where('owner').eq(actorId)).`)
  const asked = refusedAs(actor, { name: 'notes.tidy', access: staff })
  assert.equal(told(asked), 'You may not do this.')
  assert.equal(told(asked, 'The terminal says what.'), 'You may not do this. The rule of notes.tidy says no. It is staff.')
})

test('what a project tells a caller holds none of its secrets', () => {
  hideSecret('told-by-mistake-7')
  const { refused } = defineErrors({ refused: { status: 409, message: 'It was refused.' } })
  const text = 'It said told-by-mistake-7.'
  const bodies = [
    refused({ detail: text, params: { said: [text], left: 3 }, path: '/name' }),
    new EngineError('conflict', { detail: text, errors: [{ path: '/name', code: 'refused', message: text }] }),
  ].map((error) => JSON.stringify(problemOf(error, 'req_1', { write() {} }).body))
  for (const body of bodies) assert.match(body, /"detail":"It said \[secret\]\.".*It said \[secret\]\./)
  for (const body of bodies) assert.ok(!body.includes('by-mistake'), body)
  assert.match(bodies[0]!, /"params":\{"said":\["It said \[secret\]\."\],"left":3\}/)
})
