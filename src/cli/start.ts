import { type Running, serve } from './serve.ts'
import type { ProcessSettings } from './settings.ts'

const shutdownMs = 25_000

/** `kingpost start`: runs until it is told to stop; then finishes what it has begun. */
export async function start(settings: ProcessSettings): Promise<number> {
  const running = await serve(settings)
  const isApi = settings.roles.includes('api')
  const shown = isApi ? { console: `${running.url}/console`, api: `${running.url}/api/docs` } : { health: `${running.url}/readyz` }
  const links = {
    ...(running.hasStorefront ? { storefront: `${running.url}/` } : {}),
    ...shown,
    ...(running.setUpLink === null ? {} : { firstAdmin: running.setUpLink }),
  }
  const mode = settings.isDevelopment ? 'development' : 'production'
  process.stdout.write(settings.isJson ? `${JSON.stringify({ ...links, mode })}\n` : asText(links, modeOf(settings, running)))
  for (const notice of running.notices) process.stderr.write(`${notice}\n`)

  const stop = (code: number) => {
    setTimeout(() => process.exit(1), shutdownMs).unref()
    void running.close().then(() => process.exit(code))
  }
  void running.refused.then((error) => {
    process.stderr.write(`${error.message}\n`)
    stop(1)
  })
  process.once('SIGTERM', () => stop(0))
  process.once('SIGINT', () => stop(0))
  process.once('uncaughtException', (error) => {
    process.stderr.write(`Kingpost stops because of a bug: ${error.stack ?? error.message}\n`)
    stop(1)
  })
  return -1
}

const titles: Readonly<Record<string, string>> = {
  storefront: 'Storefront',
  console: 'Console',
  api: 'API reference',
  health: 'Health',
  firstAdmin: 'First admin (one time)',
}

/** What development does that production does not, of what this project has. */
export function modeOf(
  { isDevelopment }: Pick<ProcessSettings, 'isDevelopment'>,
  { hasSeed, paidBy }: Pick<Running, 'hasSeed' | 'paidBy'>,
): string {
  if (!isDevelopment) return 'in production'
  const differences = [
    'its schema follows the config',
    ...(hasSeed ? ['an empty database gets the seed data'] : []),
    ...(paidBy.length > 0 ? [`payments go to ${paidBy.join(', ')}`] : []),
  ]
  return `in development: ${differences.join(', ')}`
}

function asText(links: Readonly<Record<string, string>>, mode: string): string {
  const lines = Object.entries(links).map(([name, link]) => `  ${titles[name]!.padEnd(24)}${link}`)
  return `\nKingpost is running ${mode}.\n\n${lines.join('\n')}\n\nCtrl-C stops it.\n`
}
