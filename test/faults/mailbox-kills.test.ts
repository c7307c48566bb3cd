// The short form of mailbox-kills.ts: a few deaths of a real process while it reads a mailbox.
// databases: sqlite
// ci
// waits
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipsDovecot } from '../support/servers/dovecot.ts'
import { killWhilePolling } from './mailbox-kills.ts'

const kills = 2

// proves P-048
test(`after ${kills} times kill -9 each message of a mailbox is a letter once`, { timeout: 120_000, skip: skipsDovecot() }, async (t) => {
  const done = await killWhilePolling(t, { kills, say: (line) => t.diagnostic(line) })
  assert.ok(done.letters > 0)
})
