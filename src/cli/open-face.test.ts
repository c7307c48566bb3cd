import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripeFace, stripeFaceKeys } from '../sandbox/faces/stripe.ts'
import { secretOf } from './open-face.ts'

test('each account has keys of its own, the same at every start', () => {
  const keysOf = (name: string) => stripeFaceKeys(secretOf(stripeFace, name, 'words of ours'))
  const names = ['stripe', 'stripe-eu', 'stripe-us']
  for (const key of ['secretKey', 'webhookSecret'] as const)
    assert.equal(new Set(names.map((name) => keysOf(name)[key])).size, names.length)
  assert.deepEqual(keysOf('stripe-eu'), keysOf('stripe-eu'))
  // The first account's stays what it was.
  assert.equal(secretOf(stripeFace, 'stripe', 'words of ours'), 'words of ours')
})
