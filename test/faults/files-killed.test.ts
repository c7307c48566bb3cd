// kill -9 of a server that is sent files: at a random moment on a folder of the disk, and on a store of others at each of its requests,
// in the middle and between the bytes and the commit. Once all that is swept or owed has had its time, the store holds what records
// have and nothing else, and what was acknowledged is whole.
// long
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createLocalBlobs } from '../../src/blobs/local-blobs.ts'
import { createChance } from '../support/chance.ts'
import { type Cleanable, cleanUp } from '../support/clean-up.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand, type ServerProcess, startServer, temporaryFolder } from '../support/server-process.ts'
import { objectStores } from '../support/servers/object-stores.ts'
import { type Moment, openLine } from '../support/store-line.ts'

const chance = createChance(console.log)
const config = join(import.meta.dirname, '../support/files.config.ts')
const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const json = { 'content-type': 'application/json' }
const tus = { 'tus-resumable': '1.0.0' }

/** What the server has said yes to: albums that it has, with their bytes, and those that are gone. */
type Book = { readonly albums: Map<string, string>; readonly gone: Set<string> }
type Place = { readonly dataFolder: string; readonly env: Record<string, string> }

const start = async (t: Cleanable, { dataFolder, env }: Place) =>
  await startServer(t, { config, dataFolder, database: `sqlite:${join(dataFolder, 'kingpost.db')}`, env })

/** In one go or in two pieces, then claimed, and now and then removed again. @throws TypeError once the server is dead */
async function sendOne(url: string, book: Book, body: Buffer): Promise<void> {
  const id = chance.below(2) === 0 ? await sendWhole(url, body) : await sendPieces(url, body)
  if (id === null) return
  const album = JSON.stringify({ title: 'A', pictures: [{ id }] })
  const made = await fetch(`${url}/api/albums`, { method: 'POST', headers: json, body: album })
  if (made.status !== 201) return
  const { id: kept } = (await made.json()) as { id: string }
  book.albums.set(kept, sum(body))
  if (chance.below(4) > 0) return
  book.albums.delete(kept)
  if ((await fetch(`${url}/api/albums/${kept}`, { method: 'DELETE' })).status === 204) book.gone.add(kept)
}

async function sendWhole(url: string, body: Buffer): Promise<string | null> {
  const sent = await fetch(`${url}/api/files`, { method: 'POST', body })
  return sent.status === 201 ? ((await sent.json()) as { id: string }).id : null
}

async function sendPieces(url: string, body: Buffer): Promise<string | null> {
  const begun = await fetch(`${url}/api/uploads`, { method: 'POST', headers: { ...tus, 'upload-length': String(body.length) } })
  const at = begun.headers.get('location')
  const half = Math.floor(body.length / 2)
  for (const [from, to] of [
    [0, half],
    [half, body.length],
  ] as const) {
    const headers = { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(from) }
    const sent = await fetch(url + at, { method: 'PATCH', headers, body: body.subarray(from, to) })
    if (sent.status !== 204) return null
  }
  return at!.split('/').at(-1)!
}

/** All that waits for its time has it: what is swept, what is owed, and what a dead process had taken. */
async function settle(t: Cleanable, place: Place): Promise<void> {
  const path = join(place.dataFolder, 'kingpost.db')
  for (let round = 0; round < 2; round++) {
    const database = new DatabaseSync(path)
    database.exec(`update files set "expiresAt" = 1 where state <> 'claimed';
      update effects set "dueAt" = 1 where state in ('ready', 'running');
      update schedules set "nextAt" = ${1 + round} where name = 'files.sweep'`)
    database.close()
    const server = await start(t, place)
    const look = new DatabaseSync(path, { readOnly: true })
    const count = (sql: string) => Object.values(look.prepare(`select count(*) from ${sql}`).get()!)[0]
    await eventually('all is swept, and what is due is done', async () =>
      count(`files where state <> 'claimed'`) === 0 &&
      count(`effects where state in ('ready', 'running') and "dueAt" < 9e12 and key not like 'files.removeLate%'`) === 0
        ? true
        : null,
    )
    if (round === 1)
      await eventually('what was owed for later is done', async () => (count(`effects where state <> 'done'`) === 0 ? true : null))
    look.close()
    assert.equal((await server.stop()).code, 0)
  }
}

async function checkAll(t: Cleanable, place: Place, { blobs, book, said }: { blobs: BlobStore; book: Book; said: string }): Promise<void> {
  await settle(t, place)
  const database = new DatabaseSync(join(place.dataFolder, 'kingpost.db'), { readOnly: true })
  const rows = database.prepare('select key, parts, record from files').all() as { key: string; parts: string; record: string }[]
  database.close()
  const had = rows.flatMap(({ key, parts }) =>
    (JSON.parse(parts) as { piece: number }[]).map(({ piece }) => (piece === 0 ? key : `${key}.${piece}`)),
  )
  assert.deepEqual((await Array.fromAsync(blobs.keys())).toSorted(), had.toSorted(), said)
  assert.ok(rows.every(({ record }) => !book.gone.has(record)))
  const server = await start(t, place)
  for (const [album, expected] of book.albums) {
    const { pictures } = (await (await fetch(`${server.url}/api/albums/${album}`)).json()) as { pictures: { url: string }[] }
    assert.equal(sum(new Uint8Array(await (await fetch(server.url + pictures[0]!.url)).arrayBuffer())), expected, said)
  }
  await server.stop()
  const verified = await runCommand(['verify', '--checksums', '--config', config, '--data-dir', place.dataFolder], { env: place.env })
  assert.equal(verified.code, 0, `${said}: ${verified.stdout}${verified.stderr}`)
}

test('kill -9 at random moments while files are sent to a folder', async (t) => {
  const place = { dataFolder: temporaryFolder(t), env: { KINGPOST_RATE_LIMITS: 'off' } }
  const book: Book = { albums: new Map(), gone: new Set() }
  for (let round = 0; round < 3; round++) {
    const server = await start(t, place)
    const before = book.albums.size
    const sendOn = async () => {
      for (;;) await sendOne(server.url, book, randomBytes(1 + chance.below(400_000)))
    }
    const senders = Array.from({ length: 8 }, () => sendOn().catch(() => {}))
    await eventually('some are acknowledged', async () => (book.albums.size > before + 5 ? true : null))
    await sleep(chance.below(200))
    server.kill('SIGKILL')
    await server.ended
    await Promise.all(senders)
  }
  await checkAll(t, place, { blobs: createLocalBlobs(join(place.dataFolder, 'files')), book, said: 'a folder' })
  t.diagnostic(`${book.albums.size} albums stayed, ${book.gone.size} were removed`)
})

for (const { name, program, start: startStore } of objectStores)
  test(`kill -9 at each request to ${name}`, { skip: program === null ? `${name} cannot be found` : false }, async (t) => {
    const store = await startStore()
    cleanUp(t, () => store.stop())
    let server: ServerProcess | null = null
    const line = await openLine(store.url, () => server?.kill('SIGKILL'))
    cleanUp(t, () => line.close())
    const env = { KINGPOST_FILES_URL: store.settingAt(line.url), KINGPOST_RATE_LIMITS: 'off' }
    const place = { dataFolder: temporaryFolder(t), env }
    const book: Book = { albums: new Map(), gone: new Set() }
    const killed: string[] = []
    for (const moment of ['during', 'after'] satisfies Moment[])
      for (let count = 1; ; count++) {
        server = await start(t, place)
        line.loseAt(count, moment, true)
        await sendOne(server.url, book, randomBytes(10_000_000)).catch(() => {})
        const isOver = !line.wasLost()
        await line.mend()
        server.kill('SIGKILL')
        await server.ended
        if (isOver) break
        killed.push(`${moment} ${count}`)
      }
    assert.ok(killed.length >= 4, killed.join())
    await checkAll(t, place, { blobs: store.open(), book, said: `${name}, killed ${killed.join()}` })
    assert.deepEqual(await store.leftovers(), [])
  })
