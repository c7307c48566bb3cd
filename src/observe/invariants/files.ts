// What must hold of files: a claimed one is the value that it says it is, its bytes are all there and as they came, and nothing
// lies in the store that no file has.
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { limits } from '../../base/limits.ts'
import { eq, not, oneOf } from '../../contract/filter.ts'
import { type FilePart, type FileRow, files, keyOfPiece } from '../../domains/files/collections.ts'
import { collectionsWithFiles, fileFieldsOf, filesIn } from '../../domains/files/file-fields.ts'
import { blobKeyOf, removalKeys } from '../../domains/files/remove-files.ts'
import { dataExports, exportRemovalKey } from '../../domains/personal/exports.ts'
import { effects } from '../../effects/effect.ts'
import { deletedRecords, readerOfDeleted } from '../../records/deleted-records.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Reader } from '../../storage/storage.ts'
import { allOf, type BytesContext, type InvariantGroup, pagesOf, type VerifyContext } from '../invariant.ts'

export const fileInvariants: InvariantGroup = {
  needs: ['files', 'effects', 'dataExports'],
  invariants: {
    'files.claimed_by_its_record':
      'A claimed file is the value of the field of the record that it names, which may be one that can be restored.',
    'files.of_a_record_claimed': 'Each file that a record has is claimed by it.',
    'files.bytes_there': 'The bytes of a file are all there; read to their end, they are those that came.',
    'files.no_bytes_unknown': 'All that lies in the store belongs to a file, or its removal is owed.',
  },
  async check(context) {
    for await (const page of pagesOf(context, files, not(eq('state', 'uploading')))) {
      await checkClaims(context, page)
      if (context.bytes) await checkBytes(context, context.bytes, page)
    }
    await checkRecords(context)
    if (context.bytes) await checkStore(context, context.bytes)
  },
}

async function checkClaims({ read, model, report }: VerifyContext, page: readonly FileRow[]): Promise<void> {
  const claimed = Map.groupBy(
    page.filter(({ state }) => state === 'claimed'),
    ({ collection }) => collection ?? '',
  )
  for (const [name, own] of claimed) {
    const ids = own.map(({ record }) => record!)
    const records = model.find(name) === undefined ? [] : await read.getMany<AnyRecord>({ name }, [...new Set(ids)])
    const byId = new Map([...(await deletedAmong({ read, model }, ids)), ...records].map((record) => [record.id, record]))
    for (const { id, field, record } of own)
      if (!filesIn(byId.get(record!)?.[field!]).some((file) => file.id === id))
        report('files.claimed_by_its_record', [`files/${id}`], `${name}/${record} has it not as its ${field}`)
  }
}

/** What can be restored still has its files. */
async function deletedAmong({ read, model }: Pick<VerifyContext, 'read' | 'model'>, ids: readonly string[]): Promise<AnyRecord[]> {
  if (model.find(deletedRecords.name) === undefined) return []
  const asItWas = readerOfDeleted(model)
  return (await allOf({ read }, deletedRecords, oneOf('record', ids))).flatMap((row) => asItWas(row)?.record ?? [])
}

async function checkRecords(context: VerifyContext): Promise<void> {
  for (const collection of collectionsWithFiles(context.model))
    for await (const page of pagesOf<AnyRecord>(context, { name: collection.name })) {
      const named = page.flatMap((record) =>
        fileFieldsOf(collection).flatMap(({ name }) => filesIn(record[name]).map(({ id }) => ({ id, field: name, record: record.id }))),
      )
      const rows = new Map<string, FileRow>()
      for (let at = 0; at < named.length; at += limits.verifyPageSize)
        for (const row of await context.read.getMany(
          files,
          named.slice(at, at + limits.verifyPageSize).map(({ id }) => id),
        ))
          rows.set(row.id, row)
      for (const { id, field, record } of named) {
        const row = rows.get(id)
        const isOwn = row?.state === 'claimed' && row.collection === collection.name && row.field === field && row.record === record
        if (!isOwn)
          context.report(
            'files.of_a_record_claimed',
            [`${collection.name}/${record}`, `files/${id}`],
            row ? `the file is ${row.state}` : 'there is no such file',
          )
      }
    }
}

async function checkBytes({ report }: VerifyContext, bytes: BytesContext, page: readonly FileRow[]): Promise<void> {
  for (const file of page) {
    const fault = await faultOf(bytes, file)
    if (fault === null) continue
    const isStillThere = (await bytes.now((read) => read.get(files, file.id))) !== null
    if (isStillThere) report('files.bytes_there', [`files/${file.id}`], fault)
  }
}

/** Of a smaller picture that is missing, another is made. */
async function faultOf(bytes: BytesContext, { key, parts, sizes }: FileRow): Promise<string | null> {
  for (const part of [...parts, ...(sizes ?? [])]) {
    const fault = await faultAt(bytes, keyOfPiece(key, part.piece), part)
    if (fault !== null && (fault !== missing || parts.includes(part))) return `${keyOfPiece(key, part.piece)} ${fault}`
  }
  return null
}

const missing = 'is missing'

async function faultAt({ blobs, isRead }: BytesContext, key: string, part: FilePart): Promise<string | null> {
  const size = await blobs.sizeOf(key)
  if (size === null) return missing
  if (size !== part.size) return `has ${size} bytes, not ${part.size}`
  const stream = isRead ? await blobs.read(key) : null
  return stream !== null && (await hashOf(stream)) !== part.hash ? 'was changed' : null
}

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256')
  for await (const part of stream) hash.update(part as Uint8Array)
  return hash.digest('base64url')
}

async function checkStore(context: VerifyContext, bytes: BytesContext): Promise<void> {
  let some: string[] = []
  const look = async () => {
    // It may have come since the state that is looked at, or have gone.
    for (const key of await unknownOf(context.read, some))
      if ((await bytes.now((read) => unknownOf(read, [key]))).length > 0 && (await bytes.blobs.sizeOf(key)) !== null)
        context.report('files.no_bytes_unknown', [`blobs/${key}`], 'no file has it')
    context.progress(some.length)
    some = []
  }
  for await (const key of bytes.blobs.keys()) {
    some.push(key)
    if (some.length === limits.verifyPageSize) await look()
  }
  await look()
}

/** Those of these keys that neither a file, nor an export of a person, nor an owed removal knows. */
async function unknownOf(read: Reader, keys: readonly string[]): Promise<string[]> {
  if (keys.length === 0) return []
  const firsts = [...new Set(keys.map((key) => key.split('.', 1)[0]!))]
  const context = { read }
  const rows = await allOf(context, files, oneOf('key', firsts))
  const exported = await allOf(context, dataExports, oneOf('key', firsts))
  const removals = await allOf(context, effects, oneOf('key', [...firsts.flatMap(removalKeys), ...firsts.map(exportRemovalKey)]))
  const known = new Set([
    ...[...rows, ...exported].map(({ key }) => key),
    ...removals.filter(({ state }) => state !== 'done').map(({ key }) => blobKeyOf(key)),
  ])
  return keys.filter((key) => !known.has(key.split('.', 1)[0]!))
}
