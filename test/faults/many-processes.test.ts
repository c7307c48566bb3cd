// The short version of many-processes.ts, which has a long one. On SQLite: that there is one process.
// databases: sqlite, postgres, mariadb, mysql
// slow: mariadb, mysql
// waits
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../support/databases.ts'
import { runCommand, startServer, testConfig } from '../support/server-process.ts'
import { runManyProcesses } from './many-processes.ts'

const database = testDatabase()

if (database.isServer)
  // proves P-001 P-002 P-003 P-004 P-005 P-013
  test('kill -9 among several processes, and of the database: no promise is broken, and all books agree', {
    timeout: 600_000,
  }, async (t) => {
    await runManyProcesses(t, {
      database,
      seconds: 12,
      clients: 12,
      apis: 3,
      workers: 2,
      killEveryMs: 3_000,
      say: (line) => t.diagnostic(line),
    })
  })
else
  test('a second process on a SQLite folder is refused, and the first goes on', async (t) => {
    const { dataFolder, guest } = await startServer(t)
    const second = await runCommand(['start', '--config', testConfig, '--port', '0', '--data-dir', dataFolder])
    assert.deepEqual([second.code, second.stdout], [1, ''])
    assert.match(second.stderr, /^Another Kingpost is running on .*Stop it, or choose another folder with --data-dir FOLDER\.\n$/)
    assert.equal((await guest.get('/readyz')).status, 200)
  })
