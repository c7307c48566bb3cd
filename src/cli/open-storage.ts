// Opening the database: SQLite's file with the lock that keeps a second server out of its folder, or a database
// server by the scheme of its URL. An adapter is loaded only when it is asked for.
import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { systemRandom } from '../base/random.ts'
import type { Model } from '../schema/model.ts'
import { type SchemaPolicy, stepsAtStart } from '../storage/migrations/at-start.ts'
import type { SchemaDialect } from '../storage/migrations/dialect.ts'
import { tryLock as tryFileLock } from '../storage/sqlite/file-lock.ts'
import type { Snapshot, WholeStorage } from '../storage/storage.ts'
import { prepareFolder } from './private-files.ts'
import { type ProcessSettings, UsageError } from './settings.ts'

/** Where a database is, and whether its schema may change at a start: what is needed of the settings to open it. */
export type Place = Pick<ProcessSettings, 'dataFolder' | 'databaseUrl' | 'allowWeakDurability' | 'isDevelopment'>

type OpenOptions = {
  readonly allowWeakDurability: boolean
  readonly schema: SchemaPolicy
  failed(error: unknown): void
}

type Product = {
  open(url: string, model: Model, options: OpenOptions): Promise<WholeStorage>
  snapshot(url: string, model: Model): Promise<Snapshot>
  schema(url: string): Promise<SchemaDialect>
}

async function postgres(): Promise<Product> {
  const { openPostgres, openPostgresSchema, openPostgresSnapshot } = await import('../storage/postgres/postgres-storage.ts')
  return {
    open: (url, model, options) => openPostgres({ url, model, clock: systemClock, random: systemRandom, ...options }),
    snapshot: (url, model) => openPostgresSnapshot({ url, model, clock: systemClock }),
    schema: (url) => openPostgresSchema({ url, clock: systemClock }),
  }
}

async function mysql(): Promise<Product> {
  const { openMysql, openMysqlSchema, openMysqlSnapshot } = await import('../storage/mysql/mysql-storage.ts')
  return {
    open: (url, model, options) => openMysql({ url, model, clock: systemClock, random: systemRandom, ...options }),
    snapshot: (url, model) => openMysqlSnapshot({ url, model, clock: systemClock }),
    schema: (url) => openMysqlSchema({ url, clock: systemClock }),
  }
}

async function mongodb(): Promise<Product> {
  const { openMongodb, openMongodbSchema, openMongodbSnapshot } = await import('../storage/mongodb/mongodb-storage.ts')
  return {
    open: (url, model, options) => openMongodb({ url, model, clock: systemClock, random: systemRandom, ...options }),
    snapshot: (url, model) => openMongodbSnapshot({ url, model, clock: systemClock, random: systemRandom }),
    schema: (url) => openMongodbSchema({ url, clock: systemClock }),
  }
}

/** Database servers by the scheme of their URLs. */
const products: Readonly<Record<string, () => Promise<Product>>> = {
  'postgres:': postgres,
  'postgresql:': postgres,
  'mysql:': mysql,
  'mariadb:': mysql,
  'mongodb:': mongodb,
  'mongodb+srv:': mongodb,
}

function productOf(url: string): () => Promise<Product> {
  const scheme = /^[a-z+]+:/.exec(url)?.[0] ?? ''
  const product = products[scheme]
  if (!product)
    throw new UsageError(
      `${scheme}// is no database of this version: take sqlite:FOLDER/kingpost.db, postgres://…, mysql://… or mongodb://….`,
    )
  return product
}

/** @throws Error with one sentence for people; the data is as it was */
export async function openStorage(place: Place, model: Model, log?: Log): Promise<WholeStorage> {
  const { databaseUrl: url, allowWeakDurability } = place
  if (url === null) return await openFile(place, model, log)
  const product = await productOf(url)()
  const failed = (error: unknown) => log?.write('warn', 'The change feed could not continue; it tries again by itself.', { error })
  return await product.open(url, model, { allowWeakDurability, schema: policyOf(place), failed })
}

/** In production nothing of a schema changes but by `kingpost migrate`. */
function policyOf({ isDevelopment }: Place): SchemaPolicy {
  return isDevelopment ? 'additive' : 'fixed'
}

/** Of the container where there is one, else of the machine. */
function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
}

async function openFile(place: Place, model: Model, log?: Log): Promise<WholeStorage> {
  const folder = prepareFolder(place.dataFolder)
  const path = join(folder, 'kingpost.db')
  const { openSqlite } = await import('../storage/sqlite/sqlite-storage.ts')
  try {
    return openSqlite({
      path,
      model,
      clock: systemClock,
      schema: policyOf(place),
      memoryBytes: memoryBytes(),
      onLost: (sentence) => log?.write('error', sentence),
    })
  } catch (error) {
    throw explain(error, path)
  }
}

/** Whether this model could be served, looked at beside a server that has the database. @throws Error with one sentence for people */
export async function checkFits(place: Place, model: Model): Promise<void> {
  if (place.databaseUrl === null && !existsSync(fileOf(place))) return
  const dialect = await openSchema(place)
  try {
    const { lookAt } = await import('../storage/migrations/apply.ts')
    const seen = await lookAt({ dialect, model, clock: systemClock })
    stepsAtStart(seen, policyOf(place), seen.stored.tables.size === 0)
  } finally {
    await dialect.close()
  }
}

/** For `kingpost migrate`. @throws Error with one sentence for people */
export async function openSchema(place: Place): Promise<SchemaDialect> {
  const { databaseUrl: url } = place
  if (url !== null) return await (await productOf(url)()).schema(url)
  const path = fileOf(place)
  if (!existsSync(path)) throw new Error(`There is no database at ${path}. Name its folder with --data-dir FOLDER.`)
  const { openSqliteSchema } = await import('../storage/sqlite/schema-dialect.ts')
  try {
    return openSqliteSchema(path)
  } catch (error) {
    throw explain(error, path)
  }
}

/** As `lockFolder`, but null when another has the folder's lock of this name. */
export function tryLockFolder(folder: string, name = 'kingpost'): (() => void) | null {
  return tryLock(join(folder, `${name}.lock`))
}

function tryLock(path: string): (() => void) | null {
  try {
    return tryFileLock(path)
  } catch (error) {
    throw explain(error, path)
  }
}

/** One committed state, while servers may keep running. @throws Error with one sentence for people */
export async function openSnapshot(place: Place, model: Model): Promise<Snapshot> {
  const { databaseUrl: url } = place
  if (url !== null) return await (await productOf(url)()).snapshot(url, model)
  const path = fileOf(place)
  if (!existsSync(path)) throw new Error(`There is no database at ${path}. Name its folder with --data-dir FOLDER.`)
  const { openSqliteSnapshot } = await import('../storage/sqlite/snapshot.ts')
  try {
    return openSqliteSnapshot(path, model)
  } catch (error) {
    const known = explainRead(error, place)
    throw known === error ? new Error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`) : known
  }
}

/** What a read of a database met, as a sentence where it is known. */
export function explainRead(error: unknown, place: Place): unknown {
  if (place.databaseUrl !== null) return error
  // "no such table", "no such column": it is another model's.
  if (sqliteCode(error) === 1)
    return new Error(`${fileOf(place)} does not fit the model yet. See what it needs with: kingpost migrate plan`)
  return explain(error, fileOf(place))
}

/** SQLite's file. */
export function fileOf({ dataFolder }: Pick<Place, 'dataFolder'>): string {
  return join(resolve(dataFolder), 'kingpost.db')
}

/**
 * Held as long as the process lives; the system lets it go even after kill -9.
 * @throws Error when another server runs on this folder
 */
export function lockFolder(folder: string): () => void {
  const release = tryLockFolder(folder)
  if (release !== null) return release
  throw new Error(`Another Kingpost is running on ${folder}. Stop it, or choose another folder with --data-dir FOLDER.`)
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
