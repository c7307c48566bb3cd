// The record of an id, whatever collection it is of: an id begins with the prefix of its own.
import type { Actor } from '../../access/actor.ts'
import { and, eq } from '../../contract/filter.ts'
import { readFilter } from '../../records/present.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Model } from '../../schema/model.ts'
import { findUnique } from '../../storage/find-all.ts'
import type { Reader } from '../../storage/storage.ts'

type Looking = { readonly read: Pick<Reader, 'find'>; readonly model: Model; readonly actor: Actor }

/** Null where there is none that they may see. */
export async function findRecord({ read, model, actor }: Looking, id: string): Promise<{ name: string; record: AnyRecord } | null> {
  const prefix = id.slice(0, Math.max(0, id.lastIndexOf('_')))
  const collection = [...model.collections.values()].find((one) => one.prefix === prefix && one.source.internal !== true)
  if (collection === undefined) return null
  const { name } = collection
  const record = await findUnique<AnyRecord>(read, { name }, and(eq('id', id), readFilter(collection, actor)))
  return record === null ? null : { name, record }
}
