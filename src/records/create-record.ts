import type { Actor } from '../access/actor.ts'
import { refusedTo } from '../access/refusal.ts'
import { anyone, nobody } from '../access/rule.ts'
import { copyOf } from '../base/copy.ts'
import { EngineError } from '../base/engine-error.ts'
import { Type } from '../contract/type.ts'
import { type Command, command } from '../operation/define.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { Field } from '../schema/kinds/kind.ts'
import type { CollectionModel } from '../schema/model.ts'
import { recordSchema, writableFields } from '../schema/wire.ts'
import { shapeOf } from '../storage/record-shape.ts'
import { decide, looksAt } from './decide.ts'
import { createInput } from './input-schemas.ts'
import { actionFilter, visibleFields } from './present.ts'
import type { RecordHooks } from './record-hooks.ts'
import { acceptFields, answerWith, checkReferences, fits, ruleOf } from './write-record.ts'

/** `POST /api/{collection}`: the record must fit the create rule as its caller has it stored; hooks of the project come after that. */
export function createRecord(collection: CollectionModel, hooks?: RecordHooks): Command {
  const input = createInput(collection)
  return command({
    name: `${collection.name}.create`,
    route: `POST /api/${collection.name}`,
    summary: `Create one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    isPresented: true,
    hasEtag: true,
    status: 201,
    input: input.whole,
    inputFor: input.of,
    output: Type.Unsafe(recordSchema(collection)),
    outputFor: (actor) => Type.Unsafe(recordSchema(collection, visibleFields(collection, actor))),
    errors: ['already_exists', 'reference_not_found'],
    access: collection.access.create === undefined ? nobody : anyone,
    audience: collection.access.create ?? nobody,
    async run(context) {
      const { tx, input, actor, now, model, newId } = context
      const given = acceptFields(collection, actor, input)
      const fields = { ...defaults(collection, actor, now), ...given, id: newId(collection.prefix) }
      const rule = actionFilter(collection, 'create', actor)
      // Before the insert: that a unique value is taken is no answer to somebody who may not ask.
      const wanted = shapeOf(collection).complete({ ...fields, version: 1, createdAt: now, updatedAt: now })
      checkComplete(collection, actor, given)
      if (!(await decide(tx, rule, wanted))) throw refusedTo(actor, ruleOf(collection, 'create'))
      await checkReferences(tx, model, collection, actor, given)
      const more = hooks && (await hooks.before({ work: context, model, actor, action: 'create', before: null, record: wanted }))
      const kept = await collection.source.beforeChange?.({ tx, now, newId, before: null, after: { ...wanted, ...more } })
      const record = await tx.insert<AnyRecord>(collection, more || kept ? { ...fields, ...more, ...kept } : fields)
      if (looksAt(rule, collection.name) && !(await fits(tx, collection, record, rule)))
        throw refusedTo(actor, ruleOf(collection, 'create'))
      await collection.source.afterChange?.({ tx, now, newId, before: null, after: record })
      if (hooks) await hooks.after({ work: context, model, actor, action: 'create', before: null, record })
      return await answerWith(context, collection, actor, record, 201)
    },
  })
}

/** A field that must be given and that this caller may not give is missing for good. @throws unauthenticated, forbidden */
function checkComplete(collection: CollectionModel, actor: Actor, given: Readonly<Record<string, unknown>>): void {
  const missing = writableFields(collection).filter(({ name, field }) => field.required && field.default === undefined && !(name in given))
  if (missing.length === 0) return
  const names = missing.map(({ name }) => name).join(', ')
  throw new EngineError(actor.kind === 'guest' ? 'unauthenticated' : 'forbidden', {
    inDevelopment: () => `What is required of ${collection.name} and may not be set by this caller: ${names}.`,
  })
}

/** What a record has whose maker says nothing of it. @throws unauthenticated where it is the caller's id and nobody calls */
export function defaults(collection: CollectionModel, actor: Actor, now: number): Record<string, unknown> {
  return Object.fromEntries(writableFields(collection).map(({ name, field }) => [name, defaultOf(field, actor, now)]))
}

export function defaultOf(field: Field, actor: Actor, now: number): unknown {
  const value = field.default ?? null
  if (field.kind.isJson || typeof value !== 'object' || value === null || !('set' in value)) return copyOf(value)
  if (value.set === 'now') return now
  // Code of a project may act for nobody: what is missing then is told as a mistake of it.
  if (actor.id === null && field.required && actor.kind !== 'system') throw new EngineError('unauthenticated')
  return actor.id
}
