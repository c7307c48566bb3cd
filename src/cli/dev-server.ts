// The server of `kingpost dev`, a process of its own: it says which files its config consists of, loads them, and opens the
// data when it is told that they are free.
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { environmentOf, takeEnvironment } from './environment.ts'
import type { LoadedConfig } from './load-config.ts'
import { privateMask } from './private-files.ts'
import { readSettings } from './settings.ts'
import { runUntilStopped, type StartLinks } from './start.ts'

/** What it tells the process that started it. */
export type FromServer =
  | { readonly files: readonly string[] }
  | { readonly isLoaded: true }
  | { readonly links: StartLinks; readonly text: string }

const tell = (message: FromServer) => void process.send!(message)
const own = fileURLToPath(new URL('../..', import.meta.url))

/** Files of the project as they are asked for, also such as are not there: making one is a change. */
function tellFiles(): void {
  const known = new Set<string>()
  registerHooks({
    resolve(specifier, context, next) {
      const isFile = /^(?:\.{0,2}\/|file:)/.test(specifier)
      const base = context.parentURL ?? pathToFileURL(`${process.cwd()}/`).href
      const path = isFile && base.startsWith('file:') ? fileURLToPath(new URL(specifier, base)) : null
      if (path !== null && !path.startsWith(own) && !/[\\/]node_modules[\\/]/.test(path) && !known.has(path)) {
        known.add(path)
        tell({ files: [path] })
      }
      return next(specifier, context)
    },
  })
}

/** Also where it is not there yet. */
function tellPages({ config, folder }: LoadedConfig): void {
  if (config.storefront !== undefined) tell({ files: [resolve(folder, config.storefront)] })
}

async function whenFree(): Promise<void> {
  const isFree = new Promise((go) => process.once('message', go))
  tell({ isLoaded: true })
  await isFree
}

process.umask(privateMask)
// Without the one who started it there is nobody to watch the files.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
try {
  takeEnvironment(environmentOf(process.env))
  const settings = readSettings(process.argv.slice(2), process.env)
  if ('shown' in settings) throw new Error('Start it by kingpost dev.')
  tellFiles()
  await runUntilStopped(settings, { onRead: tellPages, whenLoaded: whenFree, show: (links, text) => tell({ links, text }) })
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  // What was told before has arrived when this has.
  process.send!({ files: [] } satisfies FromServer, () => process.exit(1))
}
