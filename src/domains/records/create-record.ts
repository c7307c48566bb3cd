import { Type } from 'typebox'
import type { Actor } from '../../access/actor.ts'
import { anyone, nobody } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { matches } from '../../contract/filter.ts'
import { command, type Operation } from '../../operation/define.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { Field } from '../../schema/field.ts'
import type { CollectionModel } from '../../schema/model.ts'
import { createInputSchema, recordSchema, writableFields } from '../../schema/wire.ts'
import { actionFilter } from './present.ts'
import { acceptFields, answerWith, checkReferences, fits } from './write-record.ts'

/** `POST /api/{collection}`: the record must fit the create rule as it will be stored. */
export function createRecord(collection: CollectionModel): Operation {
  return command({
    name: `${collection.name}.create`,
    route: `POST /api/${collection.name}`,
    summary: `Create one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    isPresented: true,
    status: 201,
    input: Type.Unsafe<Record<string, unknown>>(createInputSchema(collection)),
    output: Type.Unsafe(recordSchema(collection)),
    errors: ['already_exists', 'reference_not_found'],
    access: collection.source.access?.create === undefined ? nobody : anyone,
    async run({ tx, input, actor, now, model, newId }) {
      const given = acceptFields(collection, actor, input)
      const fields = { ...defaults(collection, actor, now), ...given, id: newId(collection.prefix) }
      const rule = actionFilter(collection, 'create', actor)
      const refused = () => new EngineError(actor.kind === 'guest' ? 'unauthenticated' : 'forbidden')
      // Before the insert: that a unique value is taken is no answer to somebody who may not ask.
      if (matches(rule, fields) === false) throw refused()
      const record = await tx.insert<AnyRecord>(collection, fields as never)
      if (!(await fits(tx, collection, record, rule))) throw refused()
      await checkReferences(tx, model, collection, actor, given)
      await collection.source.afterChange?.({ tx, now, newId, before: null, after: record })
      return await answerWith(tx, collection, actor, record, 201)
    },
  })
}

function defaults(collection: CollectionModel, actor: Actor, now: number): Record<string, unknown> {
  return Object.fromEntries(writableFields(collection).map(({ name, field }) => [name, defaultOf(field, actor, now)]))
}

function defaultOf(field: Field, actor: Actor, now: number): unknown {
  const value = field.default ?? null
  if (typeof value !== 'object' || value === null || !('set' in value)) return value
  if (value.set === 'now') return now
  if (actor.id === null && field.required) throw new EngineError('unauthenticated')
  return actor.id
}
