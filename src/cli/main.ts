// The command line. Each command says what it did in one line, or what is wrong and what to type next.
// Exit 0 done, 1 failed, 2 wrong usage.
import { createAdmin } from './admin.ts'
import { backup } from './backup.ts'
import { releaseEffects } from './effects.ts'
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

const help = `kingpost: the engine behind a website or app

  kingpost start                      run the server
  kingpost verify                     check the data against every invariant (--checksums to compare two databases)
  kingpost backup                     write the whole database to one file, while it is in use (--to FILE)
  kingpost backup verify FILE         read a backup to its end
  kingpost restore FILE               fill an empty database from a backup
  kingpost effects                    what a restore holds back; effects resume lets it go on
  kingpost move --to URL              move everything to another database (--from URL, --undo)
  kingpost migrate plan               show what the database needs to fit the model
  kingpost migrate apply              do what is safe beside running servers
           --stopped                  also what no server may see halfway: all of them are stopped
           --contract                 also take away what only the version before needed
           --allow-destructive        the same, dropped fields and collections included
  kingpost admin create EMAIL         make an admin account (--password-stdin to pipe the password)
  kingpost openapi                    print the OpenAPI document
  kingpost sandbox                    run the payment sandbox by itself, for several servers (development)

  --config FILE       kingpost.config.ts        KINGPOST_CONFIG
  --data-dir FOLDER   ./data                    KINGPOST_DATA_DIR
  --database URL      SQLite in the data dir    KINGPOST_DATABASE_URL: sqlite:FOLDER/kingpost.db, postgres://…
  --port N            8090; 0 takes a free one  KINGPOST_PORT
  --host ADDRESS      127.0.0.1                 KINGPOST_HOST
  --public-url URL    http://localhost:PORT     KINGPOST_PUBLIC_URL
  --smtp-url URL      mail is captured          KINGPOST_SMTP_URL
  --role ROLES        api,worker,mail           KINGPOST_ROLE
  --sandbox-url URL   the book is held here     KINGPOST_SANDBOX_URL, with KINGPOST_SANDBOX_SECRET
  --webhook-url URLS  of kingpost sandbox       KINGPOST_WEBHOOK_URL
  --json              for machines
  --version           of Kingpost
  KINGPOST_ENV is development, or production: no payment sandbox, no seed data. KINGPOST_RATE_LIMITS=off is for load tests.
`

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
  if (settings === 'help' || settings === 'version') {
    process.stdout.write(settings === 'help' ? help : `${version}\n`)
    return 0
  }
  const command = Object.hasOwn(commands, settings.command) ? commands[settings.command] : undefined
  if (!command) throw new UsageError(`There is no command "${settings.command}". Type kingpost --help to see what there is.`)
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
