// The first minutes with Kingpost: what a server says of itself, what it leaves on the disk and for whom, and what
// stands at the address it prints.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { runCommand, startServer, temporaryFolder, testConfig } from '../support/server-process.ts'

/** Names and modes of a folder and all in it. */
function modesOf(folder: string): Record<string, string> {
  const names = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].sort()
  return Object.fromEntries(names.map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]))
}

/** What anybody else than its user may read, or do. */
function openTo(folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(modesOf(folder)).filter(([, mode]) => !mode.endsWith('00')))
}

test('what is written is for its user alone, and what an older version left open is closed at the next start', async (t) => {
  const dataFolder = join(temporaryFolder(t), 'new', 'data')
  const config = join(import.meta.dirname, '../support/shop.config.ts')
  const before = process.umask(0o022)
  t.after(() => process.umask(before))
  const first = await startServer(t, { dataFolder, config })
  await first.guest.post('/api/carts', {})
  const running = modesOf(dataFolder)
  for (const name of ['', 'kingpost.db', 'kingpost.db-wal', 'sandbox.db', 'sandbox.db-wal', 'kingpost.lock'])
    assert.ok(name in running, name)
  assert.deepEqual(openTo(join(dataFolder, '..')), {})
  const backup = await runCommand(['backup', '--config', config, '--data-dir', dataFolder])
  assert.equal(backup.code, 0, backup.stderr)
  assert.deepEqual(openTo(dataFolder), {})
  assert.ok(Object.keys(modesOf(dataFolder)).some((name) => name.endsWith('.jsonl.zst')))
  await first.stop()

  for (const name of Object.keys(modesOf(dataFolder))) {
    const path = join(dataFolder, name)
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644)
  }
  const again = await startServer(t, { dataFolder, config })
  assert.deepEqual(openTo(dataFolder), {})
  await again.stop()
})

test('a folder that holds other things keeps its rights, and so do they', async (t) => {
  const dataFolder = join(temporaryFolder(t), 'project')
  mkdirSync(dataFolder)
  writeFileSync(join(dataFolder, 'page.html'), 'for a web server')
  chmodSync(dataFolder, 0o755)
  chmodSync(join(dataFolder, 'page.html'), 0o644)
  const server = await startServer(t, { dataFolder })
  assert.deepEqual(openTo(dataFolder), { '': '755', 'page.html': '644' })
  await server.stop()
})

test('a folder that cannot be made is told at once', { timeout: 20_000 }, async () => {
  for (const folder of ['/proc/nope', '/proc/nope/deeper', '/dev/null/data']) {
    const ended = await runCommand(['start', '--config', testConfig, '--port', '0', '--data-dir', folder])
    assert.equal(ended.code, 1)
    assert.match(ended.stderr, /^The data folder \S+ cannot be used: it [^\n]* Choose another one with --data-dir FOLDER\.\n$/)
  }
})

test('a mode that is none is refused before anything is written; the one it is in is told', async (t) => {
  const dataFolder = join(temporaryFolder(t), 'data')
  const words = ['start', '--config', testConfig, '--port', '0', '--data-dir', dataFolder]
  const ended = await runCommand(words, { env: { KINGPOST_ENV: 'prod' } })
  assert.equal(ended.code, 2)
  assert.equal(ended.stderr, 'KINGPOST_ENV must be development or production, not "prod".\n')
  assert.throws(() => statSync(dataFolder), { code: 'ENOENT' })
  for (const mode of ['development', 'production']) {
    const server = await startServer(t, { dataFolder: join(dataFolder, mode), env: { KINGPOST_ENV: mode } })
    assert.equal(server.links['mode'], mode)
    const book = await server.guest.get('/sandbox/book')
    assert.equal(book.status, mode === 'development' && book.body !== null ? 200 : 404, mode)
    await server.stop()
  }
})

test('a production that sends no mail or takes no money says so, at the start and when it is asked', async (t) => {
  const dataFolder = temporaryFolder(t)
  const KINGPOST_SMTP_URL = 'smtp://127.0.0.1:1'
  for (const [env, isTold] of [
    [{ KINGPOST_ENV: 'production' }, true],
    [{ KINGPOST_ENV: 'production', KINGPOST_SMTP_URL }, false],
    [{ KINGPOST_ENV: 'development' }, false],
  ] as const) {
    const server = await startServer(t, { dataFolder, env })
    const ready = expectStatus(await server.guest.get('/readyz'), 200)
    assert.deepEqual(JSON.parse(ready.text), {
      status: 'ok',
      ...(isTold ? { mail: 'kept and sent to nobody: no mail server is set' } : {}),
      ...(env.KINGPOST_ENV === 'production' ? { payments: 'nobody can pay: there is no payment provider' } : {}),
    })
    const { stderr } = await server.stop()
    assert.equal(/^Nobody can pay in this shop: in production/m.test(stderr), env.KINGPOST_ENV === 'production', stderr)
    assert.equal(/^No mail server is set, .* sent to nobody\.\nSet KINGPOST_SMTP_URL=smtp:/.test(stderr), isTold, stderr)
  }
})

test('without a storefront the address itself says where to go', async (t) => {
  const server = await startServer(t)
  const home = await server.guest.get('/')
  assert.equal(home.status, 200)
  assert.match(home.headers.get('content-type')!, /^text\/html/)
  const links = [...home.text.matchAll(/href="(\/[^"]*)"/g)].map(({ 1: link }) => link!)
  assert.deepEqual(links, ['/console', '/api/docs', '/api/openapi.json'])
  for (const link of links) assert.equal((await server.guest.get(link)).status, 200, link)
})

test('an account that a stranger opened with the address is taken over by the command line, its sessions included', async (t) => {
  const server = await startServer(t)
  const account = { email: 'boss@shop.example', password: 'a squatter was here' }
  await server.guest.post('/api/auth/register', account)
  const { token } = expectStatus(await server.guest.post('/api/auth/login', account), 200).body
  const squatter = server.guest.with({ authorization: `Bearer ${token}` })
  expectStatus(await squatter.get('/api/auth/me'), 200)

  const create = () => runCommand(['admin', 'create', account.email, '--config', testConfig, '--data-dir', server.dataFolder])
  const { code, stdout, stderr } = await create()
  assert.deepEqual([code, stderr], [0, ''])
  const said =
    /^boss@shop\.example is an admin\. It had an account: the old password is void, and all its sessions and API keys have ended\. Its password, shown once: (\S{20})\n$/
  const password = said.exec(stdout)?.[1]
  assert.ok(password, stdout)
  await eventually('the running server knows it', async () => ((await squatter.get('/api/auth/me')).status === 401 ? true : null))
  expectStatus(await server.guest.post('/api/auth/login', account), 401)
  const admin = expectStatus(await server.guest.post('/api/auth/login', { email: account.email, password }), 200).body
  assert.deepEqual([admin.user.roles, admin.user.emailVerified], [['admin', 'owner'], true])
  // An owner is the last one, whoever made them.
  const own = server.guest.with({ authorization: `Bearer ${admin.token}` })
  assert.equal((await own.patch(`/api/users/${admin.user.id}`, { roles: [] })).body.code, 'last_owner')
  for (const [word, reason] of [
    ['12345678', 'is one of the first that anybody would try'],
    [account.email, 'must not be the name or the address of the account'],
  ] as const) {
    const words = ['admin', 'create', account.email, '--password-stdin', '--config', testConfig, '--data-dir', server.dataFolder]
    const weak = await runCommand(words, { under: ['sh', '-c', `echo '${word}' | exec "$0" "$@"`] })
    assert.deepEqual([weak.code, weak.stdout, weak.stderr], [1, '', `The password ${reason}.\n`])
  }
})
