// PostgreSQL's SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html) into the engine's errors.
import { EngineError, isEngineError, LostRace, storageError } from '../../base/engine-error.ts'
import type { ErrorCode } from '../../contract/error-codes.ts'
import type { Model } from '../../schema/model.ts'
import { shortName } from './dialect.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  '40001': 'conflict', // serialization_failure
  '40P01': 'conflict', // deadlock_detected
  '55P03': 'conflict', // lock_not_available: lock_timeout
  '22012': 'conflict', // division_by_zero: a guard that must fit exactly one row (steps.ts); nothing else divides
  '57014': 'overloaded', // query_canceled: statement_timeout
  '53200': 'overloaded', // out_of_memory
  '53300': 'overloaded', // too_many_connections
  '53400': 'overloaded', // configuration_limit_exceeded
  '53100': 'storage_full', // disk_full
  '25006': 'storage_unavailable', // read_only_sql_transaction: a standby since a failover
  '57P01': 'storage_unavailable', // admin_shutdown
  '57P02': 'storage_unavailable', // crash_shutdown
  '57P03': 'storage_unavailable', // cannot_connect_now: it starts or stops
  '58030': 'storage_unavailable', // io_error
}

type DatabaseError = Error & {
  readonly severity: string
  readonly code: string
  readonly table?: string
  readonly constraint?: string
  readonly detail?: string
}

/** Errors of the server become engine errors; everything else passes unchanged. */
export function createTranslator(model: Pick<Model, 'collections'>): (error: unknown) => unknown {
  const fences = fencesOf(model)
  return (error) => {
    if (!isDatabaseError(error)) return error
    if (error.code === '23505') {
      const { collection, columns } = fences.get(`${error.table} ${error.constraint}`) ?? {
        collection: error.table,
        columns: columnsIn(error.detail),
      }
      return new EngineError('already_exists', { params: { collection, columns }, cause: error })
    }
    // A table was changed at the same time: the statement is prepared again when it is run again.
    if (error.code === '0A000' && error.message.includes('cached plan')) return new LostRace(error)
    if (error.code === '22021')
      return new EngineError('validation_failed', { detail: 'Text cannot hold the character U+0000.', cause: error })
    if (error.code === '26000')
      return new Error('A prepared statement vanished: a pooler hands sessions around. Add pooler=transaction to the database URL.', {
        cause: error,
      })
    const code = codes[error.code]
    return code === undefined ? error : storageError(code, error)
  }
}

/** A connection that could not be made, for whoever wanted to read or write. */
export function translateConnectError(error: unknown): EngineError {
  if (isEngineError(error)) return error
  const code = isDatabaseError(error) && error.code === '53300' ? 'overloaded' : 'storage_unavailable'
  return storageError(code, error)
}

/** Why the database cannot be opened, in one sentence for people that never holds the password. */
export function explainConnectError(error: unknown, where: string): Error {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const because = (text: string) => new Error(text, { cause: error })
  switch (code) {
    case 'ECONNREFUSED':
      return because(`No PostgreSQL answers at ${where}. Start it, or correct the address in --database.`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return because(`The host of ${where} is not known. Correct the address in --database.`)
    case '28P01':
    case '28000':
      return because(`PostgreSQL at ${where} refuses this user or password. Correct them in --database.`)
    case '3D000':
      return because(`There is no such database at ${where}. Make it with: createdb NAME`)
    case '42501':
      return because(`The user may not create tables at ${where}. Allow it with: grant create on schema public to USER;`)
    case '53300':
      return because(`PostgreSQL at ${where} takes no more connections. Raise max_connections, or lower connections=N in the database URL.`)
    default:
      return error instanceof Error && code === undefined ? error : because(`PostgreSQL at ${where} cannot be used: ${String(message)}`)
  }
}

/** `Key (email, "lastName")=(a@b.example, Li) already exists.`, in whatever language: an index made by a migration has a name of its own. */
function columnsIn(detail = ''): string[] {
  const names = /\((.*?)\)=\(/.exec(detail)?.[1]
  return names === undefined ? [] : names.split(', ').map((name) => name.replaceAll('"', ''))
}

function fencesOf(model: Pick<Model, 'collections'>): Map<string, { readonly collection: string; readonly columns: readonly string[] }> {
  const fences = new Map<string, { collection: string; columns: readonly string[] }>()
  for (const { name: collection, indexes } of model.collections.values()) {
    fences.set(`${shortName(collection)} ${primaryKeyOf(collection)}`, { collection, columns: ['id'] })
    for (const { name, columns, isUnique } of indexes)
      if (isUnique) fences.set(`${shortName(collection)} ${shortName(name)}`, { collection, columns: columns.map((column) => column.name) })
  }
  return fences
}

/** The name of a table's primary key. */
export function primaryKeyOf(collection: string): string {
  return shortName(`${collection}_pkey`)
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && typeof (error as { severity?: unknown }).severity === 'string'
}
