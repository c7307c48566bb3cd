// Files that rows of the seed name by their path: looked at before anything is written, announced, stored, and claimed in the
// transaction of the seed. Invariant: none is outside of the folder of the config, whatever a path or a link in it says.
import { closeSync, createReadStream, openSync, readSync, realpathSync, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { limits } from '../base/limits.ts'
import { systemRandom } from '../base/random.ts'
import { type BlobStore, newBlobKey } from '../blobs/blob-store.ts'
import type { SeedRecords } from '../config/backend-config.ts'
import { fileFault } from '../domains/files/claim-files.ts'
import { cleanName } from '../domains/files/clean-name.ts'
import { type FileRow, files, newFile, storedFile } from '../domains/files/collections.ts'
import { fileFieldsOf } from '../domains/files/file-fields.ts'
import { roomOf } from '../domains/files/file-target.ts'
import { type Received, watchBytes } from '../domains/files/receive-bytes.ts'
import { type Sniffed, sniffType } from '../domains/files/sniff-type.ts'
import type { Engine } from '../engine/create-engine.ts'
import type { StoredFile } from '../schema/kinds/file.ts'
import type { CollectionModel, CompiledField, Model } from '../schema/model.ts'
import type { Add } from '../schema/shape.ts'
import { type Cause, inTransaction } from '../storage/in-transaction.ts'
import type { Transaction } from '../storage/transaction.ts'

/** Where the bytes of files go, and the folder that paths begin in. */
export type SeedPlace = { readonly blobs: BlobStore; readonly folder: string }
export const seedCause: Cause = { operation: 'seed', actor: 'system', requestId: '' }

type Given = Readonly<Record<string, unknown>>
type Found = Sniffed & {
  /** The record that names it, as it was given. */
  readonly given: Given
  readonly field: CompiledField
  readonly path: string
  readonly size: number
}
export type SeedFile = Found & { readonly row: FileRow; readonly received: Received }

/** Says what is wrong with a path: no file, of another type, too large. */
export function findSeedFiles(groups: SeedRecords, { model, folder, add }: { model: Model; folder: string; add: Add }): Found[] {
  return groups.flatMap(({ collection, records }, index) => {
    const fields = fileFieldsOf(model.get({ name: collection }))
    if (fields.length === 0) return []
    return records.flatMap((given, at) =>
      fields.flatMap((field) =>
        pathsIn(given, field).flatMap((path) => {
          const found = find(join(folder, path), folder)
          const fault = typeof found === 'string' ? found : fileFault(found, field)?.message
          if (fault !== undefined) add(`seed[${index}].records[${at}].${field.name}`, `${path} ${fault}`)
          return typeof found === 'string' ? [] : [{ ...found, given, field }]
        }),
      ),
    )
  })
}

function pathsIn(given: Given, { name }: CompiledField): string[] {
  return [given[name] ?? []].flat() as string[]
}

function find(path: string, folder: string): Omit<Found, 'given' | 'field'> | string {
  try {
    if (!realpathSync(path).startsWith(realpathSync(folder) + sep)) return 'is a link that leads out of the folder of the config'
    const stat = statSync(path)
    return stat.isFile() ? { path, size: stat.size, ...sniffType(headOf(path), null) } : 'is no file'
  } catch {
    return `cannot be read: there is no ${path}`
  }
}

function headOf(path: string): Uint8Array {
  const head = new Uint8Array(limits.fileHeadBytes)
  const file = openSync(path, 'r')
  try {
    return head.subarray(0, readSync(file, head, 0, head.length, 0))
  } finally {
    closeSync(file)
  }
}

/** Their rows are committed before the first byte is stored: what breaks off here is swept. */
export async function storeSeedFiles(found: readonly Found[], { parts, newId }: Engine, blobs: BlobStore): Promise<SeedFile[]> {
  if (found.length === 0) return []
  const rows = await inTransaction(parts, seedCause, (tx, now) =>
    tx.insertMany(
      files,
      found.map(({ path, size }) => {
        const given = { id: newId('file'), name: cleanName(basename(path)), size, key: newBlobKey(systemRandom) }
        return newFile({ ...given, uploadedBy: null, sender: 'seed' }, now)
      }),
    ),
  )
  const stored: SeedFile[] = []
  for (const [index, one] of found.entries()) {
    const { bytes, received } = watchBytes(createReadStream(one.path), roomOf(one.size, one.path))
    await blobs.write(rows[index]!.key, bytes)
    stored.push({ ...one, row: rows[index]!, received: received() })
  }
  return stored
}

/** Answers the record with the files that it named, as they are stored. */
export async function claimSeedFiles<T extends Given>(
  tx: Transaction,
  of: readonly SeedFile[],
  to: { collection: CollectionModel; record: T },
): Promise<T> {
  const values: Record<string, unknown> = {}
  for (const { field, row, received, type, width, height } of of) {
    const { size, hash } = received
    const place = { collection: to.collection.name, field: field.name, record: to.record['id'] }
    const set = { state: 'claimed', expiresAt: null, type, width, height, size, parts: [{ piece: 0, size, hash }], ...place }
    const file: StoredFile = storedFile(await tx.update(files, row, { set }))
    values[field.name] = field.field.kind.holdsFiles === 'many' ? [...((values[field.name] as StoredFile[] | undefined) ?? []), file] : file
  }
  return { ...to.record, ...values }
}
