// A file on its way over a real socket into a real folder: cut at any byte, of a wrong length, left alone, or large.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { limits } from '../../src/base/limits.ts'
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { createLocalBlobs } from '../../src/blobs/local-blobs.ts'
import { files } from '../../src/domains/files/collections.ts'
import { openWorld, type World } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-files-'))
/** A store that can be told to take nothing for a while, and that counts what is read of it. */
const pace = {
  gate: Promise.resolve(),
  go: () => {},
  read: 0,
  hold: () => void ({ promise: pace.gate, resolve: pace.go } = Promise.withResolvers<void>()),
}
const local = createLocalBlobs(folder)
const blobs: BlobStore = {
  ...local,
  write: (key, bytes) =>
    local.write(
      key,
      (async function* () {
        for await (const some of bytes) {
          await pace.gate
          yield some
        }
      })(),
    ),
  async read(key, range) {
    const bytes = await local.read(key, range)
    const counted = async function* () {
      for await (const some of bytes!) {
        pace.read += (some as Buffer).length
        yield some as Buffer
      }
    }
    return bytes && Readable.from(counted(), { objectMode: false })
  },
}
let world: World
let port: number
before(async () => {
  world = await openWorld({ blobs })
  port = await world.server.listen(0, '127.0.0.1')
})
after(async () => {
  await world.close()
  rmSync(folder, { recursive: true })
})

const head = (more: string) => `POST /api/files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer kps_owner\r\nConnection: close\r\n${more}\r\n`
const keys = () => Array.fromAsync(blobs.keys())
const rows = () => world.engine.parts.storage.reader.find(files, { limit: 1_000 })
const nothingIsLeft = () =>
  eventually('neither bytes nor a row are left', async () => ((await keys()).length === 0 && (await rows()).length === 0 ? true : null))

/** Sends these bytes and goes away. */
function sendAndGo(bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, () => socket.destroy()))
    socket.on('error', () => {}).on('close', () => resolve())
  })
}

async function ask(bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  return await text(socket)
}

test('one that is cut at any byte leaves nothing', async () => {
  const content = 'The bytes of a file.'
  const form = `--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${content}\r\n--cut--\r\n`
  const plain = head(`Content-Length: ${content.length}\r\n`) + content
  const chunked = `${head('Transfer-Encoding: chunked\r\n')}${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`
  const ofForm = head(`Content-Length: ${form.length}\r\nContent-Type: multipart/form-data; boundary=cut\r\n`) + form
  for (const whole of [plain, chunked, ofForm]) {
    const body = whole.indexOf('\r\n\r\n') + 4
    for (let cut = body - 2; cut < whole.length; cut++) await sendAndGo(Buffer.from(whole.slice(0, cut)))
  }
  await nothingIsLeft()
  for (const whole of [plain, chunked, ofForm]) assert.match(await ask(whole), /^HTTP\/1\.1 201 /)
  assert.equal((await keys()).length, 3)
  assert.deepEqual(
    (await rows()).map(({ state, size }) => [state, size]),
    Array(3).fill(['stored', content.length]),
  )
  await world.write(async (tx) => {
    for (const row of await tx.find(files, { limit: 10 })) await tx.delete(files, row)
  })
  for (const key of await keys()) await blobs.remove(key)
})

test('one that is shorter than it says is given up when nothing more comes, and so is one without an end', async () => {
  for (const body of [`${head('Content-Length: 100\r\n')}short`, `${head('Transfer-Encoding: chunked\r\n')}5\r\nshort\r\n`]) {
    const answer = ask(body)
    await eventually('its bytes are on their way', async () => ((await keys()).length > 0 ? true : null))
    await world.clock.advance(limits.fileSilenceMs + 1)
    await answer
    await nothingIsLeft()
  }
  // Longer than it says: what is behind the file is another request, and none.
  assert.match(await ask(`${head('Content-Length: 2\r\n').replace('Connection: close\r\n', '')}abGARBAGE\r\n\r\n`), /HTTP\/1\.1 400 /)
})

test('a large one is stored and read at the pace of the slower side, and never held', async () => {
  const part = Buffer.alloc(65_536, 'kingpost ')
  const url = `http://127.0.0.1:${port}`
  const headers = { authorization: 'Bearer kps_owner', 'file-name': 'large.bin' }
  const count = 1_024
  let given = 0
  async function* body() {
    for (; given < count; given++) yield part
  }
  pace.hold()
  const sending = fetch(`${url}/api/files`, { method: 'POST', headers, body: body(), duplex: 'half' } as unknown as RequestInit)
  await standsStill('the sender waits for the store', () => given)
  assert.ok(given < count / 2, `${given} of ${count} parts were taken from the sender`)
  pace.go()
  const sent = await sending
  assert.equal(sent.status, 201)
  const file = (await sent.json()) as { size: number; url: string }
  assert.equal(file.size, part.length * count)

  pace.read = 0
  const reading = await fetch(url + file.url, { headers })
  await standsStill('the store waits for the reader', () => pace.read)
  assert.ok(pace.read < file.size / 2, `${pace.read} of ${file.size} bytes were read`)
  let size = 0
  for await (const some of reading.body!) size += some.length
  assert.equal(size, file.size)
  // A reader that goes away ends it, and the server goes on.
  const left = new AbortController()
  await fetch(url + file.url, { headers, signal: left.signal })
  left.abort()
  assert.equal((await fetch(url + file.url, { headers: { ...headers, range: 'bytes=0-8' } })).status, 206)
})

test('a full disk takes no file, keeps nothing of it, and takes the next that fits', async (t) => {
  const disk = mountSmallDisk(t, 2_000)
  if (disk === null) return t.skip('only root can mount a small disk')
  const stored = createLocalBlobs(join(disk, 'files'))
  const small = await openWorld({ blobs: stored })
  t.after(() => small.close())
  const send = async (bytes: number) => await small.call('owner', { method: 'POST', url: '/api/files', body: Buffer.alloc(bytes, 'x') })
  const left = async () => [await Array.fromAsync(stored.keys()), await small.engine.parts.storage.reader.find(files, { limit: 10 })]
  const large = await send(3_000_000)
  assert.deepEqual([large.status, large.body.code, await left()], [507, 'storage_full', [[], []]])
  assert.equal((await send(1_000)).status, 201)
  const tus = { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream' }
  const begun = await small.call('owner', {
    method: 'POST',
    url: '/api/uploads',
    headers: { 'tus-resumable': '1.0.0', 'upload-length': '3000000' },
  })
  const url = String(begun.headers['location'])
  const patch = async (offset: number, bytes: number) =>
    await small.call('owner', {
      method: 'PATCH',
      url,
      headers: { ...tus, 'upload-offset': String(offset) },
      body: Buffer.alloc(bytes, 'x'),
    })
  assert.equal((await patch(0, 1_000)).status, 204)
  assert.equal((await patch(1_000, 2_500_000)).body.code, 'storage_full')
  assert.equal((await small.call('owner', { method: 'HEAD', url, headers: tus })).headers['upload-offset'], '1000')
  assert.equal((await patch(1_000, 1_000)).status, 204)
})

/** The same number at ten looks in a row, and not the first one. */
async function standsStill(what: string, look: () => number): Promise<void> {
  let seen = [0]
  await eventually(what, async () => {
    seen = [...seen, look()].slice(-10)
    return seen.length === 10 && seen[0]! > 0 && seen.every((one) => one === seen[0]) ? true : null
  })
}
