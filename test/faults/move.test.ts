// A project that moves to another database: nothing is lost, nothing is owed twice, and at no moment could
// both be started on. Killed with -9 anywhere, the same command goes on.
// databases: all
// slow: mariadb, mysql, mongodb
// long
// ci
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadBackend } from '../../src/cli/load-config.ts'
import { openSnapshot } from '../../src/cli/open-storage.ts'
import { type ProcessSettings, readSettings } from '../../src/cli/settings.ts'
import { fillingMark } from '../../src/storage/archive/marks.ts'
import { createChance } from '../support/chance.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus } from '../support/http-client.ts'
import { makeLargeShop } from '../support/large-shop.ts'
import { openLive } from '../support/live-client.ts'
import { type Ended, runCommand, spawnCommand, startServer, temporaryFolder, testConfig } from '../support/server-process.ts'
import { checkOut, effectsAtRest, makeArticle, makeCart, orderWhen, sandboxOf, signInAdmin, signUp } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'

const chance = createChance(console.log)

const database = testDatabase()
/** Enough that a copy takes some seconds. */
const records = database.name === 'mongodb' ? 10_000 : 60_000
/** MongoDB keeps the transaction of a killed process for a minute, and the next one waits for it. */
const rounds = database.name === 'mongodb' ? 1 : 3
const sqlite = (folder: string) => `sqlite:${join(folder, 'kingpost.db')}`

async function kingpost(...words: readonly string[]): Promise<Ended> {
  return await runCommand([...words, '--config', testConfig])
}

async function sums(url: string): Promise<Body> {
  const { code, stdout, stderr } = await kingpost('verify', '--database', url, '--checksums', '--json')
  assert.equal(code, 0, `${stderr}${stdout}`)
  return (JSON.parse(stdout) as Body).sums
}

// proves P-011
test(`a shop moves to ${database.name}: people stay signed in, readers go on, what was owed is done there, once`, {
  timeout: 120_000,
}, async (t) => {
  const peer = await startSmtpPeer(t)
  const env = { KINGPOST_SMTP_URL: peer.url }
  const old = temporaryFolder(t)
  const server = await startServer(t, { dataFolder: old, database: sqlite(old), env })
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'moved', onHand: 1_000 })
  const customer = await signUp(server.guest, 'ada@mail.example')
  const live = await openLive(customer, '/api/changes?collections=notes')
  expectStatus(await server.guest.post('/api/notes', { text: 'seen' }), 201)
  await eventually('the note is told', async () => (live.events.length >= 2 ? true : null))
  live.cut()
  expectStatus(await server.guest.post('/api/notes', { text: 'not seen yet' }), 201)
  // Paid when the money is there, which is after the move: order, mail and webhook are still owed then.
  await sandboxOf(server).set({ delayedMs: 4_000, webhookMs: 0, cardMs: 10 })
  const paid = await makeCart(server.guest, [{ variant }])
  const { order: first } = await checkOut(paid)
  await orderWhen(paid.holder, first.id, ({ status }) => status === 'placed')
  const waiting = await makeCart(server.guest, [{ variant }])
  const { order: second } = await checkOut(waiting, 'delayed_success')
  const target = await database.url()
  const running = await kingpost('move', '--from', sqlite(old), '--to', target)
  assert.equal(running.code, 1)
  assert.match(running.stderr, /Another Kingpost is running on/)
  assert.equal((await server.stop()).code, 0)

  const before = await sums(sqlite(old))
  const moved = await kingpost('move', '--from', sqlite(old), '--to', target)
  assert.equal(moved.code, 0, moved.stderr)
  assert.match(moved.stdout, /the same on both sides, and all invariants hold/)
  assert.deepEqual(await sums(target), before)
  for (const words of [
    ['start', '--port', '0'],
    ['move', '--to', sqlite(temporaryFolder(t))],
  ]) {
    const refused = await kingpost(...words, '--database', sqlite(old))
    assert.equal(refused.code, 1, refused.stdout)
    assert.match(refused.stderr, /moved to|A move to/)
  }

  const dataFolder = temporaryFolder(t)
  copyFileSync(join(old, 'sandbox.db'), join(dataFolder, 'sandbox.db'))
  const next = await startServer(t, { dataFolder: database.isServer ? dataFolder : folderOf(target, dataFolder), database: target, env })
  const holder = next.guest.with({ 'cart-token': waiting.token })
  await orderWhen(holder, second.id, ({ status }) => status === 'placed', 30_000)
  const ada = next.guest.with({ authorization: `Bearer ${customer.token}` })
  expectStatus(await ada.get('/api/auth/me'), 200)
  const reader = await openLive(ada, '/api/changes?collections=notes', live.lastId())
  const [event] = await eventually('the reader goes on', async () => (reader.events.length > 0 ? reader.events : null))
  assert.deepEqual([event!.event, event!.data.record.text], ['change', 'not seen yet'])
  reader.cut()
  await effectsAtRest(await signInAdmin(next), 30_000)
  const receipts = peer.taken.filter(({ headers }) => /^Your order/.test(headers.get('subject')!))
  assert.equal(receipts.length, 2)
  assert.equal(new Set(peer.taken.map(({ headers }) => headers.get('message-id'))).size, peer.taken.length)
  const back = sqlite(temporaryFolder(t))
  const early = await kingpost('move', '--from', target, '--to', back)
  assert.equal(early.code, 1)
  assert.match(early.stderr, /A Kingpost runs on .*, heard of \d+ s ago|Another Kingpost is running on/)
  const book = await sandboxOf(next).payments()
  assert.deepEqual(
    book.map(({ state }) => state),
    ['succeeded', 'succeeded'],
  )
  assert.equal((await next.stop()).code, 0)
  const returned = await kingpost('move', '--from', target, '--to', back)
  assert.equal(returned.code, 0, returned.stderr)
})

/** A file has its folder, and the sandbox's book lies in it. */
function folderOf(url: string, from: string): string {
  const folder = url.replace(/^sqlite:/, '').replace(/\/kingpost\.db$/, '')
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(from, 'sandbox.db'), join(folder, 'sandbox.db'))
  return folder
}

/** Asks where the fill of a database stands; null when nothing of it is stored. */
async function watchFill(t: Cleanable, url: string): Promise<() => Promise<string | null>> {
  const settings = readSettings(['verify', '--database', url], {}) as ProcessSettings
  const { model } = await loadBackend({ ...settings, configPath: testConfig })
  const begun = (mark: string | null) => (mark !== null && JSON.parse(mark).last !== null ? mark : null)
  if (database.isServer) {
    const storage = await database.open(model, { url })
    cleanUp(t, () => storage.close())
    return async () => begun(await storage.readMark(fillingMark))
  }
  return async () => {
    // As long as there is no file, or none with tables, nothing can be read.
    const snapshot = await openSnapshot(settings, model).catch(() => null)
    const mark = await snapshot?.readMark(fillingMark).catch(() => null)
    await snapshot?.close()
    return begun(mark ?? null)
  }
}

// proves P-011
test(`killed -9 in the middle, a move to ${database.name} goes on to the same end`, { timeout: 600_000 }, async (t) => {
  const old = temporaryFolder(t)
  await makeLargeShop({ dataFolder: old, orders: 40, records })
  const before = await sums(sqlite(old))
  const target = await database.url()
  const words = ['move', '--config', testConfig, '--from', sqlite(old), '--to', target]
  const look = await watchFill(t, target)
  let last: string | null = null
  for (let round = 1; round <= rounds; round++) {
    const moving = spawnCommand(t, words)
    // Killed when it has stored something more, at a moment of its own.
    last = await eventually(
      'it has gone on',
      async () => {
        const now = await look()
        return now === last ? null : now
      },
      180_000,
    )
    await sleep(chance.below(100))
    moving.kill('SIGKILL')
    assert.equal((await moving.ended).code, null, 'it had not ended')
    const early = await kingpost('start', '--port', '0', '--database', target, '--data-dir', temporaryFolder(t))
    assert.match(early.stderr, /only half filled/)
    const late = await kingpost('start', '--port', '0', '--database', sqlite(old))
    assert.match(late.stderr, /A move of this database to .* was begun/)
  }
  const ended = await runCommand(words)
  assert.equal(ended.code, 0, ended.stderr)
  assert.deepEqual(await sums(target), before)
})
