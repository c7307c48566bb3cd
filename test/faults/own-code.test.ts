// Code of a project and kill -9 at each of its steps: what was acknowledged is whole, what was cut is not there, hooks and
// effects are carried out at least once, and what they settle is written once.
// waits
// databases: sqlite, postgres
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { runCommand, startServer, temporaryFolder } from '../support/server-process.ts'
import { effectsAtRest, signInAdmin } from '../support/shop.ts'

const config = join(import.meta.dirname, '../support/own-code.config.ts')
const steps = ['before', 'hook begins', 'hook is done', 'hook settles', 'effect begins', 'effect is done', 'effect settles']

// proves P-031
test('hooks and effects of a project survive kill -9 at every step', { timeout: 180_000 }, async (t) => {
  const dataFolder = temporaryFolder(t)
  const book = join(dataFolder, 'outside.txt')
  writeFileSync(book, '')
  const env = { BOOK_FILE: book }
  const acknowledged = new Set<string>()
  for (const step of steps) {
    const server = await startServer(t, { config, dataFolder, env: { ...env, DIE_AT: step } })
    const answer = await server.guest.post('/api/comments', { text: step }).catch(() => null)
    if (answer?.status === 201) acknowledged.add(answer.body.id)
    assert.equal((await server.ended).signal, 'SIGKILL', step)
  }
  const server = await startServer(t, { config, dataFolder, env })
  const admin = await signInAdmin(server)
  // On a server the lease of a process that was killed has to end first.
  const effects = await effectsAtRest(admin, 90_000)
  assert.deepEqual([...new Set(effects.map(({ state }) => state))], ['done'])
  const comments = await eventually('all is read', async () => expectStatus(await admin.get('/api/comments?limit=100'), 200).body.items)
  const ids = new Set(comments.map(({ id }: { id: string }) => id))
  for (const id of acknowledged) assert.ok(ids.has(id), `${id} was acknowledged and is gone`)
  assert.ok(!comments.some(({ text }: { text: string }) => text === 'before'), 'what was cut in its transaction is there')
  assert.equal(comments.length, steps.length - 1)
  const heard = readFileSync(book, 'utf8').split('\n')
  for (const { id, text, length, settled } of comments) {
    assert.equal(length, text.length)
    assert.equal(settled, 11, `${text}: settled ${settled}, not once for the hook and once for the effect`)
    for (const kind of ['hook', 'effect']) assert.ok(heard.includes(`${kind} ${id}`), `nobody outside heard of the ${kind} of ${text}`)
  }
  assert.equal((await server.stop()).code, 0)
})

const pieces = [
  'before hook comments.fill',
  'after hook comments.announce',
  'effect comments.tell',
  'operation comments.look',
  'operation comments.ask, in prepare',
]

test('what code of a project leaves behind fails alone: it is named with file and line, and everybody else is served', async (t) => {
  const dataFolder = temporaryFolder(t)
  const server = await startServer(t, { config, dataFolder, env: { BOOK_FILE: join(dataFolder, 'outside.txt') } })
  const told = () =>
    server
      .stderr()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  for (const [text, message] of [
    ['leaves a timer', 'left in a timer'],
    ['leaves a promise', 'left in a promise'],
    ['leaves a connection', 'connect ECONNREFUSED 127.0.0.1:1'],
  ] as const) {
    expectStatus(await server.guest.post('/api/comments', { text }), 201)
    expectStatus(await server.guest.get(`/api/look?text=${encodeURIComponent(text)}`), 200)
    expectStatus(await server.guest.post('/api/ask', { text }), 200)
    for (const what of pieces)
      await eventually(`${text} of the ${what} is told`, async () =>
        told().find(({ error, cause }) => error.includes(`The ${what} (${config}:`) && error.includes(message) && cause.includes(message)),
      )
  }
  assert.ok(told().some(({ cause }) => /left in a timer[\s\S]*own-code\.config\.ts:\d+:\d+/.test(cause)))
  expectStatus(await server.guest.post('/api/comments', { text: 'beside it' }), 201)
  assert.equal((await server.stop()).code, 0)
})

test('a secret that is missing ends the start with one sentence', async (t) => {
  const dataFolder = temporaryFolder(t)
  const { code, stderr } = await runCommand(['start', '--config', config, '--port', '0', '--data-dir', dataFolder])
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^One thing is wrong in .*own-code\.config\.ts:\n {2}secrets\.BOOK_FILE: is not set: give it in the environment, or write BOOK_FILE=… into the file \.env of the project \(.*own-code\.config\.ts:\d+:\d+\)\n$/,
  )
})
