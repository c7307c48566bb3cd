// A real server in a process of its own, started as its users start it, on a folder of its own under the
// system's temporary one, and on the database of this run: SQLite's lies in that folder, any other belongs to
// it, so that who starts again on the folder finds the same data.
// Invariant: nothing of it outlives the test that made it, however that ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Cleanable, cleanUp } from './clean-up.ts'
import { dataPlace } from './data-place.ts'
import { testDatabase } from './databases.ts'
import { createHttpClient, type HttpClient } from './http-client.ts'

export { freePort } from './servers/database-server.ts'

const root = resolve(import.meta.dirname, '../..')
const readyWithinMs = 30_000
/** Two processes that ask for a free port at once may be given one: the second try is another port. */
const portTriesMax = 3

export const testConfig = join(import.meta.dirname, 'shop.config.ts')

export type ServerOptions = {
  readonly config?: string
  readonly dataFolder?: string
  /** Its URL, where it is not the one that goes with the folder. */
  readonly database?: string
  readonly env?: Readonly<Record<string, string>>
  /** Further words of the command line. */
  readonly args?: readonly string[]
  /** A program to run it under: `['strace', '-D', …]`. It must leave its own pid to the server. */
  readonly under?: readonly string[]
}

export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export type ServerProcess = {
  readonly url: string
  readonly pid: number
  readonly dataFolder: string
  /** What it printed when it was ready. */
  readonly links: Readonly<Record<string, string>>
  /** A guest. */
  readonly guest: HttpClient
  stderr(): string
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Ended>
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, and how it ended. */
  stop(): Promise<Ended>
}

const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

/** An empty folder that goes with the test. */
export function temporaryFolder(t: Cleanable): string {
  const folder = mkdtempSync(join(dataPlace(), 'kingpost-test-'))
  cleanUp(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/** Runs one command to its end. */
export async function runCommand(words: readonly string[], options: Omit<ServerOptions, 'dataFolder'> = {}): Promise<Ended> {
  return await launch(words, options).ended
}

/** Begins one command, to be killed in the middle. */
export function spawnCommand(t: Cleanable, words: readonly string[]): Pick<ServerProcess, 'ended' | 'kill'> {
  const { child, ended } = launch(words, {})
  cleanUp(t, () => void child.kill('SIGKILL'))
  return { ended, kill: (signal) => void child.kill(signal) }
}

/** `kingpost verify` on a folder that no server holds, or that one does: both are allowed. */
export async function verify(dataFolder: string, config = testConfig): Promise<Ended> {
  return await runCommand(['verify', '--config', config, '--data-dir', dataFolder, ...(await databaseWords(dataFolder))])
}

const databases = new Map<string, Promise<string>>()

/** The URL of the database that goes with this folder. */
export async function databaseUrl(dataFolder: string): Promise<string> {
  const database = testDatabase()
  if (!database.isServer) return `sqlite:${join(dataFolder, 'kingpost.db')}`
  if (!databases.has(dataFolder)) databases.set(dataFolder, database.url())
  return await databases.get(dataFolder)!
}

/** The words of the command line that name it. SQLite's need not be named. */
export async function databaseWords(dataFolder: string): Promise<string[]> {
  return testDatabase().isServer ? ['--database', await databaseUrl(dataFolder)] : []
}

export type CommandProcess = Pick<ServerProcess, 'pid' | 'links' | 'stderr' | 'ended' | 'kill' | 'stop'>

/** A command that goes on running once it has printed a line of JSON. @throws Error with what it said when it ends before */
export async function startCommand(t: Cleanable, words: readonly string[], env: ServerOptions['env'] = {}): Promise<CommandProcess> {
  const { child, ended, output, line } = await launchedUntilReady(t, words, { env })
  if (line === null) {
    const { code, signal, stderr } = await ended
    throw new Error(`${words[0]} ended before it was ready (${code ?? signal}): ${stderr}`)
  }
  return {
    pid: child.pid!,
    links: JSON.parse(line) as Record<string, string>,
    stderr: () => output.stderr,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop() {
      child.kill('SIGTERM')
      return await ended
    },
  }
}

/** With the first line it printed; null when it ended, or was ended, before one. */
async function launchedUntilReady(t: Cleanable, words: readonly string[], options: ServerOptions) {
  const { child, ended, output, firstLine } = launch(words, options)
  cleanUp(t, async () => {
    child.kill('SIGKILL')
    await ended
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), readyWithinMs)
  const line = await firstLine
  clearTimeout(deadline)
  return { child, ended, output, line }
}

/** A running server. @throws Error with what it said when it does not get ready */
export async function startServer(t: Cleanable, options: ServerOptions = {}): Promise<ServerProcess> {
  const dataFolder = options.dataFolder ?? temporaryFolder(t)
  const { config = testConfig, args = [] } = options
  const database = options.database === undefined ? await databaseWords(dataFolder) : ['--database', options.database]
  const words = ['start', '--config', config, '--port', '0', '--data-dir', dataFolder, ...database, '--json', ...args]
  for (let tries = 1; ; tries++) {
    const { child, ended, output, line } = await launchedUntilReady(t, words, options)
    if (line === null) {
      const { code, signal, stderr } = await ended
      if (tries < portTriesMax && /^Port \d+ is taken/.test(stderr)) continue
      throw new Error(`The server ended before it was ready (${code ?? signal}): ${stderr}`)
    }
    const links = JSON.parse(line) as Record<string, string>
    const url = `http://127.0.0.1:${new URL((links['api'] ?? links['health'])!).port}`
    return {
      url,
      pid: child.pid!,
      dataFolder,
      links,
      guest: createHttpClient(url),
      stderr: () => output.stderr,
      ended,
      kill: (signal) => void child.kill(signal),
      async stop() {
        child.kill('SIGTERM')
        return await ended
      },
    }
  }
}

function launch(words: readonly string[], options: ServerOptions) {
  const command = [
    ...(options.under ?? []),
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(root, 'src/cli/main.ts'),
    ...words,
  ]
  const child = spawn(command[0]!, command.slice(1), { cwd: root, env: cleanEnvironment(options.env), stdio: ['ignore', 'pipe', 'pipe'] })
  alive.add(child)
  const output = { stdout: '', stderr: '' }
  let tellLine: (line: string | null) => void = () => {}
  const firstLine = new Promise<string | null>((resolveLine) => {
    tellLine = resolveLine
  })
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
    const end = output.stdout.indexOf('\n')
    if (end >= 0) tellLine(output.stdout.slice(0, end))
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const ended = once(child, 'close').then(([code, signal]): Ended => {
    alive.delete(child)
    tellLine(null)
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, ...output }
  })
  return { child, ended, output, firstLine }
}

/** Load from one address is no abuse here; whatever the caller's shell says of Kingpost is not meant for us. */
function cleanEnvironment(more: ServerOptions['env']): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('KINGPOST_') && name !== 'NODE_OPTIONS' && !name.startsWith('NODE_TEST'),
  )
  return { ...Object.fromEntries(own), KINGPOST_RATE_LIMITS: 'off', ...more }
}
