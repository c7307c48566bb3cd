import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { systemClock } from '../base/clock.ts'
import { createIdSource } from '../base/ids.ts'
import { systemRandom } from '../base/random.ts'
import { createLocalBlobs } from '../blobs/local-blobs.ts'
import type { Engine } from '../engine/create-engine.ts'
import { openSqlite } from '../storage/sqlite/sqlite-storage.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import { compileConfig, loadConfig } from './load-config.ts'
import { seedDatabase } from './seed.ts'

const configPath = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
const folder = mkdtempSync(join(tmpdir(), 'kingpost-verify-'))
let storage: StorageAdapter

before(async () => {
  const backend = compileConfig(await loadConfig(configPath), {
    publicUrl: 'http://localhost:8090',
    isDevelopment: true,
  })
  storage = openSqlite({ path: join(folder, 'kingpost.db'), model: backend.model, clock: systemClock })
  const parts = { storage, model: backend.model, clock: systemClock, random: systemRandom }
  const engine = { parts, newId: createIdSource(systemClock, systemRandom) } as unknown as Engine
  await seedDatabase(engine, backend, { blobs: createLocalBlobs(join(folder, 'files')), folder: dirname(configPath) })
})

after(async () => {
  await storage.close()
  rmSync(folder, { recursive: true })
})

function verify(...words: string[]) {
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'verify', '--config', configPath, '--data-dir', folder, ...words], {
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

test('seeded data holds every invariant, while another process has the database open', () => {
  const { status, stdout, stderr } = verify()
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^ok {4}stock\.on_hand_is_moved /m)
  assert.match(stdout, /All invariants hold\./)
})

test('a violation is told with its rows, and the exit code is 1', () => {
  const database = new DatabaseSync(join(folder, 'kingpost.db'))
  const level = database
    .prepare('update "stockLevels" set "onHand"="onHand"+1 where "id"=(select min("id") from "stockLevels") returning "id"')
    .get()!['id'] as string
  database.close()
  const text = verify()
  assert.equal(text.status, 1)
  assert.match(text.stdout, new RegExp(`^FAIL {2}stock\\.available_adds_up .*\\n +stockLevels/${level}: `, 'm'))
  const json = verify('--json')
  assert.equal(json.status, 1)
  const { violations } = JSON.parse(json.stdout) as { violations: { invariant: string; rows: string[] }[] }
  assert.deepEqual(new Set(violations.map(({ invariant }) => invariant)), new Set(['stock.available_adds_up', 'stock.on_hand_is_moved']))
  assert.deepEqual(violations[0]!.rows, [`stockLevels/${level}`])
})

test('a folder without a database is said to be one', () => {
  const { status, stderr } = verify('--data-dir', join(folder, 'nowhere'))
  assert.equal(status, 1)
  assert.match(stderr, /There is no database at .*Name its folder with --data-dir FOLDER\./)
})
