// Blobs of one process, gone with it: for tests and for an engine without a disk.
import { Readable } from 'node:stream'
import { type BlobStore, checkKey } from './blob-store.ts'

export function createMemoryBlobs(): BlobStore {
  const blobs = new Map<string, Buffer>()
  return {
    async write(key, bytes) {
      checkKey(key)
      const parts: Uint8Array[] = []
      for await (const part of bytes) parts.push(Buffer.from(part))
      blobs.set(key, Buffer.concat(parts))
    },
    async read(key, range) {
      const blob = blobs.get(key)
      if (blob === undefined) return null
      return Readable.from([range === undefined ? blob : blob.subarray(range.first, range.last + 1)], { objectMode: false })
    },
    sizeOf: async (key) => blobs.get(key)?.length ?? null,
    remove: async (key) => void blobs.delete(key),
    async *keys() {
      yield* [...blobs.keys()]
    },
  }
}
