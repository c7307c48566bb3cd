import { Type } from 'typebox'
import { anyone, nobody } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { eq, type Filter } from '../../contract/filter.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import type { Reader } from '../../storage/storage.ts'
import { checkIfMatch } from './etag.ts'
import { actionFilter, findVisible } from './present.ts'
import { fits } from './write-record.ts'

/** `DELETE /api/{collection}/{id}`: refused while other records refer to it. */
export function deleteRecord(collection: CollectionModel): Operation {
  return command({
    name: `${collection.name}.delete`,
    route: `DELETE /api/${collection.name}/:id`,
    summary: `Delete one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    status: 204,
    input: Type.Object({ id: Type.String({ maxLength: 64 }) }, { additionalProperties: false }),
    output: Type.Null(),
    errors: ['not_found', 'still_referenced', 'precondition_failed'],
    access: collection.source.access?.delete === undefined ? nobody : anyone,
    async run({ tx, input, actor, model, request, now, newId }) {
      const record = await findVisible(tx, collection, actor, input.id)
      if (record === null) throw new EngineError('not_found')
      if (!(await fits(tx, collection, record, actionFilter(collection, 'delete', actor))))
        throw new EngineError(actor.kind === 'guest' ? 'unauthenticated' : 'forbidden')
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, record)
      await tx.delete(collection, record)
      // What depends on it is kept in step with its absence, and goes before anything can be left pointing at it.
      await collection.source.afterChange?.({ tx, now, newId, before: record, after: null })
      await checkUnreferenced(tx, model, collection.name, record.id)
      return { output: null, status: 204 }
    },
  })
}

/** @throws still_referenced */
export async function checkUnreferenced(read: Reader, model: Model, name: string, id: string): Promise<void> {
  for (const other of model.collections.values())
    for (const [fieldName, { field }] of other.fields) {
      if (field.to !== name) continue
      const where: Filter = field.kind === 'refs' ? { op: 'has', path: fieldName, value: id } : eq(fieldName, id)
      // Beyond the limit: one is enough to say no.
      const [found] = await read.find(other, { where, limit: 1 })
      if (found)
        throw new EngineError('still_referenced', { detail: `Records of ${other.title.toLowerCase()} still refer to it by ${fieldName}.` })
    }
}
