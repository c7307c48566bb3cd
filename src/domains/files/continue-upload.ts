import { anyone } from '../../access/rule.ts'
import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { command, type Operation, type PrepareContext } from '../../operation/define.ts'
import { type FilePart, type FileRow, files, keyOfPiece } from './collections.ts'
import { contentOf } from './file-content.ts'
import { watchBytes } from './receive-bytes.ts'
import { removeRest } from './remove-files.ts'
import { sniffType } from './sniff-type.ts'
import { bytesIn, checkIsOwn, checkVersion, chunkType, offsetOf, tusHeaders, tusHeaderTexts, uploadHeaders } from './tus.ts'
import type { UploadPorts } from './upload-file.ts'
import { uploadInput } from './upload-shape.ts'

/** `PATCH /api/uploads/{id}`: bytes from where it stands. Those that came before the line was cut are kept. */
export function continueUpload({ blobs, senders }: UploadPorts): Operation {
  return command({
    name: 'files.continueUpload',
    route: 'PATCH /api/uploads/:id',
    summary: 'Send the next bytes of an upload (tus 1.0)',
    tag: 'Files',
    status: 204,
    input: uploadInput,
    output: Type.Null(),
    takesFile: [chunkType],
    always: tusHeaders,
    headers: [...tusHeaderTexts, ['Upload-Offset', 'Where these bytes begin: how many are stored.']],
    errors: ['not_found', 'tus_version_unsupported', 'upload_offset_conflict'],
    access: anyone,
    audience: senders,
    async prepare(context) {
      const { actor, input, read, request, now } = context
      const upload = checkIsOwn(await read.get(files, input.id), actor, now)
      checkVersion(request)
      if (request.headers['content-type'] !== chunkType)
        throw new EngineError('unsupported_media_type', { detail: `Send Content-Type: ${chunkType}.` })
      const offset = bytesIn(request, 'Upload-Offset')
      checkStandsAt(upload, offset)
      const incoming = await request.openFile!()
      if (incoming.length !== null && offset + incoming.length > upload.size) throw tooMuch(upload)
      const piece = await announcePiece(context, offset)
      const { part, cut } = await storePiece(blobs, { upload, piece, offset }, incoming.bytes).catch(async (error: unknown) => {
        // Whoever gives an upload up while its bytes come has them taken away under our hands.
        throw (await read.get(files, input.id)) === null ? new EngineError('not_found') : error
      })
      const stored = part === null ? upload : await addPart({ blobs, context, upload }, part)
      if (cut !== null) throw cut
      return stored
    },
    run: async ({ prepared }) => ({ output: null, status: 204, headers: uploadHeaders(prepared) }),
  })
}

type Context = PrepareContext<{ id: string }>

/** @throws upload_offset_conflict, with where it stands */
function checkStandsAt(upload: FileRow, offset: number): void {
  const stands = offsetOf(upload)
  if (upload.state !== 'uploading' || stands !== offset)
    throw new EngineError('upload_offset_conflict', { headers: { 'upload-offset': String(stands) } })
}

function tooMuch({ size }: FileRow): EngineError {
  return new EngineError('body_too_large', { detail: `The upload said that it has ${size} bytes.` })
}

/** A number that no other request has: two that go on at once write two blobs, and one of them counts. */
async function announcePiece({ input, writeFirst }: Context, offset: number): Promise<number> {
  return await writeFirst(async ({ tx, now }) => {
    const file = await tx.get(files, input.id)
    if (file === null) throw new EngineError('not_found')
    checkStandsAt(file, offset)
    if (file.pieces >= limits.uploadPiecesMax)
      throw new EngineError('body_too_large', {
        detail: `An upload comes in ${limits.uploadPiecesMax} pieces at most: begin it again, with larger ones.`,
      })
    const change = { set: { expiresAt: now + limits.uploadIdleMs }, add: { pieces: 1 } }
    await tx.touchOrFail(files, file.id, change, eq('pieces', file.pieces))
    return file.pieces
  })
}

type Piece = { readonly upload: FileRow; readonly piece: number; readonly offset: number }

/** `cut`: why no more came. */
async function storePiece(
  blobs: BlobStore,
  { upload, piece, offset }: Piece,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ readonly part: FilePart | null; readonly cut: unknown }> {
  let cut: unknown = null
  async function* whatComes(): AsyncIterable<Uint8Array> {
    try {
      yield* bytes
    } catch (error) {
      if (!isEngineError(error, 'malformed_request') && !isEngineError(error, 'request_timeout')) throw error
      cut = error
    }
  }
  const watched = watchBytes(whatComes(), { bytesMax: upload.size - offset, tooLarge: () => tooMuch(upload) })
  const key = keyOfPiece(upload.key, piece)
  await blobs.write(key, watched.bytes)
  const { size, hash } = watched.received()
  if (size > 0) return { part: { piece, size, hash }, cut }
  await blobs.remove(key)
  return { part: null, cut }
}

type Adding = { readonly blobs: BlobStore; readonly context: Context; readonly upload: FileRow }

/** Where another request was first, what this one brought is thrown away. */
async function addPart({ blobs, context, upload }: Adding, part: FilePart): Promise<FileRow> {
  const parts = [...upload.parts, part]
  const isWhole = offsetOf({ ...upload, parts }) === upload.size
  const sniffed = isWhole ? sniffType(await headOf(blobs, { ...upload, parts }), upload.type) : {}
  try {
    return await context.writeFirst(async (work) => {
      const { tx, now } = work
      const file = await tx.get(files, upload.id)
      if (file === null) throw new EngineError('not_found')
      checkStandsAt(file, offsetOf(upload))
      const state = isWhole ? { state: 'stored', expiresAt: now + limits.fileUnclaimedMs } : { expiresAt: now + limits.uploadIdleMs }
      const added = await tx.update(files, file, { set: { parts, ...state, ...sniffed } })
      if (isWhole) await removeRest(work, added)
      return added
    })
  } catch (error) {
    if (isEngineError(error, 'upload_offset_conflict') || isEngineError(error, 'not_found'))
      await blobs.remove(keyOfPiece(upload.key, part.piece))
    throw error
  }
}

/** They may have come in several pieces. */
async function headOf(blobs: BlobStore, file: FileRow): Promise<Uint8Array> {
  const last = Math.min(file.size, limits.fileHeadBytes) - 1
  return Buffer.concat((await (await contentOf(blobs, file).open({ first: 0, last })).toArray()) as Uint8Array[])
}
