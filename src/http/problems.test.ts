import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isEngineError } from '../base/engine-error.ts'
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
