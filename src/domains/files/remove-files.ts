// The end of a file: its row goes in the transaction that wants it gone, its bytes after the commit, by an effect that is tried
// until they are.
import type { BlobStore } from '../../blobs/blob-store.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue } from '../../effects/effect.ts'
import type { Work } from '../../operation/work.ts'
import { type FileRow, files, keysOf } from './collections.ts'

const kind = effectKind('files.remove', Type.Object({ key: Type.String(), pieces: Type.Integer() }))

export function removalKey(key: string): string {
  return `files.remove:${key}`
}

export async function removeFiles(work: Work, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  for (const file of await work.tx.getMany(files, ids)) await removeFile(work, file)
}

export async function removeFile(work: Work, file: FileRow): Promise<void> {
  await work.tx.delete(files, file)
  const payload = { key: file.key, pieces: file.pieces }
  await enqueue(work, kind, { key: removalKey(file.key), payload, record: file.id, isNew: true })
}

export function removeFilesEffect(blobs: BlobStore): EffectHandler {
  return effectHandler(kind, {
    async perform({ payload }) {
      for (const key of keysOf(payload)) await blobs.remove(key)
      return { end: 'done', result: null }
    },
  })
}
