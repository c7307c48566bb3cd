// Which fields hold files, and which files a value names.
import { fileRulesOf, type StoredFile } from '../../schema/kinds/file.ts'
import { isKind } from '../../schema/kinds/kind.ts'
import type { CollectionModel, CompiledField, Model } from '../../schema/model.ts'
import { isObject } from '../../schema/shape.ts'

export function fileFieldsOf({ fields }: CollectionModel): CompiledField[] {
  return [...fields.values()].filter(({ field }) => field.kind.holdsFiles !== undefined)
}

/** Whether declarations, which nobody may have checked yet, have one: then there are files. */
export function declaresFiles(declared: readonly (Readonly<Record<string, unknown>> | undefined)[]): boolean {
  const fields = declared.flatMap((some) => (isObject(some) ? Object.values(some) : []))
  return fields.some((field) => isObject(field) && isKind(field['kind']) && field['kind'].holdsFiles !== undefined)
}

/** Every collection with such a field. */
export function collectionsWithFiles({ collections }: Model): CollectionModel[] {
  return [...collections.values()].filter((collection) => fileFieldsOf(collection).length > 0)
}

/** The files of a stored value, or of one that a request names them by. */
export function filesIn(value: unknown): readonly Pick<StoredFile, 'id'>[] {
  return value === null || value === undefined ? [] : ([value].flat() as StoredFile[])
}

/** The largest file that one of them takes. */
export function largestFile(model: Model): number {
  const fields = collectionsWithFiles(model).flatMap(fileFieldsOf)
  return Math.max(0, ...fields.map(({ field }) => fileRulesOf(field).maxBytes))
}
