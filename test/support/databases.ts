// The databases that tests run on. `DATABASES=sqlite,postgres` names them; scripts/test.ts runs a layer once for
// each and starts one server of each product for all files of a run (TEST_SERVERS). A file run alone starts its
// own. Invariant: every database given out is empty and nobody else's; a shared server is never stopped by a test.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { Model } from '../../src/schema/model.ts'
import type { SchemaDialect } from '../../src/storage/migrations/dialect.ts'
import { openSqliteSchema } from '../../src/storage/sqlite/schema-dialect.ts'
import { openSqlite } from '../../src/storage/sqlite/sqlite-storage.ts'
import type { StorageAdapter } from '../../src/storage/storage.ts'
import { dataPlace } from './data-place.ts'
import type { DatabaseServer } from './servers/database-server.ts'
import { createMariadbDatabase, startMariadb, whyNoMariadb } from './servers/mariadb.ts'
import { createMongodbDatabase, startMongodb, whyNoMongodb } from './servers/mongodb.ts'
import { createMysqlDatabase, startMysql, whyNoMysql } from './servers/mysql.ts'
import { createPostgresDatabase, startPostgres, whyNoPostgres } from './servers/postgres.ts'

type Product = {
  /** Null where it can be had, else why not and what to do. */
  whyNot(): string | null
  /** A server of its own; null for a database that is a file. */
  readonly server: { start(): Promise<DatabaseServer>; createDatabase(url: string): Promise<string> } | null
  open(url: string, model: Model, clock: Clock): Promise<StorageAdapter>
  /** Where migrations are. */
  openSchema?(url: string): Promise<SchemaDialect>
}

export type DatabaseName = 'sqlite' | 'postgres' | 'mariadb' | 'mysql' | 'mongodb'

// A driver is loaded by whoever opens its database: together they are a quarter of the modules that a file of tests would load.
const postgres = () => import('../../src/storage/postgres/postgres-storage.ts')
const mysql = () => import('../../src/storage/mysql/mysql-storage.ts')
const mongodb = () => import('../../src/storage/mongodb/mongodb-storage.ts')

/** MariaDB and MySQL. */
const opensMysql: Pick<Required<Product>, 'open' | 'openSchema'> = {
  open: async (url, model) => await (await mysql()).openMysql({ url, model, clock: systemClock, random: systemRandom }),
  openSchema: async (url) => await (await mysql()).openMysqlSchema({ url, clock: systemClock }),
}

const products: Readonly<Record<DatabaseName, Product>> = {
  sqlite: {
    whyNot: () => null,
    server: null,
    open: async (url, model, clock) => openSqlite({ path: url.replace(/^sqlite:/, ''), model, clock }),
    openSchema: async (url) => openSqliteSchema(url.replace(/^sqlite:/, '')),
  },
  // A network's time is real, whatever a test's clock says.
  postgres: {
    whyNot: whyNoPostgres,
    server: { start: startPostgres, createDatabase: createPostgresDatabase },
    open: async (url, model) => await (await postgres()).openPostgres({ url, model, clock: systemClock, random: systemRandom }),
    openSchema: async (url) => await (await postgres()).openPostgresSchema({ url, clock: systemClock }),
  },
  mariadb: {
    whyNot: whyNoMariadb,
    server: { start: startMariadb, createDatabase: createMariadbDatabase },
    ...opensMysql,
  },
  mysql: {
    whyNot: whyNoMysql,
    server: { start: startMysql, createDatabase: createMysqlDatabase },
    ...opensMysql,
  },
  mongodb: {
    whyNot: whyNoMongodb,
    server: { start: startMongodb, createDatabase: createMongodbDatabase },
    open: async (url, model) => await (await mongodb()).openMongodb({ url, model, clock: systemClock, random: systemRandom }),
    openSchema: async (url) => await (await mongodb()).openMongodbSchema({ url, clock: systemClock }),
  },
}

export type TestDatabase = {
  readonly name: DatabaseName
  /** Several processes reach it over the network. */
  readonly isServer: boolean
  /** The URL of a new, empty database, as `--database` takes it. */
  url(): Promise<string>
  /** Opens `url`, or a new and empty database. The caller closes it. */
  open(model: Model, options?: { readonly url?: string; readonly clock?: Clock }): Promise<StorageAdapter>
  /** For migrations of the database at `url`. The caller closes it. */
  openSchema(url: string): Promise<SchemaDialect>
  /** A server of the caller's own, which may be killed and restarted. It ends with the process. @throws for a file */
  startServer(): Promise<DatabaseServer>
}

export const databaseNames = Object.keys(products) as DatabaseName[]
const usual: readonly string[] = ['sqlite', 'postgres']

/** Those of `DATABASES`; without it all in CI, and elsewhere those that npm alone brings. @throws Error for a name there is not */
export function selectedDatabases(environment: NodeJS.ProcessEnv = process.env): DatabaseName[] {
  const { DATABASES: words, CI } = environment
  if (words === undefined || words === '') return databaseNames.filter((name) => CI === 'true' || usual.includes(name))
  return words.split(',').map((word) => {
    const name = databaseNames.find((known) => known === word.trim())
    if (name === undefined) throw new Error(`There is no database "${word}" to test on. DATABASES may name ${databaseNames.join(', ')}.`)
    return name
  })
}

/** One for each selected database. */
export function testDatabases(): TestDatabase[] {
  return selectedDatabases().map(createDatabaseOf)
}

/** The one that a suite runs on: the first of `DATABASES`, SQLite where nothing is said. */
export function testDatabase(): TestDatabase {
  return createDatabaseOf(process.env['DATABASES'] ? selectedDatabases()[0]! : 'sqlite')
}

/** Null where it can be had, else why not and what to do. */
export function whyNotAvailable(name: DatabaseName): string | null {
  return products[name].whyNot()
}

/** What a run prints and tells its files of one database. `url` is null for a file. */
export async function startFor(name: DatabaseName): Promise<{ product: string; version: string; url: string | null }> {
  const { server } = products[name]
  if (server === null) return { product: 'SQLite', version: sqliteVersion(), url: null }
  const { product, version, url } = await server.start()
  return { product, version, url }
}

const own = new Map<DatabaseName, Promise<string>>()

export function createDatabaseOf(name: DatabaseName): TestDatabase {
  const { server, open, openSchema } = products[name]
  const url = async () => (server === null ? newFile() : await server.createDatabase(await sharedServer(name)))
  return {
    name,
    isServer: server !== null,
    url,
    open: async (model, options = {}) => await open(options.url ?? (await url()), model, options.clock ?? systemClock),
    async openSchema(at) {
      if (openSchema === undefined) throw new Error(`There are no migrations on ${name}.`)
      return await openSchema(at)
    },
    async startServer() {
      if (server === null) throw new Error(`${name} is a file: there is no server to start.`)
      return await server.start()
    },
  }
}

/** The run's server, or this process's when there is no run. */
async function sharedServer(name: DatabaseName): Promise<string> {
  const known = (JSON.parse(process.env['TEST_SERVERS'] ?? '{}') as Record<string, string>)[name]
  if (known !== undefined) return known
  if (!own.has(name))
    own.set(
      name,
      startFor(name).then(({ url }) => url!),
    )
  return await own.get(name)!
}

let folder: string | null = null
let files = 0

function newFile(): string {
  if (folder === null) {
    const made = mkdtempSync(join(dataPlace(), 'kingpost-databases-'))
    folder = made
    process.on('exit', () => rmSync(made, { recursive: true, force: true }))
  }
  const own = mkdtempSync(join(folder, `${++files}-`))
  return `sqlite:${join(own, 'kingpost.db')}`
}

/** As the database says it itself: distributions link their own. */
function sqliteVersion(): string {
  const database = new DatabaseSync(':memory:')
  const row = database.prepare('select sqlite_version() as "version"').get() as { version: string }
  database.close()
  return row.version
}
