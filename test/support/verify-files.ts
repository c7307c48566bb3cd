// What `kingpost verify --checksums` finds of the files of a world.
import type { BlobStore } from '../../src/blobs/blob-store.ts'
import { fileInvariants } from '../../src/observe/invariants/files.ts'
import { verifyDatabase } from '../../src/observe/verify.ts'
import type { Reader } from '../../src/storage/storage.ts'
import type { World } from './api-harness.ts'

/** One line each, in the order of the letters. */
export async function verifyFiles({ engine, clock }: World, blobs: BlobStore): Promise<string[]> {
  const { storage, model } = engine.parts
  const { reader: read, commitsAfter } = storage
  const bytes = { blobs, isRead: true, now: <T>(ask: (read: Reader) => Promise<T>) => ask(read) }
  const found = await verifyDatabase({ read, commitsAfter, model, now: clock.now(), groups: [fileInvariants], bytes })
  return found.map(({ invariant, rows, found: what }) => `${invariant} ${rows[0]} ${what}`).toSorted()
}
