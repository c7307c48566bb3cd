import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestActor } from '../access/actor.ts'
import { idempotencyClaim, openAnswer, sealAnswer } from './idempotency.ts'

const claim = (key: string, origin = 'one') =>
  idempotencyClaim({ ...guestActor(origin), id: 'usr_1', kind: 'user' }, 'notes.create', key, { a: 1 })
const answer = { output: { token: 'secret' }, headers: { 'set-cookie': 'secret' } }

test('a sealed answer is opened by its own key alone', () => {
  const body = sealAnswer(claim('k1'), 'done', answer)
  assert.ok(!Buffer.from(body, 'base64').includes('secret'))
  assert.deepEqual(openAnswer(claim('k1'), { body, state: 'done' }), answer)
  assert.throws(() => openAnswer(claim('k2'), { body, state: 'done' }))
  assert.throws(() => openAnswer(claim('k1'), { body, state: 'awaiting' }))
  const altered = Buffer.from(body, 'base64')
  altered[0]! ^= 1
  assert.throws(() => openAnswer(claim('k1'), { body: altered.toString('base64'), state: 'done' }))
})
