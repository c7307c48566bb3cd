// What `kingpost help` prints: all of it, or what belongs to one command. And the nearest name to a mistyped one.
import { nearest } from '../base/nearest.ts'
import { commandOptions, UsageError } from './settings.ts'

const commandLines = `
  kingpost init FOLDER                begin a project of your own (--template shop, app or blank)
  kingpost dev                        run the server, and again whenever the config or a page changes
  kingpost start                      run the server
  kingpost verify                     check the data against every invariant (--checksums to compare two databases)
  kingpost backup [FILE]              write the whole database to one file, while it is in use
  kingpost backup verify FILE         read a backup to its end
  kingpost restore FILE               fill an empty database from a backup
  kingpost effects                    what a restore holds back
  kingpost effects resume             let it go on (--mails: send the held mails, too)
  kingpost effects cancel --mails     give the held mails up
  kingpost move --to URL              move everything to another database (--from URL, --undo)
  kingpost migrate plan               show what the database needs to fit the model
  kingpost migrate apply              do what is safe beside running servers
           --stopped                  also what no server may see halfway: all of them are stopped
           --contract                 also take away what only the version before needed
           --allow-destructive        the same, dropped fields and collections included
  kingpost import COLLECTION FILE     write the rows of a CSV file or of JSON lines (--by FIELD: a row changes the record with the same)
  kingpost import users FILE          accounts of another system with their passwords, from JSON lines
  kingpost admin create EMAIL         make an admin account (--password-stdin to pipe the password)
  kingpost mails                      list all mails, and say what is wrong in their templates
  kingpost mails build                compile those in MJML
  kingpost doctor mail                what the DNS says of the domains of mail, and what to publish
  kingpost openapi                    print the OpenAPI document
  kingpost sandbox                    run the payment sandbox by itself, for several servers (development)
  kingpost help COMMAND               this, of one command
`

const optionLines = `
  --config FILE       kingpost.config.ts        KINGPOST_CONFIG
  --data-dir FOLDER   ./data                    KINGPOST_DATA_DIR
  --database URL      SQLite in the data dir    KINGPOST_DATABASE_URL: sqlite:FOLDER/kingpost.db, postgres://…
  --port N            8090; 0 takes a free one  KINGPOST_PORT
  --host ADDRESS      127.0.0.1                 KINGPOST_HOST
  --public-url URL    http://localhost:PORT     KINGPOST_PUBLIC_URL
  --smtp-url URL      mail is kept, not sent    KINGPOST_SMTP_URL: smtp://USER:PASSWORD@HOST:587
  --role ROLES        api,worker,mail           KINGPOST_ROLE
  --sandbox-url URL   the book is held here     KINGPOST_SANDBOX_URL, with KINGPOST_SANDBOX_SECRET
  --webhook-url URLS  of kingpost sandbox       KINGPOST_WEBHOOK_URL
  --json              for machines
  --template NAME     shop                      what a project begins with: shop, app or blank
  --to URL                                      where a move goes
  --from URL          --database                where a move comes from
  --undo              a move that went wrong
  --checksums         of each collection, to compare two databases
  --last-invoice S/Y=N  of a restore: the last that went out, such as INV/2026=57
  --mails             those that a restore holds back
  --by FIELD          ids alone             a unique field: a row changes the record that has its value
  --password-stdin    instead of one that is made up
  --stopped           no server runs: also what none may see halfway
  --contract          also take away what only the version before needed
  --allow-destructive also drop fields and collections
  --help              of a command, or of all
  --version           of Kingpost
`

const closing = 'KINGPOST_ENV is development, or production: no payment sandbox, no seed data. KINGPOST_RATE_LIMITS=off is for load tests.'

/** Of a command, or of everything. @throws UsageError */
export function helpOf(command: string | undefined): string {
  if (command === undefined || command === 'help')
    return `kingpost: the engine behind a website or app\n${commandLines}${optionLines}  ${closing}\n`
  const options = Object.hasOwn(commandOptions, command) ? commandOptions[command]! : null
  if (!options) throw noCommand(command, Object.keys(commandOptions))
  const isOption = (line: string) => options.some((name) => line.startsWith(`  --${name} `))
  return `${commandBlock(command)}\n\n${optionLines.split('\n').filter(isOption).join('\n')}\n`
}

/** Its lines, with those below them that are indented further. */
function commandBlock(command: string): string {
  const blocks = commandLines.split(/\n(?= {2}kingpost )/)
  return blocks
    .filter((block) => block.startsWith(`  kingpost ${command} `))
    .map((block) => block.trimEnd())
    .join('\n')
}

export function noCommand(word: string, commands: readonly string[]): UsageError {
  return new UsageError(`There is no command "${word}"${nearest(word, commands) || '.'} Type kingpost --help to see what there is.`)
}
