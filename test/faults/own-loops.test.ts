// Code of a project that ends the process each time it is carried out: by kill -9, or by a loop without an end, which the watch over
// such code ends. After a few of these its effect is dead and says why, its kind rests, and everything else is served.
// long
// waits
// databases: sqlite, postgres
// slow: postgres
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { limits } from '../../src/base/limits.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { expectStatus } from '../support/http-client.ts'
import { databaseUrl, startServer, temporaryFolder } from '../support/server-process.ts'
import { effectsAtRest, signInAdmin } from '../support/shop.ts'

const config = join(import.meta.dirname, '../support/own-code.config.ts')
const step = 'effect begins'

/** On a server what a dead process has leased is free when its lease ends: here, at once. */
async function endLeases(dataFolder: string): Promise<void> {
  if (!testDatabase().isServer) return
  const client = new pg.Client({ connectionString: await databaseUrl(dataFolder) })
  await client.connect()
  await client.query(`update "effects" set "dueAt" = 0 where "state" = 'running'`)
  await client.end()
}

// proves P-032
test('an effect during which the process dies again and again is dead in the end, and staff have it tried again', {
  timeout: 180_000,
}, async (t) => {
  const dataFolder = temporaryFolder(t)
  const book = join(dataFolder, 'outside.txt')
  writeFileSync(book, '')
  const env = { BOOK_FILE: book }
  const first = await startServer(t, { config, dataFolder, env: { ...env, DIE_AT: step } })
  await first.guest.post('/api/comments', { text: step }).catch(() => null)
  const deaths = [(await first.ended).signal]
  for (const how of ['DIE_AT', 'LOOP_AT']) {
    await endLeases(dataFolder)
    // It may end before it says that it is ready.
    const stderr = await startServer(t, { config, dataFolder, env: { ...env, [how]: step } }).then(
      async (server) => {
        const { signal, stderr: said } = await server.ended
        deaths.push(signal)
        return said
      },
      (error) => {
        deaths.push('SIGKILL')
        return String(error)
      },
    )
    if (how === 'LOOP_AT')
      assert.match(stderr, /The effect comments\.tell \(.*\) has not returned for 20 s, .* \(it is at .*own-code\.config\.ts:\d+:\d+\)/)
  }
  assert.deepEqual(deaths, Array(limits.ownEffectCutOffsMax).fill('SIGKILL'))

  await endLeases(dataFolder)
  const still = await startServer(t, { config, dataFolder, env: { ...env, LOOP_AT: step } })
  const admin = await signInAdmin(still)
  const dead = await eventually('it is dead', async () => {
    const { items } = expectStatus(await admin.get('/api/effects?filter[state]=dead'), 200).body
    return items[0] ?? null
  })
  assert.deepEqual([dead.kind, dead.attempts], ['comments.tell', limits.ownEffectCutOffsMax])
  assert.match(
    dead.lastError,
    /^The effect comments\.tell \(.*own-code\.config\.ts:\d+:\d+\): its process died during the attempt, 3 times/,
  )
  // What else the process does goes on; what is of the same kind waits.
  expectStatus(await still.guest.post('/api/comments', { text: step }), 201)
  const waits = await eventually('the hook is done and the effect waits', async () => {
    const { items } = expectStatus(await admin.get('/api/effects?filter[state][in]=ready,running'), 200).body
    return items.length === 1 && items[0].lastError !== null ? items[0] : null
  })
  assert.deepEqual([waits.kind, waits.state, waits.attempts], ['comments.tell', 'ready', 0])
  assert.match(waits.lastError, new RegExp(dead.id))
  assert.equal((await still.stop()).code, 0)

  const mended = await startServer(t, { config, dataFolder, env })
  const staff = await signInAdmin(mended)
  for (const { id } of [dead, waits]) expectStatus(await staff.post(`/api/effects/${id}/retry`), 200)
  assert.deepEqual([...new Set((await effectsAtRest(staff)).map(({ state }) => state))], ['done'])
  const comments = expectStatus(await staff.get('/api/comments'), 200).body.items
  assert.deepEqual(
    comments.map(({ settled }: { settled: number }) => settled),
    [11, 11],
  )
  assert.equal((await mended.stop()).code, 0)
})
