// PostgreSQL behind the storage port: the shared SQL adapter with this folder's driver, statements and schema.
import type { Clock } from '../../base/clock.ts'
import { isEngineError } from '../../base/engine-error.ts'
import type { Random } from '../../base/random.ts'
import type { Model } from '../../schema/model.ts'
import { StatementFailure } from '../sql/driver.ts'
import { openServerSnapshot } from '../sql/server-snapshot.ts'
import { createServerStorage } from '../sql/server-storage.ts'
import type { Snapshot, WholeStorage } from '../storage.ts'
import { type Address, parseAddress } from './address.ts'
import { openPostgresDriver } from './driver.ts'
import { createTranslator, explainConnectError } from './errors.ts'
import { prepareSchema } from './schema.ts'
import { createPostgresSteps } from './steps.ts'

export type PostgresOptions = {
  /** `postgres://user:password@host:5432/database`; docs/operating tells what may stand behind it. */
  readonly url: string
  readonly model: Model
  readonly clock: Clock
  readonly random: Random
  /** Run on a server that may lose answered transactions when it crashes. */
  readonly allowWeakDurability?: boolean
  /** Told what went wrong in the background. */
  failed?(error: unknown): void
}

/**
 * Connects, checks what the server promises, makes missing tables, columns and indexes.
 * @throws Error with one sentence for people
 */
export async function openPostgres(options: PostgresOptions): Promise<WholeStorage> {
  const { url, model, clock, random, allowWeakDurability = false, failed } = options
  const address = parseAddress(url)
  try {
    const driver = await openPostgresDriver({ address, clock, allowWeakDurability, translate: createTranslator(model) })
    const connection = await driver.connect()
    try {
      await prepareSchema(connection, model)
    } finally {
      await connection.close()
    }
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
export async function openPostgresSnapshot({ url, model, clock }: Pick<PostgresOptions, 'url' | 'model' | 'clock'>): Promise<Snapshot> {
  const address = parseAddress(url)
  try {
    const driver = await openPostgresDriver({ address, clock, allowWeakDurability: true, translate: createTranslator(model) })
    const connection = await driver.connect()
    const steps = createPostgresSteps(model, address.isPooled)
    return await openServerSnapshot({ source: driver.capabilities, steps, connection, close: () => connection.close() })
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
