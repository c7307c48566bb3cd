// Opening a data folder: its database, and the lock that keeps a second server out of it.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '../base/clock.ts'
import type { Model } from '../schema/model.ts'
import type { SchemaPolicy } from '../storage/migrations/at-start.ts'
import type { SchemaDialect } from '../storage/migrations/dialect.ts'
import { openSqliteSchema } from '../storage/sqlite/schema-dialect.ts'
import { openSqlite } from '../storage/sqlite/sqlite-storage.ts'
import type { WholeStorage } from '../storage/storage.ts'

/** @throws Error with one sentence for people */
export function prepareFolder(dataFolder: string): string {
  const folder = resolve(dataFolder)
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason =
      code === 'ENOSPC' ? 'the disk is full' : code === 'ENOTDIR' || code === 'EEXIST' ? 'it is not a folder' : 'it cannot be written'
    throw new Error(`The data folder ${folder} cannot be used: ${reason}. Choose another one with --data-dir FOLDER.`)
  }
  return folder
}

/** @throws Error with one sentence for people; the data is as it was */
export function openStorage(folder: string, model: Model, schema: SchemaPolicy = 'additive'): WholeStorage {
  const path = join(folder, 'kingpost.db')
  try {
    return openSqlite({ path, model, clock: systemClock, schema })
  } catch (error) {
    throw explain(error, path)
  }
}

/** For `kingpost migrate`. @throws Error with one sentence for people */
export function openSchema(folder: string): SchemaDialect {
  const path = join(folder, 'kingpost.db')
  if (!existsSync(path)) throw new Error(`There is no database at ${path}. Name its folder with --data-dir FOLDER.`)
  try {
    return openSqliteSchema({ path, lock: () => tryLock(join(folder, 'kingpost.migrate.lock')) })
  } catch (error) {
    throw explain(error, path)
  }
}

/** As `lockFolder`, but null when a server runs on the folder. */
export function tryLockFolder(folder: string): (() => void) | null {
  return tryLock(join(folder, 'kingpost.lock'))
}

function tryLock(path: string): (() => void) | null {
  try {
    const lock = new DatabaseSync(path)
    lock.exec('pragma journal_mode=delete; pragma busy_timeout=0; begin exclusive')
    return () => lock.close()
  } catch (error) {
    if (sqliteCode(error) === 5) return null
    throw explain(error, path)
  }
}

/**
 * Held as long as the process lives; the system lets it go even after kill -9.
 * @throws Error when another of the kind runs on this folder
 */
export function lockFolder(folder: string, kind: 'kingpost' | 'sandbox' = 'kingpost'): () => void {
  const release = tryLock(join(folder, `${kind}.lock`))
  if (release !== null) return release
  const who = kind === 'kingpost' ? 'Kingpost' : 'payment sandbox'
  throw new Error(`Another ${who} is running on ${folder}. Stop it, or choose another folder with --data-dir FOLDER.`)
}

function explain(error: unknown, path: string): unknown {
  switch (sqliteCode(error)) {
    case 13:
      return new Error(`The disk is full: ${path} could not be opened for writing. Free some space and start again; the data is intact.`)
    case 10:
    case 14:
      return new Error(`${path} cannot be opened: the disk reports an error or denies access. The data was not touched.`)
    case 8:
      return new Error(`${path} is read-only. Give this user the right to write it, or choose another folder with --data-dir FOLDER.`)
    case 5:
      return new Error(`${path} is in use by another program. Stop it and start again.`)
    case 11:
    case 26:
      return new Error(`${path} is not a database, or it is damaged. Restore a backup, or choose another folder with --data-dir FOLDER.`)
    default:
      return error
  }
}

function sqliteCode(error: unknown): number | null {
  const { errcode } = error as { errcode?: number }
  if (errcode !== undefined) return errcode & 0xff
  const { cause } = error as { cause?: unknown }
  return cause === undefined ? null : sqliteCode(cause)
}
