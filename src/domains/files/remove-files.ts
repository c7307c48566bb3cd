// The end of a file: its row goes in the transaction that wants it gone, its bytes after the commit, by an effect that is tried
// until they are. Invariant: for as long as bytes may still come under a key, a row or an owed removal knows the key.
import type { BlobStore } from '../../blobs/blob-store.ts'
import { eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { findUnique } from '../../storage/find-all.ts'
import { type FileRow, files, keyOfPiece, keysOf, uploadEndsAt } from './collections.ts'

const kind = effectKind('files.remove', Type.Object({ key: Type.String(), pieces: Type.Integer() }))

/** `late`, and of a file that stays `rest`: once nothing that was under way when it was owed can still be stored. */
const removals = { now: 'files.remove:', late: 'files.removeLate:', rest: 'files.removeRest:' }

export function removalKeys(key: string): string[] {
  return Object.values(removals).map((before) => before + key)
}

/** Of a removal's own key. */
export function blobKeyOf(removalKey: string): string {
  return removalKey.split(':').at(-1)!
}

export async function removeFiles(work: Work, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  for (const file of await work.tx.getMany(files, ids)) await removeFile(work, file)
}

export async function removeFile(work: Work, file: FileRow): Promise<void> {
  await work.tx.delete(files, file)
  await oweRemoval(work, file, 'now')
  // Or a smaller picture of it is being stored.
  const isFilling = file.state === 'uploading' || file.sizes?.some(({ at }) => uploadEndsAt(at) > work.now)
  if (isFilling && hasMore(file)) await oweRemoval(work, file, 'late')
}

/** Of a file that is whole now. */
export async function removeRest(work: Work, file: FileRow): Promise<void> {
  if (hasMore(file)) await oweRemoval(work, file, 'rest')
}

/** Pieces that are no part of it: they were cut, another was before, or they are on their way yet. */
function hasMore({ pieces, parts }: FileRow): boolean {
  return pieces > parts.length
}

async function oweRemoval(work: Work, { id, key, pieces }: FileRow, when: keyof typeof removals): Promise<void> {
  const dueAt = when === 'now' ? work.now : uploadEndsAt(work.now)
  await enqueue(work, kind, { key: removals[when] + key, payload: { key, pieces }, record: id, dueAt, isNew: true })
}

/** Whatever lies under the key, but for what a file has that is still there. */
export function removeFilesEffect(blobs: BlobStore): EffectHandler {
  return effectHandler(kind, {
    async perform({ payload, read }) {
      const file = await findUnique(read, files, eq('key', payload.key))
      const pieces = file === null ? [] : [...file.parts, ...(file.sizes ?? [])]
      const kept = new Set(pieces.map(({ piece }) => keyOfPiece(payload.key, piece)))
      for (const key of keysOf(payload)) if (!kept.has(key)) await blobs.remove(key)
      return { end: 'done', result: null }
    },
  })
}
