// The bytes of files in an archive: a section behind all others, a line for each piece of a blob. So a backup is one file, whatever
// is in it, and a restore fills the store as it fills the database; run again after it was killed, it writes what is not whole.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { limits } from '../../base/limits.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import { eq, not } from '../../contract/filter.ts'
import type { Model } from '../../schema/model.ts'
import { type Part, startSum } from '../../storage/archive/contents.ts'
import { pagesById } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { files, keyOfPiece } from './collections.ts'

/** No collection can have its name. */
const blobSection = '_blobs'

type Line = { readonly blob: string; readonly size: number; readonly data: string }

/** The keys of all blobs that files of this state are made of, with their sizes. */
async function* blobsOf(read: Reader, model: Model): AsyncGenerator<{ readonly key: string; readonly size: number }> {
  if (model.find('files') === undefined) return
  for await (const page of pagesById(read, files, not(eq('state', 'uploading'))))
    for (const { key, parts } of page) for (const { piece, size } of parts) yield { key: keyOfPiece(key, piece), size }
}

/** Behind the parts of a database, those of its files. What was removed since its state was taken is left out. */
export async function* withBlobs(parts: AsyncIterable<Part>, { read, model, blobs }: Source): AsyncGenerator<Part> {
  yield* parts
  if (model.find('files') === undefined) return
  const summing = startSum()
  yield { kind: 'begin', section: blobSection, total: null }
  for await (const { key, size } of blobsOf(read, model))
    for await (const data of piecesOf(blobs, key)) {
      const text = `${JSON.stringify({ blob: key, size, data: data.toString('base64') } satisfies Line)}\n`
      summing.add(1, text)
      yield { kind: 'page', section: blobSection, rows: [], text }
    }
  yield { kind: 'end', section: blobSection, sum: summing.end() }
}
type Source = { readonly read: Reader; readonly model: Model; readonly blobs: BlobStore }

/** An empty blob has one piece, so that it is there. */
async function* piecesOf(blobs: BlobStore, key: string): AsyncGenerator<Buffer> {
  const stream = await blobs.read(key)
  if (stream === null) return
  let held: Buffer[] = []
  let size = 0
  let isEmpty = true
  for await (const part of stream) {
    held.push(part as Buffer)
    size += (part as Buffer).length
    if (size < limits.blobLineBytes) continue
    yield Buffer.concat(held)
    isEmpty = false
    held = []
    size = 0
  }
  if (size > 0 || isEmpty) yield Buffer.concat(held)
}

/** The parts of the database alone; the bytes of files go into the store on their way. */
export async function* withoutBlobs(parts: AsyncIterable<Part>, blobs: BlobStore): AsyncGenerator<Part> {
  const filling = createFilling(blobs)
  for await (const part of parts)
    if (part.section !== blobSection) yield part
    else if (part.kind === 'page') for (const line of part.rows as unknown as readonly Line[]) await filling.take(line)
  await filling.end()
}

/** One blob at a time: its lines follow each other. */
function createFilling(blobs: BlobStore) {
  let current: { readonly key: string; readonly bytes: PassThrough | null; readonly written: Promise<void> } | null = null

  async function begin({ blob: key, size }: Line) {
    const isThere = (await blobs.sizeOf(key)) === size
    if (isThere) return { key, bytes: null, written: Promise.resolve() }
    const bytes = new PassThrough()
    const written = blobs.write(key, bytes)
    // Who waits to go on is told, and so is whoever waits for the end.
    bytes.on('error', () => {})
    written.catch((error: Error) => bytes.destroy(error))
    return { key, bytes, written }
  }
  async function end() {
    current?.bytes?.end()
    await current?.written
    current = null
  }
  return {
    end,
    async take(line: Line) {
      if (current?.key !== line.blob) {
        await end()
        current = await begin(line)
      }
      const { bytes } = current!
      if (bytes !== null && !bytes.write(Buffer.from(line.data, 'base64'))) await once(bytes, 'drain')
    },
  }
}

/** To another store, as far as they are not there. */
export async function copyBlobs({ read, model, blobs: from }: Source, to: BlobStore): Promise<void> {
  for await (const { key, size } of blobsOf(read, model)) {
    if ((await to.sizeOf(key)) === size) continue
    const bytes = await from.read(key)
    if (bytes !== null) await to.write(key, bytes)
  }
}
