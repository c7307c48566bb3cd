import { refusedTo } from '../access/refusal.ts'
import { anyone, nobody } from '../access/rule.ts'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { Type } from '../contract/type.ts'
import { command, type Operation } from '../operation/define.ts'
import type { CollectionModel } from '../schema/model.ts'
import { checkIfMatch } from './etag.ts'
import { actionFilter, findVisible } from './present.ts'
import type { HooksOf } from './record-hooks.ts'
import { removeRecord } from './remove-record.ts'
import { fits, ruleOf } from './write-record.ts'

/** `DELETE /api/{collection}/{id}`: records that refer to it refuse that, go with it or lose the reference, as their fields say. */
export function deleteRecord(collection: CollectionModel, hooksOf: HooksOf = () => undefined): Operation {
  return command({
    name: `${collection.name}.delete`,
    route: `DELETE /api/${collection.name}/:id`,
    summary: `Delete one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    status: 204,
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: Type.Null(),
    errors: ['not_found', 'still_referenced', 'cascade_too_large', 'precondition_failed'],
    access: collection.access.delete === undefined ? nobody : anyone,
    audience: collection.access.delete ?? nobody,
    async run(context) {
      const { tx, input, actor, model, request } = context
      const record = await findVisible(tx, collection, actor, input.id)
      if (record === null) throw new EngineError('not_found')
      if (!(await fits(tx, collection, record, actionFilter(collection, 'delete', actor))))
        throw refusedTo(actor, ruleOf(collection, 'delete'))
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, record)
      await removeRecord({ work: context, model, actor, hooksOf }, collection, record)
      return { output: null, status: 204 }
    },
  })
}
