// What a deletion means for records that refer to what is gone, as their fields declare it: they keep it from happening, are deleted
// with it, or lose the reference. Invariant: after it no record refers to one that it deleted. All in its transaction, in bounded number.
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { and, type Filter, has, oneOf, or } from '../contract/filter.ts'
import type { Work } from '../operation/work.ts'
import type { AfterChange, AnyRecord } from '../schema/collection.ts'
import type { Field } from '../schema/kinds/kind.ts'
import type { CollectionModel, Model } from '../schema/model.ts'
import type { Transaction } from '../storage/transaction.ts'
import type { Released } from './deleted-records.ts'
import { isReadable, readFilter, reading } from './present.ts'
import type { HooksOf, RecordWrite } from './record-hooks.ts'

export type Deleting = Pick<RecordWrite, 'work' | 'model' | 'actor' | 'causedBy'> & { readonly hooksOf: HooksOf }

/** Told of what else a deletion does. */
export type Followed = {
  /** Whether what goes can come back. */
  isSoft(collection: CollectionModel): boolean
  removed(collection: CollectionModel, record: AnyRecord): void
  released(reference: Released): void
}

type Reference = { readonly other: CollectionModel; readonly by: string; readonly field: Field }
type Leading = Reference & { readonly gone: readonly string[] }
type Followable = { readonly name: string; readonly id: string; readonly followed: Followed }
type Gone = { readonly name: string; readonly ids: readonly string[] }

/**
 * Call it once the record is deleted and what depends on it was kept in step.
 * @throws still_referenced, cascade_too_large
 */
export async function followDeletion(at: Deleting, { name, id, followed }: Followable): Promise<void> {
  const all: Gone[] = [{ name, ids: [id] }]
  // It grows while it is walked: what is deleted with something may itself be referred to.
  for (const gone of all)
    for (const one of referencesTo(at.model, gone.name)) {
      const reference = { ...one, gone: gone.ids }
      const rows = await referring(at, reference, limits.cascadeRecordsMax - (followedIn.get(at.work.tx) ?? 0))
      countFollowed(at.work.tx, rows.length)
      if (reference.field.onDelete === 'setNull') for (const row of rows) await release(at, { ...reference, followed }, row)
      else if (rows.length > 0)
        all.push({ name: reference.other.name, ids: await removed(at, { collection: reference.other, followed }, rows) })
    }
  for (const gone of all) await checkUnreferenced(at, gone)
}

/** Records that follow others, counted over the transaction: a batch of deletions holds the writer as long as a large one. */
const followedIn = new WeakMap<Transaction, number>()

/** @throws cascade_too_large */
export function countFollowed(tx: Transaction, count: number): void {
  const all = (followedIn.get(tx) ?? 0) + count
  if (all > limits.cascadeRecordsMax) throw new EngineError('cascade_too_large')
  followedIn.set(tx, all)
}

/** Those whose records follow. */
function referencesTo(model: Model, name: string): Reference[] {
  return allReferencesTo(model, name).filter(({ field }) => (field.onDelete ?? 'restrict') !== 'restrict')
}

function allReferencesTo(model: Model, name: string): Reference[] {
  return [...model.collections.values()].flatMap((other) =>
    [...other.fields.values()].filter(({ field }) => field.to === name).map(({ name: by, field }) => ({ other, by, field })),
  )
}

function whereRefers({ by, field }: Reference, ids: readonly string[]): Filter {
  return field.kind.refers === 'many' ? or(...ids.map((id) => has(by, id))) : oneOf(by, ids)
}

/** In the order of their ids, in which everybody locks. Beyond the limit: one more, which refuses all. */
async function referring({ work }: Deleting, reference: Leading, left: number): Promise<AnyRecord[]> {
  const rows: AnyRecord[] = []
  const { gone } = reference
  for (let start = 0; start < gone.length && rows.length <= left; start += limits.readPageSize) {
    const where = whereRefers(reference, gone.slice(start, start + limits.readPageSize))
    // Beyond the limit: the caller refuses.
    rows.push(...(await work.tx.find<AnyRecord>(reference.other, { where, limit: left + 1 - rows.length })))
  }
  const unique = new Map(rows.map((row) => [row.id, row]))
  return [...unique.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

type Removing = { readonly collection: CollectionModel; readonly followed: Followed }

async function removed(at: Deleting, { collection, followed }: Removing, rows: readonly AnyRecord[]): Promise<string[]> {
  const { work, hooksOf } = at
  const hooks = hooksOf(collection.name)?.delete
  const isSoft = followed.isSoft(collection)
  for (const row of rows) {
    // A hook of one may have deleted another one.
    const before = hooks ? await work.tx.get<AnyRecord>(collection, row.id) : row
    if (before === null) continue
    await hooks?.before({ ...at, action: 'delete', before, record: before, isSoft })
    if (hooks && (await isGone(work, collection, row.id))) continue
    await work.tx.delete(collection, before)
    await keepInStep(work, collection, { before, after: null })
    await hooks?.after({ ...at, action: 'delete', before, record: before, isSoft })
    followed.removed(collection, before)
  }
  return rows.map(({ id }) => id)
}

async function release(
  at: Deleting,
  { other, by, field, gone, followed }: Leading & { readonly followed: Followed },
  row: AnyRecord,
): Promise<void> {
  const { work, hooksOf } = at
  const hooks = hooksOf(other.name)?.update
  const before = hooks ? await work.tx.get<AnyRecord>(other, row.id) : row
  if (before === null) return
  const value = field.kind.refers === 'many' ? (before[by] as readonly string[]).filter((id) => !gone.includes(id)) : null
  const more = await hooks?.before({
    ...at,
    action: 'update',
    before,
    record: { ...before, [by]: value, updatedAt: work.now } as AnyRecord,
  })
  if (hooks && (await isGone(work, other, row.id))) return
  const record = await work.tx.update(other, before, { set: { [by]: value, ...more } })
  await keepInStep(work, other, { before, after: record })
  await hooks?.after({ ...at, action: 'update', before, record })
  followed.released({
    collection: other.name,
    id: row.id,
    by,
    gone: [before[by] ?? []].flat().filter((id) => gone.includes(id as string)) as string[],
  })
}

/** A hook of what follows may itself delete it: then nothing is left to do. */
async function isGone({ tx }: Work, collection: CollectionModel, id: string): Promise<boolean> {
  return (await tx.get<AnyRecord>(collection, id)) === null
}

export async function keepInStep(
  { tx, now, newId }: Work,
  { source }: CollectionModel,
  change: Pick<AfterChange, 'before' | 'after'>,
): Promise<void> {
  await source.afterChange?.({ tx, now, newId, ...change })
}

/** @throws still_referenced, naming what the caller may see of it; that something refers to one of them is told in any case */
async function checkUnreferenced({ work: { tx }, model, actor }: Deleting, { name, ids }: Gone): Promise<void> {
  let isReferenced = false
  for (const reference of allReferencesTo(model, name)) {
    const { other, by, field } = reference
    const isFound = async (more?: Filter) =>
      await isAny(ids, async (some) => {
        // Beyond the limit: one is enough to say no.
        return (await tx.find(other, { where: and(whereRefers(reference, some), more), limit: 1 })).length > 0
      })
    if (!(await isFound())) continue
    isReferenced = true
    // All are looked at before one that is hidden counts: it must not stand before one that can be told.
    if (isReadable(field, reading(actor, other)) && (await isFound(readFilter(other, actor)))) throw stillReferenced(other, by)
  }
  if (isReferenced) throw new EngineError('still_referenced')
}

async function isAny(ids: readonly string[], ask: (some: readonly string[]) => Promise<boolean>): Promise<boolean> {
  for (let start = 0; start < ids.length; start += limits.readPageSize)
    if (await ask(ids.slice(start, start + limits.readPageSize))) return true
  return false
}

function stillReferenced(other: CollectionModel, by: string): EngineError {
  return new EngineError('still_referenced', { detail: `Records of ${other.title.toLowerCase()} still refer to it by ${by}.` })
}
