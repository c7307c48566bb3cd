// What a transaction changes, as the feed tells it: each record as it is now, and of an update the values that it replaced.
// Fields that are kept out of the feed stand in neither.
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'
import { shapeOf } from './record-shape.ts'
import type { Change, RecordChange } from './storage.ts'

/** `record`: as `wanted` has left it. */
export type Update = { readonly record: AnyRecord; readonly wanted: Required<Change> }

export function createChangeNotes() {
  const changes: RecordChange[] = []
  function note(collection: CollectionModel, action: RecordChange['action'], record: AnyRecord): void {
    if (collection.isFed) changes.push({ collection: collection.name, id: record.id, action, record: shapeOf(collection).tell(record) })
  }
  function noteUpdate(collection: CollectionModel, record: AnyRecord, before: Record<string, unknown>): void {
    changes.push({ collection: collection.name, id: record.id, action: 'updated', record: shapeOf(collection).tell(record), before })
  }
  return {
    changes,
    created: (collection: CollectionModel, record: AnyRecord) => note(collection, 'created', record),
    deleted: (collection: CollectionModel, record: AnyRecord) => note(collection, 'deleted', record),

    updated(collection: CollectionModel, before: AnyRecord, update: Update): void {
      if (collection.isFed) noteUpdate(collection, update.record, replacedBy(collection, before, update))
    },

    /** As `updated`, of a record that need not have been looked at before: what a counter was follows from what it is. */
    adjusted(collection: CollectionModel, before: AnyRecord | null, { record, wanted: { set, add } }: Update): void {
      if (!collection.isFed) return
      const replaced = before === null ? {} : replacedBy(collection, before, { record, wanted: { set, add: {} } })
      for (const path in add) replaced[path] = Number(record[path]) - add[path]!
      noteUpdate(collection, record, replaced)
    },
  }
}

function replacedBy({ heavyFields }: CollectionModel, before: AnyRecord, { record, wanted }: Update): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const name of [...Object.keys(wanted.set), ...Object.keys(wanted.add)])
    if (name !== 'version' && name !== 'updatedAt' && before[name] !== record[name] && !heavyFields.includes(name))
      values[name] = before[name]
  return values
}
