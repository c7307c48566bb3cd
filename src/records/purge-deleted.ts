// The end of deleted records that could have been restored: when their time is over, or earlier when somebody says so.
import { anyone, staff } from '../access/rule.ts'
import { limits } from '../base/limits.ts'
import { compare, eq } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { command, type Operation } from '../operation/define.ts'
import type { Work } from '../operation/work.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import { findAll } from '../storage/find-all.ts'
import { type DeletedRecord, deletedRecords, readerOfDeleted } from './deleted-records.ts'
import { findDeleted } from './list-deleted.ts'
import type { HooksOf } from './record-hooks.ts'

/** `DELETE /api/{collection}/deleted/{id}`: for good, with what its deletion took along. */
export function purgeRecord(collection: CollectionModel, hooksOf: HooksOf = () => undefined): Operation {
  return command({
    name: `${collection.name}.purge`,
    route: `DELETE /api/${collection.name}/deleted/:id`,
    summary: `Remove one of the deleted ${collection.title.toLowerCase()} for good`,
    tag: collection.title,
    status: 204,
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: Type.Null(),
    errors: ['not_found'],
    access: anyone,
    audience: collection.access.restore ?? staff,
    async run(context) {
      const { tx, model, actor, input } = context
      const found = await findDeleted({ read: tx, model, collection, actor }, input.id)
      const rows = found.root === found.record ? await findAll(tx, deletedRecords, eq('root', found.record)) : [found]
      await purge(context, { model, hooksOf }, rows)
      return { output: null, status: 204 }
    },
  })
}

type Purging = { readonly model: Model; readonly hooksOf: HooksOf }

export async function purgeOver(work: Work, parts: Purging): Promise<void> {
  const where = compare('purgeAt', 'lt', work.now)
  // Beyond the limit: the next tick.
  const rows = await work.tx.find(deletedRecords, { where, sort: [{ path: 'purgeAt', descending: false }], limit: limits.forgottenPerTick })
  await purge(work, parts, rows)
}

/** Also removes the files that they have. */
export async function purge(work: Work, { model, hooksOf }: Purging, rows: readonly DeletedRecord[]): Promise<void> {
  const asItWas = readerOfDeleted(model)
  for (const row of rows) {
    const was = asItWas(row)
    if (was !== null) await hooksOf(was.collection.name)?.delete?.purged?.(work, was.record)
    await work.tx.delete(deletedRecords, row)
  }
}
