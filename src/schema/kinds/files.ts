// Several files, in order, without repeats.
import { limits } from '../../base/limits.ts'
import {
  type FileOptions,
  type FileValue,
  fileColumn,
  fileMisfit,
  fileOptions,
  fileSchema,
  givenFile,
  givenFileSchema,
  type StoredFile,
  toldFile,
} from './file.ts'
import { defineKind, makeField, type With } from './kind.ts'

export const filesKind = defineKind({
  name: 'files',
  otherNames: ['images', 'pictures', 'attachments', 'gallery'],
  columns: [fileColumn],
  holdsFiles: 'many',
  isLarge: true,
  options: fileOptions,
  check(field, path, add) {
    if (Array.isArray(field.default) && field.default.length > 0) add(`${path}.default`, 'names files: each record has its own')
  },
  schema: () => ({ type: 'array', items: fileSchema, maxItems: limits.filesInFieldMax }),
  givenSchema: (schema) => ({ ...schema, items: givenFileSchema }),
  fromWire: (value) => (value as readonly unknown[]).map(givenFile),
  toWire: (value) => (value as readonly unknown[]).map(toldFile),
  stored: (value, path, add) => {
    if (!Array.isArray(value) || value.some((one) => fileMisfit(one) !== null)) add(path, 'must be a list of files as they are stored')
  },
  misfit: (_field, value) => (Array.isArray(value) && value.every((one) => fileMisfit(one) === null) ? null : 'is no list of files'),
  input: 'files',
  display: 'files',
})

/** Several files, in order, without repeats: `{ "pictures": [{ "id": "file_…" }] }`. */
export const files = <const O extends With<FileOptions>>(options?: O) =>
  makeField<
    { value: readonly StoredFile[]; wire: readonly FileValue[]; compared: object; isLarge: true },
    O & { required: true; default: readonly [] }
  >(filesKind, { default: [], ...options })
