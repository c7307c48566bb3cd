// Files and records in step: what a write of a record names is claimed for it, and what it names no longer is removed, in the
// same transaction. So a record never has a file that is not its own, and no file outlives its record.
import { EngineError, type InputIssue } from '../../base/engine-error.ts'
import type { CollectionHooks, RecordHooks, RecordWrite } from '../../records/record-hooks.ts'
import { fileRulesOf, type StoredFile } from '../../schema/kinds/file.ts'
import type { CollectionModel, CompiledField } from '../../schema/model.ts'
import { type FileRow, files, storedFile } from './collections.ts'
import { mayClaim } from './file-access.ts'
import { fileFieldsOf, filesIn } from './file-fields.ts'
import { removeFiles } from './remove-files.ts'

type Values = Readonly<Record<string, unknown>>

/** What stands before the writes of a collection; those of the project come after it, and see files whole. */
export function fileHooks(collection: CollectionModel, own: CollectionHooks = {}): CollectionHooks {
  const fields = fileFieldsOf(collection)
  if (fields.length === 0) return own
  const place = { collection, fields }
  const gone: RecordHooks = {
    ...around(place, own.delete),
    purged: async (work, record) => {
      for (const { name } of fields)
        await removeFiles(
          work,
          filesIn(record[name]).map(({ id }) => id),
        )
    },
  }
  return { create: around(place, own.create), update: around(place, own.update), delete: gone }
}

type Place = { readonly collection: CollectionModel; readonly fields: readonly CompiledField[] }

function around(place: Place, own: RecordHooks | undefined): RecordHooks {
  return {
    ...(own?.errors ? { errors: own.errors } : {}),
    async before(write) {
      // Of a record that can come back they stay where they are, claimed by it.
      const claimed = write.isSoft ? {} : await keepInStep(place, write)
      if (own === undefined) return claimed
      const record = { ...write.record, ...claimed }
      const more = await own.before({ ...write, record })
      // What a hook has set of them is claimed as well.
      const again = write.action === 'delete' ? {} : await keepInStep(place, { ...write, before: record, record: { ...record, ...more } })
      return { ...claimed, ...more, ...again }
    },
    after: async (write) => await own?.after(write),
  }
}

/** Answers the fields that name files, as they are stored. */
async function keepInStep({ collection, fields }: Place, write: RecordWrite): Promise<Values> {
  const isGone = write.action === 'delete'
  const kept: Record<string, unknown> = {}
  for (const one of fields) {
    const { name } = one
    const earlier = (isGone ? write.record : write.before)?.[name]
    const wanted = isGone ? null : write.record[name]
    if (!isGone && earlier === wanted) continue
    const known = new Map((filesIn(earlier) as StoredFile[]).map((file) => [file.id, file]))
    const value = await claimAll(
      { collection, field: one, write, known },
      filesIn(wanted).map(({ id }) => id),
    )
    if (!isGone) kept[name] = wanted === null || wanted === undefined ? wanted : Array.isArray(wanted) ? value : value[0]
    const left = [...known.keys()].filter((id) => !value.some((file) => file.id === id))
    await removeFiles(write.work, left)
  }
  return kept
}

type Claim = {
  readonly collection: CollectionModel
  readonly field: CompiledField
  readonly write: RecordWrite
  readonly known: ReadonlyMap<string, StoredFile>
}

async function claimAll(claim: Claim, ids: readonly string[]): Promise<StoredFile[]> {
  const { field, known } = claim
  const isMany = field.field.kind.holdsFiles === 'many'
  const value: StoredFile[] = []
  for (const [index, id] of ids.entries()) {
    const path = isMany ? `/${field.name}/${index}` : `/${field.name}`
    if (value.some((file) => file.id === id)) throw refused(path, { code: 'repeated', message: 'is named twice' })
    value.push(known.get(id) ?? (await claimOne(claim, id, path)))
  }
  return value
}

/** @throws reference_not_found for one that is not there, is another's or has its place already; validation_failed */
async function claimOne({ collection, field, write }: Claim, id: string, path: string): Promise<StoredFile> {
  const { tx } = write.work
  const row = await tx.get(files, id)
  if (row === null || !mayClaim(row, write.actor))
    throw new EngineError('reference_not_found', {
      detail: `${path} names no file of yours that waits for a record.`,
      errors: [{ path, code: 'reference_not_found', message: 'names no file of yours that waits for a record' }],
    })
  const fault = fileFault(row, field)
  if (fault !== null) throw refused(path, fault)
  const place = { collection: collection.name, field: field.name, record: write.record.id }
  return storedFile(await tx.update(files, row, { set: { state: 'claimed', expiresAt: null, ...place } }))
}

/** Told with its place, as what does not fit a schema: a record may have several fields of files. */
function refused(path: string, { code, message }: Omit<InputIssue, 'path'>): EngineError {
  return new EngineError('validation_failed', { detail: `${path}: ${message}`, errors: [{ path, code, message }] })
}

/** Why a field does not take a file, or null. */
export function fileFault({ size, type }: Pick<FileRow, 'size' | 'type'>, { field }: CompiledField): Omit<InputIssue, 'path'> | null {
  const { maxBytes, accept } = fileRulesOf(field)
  if (size > maxBytes) return { code: 'maximum', message: `has ${size} bytes and may have ${maxBytes}` }
  const fits = (range: string) => (range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : type === range)
  if (accept === undefined || accept.some(fits)) return null
  return { code: 'type', message: `is of type ${type} and must be ${accept.join(' or ')}` }
}
