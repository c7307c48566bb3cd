// One deletion, whoever asked for it: hooks of the project around it, what depends on the record kept in step, what refers to it
// followed, and what can be restored stored beside. Invariant: it is stored in the transaction that deletes it.
import { actorName } from '../access/actor.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel } from '../schema/model.ts'
import { type DeletedRecord, deletedRecords, keepMsOf, type Released, valuesToKeep } from './deleted-records.ts'
import { type Deleting, followDeletion, keepInStep } from './follow-deletion.ts'

/** @throws still_referenced, cascade_too_large */
export async function removeRecord(at: Deleting, collection: CollectionModel, record: AnyRecord): Promise<void> {
  const { work, hooksOf } = at
  const hooks = hooksOf(collection.name)?.delete
  const keepMs = keepMsOf(collection.source)
  const kept = createKept(at, { root: record.id, keepMs })
  const write = { ...at, action: 'delete', before: record, record, isSoft: keepMs !== null } as const
  await hooks?.before(write)
  await work.tx.delete(collection, record)
  kept.removed(collection, record)
  // What depends on it is kept in step with its absence, and goes before anything can be left pointing at it.
  await keepInStep(work, collection, { before: record, after: null })
  await followDeletion(at, { name: collection.name, id: record.id, followed: kept })
  await kept.store()
  await hooks?.after(write)
}

/** What goes with a record that can be restored comes back with it; what goes with another one, as its own collection says. */
function createKept({ work, model, actor }: Deleting, { root, keepMs }: { readonly root: string; readonly keepMs: number | null }) {
  const rows: Omit<DeletedRecord, 'createdAt' | 'released'>[] = []
  const released: Released[] = []
  return {
    isSoft: (collection: CollectionModel) => (keepMs ?? keepMsOf(collection.source)) !== null,
    removed(collection: CollectionModel, record: AnyRecord): void {
      const ms = keepMs ?? keepMsOf(collection.source)
      if (ms === null) return
      const place = { collection: collection.name, record: record.id, root: keepMs === null ? record.id : root }
      const values = valuesToKeep(model, collection, record)
      rows.push({ id: work.newId(deletedRecords.prefix!), ...place, values, deletedBy: actorName(actor), purgeAt: work.now + ms })
    },
    released: (reference: Released) => void (keepMs !== null && released.push(reference)),
    async store(): Promise<void> {
      if (rows.length === 0) return
      await work.tx.insertMany(
        deletedRecords,
        rows.map((row) => ({ ...row, released: row.record === root ? released : [] })),
      )
    },
  }
}
