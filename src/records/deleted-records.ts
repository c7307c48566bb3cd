// Deleted records of collections that declare `softDelete`, as they were: until they are restored, or their time is over. They stand here
// and nowhere else, so nothing that reads a collection has to leave them out, and none of their unique values is taken.
import { limits } from '../base/limits.ts'
import { eq, type Filter, oneOf } from '../contract/filter.ts'
import { type AnyRecord, type Collection, collection } from '../schema/collection.ts'
import { field } from '../schema/field.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import { withTexts } from '../storage/decimals-in-log.ts'
import { createChangeRenamer } from '../storage/migrations/renamed-changes.ts'
import { formerNames } from '../storage/migrations/stored-schema.ts'

/** A reference that was set to null with the deletion. */
export type Released = { readonly collection: string; readonly id: string; readonly by: string; readonly gone: readonly string[] }

export const deletedRecords = collection('deletedRecords', {
  prefix: 'del',
  system: true,
  internal: true,
  feed: false,
  appendOnly: true,
  fields: {
    collection: field.text({ required: true, max: 40 }),
    record: field.text({ required: true, unique: true, max: limits.idCharactersMax }),
    /** The record whose deletion took it along; itself where it was the one asked for. */
    root: field.text({ required: true, max: limits.idCharactersMax }),
    values: field.json<AnyRecord>({ required: true, schema: { type: 'object' } }),
    /** Of the root: what lost a reference to one of those that went. */
    released: field.json<readonly Released[]>({ required: true, schema: { type: 'array' } }),
    deletedBy: field.text({ required: true }),
    purgeAt: field.dateTime({ required: true }),
  },
  indexes: [['collection', '-createdAt'], ['root'], ['purgeAt']],
  personal: { freeForm: 'delete' },
})
export type DeletedRecord = NonNullable<(typeof deletedRecords)['record']>

const dayMs = 86_400_000
const keepDaysDefault = 30

/** How long a deleted record of it is kept; null where a deletion is the end. */
export function keepMsOf({ softDelete = false }: Pick<Collection, 'softDelete'>): number | null {
  return softDelete === false ? null : (softDelete === true ? keepDaysDefault : softDelete.keepDays) * dayMs
}

/** Those of a collection, also from before it was renamed. */
export function deletedOf({ name, source }: CollectionModel): Filter {
  const former = formerNames(source)
  return former.length === 0 ? eq('collection', name) : oneOf('collection', [name, ...former])
}

/** In the form of the feed, which means the same whatever the model becomes. */
export function valuesToKeep(model: Model, { name }: CollectionModel, record: AnyRecord): AnyRecord {
  return withTexts(model, [{ collection: name, id: record.id, action: 'deleted', record }])[0]!.record
}

type AsItWas = { readonly collection: CollectionModel; readonly record: AnyRecord }

/** Records as they were, under the names of now; null where the collection is gone. */
export function readerOfDeleted(model: Model): (row: Pick<DeletedRecord, 'collection' | 'values'>) => AsItWas | null {
  const renamed = createChangeRenamer(model)
  return ({ collection: name, values }) => {
    const { collection: now, record } = renamed({ collection: name, id: values.id, action: 'deleted', record: values })
    const found = model.find(now)
    return found === undefined ? null : { collection: found, record }
  }
}
