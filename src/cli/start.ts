import { textOf } from '../base/error-text.ts'
import { createProcessLog } from './process-log.ts'
import { type Running, type ServeOptions, serve } from './serve.ts'
import type { ProcessSettings } from './settings.ts'
import { watchFaults } from './watch-faults.ts'
import { endWithNpm } from './with-npm.ts'

const shutdownMs = 25_000

/** `kingpost start`: runs until it is told to stop; then finishes what it has begun. */
export async function start(settings: ProcessSettings): Promise<number> {
  await runUntilStopped(settings, {
    show: (links, text) => {
      const mode = settings.isDevelopment ? 'development' : 'production'
      process.stdout.write(settings.isJson ? `${JSON.stringify({ ...links, mode })}\n` : `${text}\n`)
    },
  })
  return -1
}

export type StartLinks = Readonly<Record<string, string>>

export type StartOptions = ServeOptions & {
  /** Told when requests are answered: the links, and a text of them for people. */
  readonly show: (links: StartLinks, text: string) => void
}

/** Resolves when it serves. */
export async function runUntilStopped(settings: ProcessSettings, { show, ...options }: StartOptions): Promise<void> {
  const log = createProcessLog(settings)
  let stop: (code: number) => void = process.exit
  const running = await serve(settings, {
    ...options,
    // What a config throws while it is loaded is told as a mistake in it.
    onRead: (loaded) => {
      watchFaults(log, () => stop(1))
      options.onRead?.(loaded)
    },
  })
  const isApi = settings.roles.includes('api')
  const shown = isApi ? { console: `${running.url}/console`, api: `${running.url}/api/docs` } : { health: `${running.url}/readyz` }
  const links = {
    ...(running.hasStorefront ? { storefront: `${running.url}/` } : {}),
    ...shown,
    ...(running.mailPlace === null ? {} : { mail: `smtp://${running.mailPlace}` }),
    ...(running.setUpLink === null ? {} : { firstAdmin: running.setUpLink }),
  }
  show(links, asText(links, modeOf(settings, running)))
  for (const notice of running.notices) process.stderr.write(`${notice}\n`)

  stop = (code) => {
    setTimeout(() => process.exit(1), shutdownMs).unref()
    void running.close().then(() => process.exit(code))
  }
  void running.refused.then((error) => {
    process.stderr.write(`${textOf(error, Number.POSITIVE_INFINITY)}\n`)
    stop(1)
  })
  process.once('SIGTERM', () => stop(0))
  process.once('SIGINT', () => stop(0))
  // In production it may be meant to go on without whoever started it.
  if (settings.isDevelopment) endWithNpm(process.env, () => stop(0))
}

const titles: Readonly<Record<string, string>> = {
  storefront: 'Storefront',
  console: 'Console',
  api: 'API reference',
  health: 'Health',
  mail: 'Mail comes in at',
  firstAdmin: 'First admin (one time)',
}

/** What development does that production does not, of what this project has. */
export function modeOf(
  { isDevelopment }: Pick<ProcessSettings, 'isDevelopment'>,
  { hasSeed, paidBy }: Pick<Running, 'hasSeed' | 'paidBy'>,
): string {
  if (!isDevelopment) return 'in production'
  const differences = [
    'new collections and fields are added by themselves',
    ...(hasSeed ? ['an empty database gets the seed data'] : []),
    ...(paidBy.length > 0 ? [`payments go to ${paidBy.join(', ')}`] : []),
  ]
  return `in development: ${differences.join(', ')}`
}

function asText(links: StartLinks, mode: string): string {
  const lines = Object.entries(links).map(([name, link]) => titled(name, link))
  return `\nKingpost is running ${mode}.\n\n${lines.join('\n')}\n\nCtrl-C stops it.`
}

function titled(name: string, link: string): string {
  return `  ${titles[name]!.padEnd(24)}${link}`
}
