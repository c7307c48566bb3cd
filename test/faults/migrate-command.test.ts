import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import { before, fillBefore } from '../support/migration/models.ts'
import { runCommand, startServer, temporaryFolder } from '../support/server-process.ts'

const config = (name: string) => join(import.meta.dirname, `../support/migration/${name}.config.ts`)

test('kingpost migrate: shown, refused, done, and done for good', async (t) => {
  const folder = temporaryFolder(t)
  const storage = openSqlite({ path: join(folder, 'kingpost.db'), model: before, clock: systemClock })
  await fillBefore(storage, 50)
  await storage.close()
  const run = (words: readonly string[], env = {}) => runCommand([...words, '--config', config('after'), '--data-dir', folder], { env })

  for (const KINGPOST_ENV of ['development', 'production']) {
    const start = await run(['start', '--port', '0'], { KINGPOST_ENV })
    assert.equal(start.code, 1)
    assert.match(
      start.stderr,
      /^The database does not fit the model yet; people\.age changes from text to integer, people\.isMember changes from integer to boolean\. Nothing was changed\. See it with: kingpost migrate plan\. /,
    )
  }
  const plan = await run(['migrate', 'plan', '--json'])
  assert.equal(plan.code, 0, plan.stderr)
  const { steps } = JSON.parse(plan.stdout) as {
    steps: { what: string; phase: string; isDestructive: boolean; statements: { sql: string; lock: string }[] }[]
  }
  assert.ok(steps.every(({ statements }) => statements.every(({ sql, lock }) => sql !== '' && lock !== '')))
  assert.deepEqual(
    steps.filter(({ isDestructive }) => isDestructive).map(({ what }) => what),
    ['drop people.fullName and its values', 'drop people.salary and its values', 'drop the collection leaflets and its records'],
  )
  assert.match(
    (await run(['migrate', 'plan'])).stdout,
    /\n {2}index people by email, each value once\n {6}about 50 rows, some \d+ ms \(estimate\)\n/,
  )
  assert.equal((await run(['migrate'])).code, 2)

  const server = await startServer(t, { config: config('before'), dataFolder: folder })
  const early = await run(['migrate', 'apply', '--stopped'])
  assert.equal(early.code, 1)
  assert.match(early.stderr, /^A server is running on .*Nothing was changed\./)
  await server.stop()

  // What one left that was killed goes.
  mkdirSync(join(folder, 'backups'), { recursive: true })
  for (const name of [
    'before-migration-2026-11-24T10-45-00-123Z.db.partial',
    'before-migration-2026-11-24T10-45-00-123Z.db.partial-journal',
  ])
    writeFileSync(join(folder, 'backups', name), 'half')
  const apply = await run(['migrate', 'apply', '--contract'])
  assert.equal(apply.code, 0, apply.stderr)
  assert.match(
    apply.stdout,
    /^A copy of the database as it was: .*\nDone: \d+ steps, .* rows filled in .*; 3 more wait for --allow-destructive\.\n$/,
  )
  assert.equal(readdirSync(join(folder, 'backups')).length, 1)
  const rest = await run(['migrate', 'apply', '--allow-destructive', '--json'])
  assert.equal((JSON.parse(rest.stdout) as { done: string[] }).done.length, 3)
  const again = await run(['migrate', 'apply', '--allow-destructive'])
  assert.equal(again.stdout, 'Nothing was to be done now. The database fits the model.\n')
  assert.equal((await run(['verify'])).code, 0)
  const next = await startServer(t, { config: config('after'), dataFolder: folder, env: { KINGPOST_ENV: 'production' } })
  await next.stop()
})
