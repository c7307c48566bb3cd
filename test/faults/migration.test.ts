// databases: all
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '../support/databases.ts'
import { migrateUnderLoad } from '../support/migration/under-load.ts'

// proves P-012
test('a migration beside a running server: killed twice, and no request fails', async (t) => {
  const report = await migrateUnderLoad(t, { database: testDatabase(), rows: 3_000, killAfterMs: [900, 1_500] })
  assert.deepEqual(report.failures, [])
  assert.deepEqual(report.wrong, [])
  assert.ok(report.requests > 20, `${report.requests} requests`)
})
