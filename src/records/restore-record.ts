import { anyone, staff } from '../access/rule.ts'
import { EngineError, invalid } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import { eq } from '../contract/filter.ts'
import { Type } from '../contract/type.ts'
import { command, type Operation } from '../operation/define.ts'
import type { AnyRecord } from '../schema/collection.ts'
import type { CollectionModel, CompiledField } from '../schema/model.ts'
import { storedMisfit } from '../schema/stored-misfit.ts'
import { recordSchema, writableFields } from '../schema/wire.ts'
import { findAll } from '../storage/find-all.ts'
import { defaults } from './create-record.ts'
import { type DeletedRecord, deletedRecords, type Released, readerOfDeleted } from './deleted-records.ts'
import { countFollowed, keepInStep } from './follow-deletion.ts'
import { findDeleted } from './list-deleted.ts'
import { visibleFields } from './present.ts'
import type { HooksOf, RecordWrite } from './record-hooks.ts'
import { answerWith } from './write-record.ts'

type Restoring = Pick<RecordWrite, 'work' | 'model' | 'actor'> & { readonly hooksOf: HooksOf }

/** `POST /api/{collection}/{id}/restore`: what its deletion took along comes back with it, all of it or nothing. */
export function restoreRecord(collection: CollectionModel, hooksOf: HooksOf = () => undefined): Operation {
  return command({
    name: `${collection.name}.restore`,
    route: `POST /api/${collection.name}/:id/restore`,
    summary: `Restore one of ${collection.title.toLowerCase()}, with what was deleted with it`,
    tag: collection.title,
    isPresented: true,
    hasEtag: true,
    input: Type.Object({ id: Type.String({ maxLength: limits.idCharactersMax }) }, { additionalProperties: false }),
    output: Type.Unsafe(recordSchema(collection)),
    outputFor: (actor) => Type.Unsafe(recordSchema(collection, visibleFields(collection, actor))),
    errors: ['not_found', 'already_exists', 'reference_not_found', 'cascade_too_large'],
    access: anyone,
    audience: collection.access.restore ?? staff,
    async run(context) {
      const { tx, actor, model, input } = context
      const found = await findDeleted({ read: tx, model, collection, actor }, input.id)
      const rows = await findAll(tx, deletedRecords, eq('root', found.record))
      const all = rows.length > 0 && found.root === found.record ? rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : [found]
      countFollowed(
        tx,
        all.reduce((sum, { released }) => sum + released.length, all.length - 1),
      )
      const record = await putAllBack({ work: context, model, actor, hooksOf }, all)
      return await answerWith(context, collection, actor, record, 200)
    },
  })
}

/** In the order in which they went: a record before what refers to it. Answers the first. */
async function putAllBack(at: Restoring, rows: readonly DeletedRecord[]): Promise<AnyRecord> {
  const asItWas = readerOfDeleted(at.model)
  const restored: AnyRecord[] = []
  // First: of two who restore it at once the second then finds nothing, and not that its values are taken.
  for (const row of rows) await at.work.tx.delete(deletedRecords, row)
  const known = rows.flatMap((row) => asItWas(row) ?? [])
  const ids = new Set(known.map(({ record }) => record.id))
  for (const { collection, record } of known) restored.push(await putBack(at, collection, await completed(at, { collection, record, ids })))
  for (const { released } of rows) for (const reference of released) await takeBack(at, reference)
  return restored[0]!
}

type Snapshot = { readonly collection: CollectionModel; readonly record: AnyRecord; readonly ids: ReadonlySet<string> }

/** As the model wants it now. @throws reference_not_found, validation_failed */
async function completed(at: Restoring, { collection, record, ids }: Snapshot): Promise<AnyRecord> {
  const stored = [...collection.fields.values()].filter(({ isComputed }) => !isComputed)
  const missing = writableFields(collection).some(({ name }) => !Object.hasOwn(record, name))
  const whole: Record<string, unknown> = { ...(missing ? defaults(collection, at.actor, at.work.now) : {}), ...record }
  for (const one of stored) {
    const value = one.field.to === undefined ? (whole[one.name] ?? null) : await leading(at, { one, value: whole[one.name] ?? null, ids })
    const misfit = storedMisfit(one)(value)
    if (misfit !== null) throw invalid(`/${one.name}`, 'misfit', misfit)
    whole[one.name] = value
  }
  return whole as AnyRecord
}

type Reference = { readonly one: CompiledField; readonly value: unknown; readonly ids: ReadonlySet<string> }

/** The references that still lead somewhere. What they name is kept until the commit, as for one that is made. */
async function leading(at: Restoring, { one: { name, field }, value, ids }: Reference): Promise<unknown> {
  const there = new Set(ids)
  for (const id of ([value ?? []].flat() as string[]).toSorted()) if (!ids.has(id) && (await isThere(at, field.to!, id))) there.add(id)
  if (Array.isArray(value)) return value.filter((id) => there.has(id))
  if (value === null || there.has(value as string)) return value
  if (!field.required) return null
  throw new EngineError('reference_not_found', {
    detail: `What it refers to by ${name} is not there any more: restore that first, if it was deleted.`,
    errors: [{ path: `/${name}`, code: 'reference_not_found', message: `names no record of ${field.to}` }],
  })
}

/** System records (users, orders) are never deleted. */
async function isThere({ work: { tx }, model }: Restoring, name: string, id: string): Promise<boolean> {
  const target = model.get({ name })
  return (target.source.system ? await tx.get<AnyRecord>(target, id) : await tx.lock<AnyRecord>(target, id, 'shared')) !== null
}

/** To hooks it is one that is made: a deletion was told to them, too. @throws already_exists */
async function putBack(at: Restoring, collection: CollectionModel, wanted: AnyRecord): Promise<AnyRecord> {
  const hooks = at.hooksOf(collection.name)?.create
  const write = { ...at, action: 'create', before: null, isSoft: true } as const
  const more = await hooks?.before({ ...write, record: wanted })
  const record = await at.work.tx.putBack<AnyRecord>(collection, { ...wanted, ...more })
  await keepInStep(at.work, collection, { before: null, after: record })
  await hooks?.after({ ...write, record })
  return record
}

/** A reference that the deletion has set to null, if nobody has set it since and it leads somewhere again. */
async function takeBack(at: Restoring, { collection: name, id, by, gone }: Released): Promise<void> {
  const other = at.model.find(name)
  const one = other?.fields.get(by)
  if (other === undefined || one?.field.to === undefined) return
  const before = await at.work.tx.get<AnyRecord>(other, id)
  const back = (await at.work.tx.getMany<AnyRecord>({ name: one.field.to }, gone)).map((record) => record.id)
  if (before === null || back.length === 0) return
  const value = before[by] ?? null
  const isMany = one.field.kind.refers === 'many'
  if (!isMany && value !== null) return
  const wanted = isMany ? [...new Set([...((value ?? []) as string[]), ...back])] : back[0]
  if (storedMisfit(one)(wanted) !== null) return
  const hooks = at.hooksOf(name)?.update
  const write = { ...at, action: 'update', before } as const
  const more = await hooks?.before({ ...write, record: { ...before, [by]: wanted, updatedAt: at.work.now } as AnyRecord })
  const record = await at.work.tx.update(other, before, { set: { [by]: wanted, ...more } })
  await keepInStep(at.work, other, { before, after: record })
  await hooks?.after({ ...write, record })
}
