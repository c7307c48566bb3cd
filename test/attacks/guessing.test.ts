// What docs/guides/accounts.md says of guessing, held against a day of it.
// databases: sqlite
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guess } from './guessing.ts'

test('three thousand guesses in a day are some forty tries, and the owner gets in each hour', async () => {
  const { looked, owner } = await guess({ guesses: 3_000 })
  const tries = looked.password + looked.code
  assert.ok(tries >= 25 && tries <= 45, `${tries} tries`)
  assert.deepEqual(owner, { tried: 24, passed: 24 })
})
