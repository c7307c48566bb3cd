// Connecting to a MongoDB. Invariant: every write is acknowledged by a majority that has it in its journal and every
// read asks the primary, whatever the server's or the address's defaults are.
import { type Document, MongoClient, MongoError } from 'mongodb'
import { limits } from '../../base/limits.ts'
import { checkServer } from './doctor.ts'

export type Connection = {
  readonly client: MongoClient
  readonly databaseName: string
  readonly product: string
  readonly version: string
}

export type ConnectOptions = {
  readonly allowWeakDurability: boolean
  /** For changes of the schema, which take as long as they take. */
  readonly isPatient?: boolean
}

/** @throws Error with one sentence for people */
export async function connect(url: string, { allowWeakDurability, isPatient = false }: ConnectOptions): Promise<Connection> {
  const databaseName = nameIn(url)
  const client = openClient(url, isPatient)
  try {
    await client.connect()
    const admin = client.db('admin')
    const [hello, buildInfo, serverStatus, replSetGetConfig] = await Promise.all([
      admin.command({ hello: 1 }),
      admin.command({ buildInfo: 1 }),
      answerOf(admin.command({ serverStatus: 1, repl: 0, metrics: 0, locks: 0 })),
      answerOf(admin.command({ replSetGetConfig: 1 })),
    ])
    const { product, version } = checkServer({ hello, buildInfo, serverStatus, replSetGetConfig }, allowWeakDurability)
    return { client, databaseName, product, version }
  } catch (error) {
    await client.close()
    throw explainConnectError(error, url)
  }
}

function openClient(url: string, isPatient: boolean): MongoClient {
  try {
    return new MongoClient(url, {
      appName: 'kingpost',
      maxPoolSize: limits.connectionsMax,
      waitQueueTimeoutMS: limits.connectionWaitMs,
      connectTimeoutMS: limits.connectTimeoutMs,
      serverSelectionTimeoutMS: limits.connectTimeoutMs,
      maxIdleTimeMS: limits.connectionIdleMs,
      // Longer than the server may take: it gives up first and says why.
      socketTimeoutMS: isPatient ? 0 : limits.statementMs * 2,
      readPreference: 'primary',
      writeConcern: { w: 'majority', journal: true },
    })
  } catch (error) {
    throw new Error(`The address of the database cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

/** Not everybody may ask this, and not every server knows it. */
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
  if (name === undefined)
    throw new Error('The address names no database: write mongodb://HOST/NAME, for example mongodb://localhost/kingpost.')
  return decodeURIComponent(name)
}

/** @returns the error to throw: a sentence for people where it is known what is wrong */
export function explainConnectError(error: unknown, url: string): unknown {
  if (!(error instanceof MongoError)) return error
  const place = url.replace(/^(mongodb(?:\+srv)?:\/\/)(?:[^/]*@)?/, '$1').replace(/\?.*$/, '')
  if (error.name === 'MongoServerSelectionError' || error.name.startsWith('MongoNetwork'))
    return new Error(`No MongoDB answers at ${place}: ${error.message}. Is it running, and can this machine reach it?`, { cause: error })
  if (error.code === 18) return new Error(`MongoDB at ${place} refuses the user or the password.`, { cause: error })
  if (error.code === 13)
    return new Error(`The user may not do this at ${place}: it needs readWrite and dbAdmin on the database.`, { cause: error })
  return error
}
