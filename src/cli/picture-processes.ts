// Processes of their own for making pictures smaller: what decodes bytes of strangers is native code, which a picture may crash,
// keep busy or fill. Each has one picture at a time, is ended when that takes too long or it has nothing to do, and takes nobody along.
import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { Log } from '../base/log.ts'
import type { Recipe } from '../domains/files/picture-recipe.ts'
import type { PictureMaker } from '../domains/files/picture-sizes.ts'

export type ToWorker = { readonly original: Uint8Array; readonly recipe: Recipe }
export type FromWorker =
  | { readonly isReady: true }
  | { readonly cannotLoad: string }
  | { readonly picture: Uint8Array }
  | { readonly refused: string }

export type PictureProcesses = {
  /** Null where the library cannot be loaded on this system. The first call begins a process. @throws overloaded */
  maker(): Promise<PictureMaker | null>
  stop(): void
}

const file = fileURLToPath(new URL(`./picture-worker${extname(import.meta.url)}`, import.meta.url))

/** `idleMs`: how long one that has nothing to do is kept. It has some 90 MB. */
export function createPictureProcesses(log: Log, { idleMs = 30_000, pictureMs = limits.pictureMs } = {}): PictureProcesses {
  const all = new Set<ChildProcess>()
  const idle = createIdle(idleMs)
  let isStopped = false
  let known: Promise<PictureMaker | null> | null = null

  async function open(): Promise<ChildProcess> {
    if (isStopped) throw new EngineError('overloaded')
    const child = forked()
    all.add(child)
    child.once('exit', () => {
      all.delete(child)
      idle.forget(child)
    })
    const first = await answerOf(child, limits.pictureMs)
    if ('isReady' in first) return child
    child.kill('SIGKILL')
    throw 'cannotLoad' in first
      ? new CannotLoad(first.cannotLoad)
      : new EngineError('overloaded', { detail: 'No picture can be made smaller now.' })
  }

  async function ask(given: ToWorker): Promise<FromWorker | Lost> {
    const waiting = idle.take()
    const child = waiting ?? (await open())
    const answered = answerOf(child, pictureMs)
    // Who cannot be told has ended, which is told as well.
    child.send(given, () => {})
    const answer = await answered
    if (!('lost' in answer)) idle.put(child)
    // It may have ended before, of something else.
    return 'lost' in answer && answer.lost === 'ended' && waiting !== undefined ? await ask(given) : answer
  }

  const make: PictureMaker = async (original, recipe) => {
    const answer = await ask({ original, recipe })
    if ('picture' in answer) return Buffer.from(answer.picture)
    if ('lost' in answer) {
      if (isStopped) throw new EngineError('overloaded')
      log.write('error', 'A process that made a picture smaller is lost.', { why: answer.lost, recipe })
    }
    throw new EngineError('picture_not_resizable', { detail: 'refused' in answer ? answer.refused : lost })
  }

  async function begin(): Promise<PictureMaker | null> {
    try {
      idle.put(await open())
      return make
    } catch (error) {
      if (!(error instanceof CannotLoad)) {
        known = null
        throw error
      }
      const [reason] = error.message.split('\n', 1)
      log.write('warn', `Pictures cannot be made smaller on this system, and are shown as they are. ${reason}.`)
      return null
    }
  }

  return {
    maker() {
      known ??= begin()
      return known
    },
    stop() {
      isStopped = true
      for (const child of all) child.kill('SIGKILL')
    },
  }
}

class CannotLoad extends Error {}

/** Whether there is a build of the library for this system, which costs less than to load it; one of one's own making is not found. */
export function hasPictureLibrary(): boolean {
  const { platform, arch } = process
  const builds = [`${platform}-${arch}`, `${platform}musl-${arch}`, `${platform}-wasm32`]
  const resolves = (from: string, name: string) => {
    try {
      return createRequire(from).resolve(name)
    } catch {
      return null
    }
  }
  const library = resolves(import.meta.url, 'sharp')
  return library !== null && builds.some((build) => resolves(library, `@img/sharp-${build}/sharp.node`) !== null)
}

/** Those that have nothing to do, each for a while. */
function createIdle(ms: number) {
  const ends = new Map<ChildProcess, NodeJS.Timeout>()
  const forget = (child: ChildProcess) => {
    clearTimeout(ends.get(child))
    ends.delete(child)
  }
  const end = (child: ChildProcess) => {
    forget(child)
    child.kill('SIGKILL')
  }
  return {
    forget,
    put: (child: ChildProcess) => void ends.set(child, setTimeout(end, ms, child).unref()),
    take(): ChildProcess | undefined {
      const [child] = ends.keys()
      if (child !== undefined) forget(child)
      return child
    },
  }
}

function forked(): ChildProcess {
  // Nothing of the server's environment, in which its secrets are, but for what Windows needs; and few arenas of memory, so that more
  // comes back to the system.
  const env = { MALLOC_ARENA_MAX: '2', SystemRoot: process.env['SystemRoot'] }
  return fork(file, [], { env, execArgv: ['--disable-warning=ExperimentalWarning'], serialization: 'advanced', stdio: 'ignore' })
}

const lost = 'It takes too long, or breaks what makes it smaller.'
type Lost = { readonly lost: 'late' | 'ended' }

/** The next message. One that is silent for too long is ended. */
function answerOf(child: ChildProcess, ms: number): Promise<FromWorker | Lost> {
  child.ref()
  child.channel?.ref()
  return new Promise((resolve) => {
    let lost: Lost['lost'] = 'ended'
    const late = setTimeout(() => {
      lost = 'late'
      child.kill('SIGKILL')
    }, ms)
    const end = (answer: FromWorker | Lost) => {
      clearTimeout(late)
      child.off('message', hear)
      child.off('exit', leave)
      child.off('error', leave)
      child.unref()
      child.channel?.unref()
      resolve(answer)
    }
    const hear = (message: unknown) => end(message as FromWorker)
    const leave = () => end({ lost })
    child.once('message', hear)
    child.once('exit', leave)
    child.once('error', leave)
  })
}
