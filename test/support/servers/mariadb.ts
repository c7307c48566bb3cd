// MariaDB as Debian packages it (mariadb-server), run by ourselves; the instance of the system is not used.
// Text, time and isolation are left as a server has them that nobody has configured.
import { execFile, execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type DatabaseServer, newDatabaseName, runner, startProgram } from './database-server.ts'
import { findProgram } from './find-program.ts'

const run = promisify(execFile)

export function whyNoMariadb(): string | null {
  const missing = ['mariadbd', 'mariadb-install-db', 'mariadb'].filter((name) => findProgram(name) === null)
  return missing.length === 0 ? null : `${missing.join(', ')} cannot be found: apt-get install mariadb-server`
}

export async function startMariadb(): Promise<DatabaseServer> {
  const reason = whyNoMariadb()
  if (reason !== null) throw new Error(`MariaDB cannot be started: ${reason}.`)
  const { port, ...running } = await startProgram({
    name: 'mariadb',
    prepare(folder) {
      const words = ['--no-defaults', `--datadir=${join(folder, 'data')}`, '--skip-test-db', '--auth-root-authentication-method=normal']
      execFileSync(findProgram('mariadb-install-db')!, words, { cwd: folder, stdio: 'pipe', ...runner() })
    },
    command: (folder, onPort) => [
      findProgram('mariadbd')!,
      // The first option, or it is not obeyed.
      '--no-defaults',
      `--datadir=${join(folder, 'data')}`,
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'mariadbd.pid')}`,
      // Another server that starts clears the common folder of what it takes for its own.
      `--tmpdir=${folder}`,
      `--port=${onPort}`,
      ...settings,
    ],
    probe: (onPort) => query(urlOf(onPort), 'select 1'),
    stopSignal: 'SIGTERM',
  })
  const url = urlOf(port)
  const version = (await query(url, 'select version()')).trim().split('-')[0]!
  return { url, product: 'MariaDB', version, ...running, createDatabase: () => createMariadbDatabase(url) }
}

/** @returns the URL of a new database on this server */
export async function createMariadbDatabase(url: string): Promise<string> {
  const name = newDatabaseName()
  await query(url, `create database ${name}`)
  return `${url}/${name}`
}

const settings = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--max-connections=300',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-file-size=64M',
  // As in production: these are what the promises rest on.
  '--innodb-flush-log-at-trx-commit=1',
  '--innodb-doublewrite=ON',
  // As nobody would want it.
  '--default-time-zone=+05:45',
]

function urlOf(port: number): string {
  return `mysql://root@127.0.0.1:${port}`
}

async function query(url: string, statement: string): Promise<string> {
  const { hostname, port, username } = new URL(url)
  const words = ['--no-defaults', '--protocol=tcp', `--host=${hostname}`, `--port=${port}`, `--user=${username}`]
  const { stdout } = await run(findProgram('mariadb')!, [...words, '--batch', '--skip-column-names', '-e', statement], { timeout: 10_000 })
  return stdout
}
