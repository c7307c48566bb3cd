// A server in broken surroundings: it says in one clear sentence what is wrong and what to do, ends with
// 1 (2 for wrong usage), and leaves the data as it was.
// ci
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { cleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { runCommand, startServer, temporaryFolder, testConfig, verify } from '../support/server-process.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const isRoot = process.getuid?.() === 0

type Place = { readonly config?: string; readonly dataFolder: string; readonly port?: string; readonly under?: readonly string[] }

/** What it says when it cannot start: exactly this on standard error, nothing on standard output. */
async function refusal({ config = testConfig, dataFolder, port = '0', under }: Place, code = 1): Promise<string> {
  const words = ['start', '--config', config, '--port', port, '--data-dir', dataFolder, '--json']
  const ended = await runCommand(words, under ? { under } : {})
  assert.equal(ended.code, code, `${ended.signal ?? ended.code}: ${ended.stderr}`)
  assert.equal(ended.stdout, '')
  assert.doesNotMatch(ended.stderr, /\n\s+at /, 'no stack')
  assert.ok(ended.stderr.endsWith('\n'))
  return ended.stderr.trimEnd()
}

/** A folder with data in it, its server stopped. */
async function usedFolder(t: TestContext): Promise<string> {
  const server = await startServer(t)
  expectStatus(await server.guest.post('/api/notes', { text: 'keep me' }), 201)
  assert.equal((await server.stop()).code, 0)
  return server.dataFolder
}

function openDatabase(folder: string): DatabaseSync {
  return new DatabaseSync(join(folder, 'kingpost.db'))
}

/** The database is as it was left: the same note is in it. */
function assertIntact(folder: string): void {
  const database = openDatabase(folder)
  assert.deepEqual(
    database
      .prepare('select text from notes')
      .all()
      .map((row) => row['text']),
    ['keep me'],
  )
  assert.deepEqual(
    database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => Object.values(row)),
    [['ok']],
  )
  database.close()
}

// proves P-008
test('the port is taken', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  cleanUp(t, () => other.close())
  const { port } = other.address() as AddressInfo
  const dataFolder = await usedFolder(t)
  assert.equal(
    await refusal({ dataFolder, port: String(port) }),
    `Port ${port} is taken. Stop what uses it, or choose another: --port ${port + 1}.`,
  )
  assertIntact(dataFolder)
})

// proves P-008
test('the data folder cannot be written', async (t) => {
  const folder = temporaryFolder(t)
  const dataFolder = join(folder, 'data')
  mkdirSync(dataFolder)
  chmodSync(dataFolder, 0o555)
  cleanUp(t, () => chmodSync(dataFolder, 0o755))
  chmodSync(folder, 0o755)
  // Root may write everywhere, so it steps down for this.
  const under = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : undefined
  const sentence = `The data folder ${dataFolder} cannot be used: it cannot be written. Choose another one with --data-dir FOLDER.`
  assert.equal(await refusal({ dataFolder, ...(under ? { under } : {}) }), sentence)
  assert.deepEqual(readdirSync(dataFolder), [])
  const below = join(dataFolder, 'below')
  assert.equal(await refusal({ dataFolder: below, ...(under ? { under } : {}) }), sentence.replace(dataFolder, below))
})

// proves P-008
test('the data folder is a file', async (t) => {
  const file = join(temporaryFolder(t), 'data')
  writeFileSync(file, 'something of mine')
  for (const dataFolder of [file, join(file, 'below')])
    assert.equal(
      await refusal({ dataFolder }),
      `The data folder ${dataFolder} cannot be used: it is not a folder. Choose another one with --data-dir FOLDER.`,
    )
  assert.equal(readFileSync(file, 'utf8'), 'something of mine')
})

// proves P-008
test('the database was written by a newer version', async (t) => {
  const dataFolder = await usedFolder(t)
  const database = openDatabase(dataFolder)
  database.exec(`update "_meta" set "value"='999' where "name"='schemaVersion'`)
  database.close()
  const before = hashOf(dataFolder)
  assert.match(
    await refusal({ dataFolder }),
    /^The database was written by a newer Kingpost \(schema 999, this one knows \d+\)\. Nothing was changed\. Start it with the newer version\.$/,
  )
  assert.equal(hashOf(dataFolder), before)
  assertIntact(dataFolder)
})

test('the database was written by an older version, whose log had a row for each line', async (t) => {
  const dataFolder = await usedFolder(t)
  const older = openDatabase(dataFolder)
  const line = `insert into "_commits" ("at","operation","actor","requestId","changes") values (1,'notes.create','guest','req_1','[{"collection":"notes","id":"note_1","action":"created","record":{"id":"note_1"}}]')`
  older.exec(`delete from "_commits"; alter table "_commits" drop column "packed"; alter table "_commits" drop column "first";
    update "_meta" set "value"='1' where "name"='schemaVersion'; ${line}`)
  older.close()
  assert.equal((await runCommand(['verify', '--config', testConfig, '--data-dir', dataFolder])).code, 0)
  const server = await startServer(t, { dataFolder })
  expectStatus(await server.guest.post('/api/notes', { text: 'and more' }), 201)
  assert.equal((await server.stop()).code, 0)
  const database = openDatabase(dataFolder)
  assert.equal(database.prepare(`select "value" from "_meta" where "name"='schemaVersion'`).get()!['value'], '2')
  database.close()
  assert.equal((await runCommand(['verify', '--config', testConfig, '--data-dir', dataFolder])).code, 0)
})

// proves P-008
test('the database is garbage', async (t) => {
  const dataFolder = temporaryFolder(t)
  const path = join(dataFolder, 'kingpost.db')
  const garbage = 'This is no database, but it may be dear to somebody. '.repeat(200)
  writeFileSync(path, garbage)
  assert.equal(
    await refusal({ dataFolder }),
    `${path} is not a database, or it is damaged. Restore a backup, or choose another folder with --data-dir FOLDER.`,
  )
  assert.equal(readFileSync(path, 'utf8'), garbage)
})

// proves P-008
test('the database is a folder, or damaged in its middle', async (t) => {
  const dataFolder = temporaryFolder(t)
  mkdirSync(join(dataFolder, 'kingpost.db'))
  assert.match(await refusal({ dataFolder }), /kingpost\.db cannot be opened: .*The data was not touched\.$/)

  const damaged = await usedFolder(t)
  const path = join(damaged, 'kingpost.db')
  const bytes = readFileSync(path)
  bytes.fill(0xa5, 100, 4_096)
  writeFileSync(path, bytes)
  assert.match(await refusal({ dataFolder: damaged }), /kingpost\.db is not a database, or it is damaged\. Restore a backup/)
  assert.deepEqual(readFileSync(path), bytes)
})

// proves P-008
test('the config has several mistakes: all of them at once, each with its place and the nearest name', async (t) => {
  const folder = temporaryFolder(t)
  const config = join(folder, 'kingpost.config.ts')
  const entry = join(import.meta.dirname, '../../src/index.ts')
  writeFileSync(
    config,
    `import { anyone, collection, defineBackend, field, where } from '${entry}'
    export const backend = defineBackend({
      name: '',
      colections: [],
      collections: [
        collection('notes', {
          fields: { text: field.text(), owner: field.ref('userz'), id: field.text() },
          indexes: [['txet']],
          access: { read: where('ownr').eq('x'), creat: anyone },
        }),
        collection('orders', { fields: { text: field.text() } }),
      ],
      shop: { currency: 'EURO', tax: { prices: 'included', ratesPpm: { Germany: 19 } } },
    } as never)
`,
  )
  const dataFolder = join(folder, 'data')
  const [head, ...lines] = (await refusal({ config, dataFolder })).split('\n')
  assert.equal(head, `${lines.length} things are wrong in ${config}:`)
  const text = lines.join('\n')
  for (const expected of [
    /^ {2}name: must be a text/m,
    /^ {2}colections: is not an option; did you mean "collections"\?/m,
    /^ {2}collections\.notes\.fields\.owner: refers to "userz", and there is no such collection; did you mean "users"\? \(.*kingpost\.config\.ts:6:9\)$/m,
    /^ {2}collections\.notes\.fields\.id: "id" is a field or a word of Kingpost's own/m,
    /^ {2}collections\.notes\.indexes\[0\]: has no field "txet"; did you mean "text"\? \(.*kingpost\.config\.ts:6:9\)$/m,
    /^ {2}collections\.notes\.access\.read: has no field "ownr"; did you mean "owner"\? \(.*kingpost\.config\.ts:6:9\)$/m,
    /^ {2}collections\.notes\.access\.creat: is no action; did you mean "create"\? \(.*kingpost\.config\.ts:6:9\)$/m,
    /^ {2}collections\[1\]\.name: "orders" is Kingpost's own .* or set shop: false \(.*kingpost\.config\.ts:11:9\)$/m,
    /^ {2}shop\.currency: "EURO" is no ISO 4217 currency/m,
    /^ {2}shop\.tax\.ratesPpm\.Germany: "Germany" is no country of ISO 3166-1/m,
  ])
    assert.match(text, expected)
  // Nothing was opened for a config that is wrong.
  assert.equal(statSync(dataFolder, { throwIfNoEntry: false }), undefined)
})

// proves P-008
test('the config is missing, broken or empty', async (t) => {
  const folder = temporaryFolder(t)
  const dataFolder = join(folder, 'data')
  const config = join(folder, 'kingpost.config.ts')
  assert.equal(await refusal({ config, dataFolder }), `There is no config at ${config}. Name one with --config FILE.`)
  writeFileSync(config, 'export const other = 1\nexport const backend = { collections: [{{ ] }\n')
  assert.match(await refusal({ config, dataFolder }), new RegExp(`^${config} cannot be loaded: .*\\(${config}:2:41\\)$`))
  writeFileSync(config, "import { defineBackend } from 'kingpost'\n")
  assert.match(
    await refusal({ config, dataFolder }),
    /Cannot find package 'kingpost' .*; install Kingpost into the folder of the project, as docs\/\S+ says \(\S+:1\)$/,
  )
  writeFileSync(config, 'export const other = 1\n')
  assert.equal(await refusal({ config, dataFolder }), `${config} must export its config: export const backend = defineBackend({ … }).`)
  writeFileSync(config, `throw new Error('The variable SHOP_KEY is not set.')\n`)
  assert.equal(await refusal({ config, dataFolder }), `${config} cannot be loaded: The variable SHOP_KEY is not set. (${config}:1:7)`)
  writeFileSync(
    config,
    `import { field } from '${join(import.meta.dirname, '../../src/index.ts')}'\n\nexport const backend = { stars: field.number() }\n`,
  )
  assert.match(
    await refusal({ config, dataFolder }),
    new RegExp(`cannot be loaded: field\\.number is not a function; did you mean "integer"\\?; there are text, .* \\(${config}:3:39\\)$`),
  )
})

// proves P-008
test('wrong usage is told with what to type, and ends with 2', async () => {
  const cases: [readonly string[], RegExp][] = [
    [['strat'], /^There is no command "strat"; did you mean "start"\? Type kingpost --help/],
    [['hlep'], /^There is no command "hlep"; did you mean "help"\? Type kingpost --help/],
    [['bookkeeping'], /^There is no command "bookkeeping"\. Type kingpost --help/],
    [['help', 'strat'], /^There is no command "strat"; did you mean "start"\?/],
    [['start', '--prot', '1'], /^Unknown option '--prot'; did you mean "--port"\? Type kingpost --help/],
    [['start', '--bookkeeping'], /^Unknown option '--bookkeeping'\. Type kingpost --help/],
    [['start', '--port', 'http'], /^"http" is no port: give a number from 0 to 65535\.$/m],
    [['start', '--port', '70000'], /^"70000" is no port/],
    [['start', '--smtp-url', 'mail.example'], /^--smtp-url must be an address starting with smtp:\/\/ or smtps:\/\//],
    [['start', '--public-url', 'ftp://shop'], /^--public-url must be an address starting with https?:\/\//],
    [
      ['start', '--database', 'oracle://me:secret@db/shop'],
      /^--database must be sqlite:FOLDER\/kingpost\.db or the address of a server, .*, not "oracle:\/\/…@db\/shop"\.$/m,
    ],
  ]
  const endings = await Promise.all(cases.map(async ([words]) => await runCommand(words)))
  for (const [index, [words, sentence]] of cases.entries()) {
    const ended = endings[index]!
    assert.equal(ended.code, 2, `${words.join(' ')}: ${ended.stderr}`)
    assert.match(ended.stderr, sentence)
    assert.equal(ended.stdout, '')
    assert.doesNotMatch(ended.stderr, /secret|\n\s+at /)
  }
})

// proves P-008
test('the disk is full at the start', async (t) => {
  const disk = mountSmallDisk(t, 64)
  if (disk === null) return notRun(t, 'only root can mount a small disk')
  assert.match(await refusal({ dataFolder: join(disk, 'data') }), /disk is full/)
})

// proves P-008
test('the disk fills up while the server runs: 507, reads go on, and with space writes do too', async (t) => {
  const disk = mountSmallDisk(t, 6_000)
  if (disk === null) return notRun(t, 'only root can mount a small disk')
  const dataFolder = join(disk, 'data')
  const ballast = join(disk, 'ballast')
  const server = await startServer(t, { dataFolder })
  const write = async (text: string) => await server.guest.post('/api/notes', { text })
  const first = expectStatus(await write('first'), 201).body
  const acknowledged = new Set<string>([first.id])
  fill(ballast)

  // Several at once: those that share a commit with one that finds no space are told the same.
  const refused = await until(async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => write(`${index} ${'long '.repeat(40)}`)))
    for (const { status, body, text } of answers) {
      assert.ok(status === 201 || status === 507, text)
      if (status === 201) acknowledged.add(body.id)
    }
    return answers.find(({ status }) => status !== 201)
  })
  assert.equal(refused.status, 507)
  assert.equal(refused.body.code, 'storage_full')
  assert.match(refused.headers.get('content-type')!, /^application\/problem\+json/)
  assert.ok(refused.headers.has('retry-after'))
  assert.doesNotMatch(refused.text, /sqlite|SQLITE|disk I\/O/)
  for (let count = 0; count < 5; count++) {
    expectStatus(await server.guest.get(`/api/notes/${first.id}`), 200)
    const again = await write('again')
    assert.ok(again.status === 507 || again.status === 201, again.text)
    if (again.status === 201) acknowledged.add(again.body.id)
  }
  expectStatus(await server.guest.get('/livez'), 200)

  assert.equal(told(server, /A request failed\./).length, 1, server.stderr())

  rmSync(ballast)
  const later = await eventually('writes work again', async () => {
    const answer = await write('with space again')
    return answer.status === 201 ? answer.body : null
  })
  acknowledged.add(later.id)
  const ids = new Set((await server.guest.all('/api/notes')).map(({ id }) => id))
  for (const id of acknowledged) assert.ok(ids.has(id), id)
  assert.equal(ids.size, acknowledged.size, 'what was refused was not stored')
  const { code } = await server.stop()
  assert.equal(code, 0)
  const database = openDatabase(dataFolder)
  assert.deepEqual(
    database
      .prepare('pragma integrity_check')
      .all()
      .map((row) => Object.values(row)),
    [['ok']],
  )
  database.close()
})

// proves P-008
test('stopped while the disk is full: it ends in order, and everything is there once there is space', async (t) => {
  const disk = mountSmallDisk(t, 6_000)
  if (disk === null) return notRun(t, 'only root can mount a small disk')
  const dataFolder = join(disk, 'data')
  const ballast = join(disk, 'ballast')
  const server = await startServer(t, { dataFolder })
  const write = async () => await server.guest.post('/api/notes', { text: 'kept '.repeat(40) })
  let count = 0
  fill(ballast)
  await until(async () => {
    const { status } = await write()
    if (status === 201) count++
    return status === 507 ? true : undefined
  })
  const ended = await server.stop()
  assert.equal(ended.code, 0, ended.stderr)
  assert.doesNotMatch(ended.stderr, /because of a bug/)
  rmSync(ballast)
  const again = await startServer(t, { dataFolder })
  assert.equal((await again.guest.all('/api/notes')).length, count)
  expectStatus(await again.guest.post('/api/notes', { text: 'and one more' }), 201)
})

// proves P-001
test('the disk fails to sync for a while: those answers are 503, and no other one is lost', async (t) => {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) return notRun(t, 'strace is not installed, or may not trace here')
  const inject = 'inject=fsync,fdatasync:error=EIO:when=60..64'
  const server = await startServer(t, { under: ['strace', '-D', '-f', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', inject] })
  const acknowledged = new Set<string>()
  const refusals: number[] = []
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => server.guest.post('/api/notes', { text: 'synced' })))
    for (const { status, body } of answers)
      if (status === 201) acknowledged.add(body.id)
      else refusals.push(status)
    return refusals.length > 0 && answers.every(({ status }) => status === 201) ? true : undefined
  })
  assert.deepEqual(new Set(refusals), new Set([503]))
  assert.deepEqual(new Set((await server.guest.all('/api/notes')).map(({ id }) => id)), acknowledged)
  assert.equal((await server.stop()).code, 0)
  const database = openDatabase(server.dataFolder)
  assert.equal(database.prepare('select count(*) as "count" from notes').get()!['count'], acknowledged.size)
  database.close()
})

/** Lines of the log in which `what` stands. */
function told({ stderr }: { stderr(): string }, what: RegExp): string[] {
  return stderr()
    .split('\n')
    .filter((line) => what.test(line))
}

// proves P-008
test('the file of the database is moved away or replaced while the server runs: nothing is acknowledged, and it goes on once it is back', async (t) => {
  const server = await startServer(t)
  const { guest, dataFolder } = server
  const write = async () => await guest.post('/api/notes', { text: 'kept' })
  const [path, away] = [join(dataFolder, 'kingpost.db'), join(dataFolder, 'away.db')]
  expectStatus(await write(), 201)

  renameSync(path, away)
  for (let count = 0; count < 20; count++) {
    const answer = expectStatus(await write(), 503)
    assert.equal(answer.body.code, 'storage_unavailable')
    assert.ok(answer.headers.has('retry-after'))
  }
  assert.deepEqual(expectStatus(await guest.get('/readyz'), 503).body, { status: 'storage_unavailable' })
  assert.equal(
    told(
      server,
      /kingpost\.db was deleted or moved away while this server runs on it\. It stores nothing more and answers writes with 503: /,
    ).length,
    1,
  )
  renameSync(away, path)
  expectStatus(await guest.get('/readyz'), 200)
  expectStatus(await write(), 201)

  copyFileSync(path, away)
  renameSync(away, path)
  expectStatus(await write(), 503)
  assert.equal(told(server, /kingpost\.db was replaced by another file/).length, 1)
  expectStatus(await guest.get('/livez'), 200)
  const ended = await server.stop()
  assert.equal(ended.code, 0, ended.stderr)
  assert.ok(ended.stderr.split('\n').length < 30, ended.stderr)
})

// proves P-008
test('the file of the database is cut off while the server runs: 503, no crash, and verify says what it is', async (t) => {
  for (const left of [0, 10_000]) {
    const server = await startServer(t)
    const { guest, dataFolder } = server
    const path = join(dataFolder, 'kingpost.db')
    expectStatus(await guest.post('/api/notes', { text: 'kept' }), 201)
    // All of it is in the file then, and not in the log.
    const other = openDatabase(dataFolder)
    other.exec('pragma wal_checkpoint(truncate)')
    other.close()
    expectStatus(await guest.get('/readyz'), 200)
    truncateSync(path, left)
    expectStatus(await guest.post('/api/notes', { text: 'lost' }), 503)
    expectStatus(await guest.get('/readyz'), 503)
    await guest.get('/api/notes')
    assert.equal(told(server, /kingpost\.db was cut off/).length, 1, server.stderr())
    const ended = await server.stop()
    assert.equal(ended.signal, null)
    assert.doesNotMatch(ended.stderr, /because of a bug|uncaught/i)
    const looked = await verify(dataFolder)
    assert.equal(looked.code, 1)
    assert.match(
      looked.stderr,
      /kingpost\.db (?:cannot be read: it is empty, or no database of Kingpost|is not a database, or it is damaged)/,
    )
    assert.doesNotMatch(looked.stderr, /no such|\n\s+at /)
  }
})

/** The first answer there is; what goes wrong on the way is not waited out. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1_000; tries++) {
    const answer = await ask()
    if (answer !== undefined) return answer
  }
  throw new Error('It never came about.')
}

/** Takes all the space there is. */
function fill(path: string): void {
  for (let bytes = 65_536; bytes >= 1_024; bytes /= 4)
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
}

function hashOf(folder: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'kingpost.db')))
    .digest('hex')
}

/** Said, so that a table of results never shows as proven what was not looked at. */
function notRun(t: TestContext, why: string): void {
  t.skip(`NOT RUN: ${why}`)
}
