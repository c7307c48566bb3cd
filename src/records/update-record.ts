import { isDeepStrictEqual } from 'node:util'
import { refusedTo } from '../access/refusal.ts'
import { anyone, nobody } from '../access/rule.ts'
import { EngineError, invalid } from '../base/engine-error.ts'
import { Type } from '../contract/type.ts'
import { type Command, command } from '../operation/define.ts'
import { isList, type Kind } from '../schema/kinds/kind.ts'
import type { CollectionModel } from '../schema/model.ts'
import { type ListChange, recordSchema } from '../schema/wire.ts'
import { shapeOf } from '../storage/record-shape.ts'
import { changedLists, pushed } from './change-lists.ts'
import { decide, looksAt } from './decide.ts'
import { checkIfMatch } from './etag.ts'
import { patchInput } from './input-schemas.ts'
import { withKnownFiles } from './known-files.ts'
import { jsonMerger } from './merge-json.ts'
import { findVisible, updateFilter, visibleFields } from './present.ts'
import type { RecordHooks } from './record-hooks.ts'
import { acceptFields, answerWith, checkReferences, checkSettable, fits, ruleOf } from './write-record.ts'

/** `PATCH /api/{collection}/{id}`: JSON Merge Patch. The rule must hold before and after the change. */
export function updateRecord(collection: CollectionModel, hooks?: RecordHooks): Command {
  const input = patchInput(collection)
  const mergeJson = jsonMerger(collection)
  return command({
    name: `${collection.name}.update`,
    route: `PATCH /api/${collection.name}/:id`,
    summary: `Change one of ${collection.title.toLowerCase()}`,
    tag: collection.title,
    isPresented: true,
    input: input.whole,
    inputFor: input.of,
    output: Type.Unsafe(recordSchema(collection)),
    outputFor: (actor) => Type.Unsafe(recordSchema(collection, visibleFields(collection, actor))),
    errors: ['not_found', 'already_exists', 'reference_not_found', 'precondition_failed'],
    access: collection.access.update === undefined ? nobody : anyone,
    audience: collection.access.update ?? nobody,
    async run(context) {
      const { tx, actor, model, request, now, newId } = context
      const { id, ...body } = context.input
      const before = await findVisible(tx, collection, actor, id)
      if (before === null) throw new EngineError('not_found')
      const atFirst = updateFilter(collection, actor, { before })
      if (!(await fits(tx, collection, before, atFirst))) throw refusedTo(actor, ruleOf(collection, 'update'))
      checkIfMatch(collection, { actor, ifMatch: request.ifMatch }, before)
      const { set, add, lists } = split(collection, body)
      const accepted = acceptFields(collection, actor, set)
      checkSettable(collection, actor, [...Object.keys(add), ...Object.keys(lists)])
      const merged = withKnownFiles(collection, before, mergeJson({ actor, before }, accepted))
      const given = { ...merged, ...changedLists(collection, before, lists) }
      if (Object.keys(body).length === 0) return await answerWith(context, collection, actor, before, 200)
      const wanted = shapeOf(collection).complete({ ...before, ...given, ...sums(collection, before, add), updatedAt: now })
      const rule = updateFilter(collection, actor, { before, after: wanted })
      // Before the change: that a unique value is taken is no answer to somebody who may not make it.
      const asksOfChange = !isDeepStrictEqual(rule, atFirst)
      if ((asksOfChange && !(await decide(tx, rule, before))) || !(await decide(tx, rule, wanted)))
        throw refusedTo(actor, ruleOf(collection, 'update'))
      await checkReferences(tx, model, collection, actor, { ...given, ...pushed(lists) })
      const more = hooks && (await hooks.before({ work: context, model, actor, action: 'update', before, record: wanted }))
      const kept = await collection.source.beforeChange?.({ tx, now, newId, before, after: { ...wanted, ...more } })
      const change = more || kept ? withMore(given, add, { ...more, ...kept }) : { set: given, add }
      const record = await tx.update(collection, before, change)
      if (looksAt(rule, collection.name) && !(await fits(tx, collection, record, rule)))
        throw refusedTo(actor, ruleOf(collection, 'update'))
      await collection.source.afterChange?.({ tx, now, newId, before, after: record })
      if (hooks) await hooks.after({ work: context, model, actor, action: 'update', before, record })
      return await answerWith(context, collection, actor, record, 200)
    },
  })
}

/** What says by how much, or what comes and goes; in a JSON field it is a value like any other. */
function split(collection: CollectionModel, body: Readonly<Record<string, unknown>>) {
  const set: Record<string, unknown> = {}
  const add: Record<string, number> = {}
  const lists: Record<string, ListChange> = {}
  for (const [name, value] of Object.entries(body)) {
    const { kind } = collection.fields.get(name)!.field
    const isChange = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isChange && kind.increment) add[name] = amountOf(kind.increment, (value as { $increment: unknown }).$increment)
    else if (isChange && isList(kind)) lists[name] = value
    else set[name] = value
  }
  return { set, add, lists }
}

function amountOf({ fromWire }: NonNullable<Kind['increment']>, given: unknown): number {
  return fromWire ? fromWire(given) : (given as number)
}

/** What a hook sets is set, whatever was to be added. */
function withMore(set: Values, add: Readonly<Record<string, number>>, more: Values) {
  return { set: { ...set, ...more }, add: Object.fromEntries(Object.entries(add).filter(([name]) => !Object.hasOwn(more, name))) }
}
type Values = Readonly<Record<string, unknown>>

/** What increments make. One must land inside the field's limits; on a missing value there is nothing to add to. */
function sums(collection: CollectionModel, before: Readonly<Record<string, unknown>>, add: Readonly<Record<string, number>>) {
  const made = Object.entries(add).map(([name, amount]) => {
    const { field } = collection.fields.get(name)!
    const value = before[name]
    if (typeof value !== 'number') throw invalid(`/${name}`, 'null', 'has no value to add to')
    const sum = value + amount
    const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER, kind } = field
    const told = (bound: number) => kind.toWire?.(bound) ?? bound
    if (sum > max) throw invalid(`/${name}`, 'maximum', `must be at most ${told(max)}`)
    if (sum < min) throw invalid(`/${name}`, 'minimum', `must be at least ${told(min)}`)
    return [name, sum]
  })
  return Object.fromEntries(made) as Record<string, number>
}
