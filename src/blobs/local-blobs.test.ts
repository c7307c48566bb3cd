// A blob of a folder that is poured: every byte of it in its order, although the memory is used again.
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { limits } from '../base/limits.ts'
import { createLocalBlobs } from './local-blobs.ts'
import { partsOf } from './store-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'kingpost-blobs-'))
after(() => rmSync(folder, { recursive: true }))
const blobs = createLocalBlobs(folder)
const key = '0123456789abcdef0123456789abcdef'
/** Longer than three parts, and of no whole number of them; written in pieces of odd sizes. */
const bytes = Buffer.from(Array.from({ length: limits.blobReadBytes * 3 + 77 }, (_, place) => (place * 31 + (place >> 8)) & 255))
const pieces = Array.from({ length: 9 }, (_, place) => bytes.subarray(place * 99_991, place === 8 ? bytes.length : (place + 1) * 99_991))

async function poured(range?: { readonly first: number; readonly last: number }): Promise<Buffer> {
  const parts: Buffer[] = []
  await (await blobs.read(key, range))!.pour!(async (part) => {
    parts.push(Buffer.from(part))
    // Whoever takes it may take its time.
    await new Promise((resolve) => setImmediate(resolve))
  })
  return Buffer.concat(parts)
}

/** Files of the folder that this process holds open. */
function openFiles(): number {
  const places = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return ''
    }
  })
  return places.filter((place) => place.startsWith(folder)).length
}

/** A part is gone once the next is asked for, as those of a request are. */
async function* fleeting(): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const part = Buffer.from(piece)
    yield part
    part.fill(0)
  }
}

test('stores keep what they were handed, although its memory is used again', async () => {
  await blobs.write(key, fleeting())
  assert.ok((await buffer((await blobs.read(key))!)).equals(bytes))
  const parts: Buffer[] = []
  for await (const part of partsOf(fleeting())) parts.push(part)
  assert.ok(Buffer.concat(parts).equals(bytes))
})

test('what is poured is what was written, whole and in ranges', async () => {
  await blobs.write(key, Readable.from(pieces))
  assert.ok((await poured()).equals(bytes))
  for (const [first, last] of [
    [0, 0],
    [5, limits.blobReadBytes + 5],
    [limits.blobReadBytes - 1, limits.blobReadBytes],
    [bytes.length - 1, bytes.length - 1],
    [0, bytes.length - 1],
  ] as const)
    assert.ok((await poured({ first, last })).equals(bytes.subarray(first, last + 1)), `${first} to ${last}`)
})

test('whoever stops taking leaves no open file, and bytes that are missing are said to be', {
  skip: process.platform !== 'linux',
}, async () => {
  const stream = await blobs.read(key)
  await assert.rejects(
    stream!.pour!(async () => Promise.reject(new Error('gone'))),
    /gone/,
  )
  truncateSync(join(folder, key.slice(0, 2), key), 1_000)
  await assert.rejects(poured({ first: 0, last: bytes.length - 1 }), { code: 'storage_unavailable' })
  while (openFiles() > 0) await new Promise((resolve) => setImmediate(resolve))
})
