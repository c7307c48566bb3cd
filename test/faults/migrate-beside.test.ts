// Servers that run are seen by whoever changes the schema as if none did: with one, each request would fail afterwards.
// databases: server
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { expectStatus } from '../support/http-client.ts'
import { databaseWords, runCommand, startServer } from '../support/server-process.ts'

const config = (name: string) => join(import.meta.dirname, `../support/migration/${name}.config.ts`)

test('migrate apply --stopped is refused while a server runs, and done once it has ended', async (t) => {
  const server = await startServer(t, { config: config('before') })
  const words = ['--config', config('after'), '--data-dir', server.dataFolder, ...(await databaseWords(server.dataFolder))]
  const apply = () => runCommand(['migrate', 'apply', '--stopped', ...words])
  const early = await apply()
  assert.equal(early.code, 1)
  assert.match(early.stderr, /^A Kingpost runs on .*, heard of \d+ s ago\. Stop them first\./)
  expectStatus(await server.guest.get('/readyz'), 200)
  await server.stop()
  const late = await apply()
  assert.equal(late.code, 0, late.stderr)
})
