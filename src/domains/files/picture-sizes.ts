// Smaller pictures: made when they are first asked for, kept as one more piece of their file, and gone with it. They are in no
// backup: what is missing is made again. Invariant: the row knows the number of a piece before its bytes are stored.
import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Log } from '../../base/log.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import { eq } from '../../contract/filter.ts'
import type { Content } from '../../operation/define.ts'
import { inTransaction, type TransactionParts } from '../../storage/in-transaction.ts'
import { type FileRow, files, keyOfPiece, type PictureSize } from './collections.ts'
import { contentOf } from './file-content.ts'
import { createPictureTurns, createRefusals } from './picture-bounds.ts'
import { nameOf, type Recipe } from './picture-recipe.ts'

/** Makes a smaller picture of the bytes of one. @throws picture_not_resizable */
export type PictureMaker = (original: Buffer, recipe: Recipe) => Promise<Buffer>

export type PictureSizes = {
  /** False where the system has nothing that could. */
  areMade(): Promise<boolean>
  /** @throws picture_not_resizable, overloaded, storage_unavailable */
  contentOf(file: FileRow, recipe: Recipe): Promise<Content>
}

export type PictureParts = TransactionParts & {
  readonly blobs: BlobStore
  readonly log: Log
  readonly pictureMaker: () => Promise<PictureMaker | null>
}

export function createPictureSizes(parts: PictureParts): PictureSizes {
  const { blobs, log, clock, pictureMaker } = parts
  /** Whoever asks for what is being made waits for it. */
  const making = new Map<string, Promise<Buffer>>()
  const inTurn = createPictureTurns(limits.picturesAtOnce)
  const alone = createPictureTurns(1)
  const unlessRefused = createRefusals(clock)

  function made(file: FileRow, recipe: Recipe): Promise<Buffer> {
    const name = `${file.id} ${nameOf(recipe)}`
    const open = making.get(name)
    if (open !== undefined) return open
    const begun = unlessRefused(file.id, () => makeNow(file, recipe)).finally(() => making.delete(name))
    making.set(name, begun)
    return begun
  }

  async function makeNow(file: FileRow, recipe: Recipe): Promise<Buffer> {
    // Somebody else may have made it since the file was read.
    const row = await parts.storage.reader.get(files, file.id)
    const there = row === null ? null : await kept(row, recipe)
    if (there !== null) return there
    const make = await pictureMaker()
    if (make === null) throw new EngineError('overloaded')
    const work = () => inTurn(async () => await make(await originalOf(file), recipe))
    const bytes = await (file.width! * file.height! > limits.pictureLargePixels ? alone(work) : work())
    // A full disk keeps nobody from seeing it.
    await keep(parts, { file, recipe, bytes }).catch((error) =>
      log.write('warn', 'A smaller picture could not be kept.', { file: file.id, error }),
    )
    return bytes
  }

  async function originalOf(file: FileRow): Promise<Buffer> {
    const bytes = await buffer(await contentOf(blobs, file).open(null))
    // What a damaged store has of it would be made into a picture that stays.
    if (bytes.length !== file.size) throw new EngineError('storage_unavailable', { detail: 'The bytes of this file are not all there.' })
    return bytes
  }

  async function kept(row: FileRow, recipe: Recipe): Promise<Buffer | null> {
    const size = sizeIn(row, recipe)
    const stream = size === undefined ? null : await blobs.read(keyOfPiece(row.key, size.piece))
    return stream === null ? null : await buffer(stream)
  }

  return {
    areMade: async () => (await pictureMaker()) !== null,

    async contentOf(file, recipe) {
      const size = sizeIn(file, recipe)
      if (size === undefined) return contentOfBytes(await made(file, recipe))
      return {
        size: size.size,
        async open(range) {
          const stream = await blobs.read(keyOfPiece(file.key, size.piece), range ?? undefined)
          if (stream !== null) return stream
          const bytes = await made(file, recipe)
          // Made by another version of the library than the first time: now it is known as it is.
          if (bytes.length !== size.size) throw new EngineError('overloaded')
          return await contentOfBytes(bytes).open(range)
        },
      }
    },
  }
}

type Made = { readonly file: FileRow; readonly recipe: Recipe; readonly bytes: Buffer }

async function keep(parts: PictureParts, { file, recipe, bytes }: Made): Promise<void> {
  const cause = { operation: 'files.makePicture', actor: 'system', requestId: '' }
  const wanted = { name: nameOf(recipe), size: bytes.length, hash: hash('sha256', bytes, 'base64url'), at: parts.clock.now() }
  const piece = await inTransaction(parts, cause, async (tx) => {
    const row = await tx.get(files, file.id)
    if (row === null) return null
    const earlier = sizeIn(row, recipe)
    // What a restore has left out comes back to where it was.
    if (earlier?.hash === wanted.hash) return earlier.piece
    const others = (row.sizes ?? []).filter((size) => size !== earlier)
    if (recipe.fit !== 'inside' && others.filter(isBox).length >= limits.pictureBoxesMax) return null
    const sizes = [...others, { ...wanted, piece: row.pieces }]
    await tx.touchOrFail(files, row.id, { set: { sizes }, add: { pieces: 1 } }, eq('pieces', row.pieces))
    return row.pieces
  })
  if (piece === null) return
  const key = keyOfPiece(file.key, piece)
  const { blobs, storage } = parts
  await blobs.write(key, Readable.from([bytes]))
  // Whoever removed the file meanwhile may have been here before the bytes.
  if ((await storage.reader.get(files, file.id)) === null) await blobs.remove(key)
}

function sizeIn({ sizes }: FileRow, recipe: Recipe): PictureSize | undefined {
  const name = nameOf(recipe)
  return sizes?.find((size) => size.name === name)
}

/** Of a ratio that somebody has chosen: there are as many of them as one likes. */
function isBox({ name }: PictureSize): boolean {
  return !name.startsWith('inside-')
}

function contentOfBytes(bytes: Buffer): Content {
  return {
    size: bytes.length,
    open: async (range) => Readable.from([range === null ? bytes : bytes.subarray(range.first, range.last + 1)], { objectMode: false }),
  }
}
