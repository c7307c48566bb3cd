import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestBackend } from 'kingpost/testing'
import { backend } from './kingpost.config.ts'

test('accounts can be made', async () => {
  await using world = await openTestBackend(backend)
  const ada = await world.signIn('ada@example.com')
  assert.equal((await ada.auth.me()).email, 'ada@example.com')
})
