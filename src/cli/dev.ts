// `kingpost dev`: runs the server, and again whenever the config, a file that it imports or a page of its storefront
// changes. A new server loads its config beside the old one; only when that went well is the old one stopped, and then the new one
// opens the data, which one process has at a time. So a config with a mistake stops nothing: its mistake is told, and the
// next change is waited for.
import { type ChildProcess, fork } from 'node:child_process'
import { type FSWatcher, statSync, watch } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { basename, dirname, extname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.ts'
import type { FromServer, ToServer } from './dev-server.ts'
import { environmentFile } from './environment.ts'
import { devServerIn, otherCopy } from './other-copy.ts'
import { freePort } from './serve.ts'
import { type ProcessSettings, UsageError } from './settings.ts'
import { endWithNpm } from './with-npm.ts'

/** An editor writes a file in several steps. */
const quietMs = 40
/** A config that waits for too long says so itself; one that still says nothing runs in a loop. */
const loadMs = 20_000
const stopMs = 10_000

export async function dev(settings: ProcessSettings): Promise<number> {
  if (!settings.isDevelopment)
    throw new UsageError('kingpost dev is for development, and KINGPOST_ENV says production. Type kingpost start.')
  const config = resolve(settings.configPath)
  // The same one each time.
  const port = settings.port === 0 ? await freePort(settings.host) : settings.port
  const words = [...process.argv.slice(2), '--port', String(port)]
  const servers = createServers({ config, words, watchToo: (paths) => watched.add(paths) })
  let quiet: NodeJS.Timeout | undefined
  const watched = watchFiles((path) => {
    // Written by the server that loads.
    if (/[\\/]mails[\\/]compiled(?:[\\/]|$)/.test(path)) return
    clearTimeout(quiet)
    quiet = setTimeout(() => servers.load(`${relative(process.cwd(), path)} changed`), quietMs)
  })
  watched.add([config, environmentFile()])
  const end = async (signal: NodeJS.Signals) => {
    process.off('SIGINT', end).off('SIGTERM', end)
    clearTimeout(quiet)
    watched.close()
    await servers.stop()
    process.exit(signal === 'SIGINT' ? 130 : 0)
  }
  process.on('SIGINT', end).on('SIGTERM', end)
  endWithNpm(process.env, () => void end('SIGTERM'))
  servers.load('')
  return -1
}

type Servers = {
  /** Loads the config anew; `cause` is said when it runs. */
  load(cause: string): void
  stop(): Promise<void>
}

type Place = { readonly config: string; readonly words: readonly string[]; readonly watchToo: (paths: readonly string[]) => void }

/** At most one that runs, and one that loads. */
function createServers({ config, words, watchToo }: Place): Servers {
  let running: ChildProcess | null = null
  let loading: ChildProcess | null = null
  /** When the last one that ran has ended. */
  let free = Promise.resolve()
  let isFirst = true

  function load(cause: string): void {
    const startedAt = systemClock.monotonic()
    loading?.kill('SIGKILL')
    const server = startServer(config, words)
    loading = server
    const late = setTimeout(() => {
      say(`${config} cannot be loaded: it has not ended after ${loadMs / 1000} s, so it, or a file that it imports, runs in a loop.`)
      server.kill('SIGKILL')
    }, loadMs)
    server.on('message', (message: FromServer) => {
      if ('files' in message) watchToo(message.files)
      if ('isLoaded' in message) {
        clearTimeout(late)
        void takeOver(server)
      }
      if ('text' in message) told(message.text, `${cause}: running again after ${Math.round(systemClock.monotonic() - startedAt)} ms.`)
    })
    server.once('exit', (code, signal) => {
      clearTimeout(late)
      ended(server, signal ?? `exit ${code}`)
    })
  }

  /** The data is free when the old server has ended. */
  async function takeOver(server: ChildProcess): Promise<void> {
    if (running !== null) free = stop(running)
    running = null
    await free
    if (loading !== server) return
    loading = null
    running = server
    server.send({ isAgain: !isFirst } satisfies ToServer)
  }

  function told(text: string, again: string): void {
    say(isFirst ? text : again)
    isFirst = false
  }

  /** What it died of it has said itself. One that was replaced is neither. */
  function ended(server: ChildProcess, how: string): void {
    if (server === running) {
      running = null
      say(`The server has ended (${how}). Waiting for a change.`)
    } else if (server === loading) {
      loading = null
      say(running === null ? 'Waiting for a change.' : 'The server from before goes on. Waiting for a change.')
    }
  }

  return {
    load,
    async stop() {
      const both = [loading, running].filter((server) => server !== null)
      loading = null
      running = null
      await Promise.all(both.map(stop))
    },
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Of the copy of Kingpost that the config imports. Signals of the terminal go to it, too. */
function startServer(config: string, words: readonly string[]): ChildProcess {
  const copy = otherCopy(config)
  const file =
    (copy === null ? null : devServerIn(copy)) ?? fileURLToPath(new URL(`./dev-server${extname(import.meta.url)}`, import.meta.url))
  const cache = getCompileCacheDir()
  return fork(file, words, {
    env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
    // The second is what check-pages.ts reads pages with.
    execArgv: ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'],
  })
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  const late = setTimeout(() => server.kill('SIGKILL'), stopMs)
  server.kill('SIGTERM')
  await ended
  clearTimeout(late)
}

type Watched = { add(paths: readonly string[]): void; close(): void }

/** Their folders are watched, since editors replace files. A folder among them is watched with all that is in it. */
function watchFiles(changed: (path: string) => void): Watched {
  const files = new Set<string>()
  const watchers = new Map<string, FSWatcher>()
  const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

  function watchFolder(folder: string, isWhole: boolean): void {
    const key = isWhole ? `${folder}/**` : folder
    if (watchers.has(key) || !isFolder(folder)) return
    const watcher = watch(folder, { recursive: isWhole }, (_event, name) => {
      const path = resolve(folder, name ?? '')
      if (isWhole ? !basename(path).startsWith('.') : files.has(path)) changed(path)
    })
    watcher.on('error', () => watchers.delete(key))
    watchers.set(key, watcher)
  }

  return {
    add(paths) {
      for (const path of paths) {
        files.add(path)
        if (isFolder(path)) watchFolder(path, true)
        else watchFolder(dirname(path), false)
      }
    },
    close() {
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}
