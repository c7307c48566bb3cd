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

test('accounts of another system come with their passwords, which are stored anew at the next sign-in', async (t) => {
  const server = await startServer(t)
  const file = join(temporaryFolder(t), 'users.jsonl')
  const lines = [
    {
      email: 'Ann@example.com',
      name: 'Ann',
      emailVerified: true,
      passwordHash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    },
    { email: 'bob@example.com' },
    { email: 'nobody' },
    { email: 'cat@example.com', roles: ['king'] },
    { email: 'dan@example.com', passwordHash: 'md5:abc' },
    { email: 'ann@example.com', name: 'Another' },
  ]
  writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"email":\n`)
  const database = ['--data-dir', server.dataFolder, ...(await databaseWords(server.dataFolder))]
  const run = () => runCommand(['import', 'users', file, '--config', testConfig, ...database])
  const first = await run()
  assert.deepEqual([first.code, first.stderr], [1, ''])
  const told = first.stdout.split('\n')
  assert.equal(told.at(-2), '7 rows read: 2 created, 0 changed, 1 as they were, 4 left out.')
  assert.deepEqual(
    told.slice(0, 4).map((line) => line.slice(0, 30)),
    ['line 3: email must be an e-mai', 'line 4: roles.0 "king" is no r', 'line 5: passwordHash must be o', 'line 7: is no JSON'],
  )
  assert.match((await run()).stdout, /0 created, 0 changed, 3 as they were, 4 left out/)
  const logIn = () => server.guest.post('/api/auth/login', { email: 'ann@example.com', password: 'U*U' })
  assert.equal(expectStatus(await logIn(), 200).body.user.name, 'Ann')
  // By the hash of our own that took its place.
  assert.equal(expectStatus(await logIn(), 200).body.user.emailVerified, true)
})
