// The watch over plans sees a scan where there is one, and fails the process whose engine asked for it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const watch = join(import.meta.dirname, '../test/support/watch-plans.ts')
const folder = mkdtempSync(join(tmpdir(), 'kingpost-plans-'))
after(() => rmSync(folder, { recursive: true }))

/** As an engine would that lies in this folder. */
function run(sql: string, place = 'src'): { readonly code: number | null; readonly told: string } {
  mkdirSync(join(folder, place), { recursive: true })
  const file = join(folder, place, 'asks.ts')
  writeFileSync(
    file,
    `import { DatabaseSync } from 'node:sqlite'
    const database = new DatabaseSync(':memory:')
    database.exec('create table "orders" ("id" text primary key, "email" text, "state" text); create index one on "orders" ("email")')
    database.prepare(${JSON.stringify(sql)}).all()`,
  )
  const { status, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', `--import=${watch}`, file])
  return { code: status, told: String(stderr) }
}

test('a statement that looks at every row fails the process, with its place', () => {
  const { code, told } = run(`select * from "orders" t where t."state"='open'`)
  assert.equal(code, 1)
  assert.match(told, /src\/asks\.ts:4\n {2}SCAN t\n/)
})

test('what is looked up, a page in the order of a key, what is allowed and what a test asks are let through', () => {
  for (const sql of [
    `select * from "orders" t where t."email"='a'`,
    `select * from "orders" t where t."id"='a' and t."state"='open'`,
    'select * from "orders" t order by t."id" limit 30',
    `select * from "orders" t where '1' in (select "value" from json_each(t."state"))`,
  ])
    assert.deepEqual(run(sql), { code: 0, told: '' }, sql)
  assert.equal(run(`select * from "orders" t where t."state"='open'`, 'test').code, 0)
})
