// The short form of letter-kills.ts: a few deaths of a real process while letters come in.
// databases: sqlite, postgres
// ci
// waits
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killWhileReceiving } from './letter-kills.ts'

const kills = 3

// proves P-048
test(`after ${kills} times kill -9 each letter that was taken is there once`, { timeout: 120_000 }, async (t) => {
  const done = await killWhileReceiving(t, { kills, say: (line) => t.diagnostic(line) })
  assert.ok(done.answered >= kills, `${done.answered} letters`)
})
