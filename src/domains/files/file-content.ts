// A file on its way out. Whatever somebody uploaded is answered by our own address, so it is never a page there: what a browser
// would run is kept as a download, and the rest is shown without scripts, as the type that its bytes have.
import { Readable } from 'node:stream'
import type { Bytes } from '../../base/bytes.ts'
import { EngineError } from '../../base/engine-error.ts'
import type { BlobStore, ByteRange } from '../../blobs/blob-store.ts'
import type { Content } from '../../operation/define.ts'
import { keptName } from './clean-name.ts'
import { type FileRow, keyOfPiece } from './collections.ts'

/** Shown by a browser without running anything. PDF is none: a sandbox keeps a browser from showing it, and nothing else from its scripts. */
const shown = /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp)|(?:audio|video)\/[a-z0-9.+-]+|text\/plain)$/

export function contentHeaders({ id, type, name }: Pick<FileRow, 'id' | 'type' | 'name'>, isKept: boolean) {
  return {
    etag: `"${id}"`,
    'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type,
    'content-disposition': `${isKept || !shown.test(type) ? 'attachment' : 'inline'}; ${nameParameters(keptName(name, type))}`,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'; sandbox",
  }
}

/** RFC 6266 section 4.3 with RFC 8187: old readers take the first, which has no more than ASCII. */
function nameParameters(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
  return `filename="${plain}"; filename*=UTF-8''${encoded}`
}

/** @throws storage_unavailable for bytes that are not there: `kingpost verify` names them */
export function contentOf(blobs: BlobStore, file: Pick<FileRow, 'key' | 'parts' | 'size'>): Content {
  return {
    size: file.size,
    async open(range) {
      const pieces = piecesOf(file, range ?? { first: 0, last: file.size - 1 })
      const [first, ...rest] = pieces
      if (first === undefined) return Readable.from([])
      const stream = await openPiece(blobs, first)
      return rest.length === 0 ? stream : Readable.from(inTurn(blobs, stream, rest), { objectMode: false })
    },
  }
}

type Piece = { readonly key: string; readonly range: ByteRange }

/** What of each blob is in the range. */
function piecesOf({ key, parts }: Pick<FileRow, 'key' | 'parts'>, { first, last }: ByteRange): Piece[] {
  let start = 0
  return parts.flatMap(({ piece, size }) => {
    const range = { first: Math.max(first - start, 0), last: Math.min(last - start, size - 1) }
    start += size
    return range.first <= range.last ? [{ key: keyOfPiece(key, piece), range }] : []
  })
}

async function openPiece(blobs: BlobStore, { key, range }: Piece): Promise<Bytes> {
  const stream = await blobs.read(key, range)
  if (stream === null) throw new EngineError('storage_unavailable', { detail: 'The bytes of this file are not there.' })
  return stream
}

async function* inTurn(blobs: BlobStore, first: Readable, rest: readonly Piece[]): AsyncIterable<Uint8Array> {
  yield* first
  for (const piece of rest) yield* await openPiece(blobs, piece)
}
