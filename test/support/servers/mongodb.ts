// A server that speaks MongoDB's protocol: SecantusDB, a single node that says it is a replica set, with MongoDB's
// own storage engine (WiredTiger) and transactions under a snapshot. MongoDB's own server is in no registry that
// this project installs from; what was not verified on it stands in docs/operating/mongodb.md.
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Document } from 'mongodb'
import { type DatabaseServer, newDatabaseName, startProgram } from './database-server.ts'
import { findProgram } from './find-program.ts'

const programName = 'secantusd-py'

export function whyNoMongodb(): string | null {
  return findProgram(programName) === null
    ? `${programName} cannot be found: pip install --no-deps -r test/support/servers/secantusdb.txt, where every user may run it`
    : null
}

export async function startMongodb(): Promise<DatabaseServer> {
  const program = findProgram(programName)
  if (program === null) throw new Error(`SecantusDB cannot be started: ${whyNoMongodb()}.`)
  const { port, folder, pid, kill, stop, start } = await startProgram({
    name: 'mongodb',
    // The repository may lie where the server's user may not look.
    prepare(own) {
      writeFileSync(join(own, 'secantusd.py'), readFileSync(join(import.meta.dirname, 'secantusd.py')))
      // Without a file it looks for one in the home of whoever started it.
      writeFileSync(join(own, 'secantusd.toml'), '')
    },
    command: (own, onPort) => [
      // The interpreter that it was installed for.
      join(dirname(realpathSync(program)), 'python3'),
      join(own, 'secantusd.py'),
      ...['--config', join(own, 'secantusd.toml')],
      ...['--host', '127.0.0.1', '--port', String(onPort), '--storage-path', join(own, 'data')],
      ...['--cache-size', '256M', '--log-level', 'WARNING'],
      // As in production: what is acknowledged is in the journal.
      '--sync-on-commit',
      // Lets a test break off an answer.
      '--enable-test-commands',
    ],
    probe: (onPort) => ask(urlOf(onPort), { ping: 1 }),
    stopSignal: 'SIGTERM',
  })
  const url = urlOf(port)
  const { secantusVersion: version } = await ask(url, { buildInfo: 1 })
  const product = 'SecantusDB'
  return { url, product, version, folder, pid, kill, stop, start, createDatabase: () => createMongodbDatabase(url) }
}

/** MongoDB makes a database when something is stored in it. */
export async function createMongodbDatabase(url: string): Promise<string> {
  return `${url}/${newDatabaseName()}`
}

function urlOf(port: number): string {
  return `mongodb://127.0.0.1:${port}`
}

async function ask(url: string, command: Document): Promise<Document> {
  const { MongoClient } = await import('mongodb')
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 1_000 })
  try {
    return await client.db('admin').command(command)
  } finally {
    await client.close()
  }
}
