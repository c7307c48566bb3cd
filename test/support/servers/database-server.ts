// A database server as a child process: started in a temporary folder on 127.0.0.1, killed, started again on
// the same data and port. Invariant: nothing of it outlives the process that started it, not even when that
// one is killed, and nothing of the machine's own servers is touched.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { dataPlace } from '../data-place.ts'

export type DatabaseServer = {
  /** Without the name of a database. Good for every start: the port stays. */
  readonly url: string
  readonly product: string
  readonly version: string
  /** Where all of it lies. */
  readonly folder: string
  /** Of the server's own process, as long as it runs. */
  pid(): number
  /** A new, empty database. @returns its URL */
  createDatabase(): Promise<string>
  /** SIGKILL, as when the machine goes away: what was not on the disk is lost. */
  kill(): Promise<void>
  /** Ends as it should, clients cut off. */
  stop(): Promise<void>
  /** After `kill` or `stop`: the same data, the same address. */
  start(): Promise<void>
}

/** What one product needs to be run. */
export type ServerProgram = {
  readonly name: string
  /** Of the server and, where it has to be, of what lies beside it. */
  command(folder: string, port: number): readonly string[]
  /** Writes an empty data folder. */
  prepare(folder: string): void
  /** Rejects as long as the server takes no clients. */
  probe(port: number): Promise<unknown>
  readonly stopSignal: NodeJS.Signals
  /** Begun by root, where it gives up by itself what it need not have. By nobody in particular when left out. */
  readonly isRoot?: boolean
  /** One that is free when left out. */
  readonly port?: number
}

/** Of a child that is to run as nobody in particular: servers refuse to be run by root. */
export type Runner = { readonly uid?: number; readonly gid?: number }

const readyWithinMs = 60_000
const stoppedWithinMs = 30_000
const probePauseMs = 25

export type RunningProgram = Pick<DatabaseServer, 'folder' | 'pid' | 'kill' | 'stop' | 'start'> & { readonly port: number }

/** @throws Error with the end of the server's log when it does not get ready */
export async function startProgram(program: ServerProgram): Promise<RunningProgram> {
  const rights = program.isRoot === true ? {} : runner()
  const folder = ownFolder(`kingpost-${program.name}-`, rights)
  guard(folder)
  program.prepare(folder)
  const port = program.port ?? (await freePort())
  let child: ChildProcess | null = null
  let ended: Promise<void> = Promise.resolve()

  async function start(): Promise<void> {
    const deadline = performance.now() + readyWithinMs
    for (;;) {
      launch()
      if (await isReady(deadline)) return
      // After a kill -9 the old server's children may hold its memory for a moment: the next try finds it free.
      if (performance.now() > deadline) throw new Error(`${program.name} did not start. The end of its log:\n${logOf(folder)}`)
      await sleep(200)
    }
  }

  function launch(): void {
    const [command, ...words] = program.command(folder, port)
    const log = openSync(join(folder, 'log'), 'a')
    const started = spawn(command!, words, { cwd: folder, stdio: ['ignore', log, log], detached: true, ...rights })
    closeSync(log)
    started.unref()
    ended = new Promise<void>((resolve) => {
      started.once('error', () => resolve())
      started.once('exit', () => resolve())
    }).then(() => {
      if (child === started) child = null
    })
    child = started
    if (started.pid !== undefined) writeFileSync(join(folder, 'server.pid'), `${started.pid}`)
  }

  /** False when it ended instead. */
  async function isReady(deadline: number): Promise<boolean> {
    while (child !== null && performance.now() < deadline) {
      if (
        await program.probe(port).then(
          () => true,
          () => false,
        )
      )
        return true
      await sleep(probePauseMs)
    }
    if (child !== null) await end('SIGKILL')
    return false
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    // Waiting for it keeps this process alive, its mere running does not.
    child?.ref()
    child?.kill(signal)
    await ended
  }

  await start()
  return {
    port,
    folder,
    pid: () => child!.pid!,
    kill: () => end('SIGKILL'),
    async stop() {
      const slow = setTimeout(() => child?.kill('SIGKILL'), stoppedWithinMs)
      await end(program.stopSignal)
      clearTimeout(slow)
    },
    start,
  }
}

/** Nobody where this user is root, and this user where it is not. */
export function runner(): Runner {
  if (process.getuid?.() !== 0) return {}
  const idOf = (word: string) => Number(execFileSync('id', [word, 'nobody'], { encoding: 'utf8' }))
  return (nobody ??= { uid: idOf('-u'), gid: idOf('-g') })
}
let nobody: { uid: number; gid: number } | undefined

/** A temporary folder that the server's user owns. */
function ownFolder(prefix: string, { uid, gid }: Runner): string {
  const folder = mkdtempSync(join(dataPlace(), prefix))
  chmodSync(folder, 0o755)
  if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid)
  return folder
}

/** Waits in a process of its own until this one has ended, however; then ends the server and takes its folder away. */
function guard(folder: string): void {
  if (process.platform === 'win32') return
  const script =
    'cat >/dev/null; for pause in 0 0.2 1 5; do sleep $pause; kill -9 $(cat server.pid 2>/dev/null) 2>/dev/null; rm -rf "$1" 2>/dev/null && exit; done'
  const watching = spawn('sh', ['-c', script, 'sh', folder], { cwd: folder, stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watching.unref()
  ;(watching.stdin as unknown as { unref(): void }).unref()
}

function logOf(folder: string): string {
  try {
    return readFileSync(join(folder, 'log'), 'utf8').split('\n').slice(-20).join('\n')
  } catch {
    return '(it wrote none)'
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Of a server that speaks first, as those of mail do. */
export function greeting(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.setTimeout(5_000, () => socket.destroy(new Error('silence')))
    socket.once('data', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
}

let databases = 0

/** No other process and no other call makes this name. */
export function newDatabaseName(): string {
  return `test_${process.pid}_${++databases}`
}
