// Connecting to a MongoDB that can keep the engine's promises: a replica set (or a sharded cluster), for only those
// have transactions; version 8.0 or newer, for writes of several collections in one journey; and storage that
// lasts. Invariant: every write is acknowledged by a majority that has it in its journal, whatever the server's or
// the URL's defaults are.
import { type Document, MongoClient, MongoError } from 'mongodb'
import { limits } from '../../base/limits.ts'

export type Connection = {
  readonly client: MongoClient
  readonly databaseName: string
  readonly product: string
  readonly version: string
  /** What weakens the promises without breaking them: sentences for whoever runs the server. */
  readonly warnings: readonly string[]
}

/** The wire version of MongoDB 8.0. */
const wireVersionMin = 25

/** @throws Error with one sentence for people */
export async function connect(url: string): Promise<Connection> {
  const databaseName = nameIn(url)
  const client = new MongoClient(url, {
    appName: 'kingpost',
    maxPoolSize: limits.connectionsMax,
    waitQueueTimeoutMS: limits.connectionWaitMs,
    connectTimeoutMS: limits.connectTimeoutMs,
    serverSelectionTimeoutMS: limits.connectTimeoutMs,
    maxIdleTimeMS: limits.connectionIdleMs,
    // Longer than the server may take: it gives up first and says why.
    socketTimeoutMS: limits.statementMs * 2,
    readPreference: 'primary',
    writeConcern: { w: 'majority', journal: true },
  })
  try {
    await client.connect()
    const admin = client.db('admin')
    const [hello, build] = await Promise.all([admin.command({ hello: 1 }), admin.command({ buildInfo: 1 })])
    const { product, version } = productOf(build)
    refuseUnfit(hello, product, version)
    return { client, databaseName, product, version, warnings: await weaknesses(client, hello) }
  } catch (error) {
    await client.close()
    throw explain(error, url)
  }
}

/** @throws Error unless the server has transactions, and what else the adapter is built on */
export function refuseUnfit(hello: Document, product: string, version: string): void {
  if (hello['setName'] === undefined && hello['msg'] !== 'isdbgrid')
    throw new Error(
      `${product} standalone has no transactions: start mongod with --replSet, and run rs.initiate() once. One member is enough.`,
    )
  if (!(hello['maxWireVersion'] >= wireVersionMin))
    throw new Error(`${product} ${version} is too old: Kingpost needs MongoDB 8.0 or newer.`)
}

/** Servers that speak MongoDB's protocol name themselves beside the version they are like. */
function productOf(build: Document): { product: string; version: string } {
  const like = String(build['version'])
  if (build['secantusVersion'] !== undefined)
    return { product: 'SecantusDB', version: `${build['secantusVersion']} (like MongoDB ${like})` }
  if (build['ferretdb'] !== undefined) return { product: 'FerretDB', version: `${build['ferretdb']['version']} (like MongoDB ${like})` }
  return { product: 'MongoDB', version: like }
}

/** @throws Error when the storage itself does not last */
async function weaknesses(client: MongoClient, hello: Document): Promise<string[]> {
  const admin = client.db('admin')
  const status = await answerOf(admin.command({ serverStatus: 1, repl: 0, metrics: 0, locks: 0 }))
  const engine = status?.['storageEngine'] as Document | undefined
  if (engine?.['persistent'] === false)
    throw new Error(`The storage engine ${engine['name']} keeps nothing over a restart. Start mongod with wiredTiger.`)
  const warnings: string[] = []
  const config = (await answerOf(admin.command({ replSetGetConfig: 1 })))?.['config'] as Document | undefined
  if (config?.['writeConcernMajorityJournalDefault'] === false)
    warnings.push('writeConcernMajorityJournalDefault is false: a majority read may see what a power loss takes back. Set it to true.')
  const members = (config?.['members'] ?? []) as Document[]
  if (members.some(({ arbiterOnly }) => arbiterOnly))
    warnings.push('The replica set has an arbiter: while one data member is down, no write can reach a majority. Use three data members.')
  const defaults = await answerOf(admin.command({ getDefaultRWConcern: 1 }))
  const level = (defaults?.['defaultWriteConcern'] as Document | undefined)?.['w']
  if (typeof level === 'number' && level < 2 && Math.max(members.length, (hello['hosts'] as unknown[] | undefined)?.length ?? 1) > 1)
    warnings.push(
      `The server's default write concern is w: ${level}. Kingpost asks for "majority" itself; other programs on this server may lose writes.`,
    )
  return warnings
}

/** Not everybody may ask this, and not every server knows it: what is not answered is not judged. */
async function answerOf(command: Promise<Document>): Promise<Document | null> {
  try {
    return await command
  } catch (error) {
    if (error instanceof MongoError && error.code !== undefined) return null
    throw error
  }
}

function nameIn(url: string): string {
  const name = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^/?]+)/.exec(url)?.[1]
  if (name === undefined) throw new Error('The URL names no database: write mongodb://HOST/NAME, for example mongodb://localhost/kingpost.')
  return decodeURIComponent(name)
}

function explain(error: unknown, url: string): unknown {
  if (!(error instanceof MongoError)) return error
  const place = url.replace(/^(mongodb(?:\+srv)?:\/\/)[^@/]*@/, '$1').replace(/\?.*$/, '')
  if (error.name === 'MongoServerSelectionError' || error.name.startsWith('MongoNetwork'))
    return new Error(`No MongoDB answers at ${place}: ${error.message}. Is it running, and can this machine reach it?`, { cause: error })
  if (error.code === 18) return new Error(`MongoDB at ${place} refuses the user or the password.`, { cause: error })
  if (error.code === 13)
    return new Error(`The user may not do this at ${place}: it needs readWrite and dbAdmin on the database.`, { cause: error })
  return error
}
