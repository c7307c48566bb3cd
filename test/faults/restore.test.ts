// The drill: a backup at a random moment under load, more load, a loss of everything, a restore. The other
// side's books (the provider's, the mail server's) go on meanwhile, and are compared with what comes back.
// databases: all
// slow: mariadb, mysql, mongodb
// long
// ci
import assert from 'node:assert/strict'
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { createChance } from '../support/chance.ts'
import type { Cleanable } from '../support/clean-up.ts'
import { testDatabase } from '../support/databases.ts'
import { eventually } from '../support/eventually.ts'
import { type Body, expectStatus, type HttpClient } from '../support/http-client.ts'
import { openLive } from '../support/live-client.ts'
import {
  databaseUrl,
  type Ended,
  runCommand,
  type ServerProcess,
  startServer,
  temporaryFolder,
  testConfig,
  verify,
} from '../support/server-process.ts'
import { checkOut, effectsAtRest, ledgerSums, makeArticle, makeCart, sandboxOf, signInAdmin, signUp } from '../support/shop.ts'
import { startSmtpPeer } from '../support/smtp-peer.ts'

const chance = createChance(console.log)

/** One command on the database of a folder, with `--json`. */
async function kingpost(dataFolder: string, ...words: readonly string[]): Promise<Ended> {
  return await runCommand([
    ...words,
    '--config',
    testConfig,
    '--data-dir',
    dataFolder,
    '--database',
    await databaseUrl(dataFolder),
    '--json',
  ])
}

async function told(dataFolder: string, ...words: readonly string[]): Promise<Body> {
  const { code, stdout, stderr } = await kingpost(dataFolder, ...words)
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}${stdout}`)
  return JSON.parse(stdout) as Body
}

/** What clients were told yes to, in the order of the answers. */
type Acknowledged = { readonly order: string; readonly email: string }[]

/** Buys until the server is gone. */
async function shop(guest: HttpClient, variant: string, name: string, acknowledged: Acknowledged): Promise<void> {
  for (let count = 0; ; count++) {
    const email = `${name}.${count}@mail.example`
    try {
      const cart = await makeCart(guest, [{ variant }])
      expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { email }), 200)
      const { order } = await checkOut(cart)
      acknowledged.push({ order: order.id, email })
    } catch (error) {
      if (error instanceof TypeError) return
      throw error
    }
  }
}

// proves P-010
test('a backup under load, restored after more of it: nothing acknowledged before it is missing, nothing is done twice', {
  timeout: 180_000,
}, async (t) => {
  const peer = await startSmtpPeer(t)
  const env = { KINGPOST_SMTP_URL: peer.url }
  const lost = temporaryFolder(t)
  const server = await startServer(t, { dataFolder: lost, env })
  const admin = await signInAdmin(server)
  const { variant } = await makeArticle(admin, { slug: 'drill', onHand: 1_000_000 })
  const customer = await signUp(server.guest, 'ada@mail.example')
  // So that much is under way at every moment.
  await sandboxOf(server).set({ cardMs: 300, delayedMs: 1_500, webhookMs: 50, webhookJitterMs: 200 })
  const live = await openLive(admin, '/api/changes?collections=orders')

  const acknowledged: Acknowledged = []
  const shopping = Promise.all(Array.from({ length: 8 }, (_, index) => shop(server.guest, variant, `client${index}`, acknowledged)))
  await eventually('some orders', async () => (acknowledged.length > 20 ? true : null), 60_000)
  await sleep(chance.below(1_500))
  const before = [...acknowledged]
  const file = join(temporaryFolder(t), 'backup.jsonl.zst')
  const written = await told(lost, 'backup', file)
  assert.ok(existsSync(file))
  assert.ok(written.sections.orders.count >= before.length)
  const orders = acknowledged.length
  await eventually('more orders after the backup', async () => (acknowledged.length > orders + 20 ? true : null), 60_000)
  server.kill('SIGKILL')
  await server.ended
  await shopping
  live.cut()

  // The machine is gone. The provider's book is another company's.
  const dataFolder = temporaryFolder(t)
  for (const name of ['sandbox.db', 'sandbox.db-wal']) copyFileSync(join(lost, name), join(dataFolder, name))
  const restored = await told(dataFolder, 'restore', file)
  assert.deepEqual([restored.violations, restored.isReviewed], [0, false])
  const sentBefore = peer.taken.length
  const again = await startServer(t, { dataFolder, env })
  // Whether effects are held depends on the moment of the backup.
  await eventually('the notice', async () => (/restored from a backup of .*(are|is) held/s.test(again.stderr()) ? true : null))
  assert.equal(JSON.parse((await again.guest.get('/readyz')).text).restored, 'held effects wait for a review')
  await checkRestored(again, { before, customer, live: live.events.at(-1)!.id! })
  const staff = await signInAdmin(again)

  await eventually(
    'every payment was asked for',
    async () => ((await told(dataFolder, 'effects')).unaskedPayments === 0 ? true : null),
    60_000,
  )
  await effectsAtRest(staff, 60_000)
  const { held } = await told(dataFolder, 'effects')
  assert.equal(peer.taken.length, sentBefore, 'no mail of the restored past is sent before anybody has looked')
  const resumed = await told(dataFolder, 'effects', 'resume')
  assert.deepEqual([resumed.recovery, resumed.held.recognised, resumed.held.mails], [null, 0, held.mails])
  await effectsAtRest(staff, 60_000)
  await checkBooks(again, staff)
  const sent = peer.taken.filter(({ headers }) => /^Your order/.test(headers.get('subject')!)).map(({ to }) => to)
  assert.deepEqual(sent.length, new Set(sent).size, 'nobody has two receipts')

  // Life goes on: what is new is charged and mailed as ever.
  const cart = await makeCart(again.guest, [{ variant }])
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { email: 'new@mail.example' }), 200)
  await checkOut(cart)
  await eventually('the receipt of a new order', async () => (peer.taken.some(({ to }) => to === 'new@mail.example') ? true : null))
  await told(dataFolder, 'effects', 'cancel', '--mails')
  assert.equal((await told(dataFolder, 'effects')).held.mails, 0)
  const checked = await verify(dataFolder)
  assert.equal(checked.code, 0, checked.stdout)
})

async function checkRestored(
  server: ServerProcess,
  {
    before,
    customer,
    live,
  }: { readonly before: Acknowledged; readonly customer: HttpClient & { readonly token: string }; readonly live: string },
): Promise<void> {
  const staff = await signInAdmin(server)
  const found = new Set((await staff.all('/api/orders')).map(({ id }) => id as string))
  for (const { order } of before) assert.ok(found.has(order), `${order} was acknowledged before the backup began`)
  const old = server.guest.with({ authorization: `Bearer ${customer.token}` })
  expectStatus(await old.get('/api/auth/me'), 401)
  const reader = await openLive(staff, '/api/changes?collections=orders', live)
  const [event] = await eventually('a place in the lost past is told as reset', async () =>
    reader.events.length > 0 ? reader.events : null,
  )
  assert.equal(event!.event, 'reset')
  reader.cut()
}

/** The provider took for each payment once, and what it took for an order that we know is on that order. */
async function checkBooks(server: ServerProcess, staff: HttpClient): Promise<void> {
  const book = await sandboxOf(server).payments()
  const references = book.map(({ reference }) => reference)
  assert.equal(references.length, new Set(references).size, 'no payment was begun twice')
  const taken = new Map(book.filter(({ state }) => state === 'succeeded').map(({ reference, amountMinor }) => [reference, amountMinor]))
  for (const { id, captured, order } of await staff.all('/api/payments')) {
    assert.equal(captured.amount, taken.get(id) ?? 0, `payment ${id}`)
    const { status, paymentStatus } = expectStatus(await staff.get(`/api/orders/${order}`), 200).body
    assert.deepEqual([status, paymentStatus], ['placed', 'paid'], `order ${order}`)
  }
  assert.deepEqual(await ledgerSums(staff), { EUR: 0 })
}

test('where nothing was open there is nothing to review', async (t) => {
  const used = await usedFolder(t)
  const file = join(temporaryFolder(t), 'quiet.jsonl.zst')
  await told(used, 'backup', file)
  const dataFolder = temporaryFolder(t)
  const restored = await told(dataFolder, 'restore', file)
  assert.deepEqual([restored.isReviewed, restored.counts.held], [true, 0])
  assert.equal((await told(dataFolder, 'effects')).recovery, null)
  const server = await startServer(t, { dataFolder })
  assert.deepEqual(JSON.parse((await server.guest.get('/readyz')).text), { status: 'ok' })
  assert.equal((await server.stop()).stderr, '')
})

// What went out after the backup has its number for ever, though nobody here knows it: given again, two customers would hold it.
test('invoices go on after the last that went out, without a number twice or left out', async (t) => {
  const config = join(import.meta.dirname, '../../examples/bookshop/kingpost.config.ts')
  const lost = temporaryFolder(t)
  const run = async (dataFolder: string, ...words: readonly string[]) => {
    const database = ['--data-dir', dataFolder, '--database', await databaseUrl(dataFolder)]
    return await runCommand([...words, '--config', config, ...database])
  }
  const server = await startServer(t, { config, dataFolder: lost })
  await signInAdmin(server)
  const before = await invoiceOf(server)
  const file = join(temporaryFolder(t), 'invoices.jsonl.zst')
  assert.equal((await run(lost, 'backup', file)).code, 0)
  const [second, third] = [await invoiceOf(server), await invoiceOf(server)]
  const year = before.slice(4, 8)
  assert.deepEqual(
    [before, second, third],
    [1, 2, 3].map((number) => `INV-${year}-0000${number}`),
  )
  assert.equal((await server.stop()).code, 0)

  const dataFolder = temporaryFolder(t)
  const restored = await run(dataFolder, 'restore', file, '--last-invoice', `INV/${year}=3`)
  assert.equal(restored.code, 0, restored.stderr)
  assert.match(restored.stdout, new RegExp(`Invoices INV/${year} go on with number 4\\.`))
  const again = await startServer(t, { config, dataFolder })
  assert.equal(await invoiceOf(again), `INV-${year}-00004`)
  assert.equal((await again.stop()).code, 0)
  const verified = await run(dataFolder, 'verify')
  assert.equal(verified.code, 0, verified.stdout)
})

/** The number of the invoice of an order that is placed now. */
async function invoiceOf({ guest }: ServerProcess): Promise<string> {
  const [book] = expectStatus(await guest.get('/api/products?filter[slug]=emma&expand=variants'), 200).body.items
  const cart = await makeCart(guest, [{ variant: book.variants[0].id }])
  const [method] = expectStatus(await guest.get('/api/shippingMethods'), 200).body.items
  expectStatus(await cart.holder.patch(`/api/carts/${cart.id}`, { shippingMethod: method.id }), 200)
  const { order } = await checkOut(cart)
  return await eventually('the invoice is issued', async () => {
    const { items } = expectStatus(await cart.holder.get(`/api/orders/${order.id}/invoices`), 200).body
    return items[0]?.number ?? null
  })
}

test('what cannot be a restore is said in a sentence, and harms nothing', async (t) => {
  const used = await usedFolder(t)
  const file = join(temporaryFolder(t), 'a.jsonl.zst')
  await told(used, 'backup', file)
  const bytes = readFileSync(file)
  const refused = async (dataFolder: string, ...words: readonly string[]) => {
    const { code, stdout, stderr } = await kingpost(dataFolder, ...words)
    assert.equal(code, 1, stderr)
    assert.equal(stdout, '')
    return stderr
  }
  assert.match(await refused(used, 'backup', file), /is there already\. Give the backup another name/)
  assert.match(await refused(used, 'restore', file), /It is not empty\. Give an empty database/)
  assert.match(await refused(temporaryFolder(t), 'restore', join(used, 'nothing')), /There is no file/)
  if (!testDatabase().isServer) assert.match(await refused(temporaryFolder(t), 'backup'), /There is no database at/)

  const cut = join(temporaryFolder(t), 'cut.jsonl.zst')
  writeFileSync(cut, bytes)
  truncateSync(cut, bytes.length - 100)
  assert.match(await refused(used, 'backup', 'verify', cut), /cut off|damaged/)
  assert.match(await refused(temporaryFolder(t), 'restore', cut), /cut off|damaged/)
  const changed = join(temporaryFolder(t), 'changed.jsonl.zst')
  writeFileSync(changed, zstdCompressSync(Buffer.from(zstdDecompressSync(bytes).toString().replace('keep me', 'keep it'))))
  const empty = temporaryFolder(t)
  assert.match(await refused(empty, 'restore', changed), /damaged: the section notes is not what was written/)
  // Nothing was stored before it was read to its end.
  await told(empty, 'restore', file)
  if (!testDatabase().isServer) {
    const half = await usedFolder(t)
    const database = new DatabaseSync(join(half, 'kingpost.db'))
    database.exec(`insert into "_meta" ("name","value") values ('filling','{"id":"arc_1","section":"notes","last":null}')`)
    database.close()
    assert.match(await refused(half, 'start', '--port', '0'), /only half filled/)
    assert.match(await refused(half, 'backup'), /only half filled/)
  }

  const server = await startServer(t, { dataFolder: used })
  assert.deepEqual(
    (await server.guest.all('/api/notes')).map(({ text }) => text),
    ['keep me'],
  )
})

/** A folder with data in it, its server stopped. */
async function usedFolder(t: Cleanable): Promise<string> {
  const server = await startServer(t)
  expectStatus(await server.guest.post('/api/notes', { text: 'keep me' }), 201)
  assert.equal((await server.stop()).code, 0)
  return server.dataFolder
}
