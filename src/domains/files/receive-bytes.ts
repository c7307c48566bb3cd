// Bytes on their way into the store, looked at as they pass: counted, hashed, their head kept. None are held.
import { createHash } from 'node:crypto'
import { limits } from '../../base/limits.ts'
import type { FileRoom } from './file-target.ts'

export type Received = { readonly size: number; readonly hash: string; readonly head: Uint8Array }

/** `bytes` is for the store; once all have passed, `received` tells of them. @throws what `tooLarge` makes past `bytesMax` */
export function watchBytes(
  source: AsyncIterable<Uint8Array>,
  { bytesMax, tooLarge }: FileRoom,
): { readonly bytes: AsyncIterable<Uint8Array>; received(): Received } {
  const hash = createHash('sha256')
  const head: Uint8Array[] = []
  let kept = 0
  let size = 0

  async function* watched(): AsyncIterable<Uint8Array> {
    for await (const part of source) {
      size += part.length
      if (size > bytesMax) throw tooLarge()
      hash.update(part)
      if (kept < limits.fileHeadBytes) {
        const first = Uint8Array.from(part.subarray(0, limits.fileHeadBytes - kept))
        head.push(first)
        kept += first.length
      }
      yield part
    }
  }
  return { bytes: watched(), received: () => ({ size, hash: hash.digest('base64url'), head: Buffer.concat(head) }) }
}
