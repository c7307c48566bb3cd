import { anyone, nobody } from '../access/rule.ts'
import { EngineError } from '../base/engine-error.ts'
import { isNoneMatch } from '../base/entity-tag.ts'
import { limits } from '../base/limits.ts'
import { Type } from '../contract/type.ts'
import { type Operation, query } from '../operation/define.ts'
import type { CollectionModel } from '../schema/model.ts'
import { recordSchema } from '../schema/wire.ts'
import { etagOf, etagOfRow } from './etag.ts'
import { expand, parseExpand } from './expand.ts'
import { parseFields } from './list-records.ts'
import type { QueryScope } from './parse-filter.ts'
import { findVisible, presentAll, visibleFields } from './present.ts'

/** `GET /api/{collection}/{id}`: the record, or 404 whether it is missing or hidden. */
export function getRecord(collection: CollectionModel): Operation {
  const isRowAlone = collection.source.loaded === undefined
  return query({
    name: `${collection.name}.get`,
    route: `GET /api/${collection.name}/:id`,
    summary: `Get one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    isPresented: true,
    input: Type.Object(
      {
        id: Type.String({ maxLength: limits.idCharactersMax }),
        expand: Type.Optional(Type.String()),
        fields: Type.Optional(Type.String()),
      },
      { additionalProperties: false },
    ),
    output: Type.Unsafe(recordSchema(collection)),
    outputFor: (actor) => Type.Unsafe(recordSchema(collection, visibleFields(collection, actor))),
    errors: ['not_found', 'expand_too_large'],
    access: collection.access.read === undefined ? nobody : anyone,
    audience: collection.access.read ?? nobody,
    async run({ read, input, actor, model, request, now }) {
      const scope: QueryScope = { model, collection, actor }
      const tree = parseExpand(input.expand)
      const chosen = parseFields(scope, input.fields, tree.keys())
      const record = await findVisible(read, collection, actor, input.id)
      if (record === null) throw new EngineError('not_found')
      const [output] = await presentAll(read, collection, actor, [record], { chosen, now })
      if (tree.size > 0) await expand(read, { ...scope, now }, [output!], tree)
      const json = JSON.stringify(output)
      const etag = isRowAlone && tree.size === 0 && !chosen ? etagOfRow(json) : etagOf(collection, actor, record, output)
      if (isNoneMatch(etag, request.ifNoneMatch)) return { status: 304, output: undefined, headers: { etag } }
      return { output, json, headers: { etag } }
    },
  })
}
