// The server of `kingpost dev`, a process of its own: it says which files its config consists of, loads them, and opens the
// data when it is told that they are free.
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { textOf } from '../base/error-text.ts'
import { faultsOfPages } from './check-pages.ts'
import { endOnUncaught } from './end-on-uncaught.ts'
import { environmentOf, takeEnvironment } from './environment.ts'
import type { LoadedConfig } from './load-config.ts'
import { mailFolder } from './mail-folder.ts'
import { privateMask } from './private-files.ts'
import { readSettings } from './settings.ts'
import { elsewhere, pagePackages, pagesFolder } from './site.ts'
import { runUntilStopped } from './start.ts'

/** What it is told when the data is free: whether the links have been told. */
export type ToServer = { readonly isAgain: boolean }

/** What it tells the process that started it. */
export type FromServer =
  | { readonly files: readonly string[] }
  | { readonly isLoaded: true }
  /** It answers requests; the text says where. */
  | { readonly text: string }

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

/** Also where they are not there yet. */
function tellPages(loaded: LoadedConfig): void {
  const folder = pagesFolder(loaded)
  tell({ files: [join(loaded.folder, mailFolder)] })
  if (folder !== null) tell({ files: [folder] })
}

async function whenFree(): Promise<ToServer> {
  const isFree = new Promise<ToServer>((go) => process.once('message', go))
  tell({ isLoaded: true })
  return await isFree
}

function faultsOf(loaded: LoadedConfig): string | null {
  const folder = pagesFolder(loaded)
  const faults = folder === null ? [] : faultsOfPages({ folder, packages: Object.keys(pagePackages), elsewhere })
  const count = faults.length === 1 ? 'One thing is' : `${faults.length} things are`
  return faults.length === 0
    ? null
    : `${count} wrong in the pages, and no browser can load it:\n${faults.map((one) => `  ${one}`).join('\n')}`
}

process.umask(privateMask)
// Without the one who started it there is nobody to watch the files.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
endOnUncaught()
try {
  takeEnvironment(environmentOf(process.env))
  const settings = readSettings(process.argv.slice(2), process.env)
  if ('shown' in settings) throw new Error('Start it by kingpost dev.')
  tellFiles()
  await runUntilStopped(settings, {
    onRead: tellPages,
    whenLoaded: whenFree,
    faultsOfPages: faultsOf,
    show: (_links, text) => tell({ text }),
  })
} catch (error) {
  process.stderr.write(`${textOf(error, Number.POSITIVE_INFINITY)}\n`)
  // What was told before has arrived when this has.
  process.send!({ files: [] } satisfies FromServer, () => process.exit(1))
}
