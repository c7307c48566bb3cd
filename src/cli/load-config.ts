// The config file: imported as TypeScript by Node itself. What is wrong with it is said with its place.
import { existsSync, statSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { hideSecret } from '../base/hidden.ts'
import type { BackendConfig } from '../config/backend-config.ts'
import { type Backend, ConfigError, createBackend, type Surroundings } from '../engine/backend.ts'
import { declaredSecrets } from '../extend/own-secret.ts'
import type { Operation } from '../operation/define.ts'
import { explainLoadError, explainReadError, NotLoaded, placeOfEnd } from './load-error.ts'
import { readMailFiles } from './mail-folder.ts'
import { otherCopy, toldOtherCopy } from './other-copy.ts'
import { offeredProviders } from './payment-providers.ts'
import { projectFiles } from './project-files.ts'
import type { ProcessSettings } from './settings.ts'
import { startStuckWatch } from './stuck-watch.ts'

/** A config may ask somebody for something first; one that waits for longer waits for ever. */
const loadMs = 15_000

export type LoadedConfig = { readonly config: BackendConfig<Operation>; readonly path: string; readonly folder: string }

/** @throws Error with sentences for people */
export async function loadConfig(configPath: string, withinMs: number = loadMs): Promise<LoadedConfig> {
  const path = resolve(configPath)
  if (!existsSync(path)) throw new Error(`There is no config at ${path}. Name one with --config FILE.`)
  const copy = otherCopy(path)
  if (copy !== null) throw new Error(toldOtherCopy(path, copy))
  let module: Record<string, unknown>
  try {
    module = await importWithin(path, withinMs)
  } catch (error) {
    hideDeclaredSecrets(path)
    throw new Error(await explainLoadError(error, path))
  }
  hideDeclaredSecrets(path)
  const config = module['backend']
  if (typeof config !== 'object' || config === null)
    throw new Error(`${path} must export its config: export const backend = defineBackend({ … }).`)
  return { config: config as BackendConfig<Operation>, path, folder: dirname(path) }
}

/**
 * Before the config lists them, for commands that give them to nobody, and by their texts where files have not come to their
 * declaration: what is said from now on holds none of their values.
 */
function hideDeclaredSecrets(path: string): void {
  const inTexts = projectFiles(path).flatMap(({ text }) => [...text.matchAll(/\bdefineSecret\(\s*['"`](\w+)/g)].map(([, name]) => name!))
  for (const name of new Set([...declaredSecrets(), ...inTexts])) hideSecret(process.env[name] ?? '')
}

/** A config that failed may fail again, which nobody need be told: the command ends. */
function ignore(): void {}

/** What it throws beside its own way (in a timer, or unawaited) is its mistake as well. @throws whatever it threw */
async function importWithin(path: string, withinMs: number): Promise<Record<string, unknown>> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  const late = setTimeout(() => reject(new NotLoaded(withinMs)), withinMs)
  const looping = `${path} cannot be loaded: it has not ended after ${withinMs / 1_000} s, and it, or a file that it imports, runs in a loop`
  const told = { text: looping, end: '' }
  const watch = startStuckWatch<string>(withinMs, () => told, told)
  watch?.runs(path)
  process.on('uncaughtException', reject)
  process.once('exit', tellEnd)
  try {
    return await Promise.race([import(pathToFileURL(path).href) as Promise<Record<string, unknown>>, failed])
  } catch (error) {
    process.off('uncaughtException', ignore).on('uncaughtException', ignore)
    throw error
  } finally {
    process.off('uncaughtException', reject)
    clearTimeout(late)
    watch?.close()
    process.off('exit', tellEnd)
  }

  /** Such as by `process.exit(0)`, for which a supervisor would not start it again. */
  function tellEnd(): void {
    process.exitCode = 1
    writeSync(2, `${path} cannot be loaded: it ends the process${placeOfEnd(new Error().stack)}\n`)
  }
}

/** @throws Error listing every mistake with its file */
export function compileConfig(loaded: LoadedConfig, surroundings: Omit<Surroundings, 'paymentProviders' | 'mailFiles'>): Backend {
  const mailFiles = readMailFiles(loaded.folder)
  const backend = checkedBackend(loaded, { ...surroundings, mailFiles, paymentProviders: offeredProviders(surroundings.isDevelopment) })
  const { storefront, accounts } = loaded.config
  const stat = (name: string) => statSync(resolve(loaded.folder, name), { throwIfNoEntry: false })
  if (storefront !== undefined && !stat(storefront)?.isDirectory())
    throw new Error(toldMistakes(loaded, [`storefront: there is no folder ${resolve(loaded.folder, storefront)}`]))
  if (accounts?.logo !== undefined && !stat(accounts.logo)?.isFile())
    throw new Error(toldMistakes(loaded, [`accounts.logo: there is no file ${resolve(loaded.folder, accounts.logo)}`]))
  return backend
}

function checkedBackend(loaded: LoadedConfig, surroundings: Surroundings): Backend {
  try {
    return createBackend(loaded.config, surroundings)
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      const told = explainReadError(error, loaded.path)
      throw told === null ? error : new Error(told, { cause: error })
    }
    throw new Error(
      toldMistakes(
        loaded,
        error.mistakes.map(({ path, message }) => `${path}: ${message}`),
      ),
    )
  }
}

function toldMistakes({ path }: LoadedConfig, mistakes: readonly string[]): string {
  const count = mistakes.length === 1 ? 'One thing is' : `${mistakes.length} things are`
  return `${count} wrong in ${path}:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`
}

/** The backend of a command that serves nothing. @throws Error */
export async function loadBackend(settings: ProcessSettings): Promise<Backend> {
  return compileConfig(await loadConfig(settings.configPath), {
    publicUrl: settings.publicUrl ?? `http://localhost:${settings.port}`,
    isDevelopment: settings.isDevelopment,
  })
}
