// MySQL from the folder that get-mysql.sh makes. Text, isolation, the binary log and the way of logging in are left as a
// server has them that nobody has configured.
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import type { ConnectionOptions } from 'mysql2/promise'
import { type DatabaseServer, newDatabaseName, runner, startProgram } from './database-server.ts'

/** Takes the options of `mysqld`, but `--no-defaults`, which it has. */
const mysqld = '/usr/local/lib/kingpost-mysql/mysqld'

export function whyNoMysql(): string | null {
  try {
    accessSync(mysqld, constants.X_OK)
    return null
  } catch {
    return `there is no ${mysqld}: as root, apt-get install mmdebstrap && test/support/servers/get-mysql.sh`
  }
}

export async function startMysql(): Promise<DatabaseServer> {
  const reason = whyNoMysql()
  if (reason !== null) throw new Error(`MySQL cannot be started: ${reason}.`)
  const { port, ...running } = await startProgram({
    name: 'mysql',
    prepare: (folder) => {
      const words = ['--initialize-insecure', `--datadir=${join(folder, 'data')}`, ...settings]
      execFileSync(mysqld, words, { cwd: folder, stdio: 'pipe', ...runner() })
    },
    command: (folder, onPort) => [
      mysqld,
      `--datadir=${join(folder, 'data')}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'mysqld.pid')}`,
      `--tmpdir=${folder}`,
      `--port=${onPort}`,
      ...settings,
    ],
    probe: (onPort) => query(urlOf(onPort), 'select 1'),
    stopSignal: 'SIGTERM',
  })
  const url = urlOf(port)
  const version = (await query(url, 'select version()')).split('-')[0]!
  return { url, product: 'MySQL', version, ...running, createDatabase: () => createMysqlDatabase(url) }
}

/** @returns the URL of a new database on this server */
export async function createMysqlDatabase(url: string): Promise<string> {
  const name = newDatabaseName()
  await query(url, `create database ${name}`)
  return `${url}/${name}`
}

const settings = [
  '--bind-address=127.0.0.1',
  '--mysqlx=OFF',
  // The folder that Debian's build names is made by a package that is not installed.
  '--secure-file-priv=NULL',
  '--max-connections=300',
  '--innodb-buffer-pool-size=64M',
  '--innodb-redo-log-capacity=64M',
  // As in production: these are what the promises rest on.
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-doublewrite=ON',
  '--sync-binlog=1',
  // As some who host MySQL set it.
  '--sql-require-primary-key=ON',
  // As nobody would want it.
  '--default-time-zone=+05:45',
]

function urlOf(port: number): string {
  return `mysql://root@127.0.0.1:${port}`
}

/** The first field of the first row. */
async function query(url: string, statement: string): Promise<string> {
  const { hostname, port, username } = new URL(url)
  const options: ConnectionOptions = { host: hostname, port: Number(port), user: username, rowsAsArray: true, connectTimeout: 10_000 }
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection(options)
  try {
    const [rows] = await connection.query({ sql: statement, timeout: 10_000 })
    return Array.isArray(rows) ? String((rows as unknown[][])[0]?.[0]) : ''
  } finally {
    await connection.end()
  }
}
