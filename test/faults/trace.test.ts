// Power loss cannot be tested without pulling a plug, but its precondition can: no answer of a write may
// leave before the log it stands in was synced. The system calls say so.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Body, expectStatus } from '../support/http-client.ts'
import { startServer, temporaryFolder } from '../support/server-process.ts'
import { makeArticle, makeCart, signInAdmin } from '../support/shop.ts'
import { earlyAnswers, emptyAnswers, readTrace } from '../support/sync-trace.ts'

const wal = 'kingpost.db-wal'
const tracedCalls = 'fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg'
const oneByOne = 30
const together = 200

const write = '7 pwrite64(25</data/kingpost.db-wal>, "\\0\\0", 24, 0) = 24'
const sync = '7 fdatasync(25</data/kingpost.db-wal>) = 0'
const answer = '7 write(33<socket:[4711]>, "HTTP/1.1 201 Created\\r\\netag: "..., 300) = 300'
const earlyIn = (...lines: string[]) => earlyAnswers(readTrace(lines.join('\n'), wal)).map(({ line }) => line)

test('the checker flags what it is there to flag', () => {
  assert.deepEqual(earlyIn(write, sync, answer), [])
  assert.deepEqual(earlyIn(write, sync, answer, answer), [])
  assert.deepEqual(earlyIn(write, answer, sync), [2], 'answered before its sync')
  assert.deepEqual(earlyIn(write, sync, write, answer), [4], 'synced before its last write')
  assert.deepEqual(earlyIn(write, sync.replace('= 0', '= -1 EIO (Input/output error)'), answer), [3], 'the sync failed')
  assert.deepEqual(earlyIn(write, sync.replace(wal, 'sandbox.db-wal'), answer), [3], 'another file was synced')
  assert.deepEqual(earlyIn(write, sync.replace(wal, 'kingpost.db'), answer), [3], 'the database was synced, its log was not')
  const [begun, returned] = ['8 fsync(25</data/kingpost.db-wal> <unfinished ...>', '8 <... fsync resumed>) = 0']
  assert.deepEqual(earlyIn(write, begun, returned, answer), [])
  assert.deepEqual(earlyIn(write, begun, answer, returned), [3], 'answered while its sync was under way')
  assert.deepEqual(earlyIn(write, begun, '8 <... fsync resumed>) = -1 EIO (Input/output error)', answer), [4])
  const other = answer.replace('write(', 'writev(').replace('"HTTP', '[{iov_base="HTTP')
  assert.deepEqual(earlyIn(write, other), [2], 'by whatever call it left')
  assert.deepEqual(
    emptyAnswers(readTrace([write, sync, answer, answer].join('\n'), wal)).map(({ line }) => line),
    [4],
    'a write that wrote nothing',
  )
})

// proves P-001
test('no answer of a write leaves before its log is synced', async (t) => {
  if (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0) {
    assert.notEqual(process.env['CI'], 'true', 'strace is missing or may not trace, and in CI this must run')
    return t.skip('NOT RUN: strace is not installed, or may not trace here')
  }
  const file = join(temporaryFolder(t), 'trace')
  // -D: the tracer is a grandchild, so that the child is the server itself.
  const under = ['strace', '-D', '-f', '-y', '-s', '32', '-e', `trace=${tracedCalls}`, '-e', 'signal=none', '-o', file]
  const server = await startServer(t, { under })
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'trace', onHand: 1_000 })

  for (let count = 0; count < oneByOne; count++) expectStatus(await server.guest.post('/api/notes', { text: `Note ${count}` }), 201)
  await Promise.all(
    Array.from({ length: together }, async (_, index) => {
      if (index % 10 !== 0) return expectStatus(await server.guest.post('/api/notes', { text: `Together ${index}` }), 201)
      const { id, holder } = await makeCart(server.guest, [{ variant }])
      return expectStatus(await holder.post(`/api/carts/${id}/checkout`, { payment: { provider: 'sandbox' } }), 201)
    }),
  )
  const notes = (await server.guest.all('/api/notes')).map(({ text }: Body) => text)
  assert.equal(notes.length, oneByOne + together * 0.9)
  assert.equal((await server.stop()).code, 0)

  const events = readTrace(readFileSync(file, 'utf8'), wal)
  const answers = events.filter(({ kind }) => kind === 'answer')
  // Every 201 there was: set-up, the article, the notes one by one, and all those together.
  const expected = 1 + 2 + oneByOne + together * 0.9 + together * 0.1 * 3
  assert.equal(answers.length, expected)
  assert.deepEqual(earlyAnswers(events), [])
  const first = events.indexOf(answers[2]!)
  const last = events.indexOf(answers[2 + oneByOne]!)
  assert.deepEqual(emptyAnswers(events.slice(first + 1, last + 1)), [])
  // The same trace without its syncs must be flagged, or the trace does not show what it should.
  assert.equal(earlyAnswers(events.filter(({ kind }) => kind !== 'sync')).length, answers.length)
  t.diagnostic(`${answers.length} answers, ${events.filter(({ kind }) => kind === 'sync').length} syncs`)
})
