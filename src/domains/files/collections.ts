// Files: a row for the bytes of each. `uploading`: they are on their way; `stored`: all are there, and a record may claim the
// file; `claimed`: it is the value of one field of one record, for as long as that says so.
// Invariant: a row is committed before the first byte is stored, and whoever removes one owes the removal of its bytes.
import { callerPart } from '../../access/caller-part.ts'
import { actorId, all, any, anyone, nobody, type Rule, staff, where } from '../../access/rule.ts'
import { limits } from '../../base/limits.ts'
import { type Collection, collection } from '../../schema/collection.ts'
import { field } from '../../schema/field.ts'
import type { StoredFile } from '../../schema/kinds/file.ts'

/** Bytes under a key of their own, with their SHA-256. A file that came in one go has one. */
export type FilePart = { readonly piece: number; readonly size: number; readonly hash: string }

/** A smaller picture that was made of it: one of its blobs, which may be missing, and is made again then. */
export type PictureSize = FilePart & {
  readonly name: string
  /** When its bytes were about to be stored. */
  readonly at: number
}

export const files = collection('files', {
  prefix: 'file',
  system: true,
  fields: {
    state: field.enum(['uploading', 'stored', 'claimed'], { required: true }),
    name: field.text({ required: true, personal: true }),
    type: field.text({ required: true }),
    /** Bytes; while it is uploading, as many as are expected. */
    size: field.integer({ required: true }),
    width: field.integer(),
    height: field.integer(),
    /** What it belongs to. */
    collection: field.text(),
    field: field.text(),
    record: field.text(),
    uploadedBy: field.ref('users', { onErase: 'clear' }),
    /** Its sender for limits: an account or a network. */
    sender: field.text({ required: true, read: nobody, feed: false, personal: true }),
    /** Of its blobs in the store: piece 0 has it as it is, the others with their number behind it. */
    key: field.text({ required: true, unique: true, read: nobody }),
    /** How many have been begun. Those that are no part of it, since another was first or nothing came, go with it. */
    pieces: field.integer({ required: true, default: 1, read: nobody, feed: false }),
    parts: field.json<readonly FilePart[]>({ required: true, read: nobody, feed: false }),
    sizes: field.json<readonly PictureSize[]>({ read: nobody, feed: false }),
    /** Until then a record must have claimed it. */
    expiresAt: field.dateTime(),
  },
  indexes: [
    ['sender', 'state'],
    ['state', 'expiresAt'],
    ['collection', 'record'],
  ],
  access: { read: where('uploadedBy').eq(actorId) },
})
export type FileRow = NonNullable<(typeof files)['record']>

/**
 * The same beside these collections: what a file is called says something of its record, so staff are told of those alone that are
 * the value of a field which they may read of every record.
 */
export function filesBeside(others: readonly Collection[]): Collection {
  const places = others.flatMap(({ name, fields, access }) =>
    Object.entries(fields)
      .filter(([, { kind }]) => kind.holdsFiles !== undefined)
      .map(([by, { read = anyone }]): Rule => {
        const isOfIt = all(where('collection').eq(name), where('field').eq(by))
        return all(staff, callerPart(access?.read ?? nobody), read, isOfIt)
      }),
  )
  return { ...(files as Collection), access: { read: any(where('uploadedBy').eq(actorId), ...places) } }
}

/** As a record keeps it. */
export function storedFile({ id, name, type, size, width, height }: FileRow): StoredFile {
  return { id, name, type, size, ...(width === null || height === null ? {} : { width, height }) }
}

/** The keys that its blobs may have. */
export function keysOf({ key, pieces }: Pick<FileRow, 'key' | 'pieces'>): string[] {
  return Array.from({ length: pieces }, (_, piece) => keyOfPiece(key, piece))
}

export function keyOfPiece(key: string, piece: number): string {
  return piece === 0 ? key : `${key}.${piece}`
}

/** As long as an upload may take, and a sweep until it. */
export function uploadEndsAt(now: number): number {
  return now + 2 * limits.fileUploadMs
}

/** What a file does not have yet when its bytes begin to come. */
export const notYet = { width: null, height: null, collection: null, field: null, record: null, sizes: null }

/** Announced: its bytes are on their way. */
export function newFile(given: Pick<FileRow, 'id' | 'name' | 'size' | 'uploadedBy' | 'sender' | 'key'>, now: number) {
  return { ...given, state: 'uploading', type: '', ...notYet, pieces: 1, parts: [], expiresAt: uploadEndsAt(now) } as const
}
