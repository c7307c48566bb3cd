import type { Actor } from '../access/actor.ts'
import { anyone, nobody } from '../access/rule.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { and, eq, type Filter } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { command, type Operation } from '../operation/define.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'
import { checkIfMatch } from './etag.ts'
import { actionFilter, findVisible, isReadable, readFilter } from './present.ts'
import type { RecordHooks } from './record-hooks.ts'
import { fits, refusedTo } from './write-record.ts'

/** `DELETE /api/{collection}/{id}`: refused while other records refer to it. */
export function deleteRecord(collection: CollectionModel, hooks?: RecordHooks): Operation {
  return command({
    name: `${collection.name}.delete`,
    route: `DELETE /api/${collection.name}/:id`,
    summary: `Delete one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    status: 204,
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: Type.Null(),
    errors: ['not_found', 'still_referenced', 'precondition_failed'],
    access: collection.access.delete === undefined ? nobody : anyone,
    audience: collection.access.delete ?? nobody,
    async run(context) {
      const { tx, input, actor, model, request, now, newId } = context
      const record = await findVisible(tx, collection, actor, input.id)
      if (record === null) throw new EngineError('not_found')
      if (!(await fits(tx, collection, record, actionFilter(collection, 'delete', actor)))) throw refusedTo(actor)
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, record)
      if (hooks) await hooks.before({ work: context, model, actor, action: 'delete', before: record, record })
      await tx.delete(collection, record)
      // What depends on it is kept in step with its absence, and goes before anything can be left pointing at it.
      await collection.source.afterChange?.({ tx, now, newId, before: record, after: null })
      await checkUnreferenced(tx, { model, actor }, collection.name, record.id)
      if (hooks) await hooks.after({ work: context, model, actor, action: 'delete', before: record, record })
      return { output: null, status: 204 }
    },
  })
}

/** @throws still_referenced, naming what the caller may see of it; that something refers to the record is told in any case */
export async function checkUnreferenced(read: Reader, { model, actor }: Asking, name: string, id: string): Promise<void> {
  const references = [...model.collections.values()].flatMap((other) =>
    [...other.fields.values()].filter(({ field }) => field.to === name).map(({ name: by, field }) => ({ other, by, field })),
  )
  let isReferenced = false
  for (const { other, by, field } of references) {
    const where: Filter = field.kind.refers === 'many' ? { op: 'has', path: by, value: id } : eq(by, id)
    // Beyond the limit: one is enough to say no.
    const isFound = async (more?: Filter) => (await read.find(other, { where: and(where, more), limit: 1 })).length > 0
    if (!(await isFound())) continue
    isReferenced = true
    // All are looked at before one that is hidden counts: it must not stand before one that can be told.
    if (isReadable(field, actor) && (await isFound(readFilter(other, actor))))
      throw new EngineError('still_referenced', { detail: `Records of ${other.title.toLowerCase()} still refer to it by ${by}.` })
  }
  if (isReferenced) throw new EngineError('still_referenced')
}

type Asking = { readonly model: Model; readonly actor: Actor }
