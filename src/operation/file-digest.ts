// The body of a call that is a file, hashed as it passes: what an Idempotency-Key was sent with is the bytes, not what is said of them.
import { createHash } from 'node:crypto'
import type { IncomingFile } from './define.ts'
import type { IdempotencyClaim } from './idempotency.ts'

type Open = () => Promise<IncomingFile>

export type WatchedFile = {
  readonly openFile: Open
  /** The claim with the file. What of it nobody has read is read for that, and thrown away. @throws what the bytes break off with */
  claimed(claim: IdempotencyClaim): Promise<IdempotencyClaim>
}

export function watchFile(open: Open): WatchedFile {
  const hash = createHash('sha256')
  let file: IncomingFile | null = null
  let digest: string | null = null

  async function* hashed(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    for await (const some of bytes) {
      hash.update(some)
      yield some
    }
    digest = hash.digest('base64url')
  }
  async function openFile(): Promise<IncomingFile> {
    const incoming = await open()
    file = { ...incoming, bytes: hashed(incoming.bytes) }
    return file
  }
  return {
    openFile,
    async claimed(claim) {
      file ??= await openFile()
      if (digest === null) for await (const _ of file.bytes);
      return { ...claim, input: JSON.stringify([claim.input, file.type, file.name, digest]) }
    },
  }
}
