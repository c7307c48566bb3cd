// Error numbers of MySQL and MariaDB (https://mariadb.com/kb/en/mariadb-error-code-reference/) and the driver's codes
// into the engine's errors. A statement that was refused is told from a connection that ended: after the latter nobody
// knows whether it was carried out.
import { EngineError, LostRace } from '../../base/engine-error.ts'
import { oneRowSql } from './dialect.ts'

export type DriverError = Error & { readonly errno?: number; readonly code?: string; readonly fatal?: boolean; sql?: string }

const heldBack = 1062
const outOfRange = 1690
/** The columns of each unique key, by its name in the database. */
export type Keys = ReadonlyMap<string, readonly string[]>

/**
 * Deadlock, lock wait over, changed since read (MariaDB 1020), XA and group replication (3101, 1180), no wait (3572).
 * After 1205 InnoDB has undone the statement alone: the adapter rolls the whole back, as after every failure.
 */
const conflicts = new Set([1213, 1205, 1020, 3101, 1180, 3572])
/** Too many connections (of all, of a user), statement time-outs (MariaDB 1969, MySQL 3024), killed. */
const overloads = new Set([1040, 1203, 1226, 1969, 3024, 1317])
const readOnly = new Set([1290, 1792, 1836, 1874])
const full = new Set([1114, 1021, 3167])
/** Answered in place of a result by a server that is going down or has killed the connection: what it did is not known. */
const goingDown = new Set([1053, 1927, 4031, 1077, 1079])

/** Whether the connection is gone, so that what it was last asked for may or may not have been done. */
export function isLoss({ errno, code, fatal }: DriverError): boolean {
  if (errno !== undefined && errno > 0 && goingDown.has(errno)) return true
  return fatal === true || (code !== undefined && /^(?:PROTOCOL_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/.test(code))
}

/** Whether a unique fence refused it: InnoDB has undone this statement and nothing else. */
export function isHeldBack(error: DriverError): boolean {
  return error.errno === heldBack
}

/**
 * The engine's error for a refused statement where there is one, else the driver's, which loses the statement that
 * mysql2 notes in it: the values stand in its text, and errors are logged.
 */
export function reasonOf(error: DriverError, sql: string, keys: Keys): unknown {
  delete error.sql
  const number = error.errno ?? 0
  if (number === outOfRange && sql === oneRowSql) return new LostRace(error)
  if (number === heldBack) return alreadyExists(error, sql, keys)
  if (conflicts.has(number)) return new LostRace(error)
  if (overloads.has(number)) return new EngineError('overloaded', { cause: error })
  if (full.has(number)) return new EngineError('storage_full', { cause: error })
  if (readOnly.has(number))
    return new EngineError('storage_unavailable', { detail: 'The database is read-only now: it may have become a replica.', cause: error })
  return error
}

/**
 * "Duplicate entry 'x' for key 'things_code_key'", since MySQL 8.0.19 'things.things_code_key'. Read from the end: the
 * value may hold anything, quotes too.
 */
function alreadyExists(error: DriverError, sql: string, keys: Keys): EngineError {
  const collection = /^(?:insert into|update) `([^`]+)`/.exec(sql)?.[1] ?? ''
  const key = /for key '(?:[^'.]*\.)?([^'.]+)'$/.exec(error.message)?.[1] ?? ''
  const columns = key === 'PRIMARY' ? ['id'] : (keys.get(key) ?? [])
  return new EngineError('already_exists', { params: { collection, columns }, cause: error })
}
