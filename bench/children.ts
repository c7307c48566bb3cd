/**
 * Owns every process that a benchmark starts: free ports, readiness, output, and that none of them outlives us.
 * Processes are ended by the handle they were started with, never by name.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import type { Place, Program } from './contender.ts'

export const ROOT = join(import.meta.dirname, '..')

const READY_WITHIN_MS = 30_000
const READY_POLL_MS = 4
const STOP_WITHIN_MS = 10_000
const OUTPUT_KEPT_CHARS = 4_000

const alive = new Set<ChildProcess>()
process.on('exit', killChildren)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** Ends whatever still runs. After a failure it must be called, or a living child keeps this process alive. */
export function killChildren(): void {
  for (const child of alive) child.kill('SIGKILL')
}

export type Server = {
  readonly pid: number
  readonly place: Place
  readonly startMs: number
  /** @throws with the end of what it printed when it ended by itself */
  assertAlive(): void
  stop(): Promise<void>
}

/** `nodeFlags` stand before the script. */
export type StartOptions = { readonly nodeFlags?: readonly string[] } & Partial<Omit<Place, 'dataDir'>>

/** Starts a server, on a free port when none is given, and waits until its ready path answers 200. */
export async function startServer(program: Program, dataDir: string, { nodeFlags = [], ...given }: StartOptions = {}): Promise<Server> {
  const place: Place = { ...given, port: given.port ?? (await freePort()), dataDir }
  const { args, env } = program.command(place)
  const startedMs = performance.now()
  const child = start(program.program ?? process.execPath, [...nodeFlags, ...args], env)
  const output = keepOutput(child)
  while (!(await isReady(place.port, program.readyPath ?? '/readyz'))) {
    if (hasEnded(child) || performance.now() - startedMs > READY_WITHIN_MS) {
      child.kill('SIGKILL')
      throw new Error(`${program.name} did not get ready; it said:\n${output()}`)
    }
    await sleep(READY_POLL_MS)
  }
  const startMs = performance.now() - startedMs
  const assertAlive = () => {
    if (hasEnded(child)) throw new Error(`${program.name} ended by itself; it said:\n${output()}`)
  }
  return { pid: child.pid!, place, startMs, assertAlive, stop: () => stop(child) }
}

/**
 * Runs a program to its end and answers what it printed. `watch` is called with its pid a few times a second.
 * @throws when it fails or takes longer than `withinMs`
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: {
    withinMs: number
    env?: Readonly<Record<string, string>>
    input?: string
    watch?(pid: number): void
  },
): Promise<string> {
  const child = start(program, args, options.env ?? {})
  child.stdin?.end(options.input ?? '')
  let printed = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString()
  })
  let complained = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complained = (complained + chunk.toString()).slice(-OUTPUT_KEPT_CHARS)
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), options.withinMs)
  const watcher = setInterval(() => options.watch?.(child.pid!), 200)
  const [code, signal] = await once(child, 'close')
  clearTimeout(deadline)
  clearInterval(watcher)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code ?? signal}:\n${complained}${printed}`)
  return printed
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...env } })
  alive.add(child)
  child.once('close', () => alive.delete(child))
  return child
}

/** Reads on, or a talkative server would stand still on a full pipe; keeps only the end. */
function keepOutput(child: ChildProcess): () => string {
  let kept = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      kept = (kept + chunk.toString()).slice(-OUTPUT_KEPT_CHARS)
    })
  }
  return () => kept
}

async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const closed = once(child, 'close')
  child.kill('SIGTERM')
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await closed
  clearTimeout(deadline)
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function isReady(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.once('error', () => resolve(false))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
