// Where the bytes of files are: the port. A blob is written once, under a key of ours that nobody chooses, and never changed.
// Invariant: whoever writes a blob has committed a row with its key before, so that nothing in the store is unknown.
import { assert } from '../base/assert.ts'
import type { Bytes } from '../base/bytes.ts'
import type { Random } from '../base/random.ts'

export interface BlobStore {
  /**
   * Keeps the bytes as they come, at the pace that the store takes them; a part is only good until the next is asked for. It resolves once they are durable; if they break off
   * with an error, nothing is left under the key.
   * @throws storage_full, storage_unavailable, and what the bytes break off with
   */
  write(key: string, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** All of it, or from `first` to `last`, both included. Null where there is none. @throws storage_unavailable */
  read(key: string, range?: ByteRange): Promise<Bytes | null>
  /** Its length in bytes, or null. @throws storage_unavailable */
  sizeOf(key: string): Promise<number | null>
  /** Also what a write that broke off has left. It does no harm where there is none. @throws storage_unavailable */
  remove(key: string): Promise<void>
  /** All keys there are, in no order. @throws storage_unavailable */
  keys(): AsyncIterable<string>
}

export type ByteRange = { readonly first: number; readonly last: number }

/** Small letters and digits alone: it is a file name on every system, also where case does not count. */
export function newBlobKey(random: Random): string {
  return Buffer.from(random.bytes(16)).toString('hex')
}

/** A store never goes anywhere else, whatever it is given. */
export function checkKey(key: string): void {
  assert(/^[0-9a-f]{32}(?:\.\d{1,6})?$/.test(key), 'a key of a blob is one of ours')
}
