// Records on their way out: the one gate that decides which fields a caller sees. Lists, single
// records, expansions, live changes and the answers of operations all pass through it.
import type { Actor } from '../../access/actor.ts'
import { allows, nobody, type Rule, ruleFilter } from '../../access/rule.ts'
import { and, type Filter } from '../../contract/filter.ts'
import type { AnyRecord } from '../../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../../schema/model.ts'
import { toWire } from '../../schema/wire.ts'
import type { Reader } from '../../storage/storage.ts'

/** What this caller may read of a collection, as a filter to add to every query. */
export function readFilter(collection: CollectionModel, actor: Actor): Filter {
  return ruleFilter(collection.source.access?.read ?? nobody, actor)
}

export function actionFilter(collection: CollectionModel, action: 'create' | 'update' | 'delete', actor: Actor): Filter {
  return ruleFilter(collection.source.access?.[action] ?? nobody, actor)
}

export function isReadable(field: { readonly read?: Rule }, actor: Actor): boolean {
  return field.read === undefined || allows(field.read, actor)
}

type Visible = { readonly all: readonly CompiledField[]; readonly restricted: boolean }
const shapes = new WeakMap<CollectionModel, Visible>()

/** The fields this caller may see, in their declared order. */
export function visibleFields(collection: CollectionModel, actor: Actor): readonly CompiledField[] {
  let shape = shapes.get(collection)
  if (!shape) {
    const all = [...collection.fields.values()]
    shape = { all, restricted: all.some(({ field }) => field.read !== undefined) }
    shapes.set(collection, shape)
  }
  return shape.restricted ? shape.all.filter(({ field }) => isReadable(field, actor)) : shape.all
}

/** One record in its wire form. Computed fields are taken from `computed`. */
export function present(
  fields: readonly CompiledField[],
  record: Readonly<Record<string, unknown>>,
  computed?: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const output: Record<string, unknown> = {}
  for (const { name, field, isComputed } of fields) {
    if (!isComputed) output[name] = field.kind === 'dateTime' ? toWire(field, record[name]) : (record[name] ?? null)
    else if (computed) output[name] = toWire(field, computed[name])
  }
  return output
}

/** A page of records in their wire form, with computed fields: one query more at most. */
export async function presentAll(
  read: Pick<Reader, 'find'>,
  collection: CollectionModel,
  actor: Actor,
  records: readonly AnyRecord[],
  chosen?: ReadonlySet<string>,
): Promise<Record<string, unknown>[]> {
  const visible = visibleFields(collection, actor)
  const fields = chosen ? visible.filter(({ name }) => chosen.has(name)) : visible
  const computes = collection.source.computed !== undefined && records.length > 0 && fields.some(({ isComputed }) => isComputed)
  const computed = computes ? await collection.source.computed!.load(read, records) : undefined
  return records.map((record, index) => present(fields, record, computed?.[index]))
}

/** A record found by id under the caller's rule, or null. */
export async function findVisible(
  read: Pick<Reader, 'get'>,
  collection: CollectionModel,
  actor: Actor,
  id: string,
  more?: Filter,
): Promise<AnyRecord | null> {
  return await read.get<AnyRecord>(collection, id, and(readFilter(collection, actor), more))
}
