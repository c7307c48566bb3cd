// How large a file may be that has not come yet: as its field has it, where the sender says for which one it is.
import type { Actor } from '../../access/actor.ts'
import { ruleFilter } from '../../access/rule.ts'
import { EngineError, invalid } from '../../base/engine-error.ts'
import { nearest } from '../../base/nearest.ts'
import { isSettable, writing } from '../../records/present.ts'
import { fileRulesOf } from '../../schema/kinds/file.ts'
import type { CollectionModel, CompiledField, Model } from '../../schema/model.ts'
import { collectionsWithFiles, fileFieldsOf } from './file-fields.ts'

export type FileRoom = { readonly bytesMax: number; readonly tooLarge: () => EngineError }
type Asked = {
  readonly model: Model
  readonly actor: Actor
  /** The largest file that some field takes. */
  readonly bytesMax: number
  /** `photos.picture` */
  readonly target: string | undefined
  /** Where the target stands in the request. */
  readonly path: string
}

/** @throws validation_failed for a target that is no field of files which this caller sets */
export function roomFor({ model, actor, bytesMax, target, path }: Asked): FileRoom {
  if (target === undefined) return roomOf(bytesMax, 'A file')
  const targets = targetsOf(model, actor)
  const found = targets.get(target)
  if (found === undefined)
    throw invalid(path, 'unknown_field', `${target} is no field of files that you set${nearest(target, targets.keys())}`)
  return roomOf(fileRulesOf(found.field).maxBytes, `A file of ${target}`)
}

export function roomOf(bytesMax: number, what: string): FileRoom {
  return { bytesMax, tooLarge: () => new EngineError('body_too_large', { detail: `${what} may have ${bytesMax} bytes.` }) }
}

function targetsOf(model: Model, actor: Actor): ReadonlyMap<string, CompiledField> {
  const writable = collectionsWithFiles(model).filter((collection) => mayWrite(collection, actor))
  const named = writable.flatMap((collection) =>
    fileFieldsOf(collection)
      .filter(({ field }) => isSettable(field, writing(actor, collection)))
      .map((field) => [`${collection.name}.${field.name}`, field] as const),
  )
  return new Map(named)
}

function mayWrite(collection: CollectionModel, actor: Actor): boolean {
  const { create, update } = collection.access
  return [create, update].some((rule) => rule !== undefined && ruleFilter(rule, writing(actor, collection)).op !== 'false')
}
