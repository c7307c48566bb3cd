// JSON Merge Patch (RFC 7396) inside the JSON fields of a record: what a PATCH gives for one is merged into the value
// there is, and the result must fit the field's schema, as a value given whole must.
import type { Actor } from '../access/actor.ts'
import { invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'
import { validatorOf } from '../schema/validate.ts'
import { fieldSchema } from '../schema/wire.ts'
import { isReadable } from './present.ts'

type Values = Readonly<Record<string, unknown>>
export type MergeJson = (to: { readonly actor: Actor; readonly before: AnyRecord }, patch: Values) => Values

/**
 * Into a value that the caller may not read nothing is merged: whether the result fits would tell what it is.
 * @throws validation_failed with the path of what does not fit after the merge
 */
export function jsonMerger(collection: CollectionModel): MergeJson {
  const fields = [...collection.fields.values()].filter(({ field }) => field.kind.isJson)
  const schemas = new Map(fields.map(({ name, field }) => [name, { type: 'object', properties: { [name]: fieldSchema(field) } }]))
  return ({ actor, before }, patch) => {
    const merged: Record<string, unknown> = { ...patch }
    for (const [name, schema] of schemas) {
      if (!Object.hasOwn(patch, name)) continue
      const isSeen = isReadable(collection.fields.get(name)!.field, actor)
      const value = mergePatch(isSeen ? before[name] : null, patch[name])
      validatorOf(schema)({ [name]: value })
      if (JSON.stringify(value).length > limits.bodyBytesMax)
        throw invalid(`/${name}`, 'length', 'is larger after this change than a body may be')
      merged[name] = value
    }
    return merged
  }
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(Object.hasOwn(merged, name) ? merged[name] : undefined, value)
  return merged
}

/** The merge patch that makes `after` of `before`. Nulls inside it take names away, so none can be stored by one. */
export function patchTo(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after)) return after
  const gone = Object.keys(before).filter((name) => !Object.hasOwn(after, name))
  const kept = Object.entries(after).map(([name, value]) => [name, patchTo(before[name], value)])
  return Object.fromEntries([...gone.map((name) => [name, null]), ...kept])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
