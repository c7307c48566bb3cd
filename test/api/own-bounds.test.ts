// Code of a project that has no end costs its caller alone, who is told which code it is: in a transaction, and outside of one.
// slow: mariadb, mongodb
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after as afterAll, before as beforeAll, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import { anyone, before, collection, command, field, query, Type } from '../../src/index.ts'
import { createTestClock, openWorld, testConfig, type World } from '../support/api-harness.ts'
import { testDatabase } from '../support/databases.ts'
import { checkRefusal } from '../support/scenario.ts'

const notes = collection('notes2', { fields: { text: field.text() }, access: { read: anyone, create: anyone } })
const counts = collection('counts', { fields: { of: field.text() }, access: { read: anyone } })

/** Hooks that are in the midst of their loop, and who waits for so many of them. */
let looping = 0
let wanted = { count: 0, reached() {} }
/** By the clock of transactions: nothing passes until it is told to. */
let stepMs = 0
let passedMs = 0

const loop = before({
  name: 'notes.loop',
  on: notes,
  action: 'create',
  async run({ record, records }) {
    if (record.text !== 'loops') return
    await records(counts).create({ of: 'loop' })
    // Answered, it has a connection.
    await records(counts).count()
    if (++looping === wanted.count) wanted.reached()
    for (;;) {
      passedMs += stepMs
      await records(counts)
        .count()
        .catch(() => {})
    }
  },
})
const writeAll = command({
  name: 'notes.writeAll',
  route: 'POST /api/write-all',
  summary: 'Write all',
  input: Type.Object({}),
  output: Type.Object({ done: Type.Boolean() }),
  access: anyone,
  async run({ records, tx }) {
    await records(counts).create({ of: 'all' })
    for (let isOver = false; !isOver; ) {
      passedMs += stepMs
      await tx.count(counts).catch(() => {
        isOver = true
      })
    }
    return { output: { done: true } }
  },
})

let begun = () => {}
let fails: (error: Error) => void = () => {}
const away = () =>
  new Promise<never>((_, reject) => {
    fails = reject
    begun()
  })
const look = query({
  name: 'notes.look',
  route: 'GET /api/look/:how',
  summary: 'Look',
  input: Type.Object({ how: Type.String() }),
  output: Type.Object({ count: Type.Integer() }),
  access: anyone,
  async run({ input, records, signal }) {
    if (input.how === 'waits') await away()
    if (input.how === 'fetches') await fetch('http://127.0.0.1:9/', { signal })
    if (input.how === 'asks at once')
      await Promise.all(
        Array.from({ length: 5 * limits.ownAsksMax }, () =>
          records(counts)
            .get('cnt_1')
            .catch(() => {}),
        ),
      )
    if (input.how === 'reads')
      for (;;) {
        passedMs += 1_000
        await records(counts)
          .count()
          .catch(() => {})
      }
    return { output: { count: await records(counts).count() } }
  },
})
const ask = command({
  name: 'notes.ask',
  route: 'POST /api/ask',
  summary: 'Ask',
  input: Type.Object({ how: Type.String() }),
  output: Type.Object({}),
  access: anyone,
  async prepare({ input, writeFirst }) {
    if (input.how === 'waits') await away()
    if (input.how === 'writes and waits')
      await writeFirst(async ({ tx, newId }) => {
        await tx.insert(counts, { id: newId('cnt'), of: 'first' })
        await fetch('http://127.0.0.1:9/')
      })
  },
  run: async () => ({ output: {} }),
})

const isSqlite = testDatabase().name === 'sqlite'
let folder: string
let world: World
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kingpost-bounds-'))
  const collections = [...testConfig.collections!, notes, counts] as never
  world = await openWorld({
    clock: { ...createTestClock(), monotonic: () => passedMs },
    // In memory a read waits for the transaction.
    ...(isSqlite ? { path: join(folder, 'kingpost.db') } : {}),
    config: { ...testConfig, collections, hooks: [loop], operations: [writeAll, look, ask] },
  })
})
afterAll(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const post = (url: string, body: object = {}) => world.call('guest', { method: 'POST', url, body })
const get = (url: string) => world.call('guest', { method: 'GET', url })
/** The one line of the log, and what was stored meanwhile. */
const failures = () => world.log.splice(0).map(({ fields }) => String(fields?.['error']))

test('hooks that read without an end leave others what they need, and each ends with its caller told which it is', async () => {
  const position = await world.newest()
  const many = new Promise<void>((reached) => {
    // On a server each has a connection, as long as there are some for transactions.
    wanted = { count: isSqlite ? 1 : limits.connectionsMax - limits.connectionsMax / limits.connectionsPerSpare, reached }
  })
  let answered = 0
  const asked = Array.from({ length: 24 }, () => post('/api/notes2', { text: 'loops' }).finally(() => answered++))
  await many
  assert.equal((await get('/api/counts')).status, 200)
  assert.equal(answered, 0)
  stepMs = limits.ownCodeMs / 4
  for (const answer of await Promise.all(asked)) {
    checkRefusal(answer, 504, 'took_too_long')
    assert.match(answer.body.detail, /^The before hook notes\.loop asks for more in one transaction/)
  }
  assert.deepEqual(await world.commitsAfter(position), [])
  const told = failures()
  assert.equal(told.length, 24)
  for (const one of told)
    assert.match(
      one,
      /The before hook notes\.loop \(.*own-bounds\.test\.ts:\d+:\d+\) failed: it (used its transaction for longer than 4 s|asked)/,
    )
  assert.equal((await post('/api/notes2', { text: 'fine' })).status, 201)
})

test('an operation that catches the end of its bounds has failed all the same', async () => {
  const position = await world.newest()
  stepMs = limits.ownCodeMs / 4
  const answer = await post('/api/write-all')
  checkRefusal(answer, 504, 'took_too_long')
  assert.match(answer.body.detail, /^The operation notes\.writeAll asks for more/)
  assert.match(failures()[0]!, /The operation notes\.writeAll \(.*own-bounds\.test\.ts:\d+:\d+\) failed: it used its transaction/)
  assert.deepEqual(await world.commitsAfter(position), [])
})

for (const [what, asking, named] of [
  ['a query', () => get('/api/look/waits'), 'The operation notes.look'],
  ['prepare', () => post('/api/ask', { how: 'waits' }), 'The operation notes.ask, in prepare'],
] as const)
  test(`${what} that waits for ever ends with its caller told; what fails after that ends nothing`, async (t) => {
    const unhandled = t.mock.fn()
    process.on('unhandledRejection', unhandled)
    t.after(() => process.off('unhandledRejection', unhandled))
    const isWaiting = new Promise<void>((resolve) => {
      begun = resolve
    })
    const asked = asking()
    await isWaiting
    await world.clock.advance(limits.ownAnswerMs)
    const answer = await asked
    checkRefusal(answer, 504, 'took_too_long')
    assert.equal(answer.body.detail, `${named} took longer than 15 s to answer.`)
    assert.match(
      failures()[0]!,
      new RegExp(`^OwnCodeError: ${named} \\(.*own-bounds\\.test\\.ts:\\d+:\\d+\\) took longer than 15 s to answer`),
    )
    fails(new Error('too late'))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(unhandled.mock.callCount(), 0)
    assert.deepEqual(world.log, [])
    assert.equal((await get('/api/look/at-once')).status, 200)
  })

test('a query that reads without an end ends as well', async () => {
  checkRefusal(await get('/api/look/reads'), 504, 'took_too_long')
  assert.match(failures()[0]!, /The operation notes\.look \(.*own-bounds\.test\.ts:\d+:\d+\) took longer than 15 s/)
})

test('a query that asks for very much at once is told that bound, and not that the database has too much to do', async () => {
  const answer = await get('/api/look/asks%20at%20once')
  checkRefusal(answer, 504, 'took_too_long')
  assert.equal(answer.body.detail, `The operation notes.look asked the database for more than ${limits.ownAsksMax} things.`)
  assert.match(failures()[0]!, /The operation notes\.look \(.*own-bounds\.test\.ts:\d+:\d+\) asked the database for more than/)
  assert.equal((await get('/api/look/at-once')).status, 200)
})

test('a fetch that fails is told with its operation, file and line; inside of a transaction it is refused', async () => {
  checkRefusal(await get('/api/look/fetches'), 500, 'internal')
  assert.match(failures()[0]!, /The operation notes\.look \(.*own-bounds\.test\.ts:\d+:\d+\) failed: fetch failed/)
  const position = await world.newest()
  checkRefusal(await post('/api/ask', { how: 'writes and waits' }), 500, 'internal')
  assert.match(failures()[0]!, /The operation notes\.ask, in prepare \(.*\) waits for something that is not its transaction/)
  assert.deepEqual(await world.commitsAfter(position), [])
})
