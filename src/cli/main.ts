// The command line. Each command says what it did in one line, or what is wrong and what to type next.
// Exit 0 done, 1 failed, 2 wrong usage.
import { createAdmin } from './admin.ts'
import { backup } from './backup.ts'
import { releaseEffects } from './effects.ts'
import { helpOf, noCommand } from './help.ts'
import { migrate } from './migrate.ts'
import { move } from './move.ts'
import { exportOpenApi } from './openapi.ts'
import { privateMask } from './private-files.ts'
import { restore } from './restore.ts'
import { runSandbox } from './sandbox.ts'
import { type ProcessSettings, readSettings, UsageError } from './settings.ts'
import { start } from './start.ts'
import { verify } from './verify.ts'
import { version } from './version.ts'

const commands: Readonly<Record<string, (settings: ProcessSettings) => Promise<number>>> = {
  start,
  verify,
  backup,
  restore,
  effects: releaseEffects,
  move,
  migrate,
  admin: createAdmin,
  openapi: exportOpenApi,
  sandbox: runSandbox,
}

async function main(): Promise<number> {
  const settings = readSettings(process.argv.slice(2), process.env)
  if ('shown' in settings) {
    process.stdout.write(settings.shown === 'version' ? `${version}\n` : helpOf(settings.command))
    return 0
  }
  const command = Object.hasOwn(commands, settings.command) ? commands[settings.command] : undefined
  if (!command) throw noCommand(settings.command, [...Object.keys(commands), 'help'])
  // Databases, backups and all else that is written here hold people's data.
  process.umask(privateMask)
  return await command(settings)
}

try {
  const code = await main()
  // A server goes on; its exit code is set when it ends.
  if (code >= 0) process.exitCode = code
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
