// Blobs as files of one folder, for servers that share it. Written beside their place, synced, then moved there, so that what
// stands under a key is always whole, also after a crash. Keys are ours: no name of a caller ever reaches the disk.
import { type FileHandle, mkdir, open, opendir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Pour } from '../base/bytes.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { type BlobStore, type ByteRange, checkKey } from './blob-store.ts'

/** Made when the first blob is written. */
export function createLocalBlobs(folder: string): BlobStore {
  // A folder of a few thousand entries is quick on every file system: 256 of them hold a million.
  const shardOf = (key: string) => join(folder, key.slice(0, 2))
  const placeOf = (key: string) => {
    checkKey(key)
    return join(shardOf(key), key)
  }
  const besideOf = (key: string) => `${placeOf(key)}.part`

  return {
    async write(key, bytes) {
      const [place, beside] = [placeOf(key), besideOf(key)]
      await translated(() => mkdir(shardOf(key), { recursive: true }))
      const file = await translated(() => open(beside, 'w'))
      try {
        await fill(file, bytes)
        await translated(() => file.sync())
      } catch (error) {
        await file.close()
        await unlink(beside).catch(() => {})
        throw error
      }
      await translated(async () => {
        await file.close()
        await rename(beside, place)
        // A name is durable with its folder, and that with the one above it.
        for (const above of [shardOf(key), folder]) await syncFolder(above)
      })
    },

    async read(key, range) {
      try {
        const file = await open(placeOf(key), 'r')
        const stream = file.createReadStream({ highWaterMark: limits.blobReadBytes, ...(range && { start: range.first, end: range.last }) })
        const pour: Pour = (take) => pourFrom(file, range, take).finally(() => stream.destroy())
        return Object.assign(stream, { pour })
      } catch (error) {
        if (isMissing(error)) return null
        throw asOurs(error)
      }
    },

    sizeOf: (key) => sizeAt(placeOf(key)),

    async remove(key) {
      for (const path of [placeOf(key), besideOf(key)]) await removeAt(path)
    },

    async *keys() {
      for await (const shard of namesIn(folder))
        if (/^[0-9a-f]{2}$/.test(shard)) for await (const name of namesIn(join(folder, shard))) yield name.replace(/\.part$/, '')
    },
  }
}

/**
 * Many parts by one call, while the next ones come: each call costs a thread its turn, and what comes is hashed meanwhile. They are
 * copied: a part is only good until the next is asked for.
 */
async function fill(file: FileHandle, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  let [filling, written] = [borrowed(), borrowed()]
  let size = 0
  let writing: Promise<void> = Promise.resolve()
  try {
    for await (const part of bytes)
      for (let rest = part; rest.length > 0; ) {
        const some = rest.subarray(0, filling.length - size)
        filling.set(some, size)
        size += some.length
        rest = rest.subarray(some.length)
        if (size < filling.length) continue
        await writing
        writing = writeAll(file, filling)
        // Told where it is waited for.
        writing.catch(() => {})
        ;[filling, written] = [written, filling]
        size = 0
      }
    await writing
    await writeAll(file, filling.subarray(0, size))
  } finally {
    // Nobody closes a file that is written to.
    await writing.catch(() => {})
    spare.push(...[filling, written].slice(0, limits.blobBuffersKept - spare.length))
  }
}

/** For the next file, so that one of a few bytes needs no memory of its own. */
const spare: Buffer[] = []

function borrowed(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(limits.blobWriteBytes)
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    const now = rest
    const { bytesWritten } = await translated(() => file.write(now))
    rest = rest.subarray(bytesWritten)
  }
}

/** Two buffers in turn: one is filled while the other is taken. */
async function pourFrom(file: FileHandle, range: ByteRange | undefined, take: (part: Uint8Array) => Promise<void>): Promise<void> {
  const { first, last } = range ?? { first: 0, last: Number.MAX_SAFE_INTEGER }
  const bytesMost = Math.min(limits.blobReadBytes, last - first + 1)
  let [used, free]: (Buffer | null)[] = [null, null]
  let at = first
  const fillNext = async (): Promise<Buffer> => {
    free ??= Buffer.allocUnsafeSlow(bytesMost)
    const { bytesRead } = await file.read(free, 0, Math.min(bytesMost, last - at + 1), at)
    at += bytesRead
    return free.subarray(0, bytesRead)
  }
  let coming = fillNext()
  try {
    for (let part = await coming; part.length > 0; part = await coming) {
      ;[used, free] = [free, used]
      coming = at > last ? Promise.resolve(nothing) : fillNext()
      coming.catch(() => {})
      await take(part)
    }
    if (range !== undefined && at <= last)
      throw new EngineError('storage_unavailable', { detail: 'The bytes of this file are not all there.' })
  } finally {
    await coming.catch(() => {})
  }
}

const nothing = Buffer.alloc(0)

async function sizeAt(place: string): Promise<number | null> {
  try {
    return (await stat(place)).size
  } catch (error) {
    if (isMissing(error)) return null
    throw asOurs(error)
  }
}

async function removeAt(path: string): Promise<void> {
  try {
    await unlink(path)
  } catch (error) {
    if (!isMissing(error)) throw asOurs(error)
  }
}

async function* namesIn(folder: string): AsyncIterable<string> {
  try {
    for await (const { name } of await opendir(folder)) yield name
  } catch (error) {
    if (!isMissing(error)) throw asOurs(error)
  }
}

/** Windows keeps names by itself, and opens no folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  try {
    await folder?.sync()
  } finally {
    await folder?.close()
  }
}

async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw asOurs(error)
  }
}

function asOurs(cause: unknown): EngineError {
  const { code } = cause as NodeJS.ErrnoException
  return new EngineError(code === 'ENOSPC' || code === 'EDQUOT' ? 'storage_full' : 'storage_unavailable', {
    detail: code === 'ENOSPC' || code === 'EDQUOT' ? 'The disk is full: the file was not stored.' : 'Files cannot be reached now.',
    cause,
  })
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
