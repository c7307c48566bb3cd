// The data of one person as an archive that only they can read. The row is in the database, the bytes are blobs of the file store, a
// blob for each piece, so that a process that dies loses one piece at most. Invariant: a row is committed before the first blob, and
// whoever removes one owes the removal of its blobs.
import { toIso } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { BlobStore } from '../../blobs/blob-store.ts'
import { compare, eq } from '../../contract/filter.ts'
import { Type } from '../../contract/type.ts'
import { type EffectHandler, effectHandler, effectKind, enqueue } from '../../effects/effect.ts'
import type { Schedule } from '../../effects/schedule.ts'
import type { Work } from '../../operation/work.ts'
import { collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'
import { type FilePart, keyOfPiece } from '../files/collections.ts'
import type { ZipEntry } from './zip.ts'

export const exportStates = ['running', 'ready'] as const

export const dataExports = collection('dataExports', {
  prefix: 'exp',
  system: true,
  internal: true,
  feed: false,
  fields: {
    /** One at a time: a newer one takes its place. */
    user: field.ref('users', { required: true, unique: true, onErase: 'delete' }),
    state: field.enum(exportStates, { required: true }),
    language: field.text({ required: true, max: 2 }),
    /** Of its blobs: piece 0 has it as it is, the others with their number behind it. */
    key: field.text({ required: true, unique: true }),
    parts: field.json<readonly FilePart[]>({ required: true }),
    /** What is in it, for the directory at its end. */
    entries: field.json<readonly ZipEntry[]>({ required: true }),
    /** How far it is: the step, and the record behind which it continues. */
    step: field.integer({ required: true }),
    after: field.text({ max: limits.idCharactersMax }),
    rows: field.integer({ required: true }),
    expiresAt: field.dateTime(),
  },
  indexes: [['expiresAt']],
})
export type DataExport = NonNullable<(typeof dataExports)['record']>

export const exportOutput = Type.Object(
  {
    id: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    state: Type.Unsafe<DataExport['state'] | 'none'>({
      type: 'string',
      enum: ['none', ...exportStates],
      description: '`none`: there is none, or its time is over.',
    }),
    rows: Type.Integer({ description: 'Records that are in it so far.' }),
    size: Type.Integer({ description: 'Bytes so far.' }),
    url: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Where it is downloaded once it is ready, by its owner alone.',
    }),
    expiresAt: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'date-time', description: 'When it is deleted.' }),
  },
  { title: 'DataExport' },
)

export const exportContentPath = '/api/auth/me/export/content'

/** Where there is none: no error, since a page asks each time that it is opened. */
export const noExport = { id: null, state: 'none', rows: 0, size: 0, url: null, expiresAt: null } as const

export function exportView({ id, state, rows, parts, expiresAt }: DataExport) {
  const isReady = state === 'ready'
  return {
    id,
    state,
    rows,
    size: sizeOf(parts),
    url: isReady ? exportContentPath : null,
    expiresAt: expiresAt === null ? null : toIso(expiresAt),
  }
}

export function sizeOf(parts: readonly FilePart[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0)
}

export async function exportOf(read: Pick<Reader, 'find'>, user: string): Promise<DataExport | null> {
  return await findUnique(read, dataExports, eq('user', user))
}

const kind = effectKind('personal.removeExport', Type.Object({ key: Type.String(), pieces: Type.Integer() }))
const removal = 'personal.removeExport:'

/** The key of the effect that owes the removal of these blobs. */
export function exportRemovalKey(key: string): string {
  return removal + key
}

/** One that is being made may have stored the piece after those it knows of. */
export async function removeExport(work: Work, row: DataExport): Promise<void> {
  await work.tx.delete(dataExports, row)
  const payload = { key: row.key, pieces: row.parts.length + 1 }
  // Behind what an attempt under way could still store.
  const dueAt = row.state === 'ready' ? work.now : work.now + limits.effectLeaseMs
  await enqueue(work, kind, { key: exportRemovalKey(row.key), payload, dueAt, isNew: true })
}

export function removeExportEffect(blobs: BlobStore): EffectHandler {
  return effectHandler(kind, {
    async perform({ payload: { key, pieces } }) {
      for (let piece = 0; piece < pieces; piece++) await blobs.remove(keyOfPiece(key, piece))
      return { end: 'done', result: null }
    },
  })
}

/** Those whose time is over. */
export const sweepExports: Schedule = {
  name: 'exports.sweep',
  everyMs: 3_600_000,
  async run(work) {
    const isOver = compare('expiresAt', 'lt', work.now)
    // Beyond the limit: the next tick.
    const over = await work.tx.find(dataExports, { where: isOver, limit: limits.filesPerTick, isUnordered: true })
    for (const row of over) await removeExport(work, row)
  },
}
