// A server that speaks MongoDB's protocol: SecantusDB, a single node that says it is a replica set, with MongoDB's
// own storage engine (WiredTiger) and transactions under a snapshot. MongoDB's own server is in no registry that
// this project installs from; what was not verified on it stands in docs/operating/mongodb.md.
import { join } from 'node:path'
import { type Document, MongoClient } from 'mongodb'
import { type DatabaseServer, newDatabaseName, startProgram } from './database-server.ts'
import { findProgram } from './find-program.ts'

const programName = 'secantusd-rs'
const install = 'cargo install secantus-mdb --version 0.5.3-beta.193 --locked --ignore-rust-version --root /usr/local'

export function whyNoMongodb(): string | null {
  return findProgram(programName) === null ? `${programName} cannot be found: ${install}` : null
}

export async function startMongodb(): Promise<DatabaseServer> {
  const program = findProgram(programName)
  if (program === null) throw new Error(`SecantusDB cannot be started: ${whyNoMongodb()}.`)
  const { port, folder, pid, kill, stop, start } = await startProgram({
    name: 'mongodb',
    prepare: () => {},
    command: (folder, onPort) => [
      program,
      ...['--host', '127.0.0.1', '--port', String(onPort), '--storage-path', join(folder, 'data')],
      ...['--cache-size', '256M', '--log-file-max', '16MB', '--log-level', 'WARNING'],
      // As in production: what is acknowledged is in the journal.
      '--sync-on-commit',
    ],
    probe: (onPort) => ask(urlOf(onPort), { ping: 1 }),
    stopSignal: 'SIGTERM',
  })
  const url = urlOf(port)
  const { secantusVersion } = await ask(url, { buildInfo: 1 })
  return {
    url,
    product: 'SecantusDB',
    version: String(secantusVersion),
    folder,
    pid,
    kill,
    stop,
    start,
    createDatabase: () => createMongodbDatabase(url),
  }
}

/** MongoDB makes a database when something is stored in it. */
export async function createMongodbDatabase(url: string): Promise<string> {
  return `${url}/${newDatabaseName()}`
}

function urlOf(port: number): string {
  return `mongodb://127.0.0.1:${port}`
}

async function ask(url: string, command: Document): Promise<Document> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000 })
  try {
    return await client.db('admin').command(command)
  } finally {
    await client.close()
  }
}
