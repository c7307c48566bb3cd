import { EngineError, isEngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Model } from '../../schema/model.ts'
import type { Capabilities } from '../capabilities.ts'
import type { SchemaDialect } from '../migrations/dialect.ts'
import type { ServerOptions } from '../server-options.ts'
import { type SqlConnection, StatementFailure } from '../sql/driver.ts'
import { storedModelOn } from '../sql/schema-at-start.ts'
import { askOn, createServerSchema } from '../sql/server-schema.ts'
import { openServerSnapshot } from '../sql/server-snapshot.ts'
import { createServerStorage } from '../sql/server-storage.ts'
import type { Snapshot, WholeStorage } from '../storage.ts'
import { type Address, parseAddress } from './address.ts'
import { uniqueKeys } from './columns.ts'
import { type ConnectionParts, connect } from './connection.ts'
import { parseServer, type Server } from './dialect.ts'
import { checkServer, lookSql } from './doctor.ts'
import { checkDatabaseVersion, prepareSchema } from './schema.ts'
import { mysqlWords } from './schema-dialect.ts'
import { createMysqlSteps } from './steps.ts'

/**
 * Connects, checks what the server promises, makes missing tables, columns and indexes.
 * @throws Error with sentences for people
 */
export async function openMysql(options: ServerOptions): Promise<WholeStorage> {
  const { clock, random, schema: policy = 'additive', failed } = options
  const { address, keys, session, patientSession } = sessionsOf(options)
  try {
    const { connection, server } = await patientSession()
    const prepared = await prepareSchema(connection, { model: options.model, server, policy }).finally(() => connection.close())
    const { model } = prepared
    // An index that a migration made has a name of its own.
    for (const { indexes } of prepared.stored.tables.values())
      for (const { name, columns, isUnique } of indexes)
        if (isUnique)
          keys.set(
            name,
            columns.map((column) => column.name),
          )
    const capabilities = capabilitiesOf(server)
    const connect = async () => (await session().catch((error) => Promise.reject(unavailable(error)))).connection
    const storage = await createServerStorage({
      driver: { capabilities, connect },
      steps: createMysqlSteps(model, server.product),
      clock,
      random,
      connectionsMax: address.connectionsMax,
      ...(failed ? { failed } : {}),
    })
    return { ...storage, snapshot: () => snapshotOn(patientSession, model) }
  } catch (error) {
    throw explain(error, address)
  }
}

/** The database as it is now, without changing anything in it. @throws Error with sentences for people */
export async function openMysqlSnapshot(options: Pick<ServerOptions, 'url' | 'model' | 'clock'>): Promise<Snapshot> {
  const { address, patientSession } = sessionsOf({ ...options, allowWeakDurability: true })
  try {
    return await snapshotOn(patientSession, options.model)
  } catch (error) {
    throw explain(error, address)
  }
}

/** For migrations. @throws Error with sentences for people */
export async function openMysqlSchema({ url, clock }: Pick<ServerOptions, 'url' | 'clock'>): Promise<SchemaDialect> {
  const { address, patientSession } = sessionsOf({ url, clock, model: { collections: new Map() }, allowWeakDurability: true })
  try {
    const { connection, server } = await patientSession()
    const ask = askOn(connection)
    // A change that waits for a table holds up all who come behind it.
    await ask('set session lock_wait_timeout=2')
    await checkDatabaseVersion(ask)
    return createServerSchema({ connection, words: mysqlWords(server), clock })
  } catch (error) {
    throw explain(error, address)
  }
}

async function snapshotOn(session: () => Promise<Session>, model: Model): Promise<Snapshot> {
  const { connection, server } = await session()
  const stored = await storedModelOn(askOn(connection), mysqlWords(server), model)
  const steps = createMysqlSteps(stored.model, server.product)
  return await openServerSnapshot({ source: capabilitiesOf(server), steps, connection, close: () => connection.close() })
}

type Session = { readonly connection: SqlConnection; readonly server: Server }

type SessionOptions = Pick<ServerOptions, 'url' | 'clock' | 'allowWeakDurability'> & { readonly model: Pick<Model, 'collections'> }

function sessionsOf({ url, model, clock, allowWeakDurability = false }: SessionOptions) {
  const address = parseAddress(url)
  const keys = new Map(uniqueKeys(model))
  const parts = { address, clock, keys }
  return {
    address,
    keys,
    session: () => openSession({ ...parts, isPatient: false }, allowWeakDurability),
    patientSession: () => openSession({ ...parts, isPatient: true }, allowWeakDurability),
  }
}

/** A connection whose session is set, whatever the server's own defaults are, to a server that has been looked at. */
export async function openSession(parts: ConnectionParts, allowWeakDurability: boolean): Promise<Session> {
  const connection = await connect(parts)
  const plain = (sql: string) => ({ sql, values: [] })
  try {
    const [version, ...looks] = await connection.run(['select version()', ...lookSql].map(plain))
    const server = parseServer(String(version!.rows[0]![0]))
    checkServer(server, looks, allowWeakDurability)
    await connection.run(sessionSql(server, parts.isPatient).map(plain))
    return { connection, server }
  } catch (error) {
    await connection.close()
    throw error
  }
}

function sessionSql({ product }: Server, isPatient: boolean): string[] {
  const seconds = (ms: number) => Math.ceil(ms / 1_000)
  const statementMs = isPatient ? 0 : limits.statementMs
  const idleMs = isPatient ? 0 : limits.idleInTransactionMs
  return [
    // A server may be told to pass over what a client says of its characters.
    'set names utf8mb4 collate utf8mb4_bin',
    // Too long a text or too large a number is an error, never cut. Texts mean the same in any mode: see literal.ts.
    "set session sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO', time_zone='+00:00', autocommit=1",
    // A change of the schema that waits for a table holds up all who come behind it: it gives up before they do.
    `set session innodb_lock_wait_timeout=${seconds(limits.lockWaitMs)}, lock_wait_timeout=${seconds(limits.statementMs / (isPatient ? 2 : 1))}`,
    `set session wait_timeout=${2 * seconds(limits.connectionAgeMs)}, group_concat_max_len=1048576`,
    'set session transaction isolation level read committed',
    // MySQL ends only a `select` that takes too long, and knows no limit for a transaction left open.
    product === 'mariadb'
      ? `set session max_statement_time=${seconds(statementMs)}, idle_transaction_timeout=${seconds(idleMs)}`
      : `set session max_execution_time=${statementMs}`,
  ]
}

function capabilitiesOf({ product, version }: Server): Capabilities {
  return {
    product: product === 'mariadb' ? 'MariaDB' : 'MySQL',
    version,
    isShared: true,
    hasTransactionalSchema: false,
    hasGroupCommit: false,
    hasNotifications: false,
  }
}

/** A server that is running, but not as it must be: after a failover, say. */
function unavailable(error: unknown): unknown {
  if (isEngineError(error)) return error
  return new EngineError('storage_unavailable', { cause: error })
}

function explain(error: unknown, { name }: Address): unknown {
  const reason = error instanceof StatementFailure ? error.reason : error
  if (!(reason instanceof Error)) return reason
  const words = isEngineError(reason) ? reason.detail : reason.message
  return new Error(words.includes(name) ? words : `The database ${name} cannot be used. ${words}`, { cause: reason })
}
