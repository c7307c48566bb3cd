// The storage suite on SQLite, in a file and in memory.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { describeStorage } from '../../src/storage/conformance.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-storage-'))
let count = 0
after(() => rmSync(folder, { recursive: true }))

describeStorage('SQLite in a file', (model) => openSqlite({ path: join(folder, `${++count}.db`), model, clock: systemClock }))
describeStorage('SQLite in memory', (model) => openSqlite({ path: ':memory:', model, clock: systemClock }))
