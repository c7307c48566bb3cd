// The short form of invoice-kills.ts: a few deaths of a real process while it issues invoices.
// slow: mongodb, mysql, mariadb
// waits
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killWhileIssuing } from './invoice-kills.ts'

const kills = 3

// proves P-047
test(`after ${kills} times kill -9 the numbers of invoices are 1 to n`, { timeout: 120_000 }, async (t) => {
  const done = await killWhileIssuing(t, { kills, say: (line) => t.diagnostic(line) })
  assert.ok(done.invoices >= kills, `${done.invoices} invoices`)
})
