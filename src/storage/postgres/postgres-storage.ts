import { isEngineError } from '../../base/engine-error.ts'
import type { SchemaDialect } from '../migrations/dialect.ts'
import type { ServerOptions } from '../server-options.ts'
import { StatementFailure } from '../sql/driver.ts'
import { storedModelOn } from '../sql/schema-at-start.ts'
import { askOn, createServerSchema } from '../sql/server-schema.ts'
import { openServerSnapshot } from '../sql/server-snapshot.ts'
import { createServerStorage } from '../sql/server-storage.ts'
import type { Snapshot, WholeStorage } from '../storage.ts'
import { type Address, parseAddress } from './address.ts'
import { openPostgresDriver } from './driver.ts'
import { createTranslator, explainConnectError } from './errors.ts'
import { checkDatabaseVersion, prepareSchema } from './schema.ts'
import { postgresWords } from './schema-dialect.ts'
import { createPostgresSteps } from './steps.ts'

/**
 * Connects, checks what the server promises, makes missing tables, columns and indexes.
 * @throws Error with one sentence for people
 */
export async function openPostgres(options: ServerOptions): Promise<WholeStorage> {
  const { url, clock, random, allowWeakDurability = false, schema = 'additive', failed } = options
  const address = parseAddress(url)
  try {
    const driver = await openPostgresDriver({ address, clock, allowWeakDurability, translate: createTranslator(options.model) })
    const connection = await driver.connect()
    const model = await prepareSchema(connection, options.model, schema).finally(() => connection.close())
    const steps = createPostgresSteps(model, address.isPooled)
    return await createServerStorage({
      driver,
      steps,
      clock,
      random,
      connectionsMax: address.connectionsMax,
      ...(failed ? { failed } : {}),
    })
  } catch (error) {
    throw explainConnectError(causeOf(error), nameOf(address))
  }
}

/** The database as it is now, without changing anything in it. @throws Error with one sentence for people */
export async function openPostgresSnapshot({ url, model, clock }: Pick<ServerOptions, 'url' | 'model' | 'clock'>): Promise<Snapshot> {
  const address = parseAddress(url)
  try {
    const driver = await openPostgresDriver({ address, clock, allowWeakDurability: true, translate: createTranslator(model) })
    const connection = await driver.connect()
    const stored = await storedModelOn(askOn(connection), postgresWords(''), model)
    const steps = createPostgresSteps(stored.model, address.isPooled)
    return await openServerSnapshot({ source: driver.capabilities, steps, connection, close: () => connection.close() })
  } catch (error) {
    throw explainConnectError(causeOf(error), nameOf(address))
  }
}

/** For migrations. @throws Error with one sentence for people */
export async function openPostgresSchema({ url, clock }: Pick<ServerOptions, 'url' | 'clock'>): Promise<SchemaDialect> {
  const address = parseAddress(url)
  if (address.isPooled)
    throw new Error('A migration holds a lock for as long as it runs: give the address of PostgreSQL itself, without pooler=transaction.')
  try {
    const translate = createTranslator({ collections: new Map() })
    const driver = await openPostgresDriver({ address, clock, allowWeakDurability: true, translate, isPatient: true })
    const connection = await driver.connect()
    const ask = askOn(connection)
    await ask(
      `select set_config('lock_timeout','2000',false),set_config('statement_timeout','0',false),set_config('idle_in_transaction_session_timeout','0',false)`,
    )
    await checkDatabaseVersion(ask)
    return createServerSchema({ connection, words: postgresWords(driver.facts.version), clock })
  } catch (error) {
    throw explainConnectError(causeOf(error), nameOf(address))
  }
}

/** What the server said, without what we made of it. */
function causeOf(error: unknown): unknown {
  const reason = error instanceof StatementFailure ? error.reason : error
  return isEngineError(reason) && reason.cause !== undefined ? reason.cause : reason
}

/** The address without user and password. */
function nameOf({ connectionString }: Address): string {
  const { host, pathname } = new URL(connectionString)
  return `${host}${pathname}`
}
