// One file: its bytes are uploaded first, and a record that names it claims it. What is stored in the record is all that its
// readers are told, so that to read a record asks for no file.
import { limits } from '../../base/limits.ts'
import { countFrom, is, isObject, list } from '../shape.ts'
import { notCompared } from './comparing.ts'
import { defineKind, type Field, type JsonSchema, type KindColumn, makeField, type With } from './kind.ts'

export type StoredFile = {
  readonly id: string
  readonly name: string
  /** Of its bytes, whatever its sender called it. */
  readonly type: string
  /** In bytes. */
  readonly size: number
  /** Of pictures, in pixels. */
  readonly width?: number
  readonly height?: number
}
/** `url` is good for whoever may read the record. */
export type FileValue = StoredFile & { readonly url: string }

export type FileOptions = {
  /** Media types such as `image/png`, or `image/*`; any when left out. */
  readonly accept?: readonly string[]
  /** 100 MiB when left out. */
  readonly maxBytes?: number
}

const mediaRange = is('a media type such as image/png or image/*', (value) => /^[a-z]+\/(?:\*|[a-z0-9.+-]+)$/.test(String(value)))
export const fileOptions = { accept: list(mediaRange, 1), maxBytes: countFrom(1) }
export const fileColumn: KindColumn = { type: 'json', comparing: notCompared }

const text = (maxLength: number): JsonSchema => ({ type: 'string', maxLength })
const count: JsonSchema = { type: 'integer', minimum: 0 }

export const fileSchema: JsonSchema = {
  type: 'object',
  properties: {
    id: text(limits.idCharactersMax),
    name: text(limits.textCharactersMax),
    type: text(limits.textCharactersMax),
    size: count,
    width: count,
    height: count,
    url: text(limits.urlCharactersMax),
  },
  required: ['id', 'name', 'type', 'size', 'url'],
  additionalProperties: false,
}
/** The id says which; what else a reader was told may come back with it, and counts for nothing. */
export const givenFileSchema: JsonSchema = { ...fileSchema, required: ['id'] }

export const givenFile = (value: unknown) => ({ id: (value as { id: string }).id })
export const toldFile = (value: unknown): FileValue => ({
  ...(value as StoredFile),
  url: `/api/files/${(value as StoredFile).id}/content`,
})

/** The options of a field, which its declaration has given. */
export function fileRulesOf(field: Field): Required<Pick<FileOptions, 'maxBytes'>> & FileOptions {
  return { maxBytes: limits.fileBytesDefault, ...(field as FileOptions) }
}

export function fileMisfit(value: unknown): string | null {
  if (!isObject(value)) return 'is no file'
  const { id, name, type, size } = value
  return [id, name, type].every((one) => typeof one === 'string') && Number.isSafeInteger(size) ? null : 'is no file'
}

export const fileKind = defineKind({
  name: 'file',
  otherNames: ['image', 'picture', 'attachment', 'upload', 'blob'],
  columns: [fileColumn],
  holdsFiles: 'one',
  isLarge: true,
  options: fileOptions,
  check(field, path, add) {
    if (field.default !== undefined && field.default !== null) add(`${path}.default`, 'names a file: each record has one of its own')
  },
  schema: () => fileSchema,
  nullableSchema: () => ({ ...fileSchema, type: ['object', 'null'] }),
  givenSchema: ({ type }) => ({ ...givenFileSchema, type }),
  fromWire: givenFile,
  toWire: toldFile,
  stored: (value, path, add) => {
    if (fileMisfit(value) !== null) add(path, 'must be a file as it is stored')
  },
  misfit: (_field, value) => fileMisfit(value),
  input: 'file',
  display: 'file',
})

/** One file, which a record claims by its id: `{ "cover": { "id": "file_…" } }`. */
export const file = <const O extends With<FileOptions>>(options?: O) =>
  makeField<{ value: StoredFile; wire: FileValue; compared: object; isLarge: true }, O>(fileKind, options)
