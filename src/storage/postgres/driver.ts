// PostgreSQL through pg: connections whose session is set up the same way, and one more that listens. Everything is
// sent as batches (batch.ts).
import pg from 'pg'
import type { Cancel, Clock } from '../../base/clock.ts'
import { limits } from '../../base/limits.ts'
import type { Statement } from '../sql/compile.ts'
import { ConnectionLost, type SqlConnection, type SqlDriver, type SqlResult, StatementFailure } from '../sql/driver.ts'
import type { Address } from './address.ts'
import { Batch } from './batch.ts'
import { checkServer, type ServerFacts, serverFactsSql } from './doctor.ts'
import { translateConnectError } from './errors.ts'
import { PreparedStatements } from './prepared-statements.ts'
import { commitsChannel, settingsOf } from './steps.ts'

export type PostgresDriverParts = {
  readonly address: Address
  readonly clock: Clock
  readonly allowWeakDurability: boolean
  /** The engine's error for a refused statement. */
  readonly translate: (error: unknown) => unknown
  /** For changes of the schema, which take as long as they take. */
  readonly isPatient?: boolean
}

/** What the first connection tells about the server. @throws Error with one sentence for people */
export async function openPostgresDriver(parts: PostgresDriverParts): Promise<SqlDriver & { readonly facts: ServerFacts }> {
  const first = await connect(parts)
  await first.connection.close()
  const { facts } = first
  return {
    facts,
    capabilities: {
      product: 'PostgreSQL',
      version: facts.version,
      isShared: true,
      hasTransactionalSchema: true,
      hasGroupCommit: false,
      hasNotifications: !parts.address.isPooled,
    },
    async connect() {
      try {
        return (await connect(parts)).connection
      } catch (error) {
        throw translateConnectError(error)
      }
    },
    // Behind a transaction pooler a session is shared: nothing can be listened for.
    ...(parts.address.isPooled ? {} : { listen: (wake: (position?: number) => void) => new CommitListener(parts, wake) }),
  }
}

async function connect(parts: PostgresDriverParts): Promise<{ connection: PostgresConnection; facts: ServerFacts }> {
  const client = await newClient(parts)
  const connection = new PostgresConnection(client, parts)
  try {
    const session = parts.address.isPooled ? [] : [settingsOf('session')]
    const results = await connection.run([...session, { sql: serverFactsSql, values: [] }])
    return { connection, facts: checkServer(results.at(-1)!.rows[0]!, parts.allowWeakDurability) }
  } catch (error) {
    await connection.close()
    throw error instanceof StatementFailure ? error.reason : error
  }
}

async function newClient({ address }: PostgresDriverParts): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: address.connectionString,
    application_name: 'kingpost',
    connectionTimeoutMillis: limits.connectTimeoutMs,
    keepAlive: true,
  })
  // Without a listener an idle connection's end would end the process.
  client.on('error', () => {})
  await client.connect()
  return client
}

class PostgresConnection implements SqlConnection {
  private readonly client: pg.Client
  private readonly parts: PostgresDriverParts
  private readonly prepared: PreparedStatements
  private isBroken = false

  constructor(client: pg.Client, parts: PostgresDriverParts) {
    this.client = client
    this.parts = parts
    this.prepared = new PreparedStatements(parts.address.isPooled ? 0 : limits.preparedStatementsMax)
    client.on('error', () => void (this.isBroken = true))
    client.on('end', () => void (this.isBroken = true))
  }

  isUsable(): boolean {
    return !this.isBroken
  }

  async run(statements: readonly Statement[]): Promise<readonly SqlResult[]> {
    if (this.isBroken) throw new ConnectionLost('The connection to PostgreSQL was lost.')
    // The server ends a statement by itself; this is for a network that has swallowed the answer.
    const { clock, isPatient = false } = this.parts
    const cancel = isPatient ? () => {} : clock.after(limits.statementMs * 2, () => this.breakOff())
    try {
      return await new Promise((resolve, reject) => {
        this.client.query(new Batch(statements, this.prepared, { resolve, reject }))
      })
    } catch (error) {
      if (error instanceof ConnectionLost) this.isBroken = true
      if (error instanceof StatementFailure) throw new StatementFailure(error.index, this.parts.translate(error.reason))
      throw error
    } finally {
      cancel()
    }
  }

  async close(): Promise<void> {
    const cancel = this.parts.clock.after(limits.connectionCloseMs, () => this.breakOff())
    await this.client.end().catch(() => {})
    cancel()
  }

  private breakOff(): void {
    this.isBroken = true
    streamOf(this.client).destroy(new Error('The answer did not come in time.'))
  }
}

function streamOf(client: pg.Client): { destroy(error?: Error): void } {
  return client.connection.stream
}

/** Hears `notify` on a connection of its own, and comes back by itself when that is lost. */
class CommitListener {
  private readonly parts: PostgresDriverParts
  private readonly wake: (position?: number) => void
  private client: pg.Client | null = null
  private isClosed = false
  private pauseMs: number = limits.conflictBackoffMs
  private cancelRetry: Cancel = () => {}
  private starting: Promise<void>

  constructor(parts: PostgresDriverParts, wake: (position?: number) => void) {
    this.parts = parts
    this.wake = wake
    this.starting = this.start()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.cancelRetry()
    await this.starting
    await this.client?.end().catch(() => {})
  }

  private async start(): Promise<void> {
    try {
      const client = await newClient(this.parts)
      this.client = client
      client.on('end', () => this.lost())
      client.on('error', () => {})
      client.on('notification', ({ payload }) => this.wake(Number(payload)))
      await client.query(`listen ${commitsChannel}`)
      this.pauseMs = limits.conflictBackoffMs
      this.wake()
    } catch {
      if (this.client === null) this.lost()
      else await this.client.end().catch(() => {})
    }
  }

  private lost(): void {
    this.client = null
    if (this.isClosed) return
    this.cancelRetry = this.parts.clock.after(this.pauseMs, () => void (this.starting = this.start()))
    this.pauseMs = Math.min(this.pauseMs * 2, limits.connectTimeoutMs)
  }
}
