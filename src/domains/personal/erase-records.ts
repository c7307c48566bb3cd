// Records of a person, erased a few at a time: deleted with what belongs to them, or left without what names the person. What a project
// has standing before a deletion runs, for it keeps the project's own data in step; its hooks behind one and its webhooks are not told of each,
// since what they are told is kept: `user.erased` tells them once.
import { isDeepStrictEqual } from 'node:util'
import { systemActor } from '../../access/actor.ts'
import { isPassing } from '../../base/engine-error.ts'
import { eq } from '../../contract/filter.ts'
import type { Work } from '../../operation/work.ts'
import { deletedRecords, readerOfDeleted } from '../../records/deleted-records.ts'
import { purge } from '../../records/purge-deleted.ts'
import type { HooksOf, RecordHooks } from '../../records/record-hooks.ts'
import { removeRecord } from '../../records/remove-record.ts'
import { type AnyRecord, recordOf } from '../../schema/collection.ts'
import type { CollectionModel, Model } from '../../schema/model.ts'
import { blankStored, emptied, type PersonalWay, personalOf } from '../../schema/personal.ts'
import { findAll } from '../../storage/find-all.ts'
import { fileHooks } from '../files/claim-files.ts'
import { files } from '../files/collections.ts'
import { fileFieldsOf, filesIn } from '../files/file-fields.ts'
import { removeFile, removeFiles } from '../files/remove-files.ts'
import { erasedId, erasedRecords } from './collections.ts'
import { dataExports, removeExport } from './exports.ts'
import { type Person, waysOf } from './person.ts'

export type Erasing = {
  readonly work: Work
  readonly model: Model
  readonly person: Person
  readonly erasure: string
  /** What is still referred to stays, without its words. */
  readonly isGentle: boolean
  /** Those of the project; null where one of them has refused. */
  readonly hooksOf: HooksOf | null
  /** The way they are found by, which their own values may not tell. */
  readonly by?: PersonalWay
}
export type Fate = 'removed' | 'pseudonymised' | 'kept'

/** @throws still_referenced, cascade_too_large */
export async function eraseRecord(erasing: Erasing, collection: CollectionModel, record: AnyRecord): Promise<Fate> {
  const { work, person, by } = erasing
  const ways = [...waysOf(collection, record, person), ...(by === undefined ? [] : [by])]
  if (collection.name === files.name && recordOf(files, record).state !== 'claimed') {
    await removeFile(work, recordOf(files, record))
    return await note(erasing, record, 'delete')
  }
  if (collection.name === dataExports.name) {
    await removeExport(work, recordOf(dataExports, record))
    return await note(erasing, record, 'delete')
  }
  if (ways.some(({ onErase }) => onErase === 'delete')) {
    if (erasing.isGentle) return await replace(erasing, collection, record, blankStored(collection, record, person.id))
    await remove(erasing, collection, record)
    return await note(erasing, record, 'delete')
  }
  return await replace(erasing, collection, record, emptied(collection, record, { ways, user: person.id }))
}

async function remove({ work, model, hooksOf: own }: Erasing, collection: CollectionModel, record: AnyRecord): Promise<void> {
  const ofFiles = (name: string) => fileHooks(model.get({ name }))
  const hooksOf = own === null ? ofFiles : beforeAlone(own)
  await removeRecord({ work, model, actor: systemActor, hooksOf }, collection, record)
  if (model.find(deletedRecords.name) === undefined) return
  const kept = await findAll(work.tx, deletedRecords, eq('root', record.id))
  await purge(work, { model, hooksOf }, kept)
}

/** A hook of the project has refused a deletion, or failed: nobody's erasure ends by that. */
export class HookFailed extends Error {}

function beforeAlone(hooksOf: HooksOf): HooksOf {
  const alone = (hooks: RecordHooks): RecordHooks => ({
    ...hooks,
    async before(write) {
      try {
        return await hooks.before(write)
      } catch (error) {
        throw isPassing(error) ? error : new HookFailed('A hook failed.', { cause: error })
      }
    },
    async after() {},
  })
  return (name) => {
    const { update, delete: gone } = hooksOf(name) ?? {}
    return { ...(update ? { update: alone(update) } : {}), ...(gone ? { delete: alone(gone) } : {}) }
  }
}

/** What stays, with other values. Files that were among the old ones go. */
async function replace(
  erasing: Erasing,
  collection: CollectionModel,
  record: AnyRecord,
  set: Readonly<Record<string, unknown>>,
): Promise<Fate> {
  const { tx } = erasing.work
  const changed = Object.keys(set).filter((name) => !isDeepStrictEqual(set[name], record[name]))
  if (changed.length === 0) return 'kept'
  const gone = fileFieldsOf(collection).filter(({ name }) => changed.includes(name))
  await removeFiles(
    erasing.work,
    gone.flatMap(({ name }) => filesIn(record[name]).map(({ id }) => id)),
  )
  await tx.update(collection, record, { set: Object.fromEntries(changed.map((name) => [name, set[name]])) })
  // Its old lines lose what it has lost.
  await note(erasing, record, erasing.isGentle ? 'delete' : 'clear')
  return 'pseudonymised'
}

async function note({ work, erasure }: Erasing, { id: record }: AnyRecord, how: 'delete' | 'clear'): Promise<Fate> {
  // Hardly any is met twice, so a hundred of them travel together.
  await work.tx.insertOnce(erasedRecords, { id: erasedId(erasure, record), erasure, record, how }, 'rare')
  return how === 'delete' ? 'removed' : 'pseudonymised'
}

/** A row in which anything may stand, and which speaks of the person. */
export async function eraseFreeForm(erasing: Erasing, collection: CollectionModel, row: AnyRecord): Promise<Fate> {
  if (collection.name === deletedRecords.name) return await eraseDeleted(erasing, row)
  const { freeForm } = personalOf(collection)
  if (freeForm !== 'delete')
    return await replace(erasing, collection, row, Object.fromEntries((freeForm ?? []).map((name) => [name, '{}'])))
  await erasing.work.tx.delete(collection, row)
  return await note(erasing, row, 'delete')
}

/** A deleted record that could be restored: as its collection says of those that are there. */
async function eraseDeleted(erasing: Erasing, given: AnyRecord): Promise<Fate> {
  const { work, model, person } = erasing
  const row = recordOf(deletedRecords, given)
  const was = readerOfDeleted(model)(row)
  const ways = was === null ? [] : waysOf(was.collection, was.record, person)
  if (was === null || ways.some(({ onErase }) => onErase === 'delete')) {
    await purge(work, { model, hooksOf: (name) => fileHooks(model.get({ name })) }, [row])
    return await note(erasing, was?.record ?? given, 'delete')
  }
  const set = emptied(was.collection, was.record, { ways, user: person.id })
  if (Object.keys(set).every((name) => isDeepStrictEqual(set[name], was.record[name]))) return 'kept'
  const { createdAt: _, ...rest } = row
  await work.tx.delete(deletedRecords, row)
  await work.tx.insert(deletedRecords, { ...rest, id: work.newId(deletedRecords.prefix!), values: { ...row.values, ...set } })
  return await note(erasing, was.record, 'clear')
}
