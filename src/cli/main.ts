// The command line. Each command says what it did in one line, or what is wrong and what to type next.
// Exit 0 done, 1 failed, 2 wrong usage.
import { textOf } from '../base/error-text.ts'
import { endOnUncaught } from './end-on-uncaught.ts'
import { environmentOf, takeEnvironment } from './environment.ts'
import { helpOf, noCommand } from './help.ts'
import { privateMask } from './private-files.ts'
import { type ProcessSettings, readSettings, UsageError } from './settings.ts'
import { version } from './version.ts'
import { letYoungGenerationGrow } from './young-generation.ts'

/** Each is loaded when it is asked for: a start need not wait for what backs up or moves a database. */
const commands: Readonly<Record<string, () => Promise<(settings: ProcessSettings) => Promise<number>>>> = {
  init: async () => (await import('./init.ts')).init,
  dev: async () => (await import('./dev.ts')).dev,
  start: async () => (await import('./start.ts')).start,
  verify: async () => (await import('./verify.ts')).verify,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  effects: async () => (await import('./effects.ts')).releaseEffects,
  move: async () => (await import('./move.ts')).move,
  migrate: async () => (await import('./migrate.ts')).migrate,
  import: async () => (await import('./import.ts')).importFile,
  admin: async () => (await import('./admin.ts')).createAdmin,
  mails: async () => (await import('./mails.ts')).mails,
  doctor: async () => (await import('./doctor.ts')).doctor,
  openapi: async () => (await import('./openapi.ts')).exportOpenApi,
  sandbox: async () => (await import('./sandbox.ts')).runSandbox,
}

async function main(): Promise<number> {
  const words = process.argv.slice(2)
  // A project that is begun lies elsewhere.
  const environment = words.includes('init') ? process.env : environmentOf(process.env)
  const settings = readSettings(words, environment)
  if ('shown' in settings) {
    process.stdout.write(settings.shown === 'version' ? `${version}\n` : helpOf(settings.command))
    return 0
  }
  const load = Object.hasOwn(commands, settings.command) ? commands[settings.command] : undefined
  if (!load) throw noCommand(settings.command, [...Object.keys(commands), 'help'])
  // Databases, backups and all else that is written here hold people's data.
  if (settings.command !== 'init') process.umask(privateMask)
  // Each server of `dev` reads the file itself: it may have changed.
  if (settings.command !== 'dev') takeEnvironment(environment)
  const run = await load()
  // A server has its first work behind it once it is ready; all others begin with it.
  if (settings.command !== 'start') letYoungGenerationGrow()
  const code = await run(settings)
  letYoungGenerationGrow()
  return code
}

endOnUncaught()
try {
  const code = await main()
  // A server keeps running; its exit code is set when it ends.
  if (code >= 0) process.exitCode = code
} catch (error) {
  const code = error instanceof UsageError ? 2 : 1
  // Not left to Node: a config that was refused may have begun what never ends.
  process.stderr.write(`${textOf(error, Number.POSITIVE_INFINITY)}\n`, () => process.exit(code))
}
