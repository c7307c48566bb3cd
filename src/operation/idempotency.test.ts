import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guestActor } from '../access/actor.ts'
import { systemRandom } from '../base/random.ts'
import { seal } from '../base/seal.ts'
import { claimOf, type IdempotencyRow, idempotencyClaim, newClaim, openAnswer, sealAnswer, sealKey } from './idempotency.ts'

const claim = (key: string, input: unknown = { a: 1 }) =>
  idempotencyClaim({ ...guestActor('one'), id: 'usr_1', kind: 'user' }, 'notes.create', key, input)
const answer = { output: { token: 'secret' }, headers: { 'set-cookie': 'secret' } }

test('a sealed answer is opened by its own key alone, and sealed anew is other bytes', async () => {
  const own = await newClaim(claim('k1'), systemRandom, null)
  const body = sealAnswer(own, systemRandom, { state: 'done', ...answer })
  assert.ok(!Buffer.from(body, 'base64').includes('secret'))
  assert.deepEqual(openAnswer(own, { body, state: 'done' }), answer)
  const row = { fingerprint: own.fingerprint } as IdempotencyRow
  assert.deepEqual(openAnswer(await claimOf(claim('k1'), row, null), { body, state: 'done' }), answer)
  await assert.rejects(claimOf(claim('k2'), row, null), { code: 'idempotency_key_reused' })
  await assert.rejects(claimOf(claim('k1', { a: 2 }), row, null), { code: 'idempotency_key_reused' })
  assert.throws(() => openAnswer(own, { body, state: 'awaiting' }))
  const altered = Buffer.from(body, 'base64')
  altered[20]! ^= 1
  assert.throws(() => openAnswer(own, { body: altered.toString('base64'), state: 'done' }))

  const again = sealAnswer(own, systemRandom, { state: 'done', ...answer })
  assert.notEqual(again.slice(0, 16), body.slice(0, 16), 'the nonce')
  assert.notEqual(again, body)
  assert.notEqual((await newClaim(claim('k1'), systemRandom, null)).fingerprint, own.fingerprint, 'the salt')
})

test('a long answer is compressed before it is sealed, and one that was not is read as ever', async () => {
  const own = await newClaim(claim('k1'), systemRandom, null)
  const lines = Array.from({ length: 40 }, (_, position) => ({ position, title: 'Émile ✓', price: { amount: 1_000, currency: 'EUR' } }))
  const long = { output: { lines }, headers: {} }
  const { length } = JSON.stringify(long)
  const packed = sealAnswer(own, systemRandom, { state: 'done', ...long })
  assert.ok(packed.length < length / 2, `${packed.length} of ${length}`)
  assert.deepEqual(openAnswer(own, { body: packed, state: 'done' }), long)
  const plain = seal(JSON.stringify(long), sealKey(own, 'done'), systemRandom).toString('base64')
  assert.deepEqual(openAnswer(own, { body: plain, state: 'done' }), long)
})

test('where the input is a secret, its keys are made by the slow function alone', async () => {
  const texts: string[] = []
  const stretch = async (text: string) => {
    texts.push(text)
    return new Uint8Array(32).fill(texts.length)
  }
  const own = await newClaim(claim('k1', { password: 'hush' }), systemRandom, stretch)
  assert.deepEqual(texts, [`usr_1\nnotes.create\nk1\n{"password":"hush"}`])
  await assert.rejects(claimOf(claim('k1', { password: 'hush' }), { fingerprint: own.fingerprint } as IdempotencyRow, null))
})
