// Files in a real object store that checks signatures: VersityGW (https://github.com/versity/versitygw), where it is on the path. It is
// made by `go install github.com/versity/versitygw/cmd/versitygw@v1.8.0`.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { systemClock } from '../../src/base/clock.ts'
import { isEngineError } from '../../src/base/engine-error.ts'
import { systemRandom } from '../../src/base/random.ts'
import { type BlobStore, newBlobKey } from '../../src/blobs/blob-store.ts'
import { createS3Blobs } from '../../src/blobs/s3-blobs.ts'
import { files } from '../../src/domains/files/collections.ts'
import { openWorld, type World, work } from '../support/api-harness.ts'
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/server-process.ts'
import { findProgram } from '../support/servers/find-program.ts'

const program = findProgram('versitygw')
const skip = program === null ? 'versitygw cannot be found' : false
const folder = mkdtempSync(join(tmpdir(), 'kingpost-s3-'))
const place = { accessKey: 'KEYOFOURS', secretKey: 'secret+of/ours', region: 'us-east-1' }
let gateway: ChildProcess
let url: string
let blobs: BlobStore

before(async () => {
  if (program === null) return
  mkdirSync(join(folder, 'bucket'))
  const port = await freePort()
  const env = { ...process.env, ROOT_ACCESS_KEY: place.accessKey, ROOT_SECRET_KEY: place.secretKey }
  gateway = spawn(program, ['--port', `127.0.0.1:${port}`, 'posix', folder], { env, stdio: 'ignore' })
  url = `http://127.0.0.1:${port}/bucket`
  blobs = createS3Blobs({ ...place, url }, systemClock)
  await eventually('the store answers', async () => await Array.fromAsync(blobs.keys()))
})
after(() => {
  gateway?.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

const put = async (key: string, ...parts: Buffer[]) => await blobs.write(key, Readable.from(parts))
const sum = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const newKey = () => newBlobKey(systemRandom)

test('what is written is read, in whole and in ranges, listed and removed', { skip }, async () => {
  const large = Array.from({ length: 20 }, () => randomBytes(1_000_000))
  const all: [string, Buffer[]][] = [
    [newKey(), [Buffer.from('small')]],
    [newKey(), []],
    [`${newKey()}.1`, large],
    [newKey(), [randomBytes(8_388_608)]],
  ]
  for (const [key, parts] of all) {
    const whole = Buffer.concat(parts)
    await put(key, ...parts)
    assert.equal(await blobs.sizeOf(key), whole.length)
    assert.equal(sum(await buffer((await blobs.read(key))!)), sum(whole))
  }
  const range = { first: 999_990, last: 1_000_009 }
  assert.deepEqual(await buffer((await blobs.read(all[2]![0], range))!), Buffer.concat(large).subarray(999_990, 1_000_010))
  assert.deepEqual((await Array.fromAsync(blobs.keys())).toSorted(), all.map(([key]) => key).toSorted())
  for (const [key] of all) await blobs.remove(key)
  await blobs.remove(all[0]![0])
  assert.deepEqual(await Array.fromAsync(blobs.keys()), [])
  assert.deepEqual([await blobs.sizeOf(all[0]![0]), await blobs.read(all[0]![0])], [null, null])
})

test('what breaks off leaves nothing, and a wrong secret is refused', { skip }, async () => {
  async function* broken() {
    for (let count = 0; count < 12; count++) yield randomBytes(1_000_000)
    throw new Error('cut')
  }
  await assert.rejects(blobs.write(newKey(), broken()), /cut/)
  assert.deepEqual(await Array.fromAsync(blobs.keys()), [])
  const wrong = createS3Blobs({ ...place, secretKey: 'another', url }, systemClock)
  await assert.rejects(wrong.write(newKey(), Readable.from([Buffer.from('x')])), (error) => isEngineError(error, 'storage_unavailable'))
  await assert.rejects(wrong.sizeOf(newKey()), (error) => isEngineError(error, 'storage_unavailable'))
})

/** Hands on so many bytes to the store, then cuts. */
async function cutAfter(bytes: number): Promise<{ readonly url: string; close(): void }> {
  const { port, hostname } = new URL(url)
  const { connect } = await import('node:net')
  let left = bytes
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const there = connect(Number(port), hostname)
    for (const one of [socket, there]) open.add(one.on('error', () => {}))
    socket.on('data', (part) => {
      left -= part.length
      if (left < 0) for (const one of [socket, there]) one.destroy()
      else there.write(part)
    })
    there.on('data', (part) => void socket.write(part))
    socket.on('close', () => there.destroy())
    there.on('close', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${own}/bucket`,
    close() {
      for (const one of open) one.destroy()
      server.close()
    },
  }
}

test('a line to the store that is lost at any point leaves neither bytes nor a record without them', { skip }, async (t) => {
  for (const bytes of [0, 100, 400, 700, 3_000, 60_000, 101_000]) {
    const line = await cutAfter(bytes)
    // The signature holds the address that the store is asked by.
    let isCut = true
    const behind = createS3Blobs({ ...place, url: line.url }, systemClock)
    const store: BlobStore = { ...blobs, write: (key, content) => (isCut ? behind : blobs).write(key, content) }
    const world: World = await openWorld({ blobs: store })
    t.after(() => world.close())
    await world.engine.start()
    const send = async () => await world.call('owner', { method: 'POST', url: '/api/files', body: randomBytes(100_000) })
    const sent = await send()
    assert.ok(sent.status === 503 || sent.status === 201, sent.text)
    isCut = false
    const again = await send()
    assert.equal(again.status, 201)
    const { status } = await world.call('owner', { method: 'POST', url: '/api/notes', body: { title: 'x', papers: [again.body] } })
    assert.equal(status, 201)
    await world.write((tx) => tx.touchAll(files, { op: 'true' }, { set: { expiresAt: 1 } }))
    await work(world, 125_000)
    const rows = await world.engine.parts.storage.reader.find(files, { limit: 10 })
    assert.deepEqual(
      rows.map(({ state }) => state),
      ['claimed'],
    )
    assert.deepEqual(
      await Array.fromAsync(blobs.keys()),
      rows.map(({ key }) => key),
    )
    for (const { key } of rows) await blobs.remove(key)
    line.close()
  }
})
