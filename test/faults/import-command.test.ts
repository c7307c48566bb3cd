// `kingpost import` beside a running server: the rows are there for it and its live readers, and the same file again changes nothing.
// databases: all
// slow: mariadb, mysql, mongodb
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { openLive } from '../support/live-client.ts'
import { databaseWords, runCommand, startServer, temporaryFolder, testConfig } from '../support/server-process.ts'
import { signInAdmin } from '../support/shop.ts'

test('rows are imported beside a server, what is left out is told with its line, and again nothing changes', async (t) => {
  const server = await startServer(t)
  const admin = await signInAdmin(server)
  const live = await openLive(admin, '/api/changes?collections=categories')
  const folder = temporaryFolder(t)
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const database = ['--data-dir', server.dataFolder, ...(await databaseWords(server.dataFolder))]
  const run = (...words: string[]) => runCommand(['import', ...words, '--config', testConfig, ...database])

  const csv = file('shelves.csv', 'slug,title,position\nmaps,Maps,20\n,Nameless,21\nfood,Food,many\n')
  const first = await run('categories', csv, '--by', 'slug')
  assert.deepEqual([first.code, first.stderr], [1, ''])
  assert.deepEqual(first.stdout.split('\n'), [
    'line 3: slug is missing',
    'line 4: position "many" is no number',
    '3 rows read: 1 created, 0 changed, 0 as they were, 2 left out.',
    '',
  ])
  const again = await run('categories', file('shelves.jsonl', '{"slug":"maps","title":"Maps"}\n'), '--by', 'slug', '--json')
  assert.equal(again.code, 0)
  assert.deepEqual(JSON.parse(again.stdout), { rows: 1, created: 0, changed: 0, unchanged: 1, rejected: 0, rejections: [], ignored: [] })
  const items = expectStatus(await server.guest.get('/api/categories'), 200).body.items
  assert.deepEqual([items.length, items[0].title, items[0].position], [1, 'Maps', 20])

  // Over a file the server is told by nobody: its readers hear with its own next commit.
  expectStatus(await admin.post('/api/categories', { slug: 'own', title: 'Own' }), 201)
  const told = () => live.events.flatMap(({ event, data }) => (event === 'change' ? [data.record.slug] : []))
  await eventually('both are told', async () => (told().length >= 2 ? true : null))
  assert.deepEqual(told(), ['maps', 'own'])
  const [change] = expectStatus(await admin.get(`/api/audit?record=${items[0].id}`), 200).body.items
  assert.deepEqual([change.operation, change.actor, change.from], ['categories.import', 'system', null])

  for (const [words, code, said] of [
    [['categorys', csv], 2, 'There is no collection categorys to import into; did you mean "categories"?\n'],
    [['categories', `${csv}x`], 2, `There is no file ${csv}x.\n`],
    [['categories'], 2, 'Type: kingpost import COLLECTION FILE [--by FIELD]\n'],
    [['categories', csv, '--by', 'slig'], 1, `${csv}: categories has no field slig; did you mean "slug"?\n`],
  ] as const) {
    const { stderr, ...ended } = await run(...words)
    assert.deepEqual([ended.code, stderr, ended.stdout], [code, said, ''])
  }
})
