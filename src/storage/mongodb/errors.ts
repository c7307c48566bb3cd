// The driver's errors into the engine's. Labels come before codes: the server itself says with
// `TransientTransactionError` that nothing of a transaction was kept and that it may be run again.
// Codes: https://github.com/mongodb/mongo/blob/v8.0/src/mongo/base/error_codes.yml
import { MongoClientBulkWriteError, MongoError } from 'mongodb'
import { EngineError, isEngineError, storageError } from '../../base/engine-error.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Model } from '../../schema/model.ts'

const duplicateKey = 11000

const codes: ReadonlyMap<number, ErrorCode> = new Map([
  // LockTimeout, LockBusy, WriteConflict, SnapshotTooOld, TransactionTooOld, SnapshotUnavailable, NoSuchTransaction
  ...[24, 46, 112, 239, 225, 246, 251].map((code) => [code, 'conflict'] as const),
  // MaxTimeMSExpired, NetworkInterfaceExceededTimeLimit, ExceededTimeLimit, TemporarilyUnavailable
  ...[50, 202, 262, 365].map((code) => [code, 'overloaded'] as const),
  // OutOfDiskSpace
  [14031, 'storage_full'],
  // HostUnreachable, HostNotFound, NetworkTimeout, ShutdownInProgress, PrimarySteppedDown, SocketException, NotWritablePrimary,
  // InterruptedAtShutdown, InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary
  ...[6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436].map((code) => [code, 'storage_unavailable'] as const),
])

const names: ReadonlyMap<string, ErrorCode> = new Map([
  ['MongoWaitQueueTimeoutError', 'overloaded'],
  ['MongoOperationTimeoutError', 'overloaded'],
  ['MongoNetworkError', 'storage_unavailable'],
  ['MongoNetworkTimeoutError', 'storage_unavailable'],
  ['MongoServerSelectionError', 'storage_unavailable'],
  ['MongoTopologyClosedError', 'storage_unavailable'],
  ['MongoNotConnectedError', 'storage_unavailable'],
  ['MongoClientClosedError', 'storage_unavailable'],
  ['MongoPoolClosedError', 'storage_unavailable'],
  ['MongoPoolClearedError', 'storage_unavailable'],
  ['MongoExpiredSessionError', 'storage_unavailable'],
])

/** Errors of the driver become engine errors; everything else passes unchanged. */
export function translate(error: unknown, model: Model): unknown {
  if (!(error instanceof MongoError)) return error
  const { code, message } = ownCause(error)
  if (code === duplicateKey) return new EngineError('already_exists', { params: fenceOf(message, model), cause: error })
  const known = hasLabel(error, 'TransientTransactionError') ? 'conflict' : (codes.get(code) ?? names.get(error.name))
  return known === undefined ? error : storageError(known, error)
}

/** Whether MongoDB itself gave the transaction up for another one, and it may be run again. */
export function isTransient(error: unknown): boolean {
  return isEngineError(error, 'conflict') && error.cause instanceof MongoError && !isDuplicate(error.cause)
}

export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoError && ownCause(error).code === duplicateKey
}

export function hasLabel(error: unknown, label: string): boolean {
  if (!(error instanceof MongoError)) return false
  return error.hasErrorLabel(label) || (error.cause instanceof MongoError && error.cause.hasErrorLabel(label))
}

/** Which write of a bulk failed; null when it was none of them. */
export function failedWrite(error: unknown): number | null {
  if (!(error instanceof MongoClientBulkWriteError)) return null
  return error.writeErrors.keys().next().value ?? null
}

/** A bulk write wraps the error that matters: that of one write, or of the command. */
function ownCause(error: MongoError): { readonly code: number; readonly message: string } {
  const first = error instanceof MongoClientBulkWriteError ? error.writeErrors.values().next().value : undefined
  if (first !== undefined) return first
  if (error instanceof MongoClientBulkWriteError && error.cause instanceof MongoError) return ownCause(error.cause)
  return { code: Number(error.code ?? 0), message: error.message }
}

/** "E11000 duplicate key error collection: db.things index: things_code_key dup key: { … }" */
function fenceOf(message: string, model: Model): { readonly collection: string; readonly columns: readonly string[] } {
  const [, table = '', name = ''] = /collection: [^.\s]+\.(\S+) index: (\S+)/.exec(message) ?? []
  const collection = [...model.collections.values()].find((one) => one.table === table)
  const index = collection?.indexes.find((one) => one.name === name)
  const columns = name === '_id_' ? ['id'] : (index?.columns.map((column) => column.name) ?? [])
  return { collection: collection?.name ?? table, columns }
}
