// Records on their way out: the one gate that decides which fields a caller sees. Lists, single
// records, expansions, live changes and the answers of operations all pass through it.
import type { Actor } from '../access/actor.ts'
import { allows, nobody, type RecordUpdate, type Rule, ruleFilter } from '../access/rule.ts'
import { isInScope } from '../access/scopes.ts'
import { staffFor } from '../access/staff-roles.ts'
import { and, type Filter, never } from '../contract/filter.ts'
import type { AnyRecord, Caller } from '../schema/collection.ts'
import type { Compute } from '../schema/computed.ts'
import { type CollectionModel, type CompiledField, isLoaded, listOf, type Model } from '../schema/model.ts'
import type { Reader } from '../storage/storage.ts'

/** What this caller may read of a collection, as a filter to add to every query. */
export function readFilter(collection: CollectionModel, actor: Actor): Filter {
  if (actor.scopes !== undefined && !isInScope(actor, `${collection.name}:read`)) return never
  return ruleFilter(collection.access.read ?? nobody, reading(actor, collection))
}

export function actionFilter(collection: CollectionModel, action: 'create' | 'delete', actor: Actor): Filter {
  return ruleFilter(collection.access[action] ?? nobody, writing(actor, collection))
}

/** Must fit the record as it was and as it is going to be. */
export function updateFilter(collection: CollectionModel, actor: Actor, update: RecordUpdate): Filter {
  return ruleFilter(collection.access.update ?? nobody, writing(actor, collection), update)
}

/** The caller as they are for this collection, which of one with a role of the config differs. */
export function reading(actor: Actor, { name }: Pick<CollectionModel, 'name'>): Actor {
  return actor.staffIn === undefined ? actor : staffFor(actor, `${name}:read`)
}

export function writing(actor: Actor, { name }: Pick<CollectionModel, 'name'>): Actor {
  return actor.staffIn === undefined ? actor : staffFor(actor, `${name}:write`)
}

export function isReadable(field: { readonly read?: Rule }, actor: Actor): boolean {
  return field.read === undefined || allows(field.read, actor)
}

/** Without a rule of its own a field is set by those who may read it: a value one cannot see one cannot have meant to replace. */
export function isSettable(field: { readonly read?: Rule; readonly write?: Rule }, actor: Actor): boolean {
  const rule = field.write ?? field.read
  return rule === undefined || allows(rule, actor)
}

/** The list that a record of this collection has by this name, to a caller who may see what makes it one. */
export function visibleList({ model, collection, actor }: ListScope, name: string): VisibleList | undefined {
  const list = listOf(collection, name)
  if (list === undefined) return undefined
  const target = model.get({ name: list.from })
  return isReadable(target.fields.get(list.by)!.field, reading(actor, target)) ? { target, by: list.by } : undefined
}
type ListScope = { readonly model: Model; readonly collection: CollectionModel; readonly actor: Actor }
type VisibleList = { readonly target: CollectionModel; readonly by: string }

type Visible = {
  /** To callers: without those that nobody may read, which each collection has. */
  readonly open: readonly CompiledField[]
  readonly restricted: readonly CompiledField[]
  readonly views: Map<string, readonly CompiledField[]>
}
const shapes = new WeakMap<CollectionModel, Visible>()

/** The fields this caller may see, in their declared order. Callers who may see the same get the same array. */
export function visibleFields(collection: CollectionModel, actor: Actor): readonly CompiledField[] {
  let shape = shapes.get(collection)
  if (!shape) {
    const open = [...collection.fields.values()].filter(({ field }) => field.read?.rule !== 'nobody')
    shape = { open, restricted: open.filter(({ field }) => field.read !== undefined), views: new Map() }
    shapes.set(collection, shape)
  }
  if (shape.restricted.length === 0) return shape.open
  const viewer = reading(actor, collection)
  const hidden = shape.restricted.filter(({ field }) => !isReadable(field, viewer)).map(({ name }) => name)
  if (hidden.length === 0) return shape.open
  const key = hidden.join()
  let view = shape.views.get(key)
  if (!view) {
    view = shape.open.flatMap((field) => (hidden.includes(field.name) ? (veiled(field) ?? []) : field))
    shape.views.set(key, view)
  }
  return view
}

/** The field as it is told to who may not read it, or null where nothing is. */
export function veiled(compiled: CompiledField): CompiledField | null {
  const { veil, kind } = compiled.field
  return veil === undefined ? null : { ...compiled, field: { ...compiled.field, kind: { ...kind, toWire: veil } } }
}

type Presenter = (
  record: Readonly<Record<string, unknown>>,
  loaded: Readonly<Record<string, unknown>> | undefined,
) => Record<string, unknown>
const presenters = new WeakMap<readonly CompiledField[], Presenter>()

/** One record in its wire form. What is read from other records is taken from `loaded`. */
export function present(
  fields: readonly CompiledField[],
  record: Readonly<Record<string, unknown>>,
  loaded?: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let presenter = presenters.get(fields)
  if (!presenter) {
    presenter = createPresenter(fields)
    presenters.set(fields, presenter)
  }
  return presenter(record, loaded)
}

/** Made as source text, so that a page of records is plain property access; names come from the checked model. */
function createPresenter(fields: readonly CompiledField[]): Presenter {
  const forms = [...new Set(fields.flatMap(({ field }) => field.kind.toWire ?? []))]
  const makers = fields.flatMap((compiled) => (compiled.isComputed && compiled.compute !== null ? [tellerOf(compiled)] : []))
  let made = 0
  const parts = fields.map((compiled) => {
    const { name, field, isComputed } = compiled
    if (isComputed && !isLoaded(compiled)) return `${name}: make${made++}(record)`
    const value = isComputed ? `loaded.${name}` : `record.${name}`
    const form = field.kind.toWire && `form${forms.indexOf(field.kind.toWire)}`
    return `${name}: ${form === undefined ? `${value} ?? null` : `${value} == null ? null : ${form}(${value})`}`
  })
  const own = parts.filter((_, index) => !isLoaded(fields[index]!))
  const source = `return (record, loaded) => loaded ? { ${parts.join(', ')} } : { ${own.join(', ')} }`
  const names = [...forms.map((_, index) => `form${index}`), ...makers.map((_, index) => `make${index}`)]
  return new Function(...names, source)(...forms, ...makers) as Presenter
}

/** What is computed when a record is read, in its wire form. */
function tellerOf({ compute, field: { kind } }: CompiledField): Compute {
  return (record) => {
    const value = compute!(record)
    return value === null || kind.toWire === undefined ? value : kind.toWire(value)
  }
}

/** `now`: left out of collections of which all callers are told the same. */
type Presenting = { readonly chosen?: ReadonlySet<string> | undefined; readonly now?: number | undefined }

/** A page of records in their wire form, with what is read from other records: few queries more, however many records. */
export async function presentAll(
  read: Pick<Reader, 'find'>,
  collection: CollectionModel,
  actor: Actor,
  records: readonly AnyRecord[],
  { chosen, now }: Presenting = {},
): Promise<Record<string, unknown>[]> {
  const caller = now === undefined ? null : { actor, now }
  return await presentFields(read, { collection, fields: visibleFields(collection, actor), chosen, caller }, records)
}

/** The same to whoever may see these fields. */
export async function presentFields(
  read: Pick<Reader, 'find'>,
  { collection, fields, chosen, caller }: Shown,
  records: readonly AnyRecord[],
): Promise<Record<string, unknown>[]> {
  const isWanted = (field: CompiledField) => isLoaded(field) && (!chosen || chosen.has(field.name))
  const loads = collection.source.loaded !== undefined && records.length > 0 && fields.some(isWanted)
  const loaded = loads ? await collection.source.loaded!.load(read, records, caller) : undefined
  const wires = records.map((record, index) => present(fields, record, loaded?.[index]))
  return chosen ? wires.map((wire) => pick(wire, chosen)) : wires
}

type Shown = {
  readonly collection: CollectionModel
  readonly fields: readonly CompiledField[]
  readonly chosen: ReadonlySet<string> | undefined
  /** Null: the same is shown to several. */
  readonly caller: Caller | null
}

function pick(wire: Readonly<Record<string, unknown>>, chosen: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(wire).filter(([name]) => chosen.has(name)))
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
