// `{"$push": "red", "$pull": ["blue"]}`: a change of a list that says what comes and what goes, and not what else there is.
import { invalid } from '../base/engine-error.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'
import { fieldSchema, type ListChange } from '../schema/wire.ts'

type ListChanges = Readonly<Record<string, ListChange>>

/** The whole lists, by their fields. What is there already is not added again. @throws validation_failed for one that grows too long */
export function changedLists(collection: CollectionModel, before: AnyRecord, changes: ListChanges): Record<string, readonly string[]> {
  const lists = Object.entries(changes).map(([name, { $push = [], $pull = [] }]) => {
    const gone = new Set([$pull].flat())
    const kept = ((before[name] ?? []) as readonly string[]).filter((one) => !gone.has(one))
    const list = [...new Set([...kept, ...[$push].flat()])]
    const schema = fieldSchema(collection.fields.get(name)!.field)
    const max = (schema as { readonly maxItems?: number }).maxItems ?? list.length
    if (list.length > max) throw invalid(`/${name}`, 'maxItems', `must not have more than ${max} entries`)
    return [name, list] as const
  })
  return Object.fromEntries(lists)
}

/** What comes into the lists: only that must lead somewhere, whoever else is in them. */
export function pushed(changes: ListChanges): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(changes).map(([name, { $push = [] }]) => [name, [$push].flat()]))
}
