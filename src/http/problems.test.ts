import assert from 'node:assert/strict'
import { test } from 'node:test'
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
