// SQLite's result codes (https://sqlite.org/rescode.html) into the engine's errors.

import { AssertionError } from '../../base/assert.ts'
import { EngineError, isEngineError, LostRace } from '../../base/engine-error.ts'

const primary = { busy: 5, locked: 6, readonly: 8, ioerr: 10, corrupt: 11, full: 13, constraint: 19, notADatabase: 26 } as const

/** Errors of the driver become engine errors; everything else passes unchanged. */
export function translate(error: unknown): unknown {
  // A sum that fits there and not in a number: what is stored, we counted ourselves.
  if (error instanceof RangeError && (error as { code?: unknown }).code === 'ERR_OUT_OF_RANGE')
    return new EngineError('amount_too_large', { cause: error })
  if (isEngineError(error) || error instanceof AssertionError || !isSqliteError(error)) return error
  // Its sums are of 64 bits.
  if (error.message === 'integer overflow') return new EngineError('amount_too_large', { cause: error })
  switch (error.errcode & 0xff) {
    case primary.busy:
    case primary.locked:
      return new LostRace(error)
    case primary.full:
      return new EngineError('storage_full', { cause: error })
    case primary.ioerr:
    case primary.readonly:
    case primary.corrupt:
    case primary.notADatabase:
      return new EngineError('storage_unavailable', { cause: error })
    case primary.constraint:
      return constraint(error)
    default:
      return error
  }
}

function constraint(error: SqliteError): unknown {
  // 2067 SQLITE_CONSTRAINT_UNIQUE, 1555 _PRIMARYKEY. "UNIQUE constraint failed: users.email, users.tenant"
  if (error.errcode === 2067 || error.errcode === 1555) {
    const names = /failed: (.*)$/.exec(error.message)?.[1] ?? ''
    const columns = names.split(', ')
    const collection = columns[0]!.slice(0, columns[0]!.indexOf('.'))
    return new EngineError('already_exists', {
      params: { collection, columns: columns.map((name) => name.slice(name.indexOf('.') + 1)) },
      cause: error,
    })
  }
  return error
}

type SqliteError = Error & { readonly errcode: number }

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && (error as { code?: unknown }).code === 'ERR_SQLITE_ERROR' && 'errcode' in error
}
