// The operations that every collection has, as its access and the hooks of the project allow.
import type { Operation } from '../operation/define.ts'
import { aggregateRecords } from '../records/aggregate-records.ts'
import { createRecord } from '../records/create-record.ts'
import { deleteRecord } from '../records/delete-record.ts'
import { keepMsOf } from '../records/deleted-records.ts'
import { exportRecords } from '../records/export-records.ts'
import { getRecord } from '../records/get-record.ts'
import { importRecords } from '../records/import-records.ts'
import { listRecords } from '../records/list-records.ts'
import { purgeRecord } from '../records/purge-deleted.ts'
import type { CollectionHooks, HooksOf } from '../records/record-hooks.ts'
import { restoreRecord } from '../records/restore-record.ts'
import { updateRecord } from '../records/update-record.ts'
import type { CollectionModel } from '../schema/model.ts'

/** Kept with their collection: engines of one process share them, and what is compiled for them. */
const recordOperationsOf = new WeakMap<CollectionModel, readonly Operation[]>()

export function recordOperations(collection: CollectionModel, hooksOf?: HooksOf): readonly Operation[] {
  let operations = recordOperationsOf.get(collection)
  if (!operations) {
    operations = makeRecordOperations(collection, hooksOf)
    recordOperationsOf.set(collection, operations)
  }
  return operations
}

export function isRestorable({ source, access }: CollectionModel): boolean {
  return !source.internal && !source.system && access.read !== undefined && keepMsOf(source) !== null
}

/** A system collection is only read here: it changes through operations of its own. */
function makeRecordOperations(collection: CollectionModel, hooksOf?: HooksOf): Operation[] {
  const hooks: CollectionHooks = hooksOf?.(collection.name) ?? {}
  const { access } = collection
  const { internal, system } = collection.source
  if (internal || access.read === undefined) return []
  const lists = [listRecords(collection), aggregateRecords(collection), exportRecords(collection)]
  const all = collection.name === 'carts' ? lists : [...lists, getRecord(collection)]
  const reads = all.map((operation) => scoped(`${collection.name}:read`, operation))
  if (system) return reads
  const create = access.create ? createRecord(collection, hooks.create) : undefined
  const update = access.update ? updateRecord(collection, hooks.update) : undefined
  const imports = create || update ? [importRecords(collection, { create, update })] : []
  const writes = [
    ...[create, update].filter((one) => one !== undefined),
    ...(access.delete ? [deleteRecord(collection, hooksOf)] : []),
    ...imports,
    ...(isRestorable(collection) ? [restoreRecord(collection, hooksOf), purgeRecord(collection, hooksOf)] : []),
  ]
  // An import writes new and old ones; a deletion may lead to another.
  const own = Object.values(hooks).flatMap(({ errors = [] }) => errors)
  const refusing = (operation: Operation) =>
    own.length === 0 ? operation : { ...operation, errors: [...(operation.errors ?? []), ...new Set(own)] }
  return [...reads, ...writes.map((operation) => scoped(`${collection.name}:write`, refusing(operation)))]
}

export function scoped(scope: string, operation: Operation): Operation {
  return { ...operation, scope }
}
